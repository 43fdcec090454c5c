package main

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

var (
	night = color.RGBA{0x10, 0x24, 0x3e, 0xff} // the ground
	teal  = color.RGBA{0x1f, 0xb6, 0xa6, 0xff} // what is verified
	paper = color.RGBA{0xf7, 0xfa, 0xfc, 0xff} // the badge
	mist  = color.RGBA{0x9f, 0xb6, 0xcc, 0xff} // second to the rest
)

const (
	iconSize     = 200
	bannerWidth  = 1200
	bannerHeight = 630
)

// canvas draws filled shapes with smooth edges.
type canvas struct{ *image.RGBA }

func newCanvas(width, height int) canvas {
	return canvas{image.NewRGBA(image.Rect(0, 0, width, height))}
}

// fill fills the closed path that outline draws.
func (c canvas) fill(colour color.Color, outline func(*vector.Rasterizer)) {
	r := vector.NewRasterizer(c.Bounds().Dx(), c.Bounds().Dy())
	outline(r)
	r.Draw(c, c.Bounds(), image.NewUniform(colour), image.Point{})
}

// quarter is how far the control points of a Bézier curve are along the tangents of a quarter circle.
const quarter = 0.5523

func (c canvas) roundedRect(x, y, width, height, radius float32, colour color.Color) {
	k := radius * (1 - quarter)
	c.fill(colour, func(r *vector.Rasterizer) {
		r.MoveTo(x+radius, y)
		r.LineTo(x+width-radius, y)
		r.CubeTo(x+width-k, y, x+width, y+k, x+width, y+radius)
		r.LineTo(x+width, y+height-radius)
		r.CubeTo(x+width, y+height-k, x+width-k, y+height, x+width-radius, y+height)
		r.LineTo(x+radius, y+height)
		r.CubeTo(x+k, y+height, x, y+height-k, x, y+height-radius)
		r.LineTo(x, y+radius)
		r.CubeTo(x, y+k, x+k, y, x+radius, y)
		r.ClosePath()
	})
}

func (c canvas) disc(x, y, radius float32, colour color.Color) {
	c.roundedRect(x-radius, y-radius, 2*radius, 2*radius, radius, colour)
}

// line draws a stroke with round ends.
func (c canvas) line(x1, y1, x2, y2, width float32, colour color.Color) {
	length := float32(math.Hypot(float64(x2-x1), float64(y2-y1)))
	dx, dy := (y1-y2)/length*width/2, (x2-x1)/length*width/2
	c.fill(colour, func(r *vector.Rasterizer) {
		r.MoveTo(x1+dx, y1+dy)
		r.LineTo(x2+dx, y2+dy)
		r.LineTo(x2-dx, y2-dy)
		r.LineTo(x1-dx, y1-dy)
		r.ClosePath()
	})
	c.disc(x1, y1, width/2, colour)
	c.disc(x2, y2, width/2, colour)
}

// text writes one line whose baseline begins at x, y.
func (c canvas) text(x, y int, size float64, typeface []byte, colour color.Color, line string) {
	parsed, err := opentype.Parse(typeface)
	if err != nil {
		panic(err) // a typeface of Go's own
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		panic(err)
	}
	d := font.Drawer{Dst: c, Src: image.NewUniform(colour), Face: face, Dot: fixed.P(x, y)}
	d.DrawString(line)
}

// badge draws the sign of the plugin into a square: somebody's badge, verified.
func (c canvas) badge(x, y, size float32) {
	u := size / 200
	c.roundedRect(x, y, size, size, 40*u, night)
	c.roundedRect(x+46*u, y+34*u, 108*u, 132*u, 16*u, paper)
	c.roundedRect(x+84*u, y+44*u, 32*u, 8*u, 4*u, mist)
	c.disc(x+100*u, y+84*u, 19*u, night)
	c.fill(night, func(r *vector.Rasterizer) { // shoulders
		r.MoveTo(x+66*u, y+142*u)
		r.CubeTo(x+66*u, y+104*u, x+134*u, y+104*u, x+134*u, y+142*u)
		r.ClosePath()
	})
	c.disc(x+148*u, y+148*u, 31*u, night)
	c.disc(x+148*u, y+148*u, 25*u, teal)
	c.line(x+137*u, y+149*u, x+145*u, y+157*u, 6*u, paper)
	c.line(x+145*u, y+157*u, x+160*u, y+140*u, 6*u, paper)
}

func icon() image.Image {
	c := newCanvas(iconSize, iconSize)
	c.badge(0, 0, iconSize)
	return c
}

func banner() image.Image {
	c := newCanvas(bannerWidth, bannerHeight)
	draw.Draw(c, c.Bounds(), image.NewUniform(night), image.Point{}, draw.Src)
	c.badge(70, 165, 300)
	c.text(420, 250, 104, gobold.TTF, paper, "huaweiid")
	c.text(424, 318, 38, goregular.TTF, mist, "Huawei ID for the apps behind Traefik")
	c.roundedRect(420, 370, 710, 122, 14, color.RGBA{0x1a, 0x35, 0x57, 0xff})
	c.text(448, 421, 25, gomono.TTF, mist, "Authorization: Bearer …")
	c.text(448, 466, 25, gomono.TTF, teal, "X-User-OpenID X-User-UnionID X-User-Phone")
	return c
}
