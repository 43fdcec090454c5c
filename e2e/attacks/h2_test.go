package attacks

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/traefik-huaweiid/huaweiid/e2e/rawhttp"
)

// h2Request is one as HTTP/2 frames carry it, without TLS: fields and trailers go out byte for byte.
type h2Request struct {
	to       string
	method   string // "" = GET
	fields   [][2]string
	body     string
	trailers [][2]string
}

// h2Fields writes header lines as HTTP/2 does: in lower case.
func h2Fields(lines ...string) [][2]string {
	var fields [][2]string
	for _, line := range lines {
		name, value, _ := bytes.Cut([]byte(line), []byte(": "))
		fields = append(fields, [2]string{string(bytes.ToLower(name)), string(value)})
	}
	return fields
}

// askH2 sends a request on a connection of its own.
func (b *bed) askH2(r h2Request) answer {
	conn, err := b.dial()
	if err != nil {
		return answer{err: err}
	}
	defer conn.Close()
	if _, err := conn.Write([]byte(http2.ClientPreface)); err != nil {
		return answer{err: err}
	}
	framer := http2.NewFramer(conn, conn)
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	if err := r.write(framer); err != nil && !rawhttp.IsClosed(err) {
		return answer{err: err}
	}
	return readH2Answer(framer)
}

func (r h2Request) write(framer *http2.Framer) error {
	if err := framer.WriteSettings(); err != nil {
		return err
	}
	method := r.method
	if method == "" {
		method = http.MethodGet
	}
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	fields := append([][2]string{{":method", method}, {":scheme", "http"}, {":authority", r.to}, {":path", "/"}}, r.fields...)
	encode(encoder, fields)
	last := r.body == "" && r.trailers == nil
	err := framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block.Bytes(), EndHeaders: true, EndStream: last})
	if err != nil || last {
		return err
	}
	if err := framer.WriteData(1, r.trailers == nil, []byte(r.body)); err != nil || r.trailers == nil {
		return err
	}
	block.Reset()
	encode(encoder, r.trailers)
	return framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block.Bytes(), EndHeaders: true, EndStream: true})
}

func encode(encoder *hpack.Encoder, fields [][2]string) {
	for _, field := range fields {
		// It writes into memory, which cannot fail.
		_ = encoder.WriteField(hpack.HeaderField{Name: field[0], Value: field[1]})
	}
}

// readH2Answer reads until the stream ends. A stream that is reset is a request that Traefik did not take.
func readH2Answer(framer *http2.Framer) answer {
	status, header := 0, http.Header{}
	var body bytes.Buffer
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return answer{blocked: rawhttp.IsClosed(err), err: fmt.Errorf("reading frames: %w", err)}
		}
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if !frame.IsAck() {
				// Should it fail, so will the next read.
				_ = framer.WriteSettingsAck()
			}
		case *http2.MetaHeadersFrame:
			for _, field := range frame.Fields {
				if field.Name == ":status" {
					status, _ = strconv.Atoi(field.Value)
				} else {
					header.Add(field.Name, field.Value)
				}
			}
		case *http2.DataFrame:
			body.Write(frame.Data())
		case *http2.RSTStreamFrame:
			// NO_ERROR after an answer says that the rest of the request was not needed.
			if status == 0 {
				return answer{blocked: true, err: fmt.Errorf("the stream was reset: %v", frame.ErrCode)}
			}
		case *http2.GoAwayFrame:
			if frame.ErrCode != http2.ErrCodeNo {
				return answer{blocked: true, err: errors.New("Traefik ended the connection: " + frame.ErrCode.String())}
			}
		}
		ended, ok := frame.(interface{ StreamEnded() bool })
		if ok && ended.StreamEnded() && status != 0 {
			return newAnswer(status, header, body.String())
		}
	}
}
