package traps

// fixtures are sources of a package that hold a trap, or what looks like one and is none. The line that is to be found
// ends in "// trap"; where no comment can follow, at gives the line.
var fixtures = []struct {
	trap string
	name string
	src  string
	at   int
	mod  string
}{
	{trap: "select", name: "in a loop", src: `
func run(a, b chan int) {
	for {
		select { // trap
		case <-a:
		case <-b:
		}
	}
}`},
	{trap: "select", name: "reflect.Select", src: `
import "reflect"

func run(cases []reflect.SelectCase) int {
	i, _, _ := reflect.Select(cases)
	return i
}`},

	{trap: "goroutine of a literal in a loop", name: "in a range", src: `
func run(c chan int) {
	for range []int{1, 2} {
		go func() { // trap
			defer func() { _ = recover() }()
			c <- 1
		}()
	}
}`},
	{trap: "goroutine of a literal in a loop", name: "by way of a closure", src: `
func run(c chan int) {
	for i := 0; i < 2; i++ {
		start := func() {
			if c != nil {
				go func() { // trap
					defer func() { _ = recover() }()
					c <- 1
				}()
			}
		}
		start()
	}
}`},
	{trap: "goroutine of a literal in a loop", name: "a method in a loop, a literal outside one", src: `
type plugin struct{ c chan int }

func (p *plugin) run(x int) {
	defer recovered()
	p.c <- x
}

func recovered() { _ = recover() }

func start(p *plugin, xs []int) {
	for _, x := range xs {
		go p.run(x)
	}
	go func() {
		defer recovered()
		close(p.c)
	}()
}`},

	{trap: "return of a receive", name: "alone", src: `
func get(c chan int) int {
	return <-c // trap
}`},
	{trap: "return of a receive", name: "among others, in parentheses", src: `
func get(c chan error) (int, error) {
	return 1,
		(<-c) // trap
}`},
	{trap: "return of a receive", name: "into a variable, within an expression", src: `
func get(c chan int) int {
	v := <-c
	return v
}

func sum(c chan int) int { return 1 + <-c }

func double(c chan int) int { return twice(<-c) }

func twice(n int) int { return 2 * n }`},

	{trap: "errors.As into an own type", name: "an interface", src: `
import "errors"

type timeouter interface{ Timeout() bool }

func timedOut(err error) bool {
	var t timeouter
	return errors.As(err, &t) && t.Timeout() // trap
}`},
	{trap: "errors.As into an own type", name: "an interface in place", src: `
import "errors"

func timedOut(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout() // trap
}`},
	{trap: "errors.As into an own type", name: "types of the standard library", src: `
import (
	"errors"
	"net"
	"net/url"
)

func timedOut(err error) bool {
	var u *url.Error
	var n net.Error
	return errors.As(err, &u) || errors.As(err, &n)
}`},

	{trap: "own error type", name: "Error", src: `
type refusal struct{ code string } // trap

func (r *refusal) Error() string { return r.code }`},
	{trap: "own error type", name: "an embedded error", src: `
type refusal struct { // trap
	error
	code string
}`},
	{trap: "own error type", name: "Unwrap", src: `
type refusal struct{ cause error }

func (r *refusal) Unwrap() error { return r.cause } // trap`},
	{trap: "own error type", name: "Timeout", src: `
type limit int

func (l limit) Timeout() bool { return l > 0 } // trap`},
	{trap: "own error type", name: "a sentinel, another Error", src: `
import (
	"errors"
	"fmt"
)

var errRefused = errors.New("refused")

type outcome struct{ err error }

func (o outcome) Error() error { return fmt.Errorf("looking up: %w", o.err) }

func refused(err error) bool { return errors.Is(err, errRefused) }`},

	{trap: "type parameters", name: "a function", src: `
func first[T any](xs []T) T { return xs[0] } // trap`},
	{trap: "type parameters", name: "a type", src: `
type list[T any] struct{ items []T } // trap

func (l *list[T]) add(x T) { l.items = append(l.items, x) }`},
	{trap: "type parameters", name: "an index, a map type", src: `
type table map[string][]int

func (t table) first(name string) int { return t[name][0] }`},

	{trap: "value that is not there", name: "assertion and map look-up", src: `
func texts(members []interface{}, names map[string]string) (all []string) {
	for _, m := range members {
		s, ok := m.(string) // trap
		if !ok {
			s, _ = names["none"] // trap
		}
		if name, ok := names[s]; !ok { // trap
			all = append(all, name)
		}
		if name, ok := names[s]; ok { // trap
			all = append(all, name)
		} else {
			all = append(all, name+s)
		}
	}
	return all
}`},
	{trap: "value that is not there", name: "asked for at once, new each time, or not looked at", src: `
func texts(members []interface{}, names map[string]string) (all []string) {
	first, ok := members[0].(string)
	for _, m := range members {
		if s, ok := m.(string); ok {
			all = append(all, s)
		}
		if _, there := names[first]; !there || !ok {
			all = append(all, text(m), names["none"])
		}
		func(m interface{}) {
			s, _ := m.(string)
			_ = s
		}(m)
	}
	return all
}

func text(m interface{}) string {
	s, _ := m.(string)
	return s
}`},

	{trap: "several conditions in one case", name: "without a tag", src: `
func kind(c byte) string {
	switch {
	case c == 'a', c == 'b': // trap
		return "letter"
	}
	return ""
}`},
	{trap: "several conditions in one case", name: "with a tag, or joined", src: `
func kind(c byte) string {
	switch c {
	case 'a', 'b':
		return "letter"
	}
	switch {
	case c == 'c' || c == 'd':
		return "letter"
	case c == 'e':
		return "letter"
	}
	return ""
}`},

	{trap: "several package variables from one call", name: "at package level", src: `
var a, b = both() // trap

func both() (int, int) { return 1, 2 }`},
	{trap: "several package variables from one call", name: "in a function, or one by one", src: `
var a, b = 1, 2

func both() (int, int) { return 1, 2 }

func run() int {
	var x, y = both()
	return x + y
}`},

	{trap: "unnamed parameter", name: "of a function", src: `
func get(string) int { return 1 } // trap`},
	{trap: "unnamed parameter", name: "of a literal", src: `
var get = func(string) int { return 1 } // trap`},
	{trap: "unnamed parameter", name: "a receiver, a type, a blank name, no result", src: `
type plugin struct{}

type getter func(string) int

func (plugin) get(_ string) int { return 1 }

func run(string) {}`},

	{trap: "built-in function of Go 1.21", name: "min", src: `
func least(a, b int) int {
	return min(a, b) // trap
}`},
	{trap: "built-in function of Go 1.21", name: "max", src: `
func most(a, b int) int {
	return max(a, b) // trap
}`},
	{trap: "built-in function of Go 1.21", name: "clear", src: `
func empty(m map[string]int) {
	clear(m) // trap
}`},
	{trap: "built-in function of Go 1.21", name: "an own function, older ones", src: `
func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}

func least(m map[string]int, a []int) int {
	delete(m, "a")
	return min(len(m), cap(a))
}`},

	{trap: "range over an integer or a function", name: "a constant", src: `
func run() {
	for range 3 { // trap
	}
}`},
	{trap: "range over an integer or a function", name: "a variable", src: `
type count int

func run(n count) {
	for i := range n { // trap
		_ = i
	}
}`},
	{trap: "range over an integer or a function", name: "a function", src: `
func all(yield func(int) bool) {}

func run() {
	for i := range all { // trap
		_ = i
	}
}`},
	{trap: "range over an integer or a function", name: "a map, a slice, an array, a string, a channel", src: `
func run(m map[string]int, s []int, a *[3]int, t string, c chan int) {
	for range m {
	}
	for range s {
	}
	for range a {
	}
	for range t {
	}
	for range c {
	}
	for i := 0; i < 3; i++ {
	}
}`},

	{trap: "closure over a loop variable", name: "of a range", src: `
func all(names []string) (fs []func() string) {
	for _, name := range names {
		fs = append(fs, func() string {
			s := name // trap
			return s
		})
	}
	return fs
}`},
	{trap: "closure over a loop variable", name: "of a for, within another loop", src: `
func all() (fs []func() int) {
	for i := 0; i < 3; i++ {
		for j := 0; j < 3; j++ {
			fs = append(fs, func() int { return i }) // trap
		}
	}
	return fs
}`},
	{trap: "closure over a loop variable", name: "an argument, a variable of the body, one from before the loop", src: `
func all(names []string) (fs []func() string) {
	last := ""
	for _, name := range names {
		own := name
		fs = append(fs, func() string { return own }, func() string { return last }, say(name))
	}
	return fs
}

func say(name string) func() string {
	return func() string { return name }
}`},

	{trap: "compiler directive", name: "a build line", at: 1, src: "//go:build linux\n\npackage plugin\n"},
	{trap: "compiler directive", name: "an old build line", at: 1, src: "// +build linux\n\npackage plugin\n"},
	{trap: "compiler directive", name: "embed", at: 5, src: `
import "net/http"

//go:embed page.html
var page string

var status = http.StatusOK`},
	{trap: "compiler directive", name: "linkname", at: 3, src: `
//go:linkname now time.now
var now int64`},
	{trap: "compiler directive", name: "cgo", src: `
import "C" // trap`},
	{trap: "compiler directive", name: "generate, and a comment about build lines", src: `
// A //go:build line would be ignored.
//go:generate go run ./gen
var page string`},

	{trap: "method expression", name: "of a value", src: `
type plugin struct{ n int }

func (p plugin) count() int { return p.n }

var count = plugin.count // trap`},
	{trap: "method expression", name: "of a pointer to a standard type", src: `
import "strings"

var text = (*strings.Builder).String // trap`},
	{trap: "method expression", name: "a method value, a field of a package", src: `
import "net/http"

type plugin struct{ n int }

func (p plugin) count() int { return p.n }

var count = plugin{}.count

var client = http.DefaultClient.Timeout`},

	{trap: "not in Yaegi's standard library", name: "a newer function", src: `
import "strings"

func split(s string) {
	_ = strings.SplitSeq(s, ",") // trap
}`},
	{trap: "not in Yaegi's standard library", name: "a newer method", src: `
import "net/http"

func cookies(r *http.Request) int {
	return len(r.CookiesNamed("token")) // trap
}`},
	{trap: "not in Yaegi's standard library", name: "a newer field", src: `
import "net/http"

func route(r *http.Request) string {
	return r.Pattern // trap
}`},
	{trap: "not in Yaegi's standard library", name: "a newer field in a literal", src: `
import "net"

var dialer = net.Dialer{
	KeepAliveConfig: net.KeepAliveConfig{Enable: true}, // trap trap trap
}`},
	{trap: "not in Yaegi's standard library", name: "a newer constant", src: `
import "net/http"

var protocols http.Protocols // trap`},
	{trap: "not in Yaegi's standard library", name: "a newer method of an interface", src: `
import "reflect"

func iterable(t reflect.Type) bool {
	return t.CanSeq() // trap
}`},
	{trap: "not in Yaegi's standard library", name: "a newer package", src: `
import "iter" // trap

var all iter.Seq[int]`},
	{trap: "not in Yaegi's standard library", name: "unsafe", src: `
import "unsafe" // trap

var size = unsafe.Sizeof(0)`},
	{trap: "not in Yaegi's standard library", name: "a generic type", src: `
import "sync/atomic"

var current atomic.Pointer[int] // trap`},
	{trap: "not in Yaegi's standard library", name: "a generic function", src: `
import "sync"

var now = sync.OnceValue(func() int { return 1 }) // trap`},
	{trap: "not in Yaegi's standard library", name: "a generic function that Yaegi cannot run", src: `
import "slices"

func order(xs []int) {
	slices.Sort(xs) // trap
}`},
	{trap: "not in Yaegi's standard library", name: "what Go 1.22 and Yaegi have", src: `
import (
	"cmp"
	"context"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
)

var n atomic.Int64

func run(r *http.Request) (string, bool) {
	name, _ := strings.CutPrefix(r.PathValue("name"), "a")
	_ = context.WithoutCancel(r.Context())
	_ = cmp.Compare(rand.IntN(3), 1)
	_ = runtime.GOROOT() // deprecated in Go 1.24, and thus listed there once more
	return name, slices.Contains(strings.Split(name, ","), "b")
}`},

	{trap: "method value of a std type", name: "in a literal", src: `
import (
	"net"
	"net/http"
)

var transport = &http.Transport{
	DialContext: (&net.Dialer{}).DialContext, // trap
}`},
	{trap: "method value of a std type", name: "in an assignment", src: `
import (
	"net"
	"net/http"
)

func dial(t *http.Transport, d *net.Dialer) {
	t.DialContext = d.DialContext // trap
}`},
	{trap: "method value of a std type", name: "to an own function", src: `
import "strings"

func use(f func() string) string { return f() }

func text(b *strings.Builder) string {
	return use(b.String) // trap
}`},
	{trap: "method value of a std type", name: "to a standard function", src: `
import "sync"

func end(once *sync.Once, wg *sync.WaitGroup) {
	once.Do(wg.Done) // trap
}`},
	{trap: "method value of a std type", name: "called, deferred, converted, of a variable, an interface or an own type", src: `
import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

type plugin struct{ next http.Handler }

func (p *plugin) serve(rw http.ResponseWriter, req *http.Request) {}

func use(p *plugin, m *http.ServeMux, mu *sync.Mutex, t time.Time, ctx context.Context, d *net.Dialer) {
	mu.Lock()
	defer mu.Unlock()
	var once sync.Once
	var wg sync.WaitGroup
	once.Do(wg.Done)
	h := []http.HandlerFunc{p.serve, p.next.ServeHTTP}
	h = append(h, http.HandlerFunc(m.ServeHTTP))
	unix, done := t.Unix, ctx.Done
	_, _ = unix, done
	_ = &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		return d.DialContext(ctx, network, address)
	}}
}`},

	{trap: "switch on an error", name: "a sentinel", src: `
import "io"

func name(err error) string {
	switch err { // trap
	case nil:
		return "none"
	case io.EOF:
		return "end"
	}
	return "other"
}`},
	{trap: "switch on an error", name: "without a tag, on its text, on its type, on nil", src: `
import (
	"errors"
	"io"
	"net/url"
)

func name(err error) string {
	switch {
	case errors.Is(err, io.EOF):
		return "end"
	case err == nil:
		return "none"
	}
	switch err.Error() {
	case "x":
		return "x"
	}
	switch err.(type) {
	case *url.Error:
		return "url"
	}
	switch err {
	case nil:
		return "none"
	}
	return "other"
}`},

	{trap: "type assertion to an own type", name: "from any", src: `
type entry struct{ key string }

func key(v any) string {
	return v.(*entry).key // trap
}`},
	{trap: "type assertion to an own type", name: "in a type switch", src: `
type entry struct{ key string }

func key(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case entry: // trap
		return v.key
	}
	return ""
}`},
	{trap: "type assertion to an own type", name: "to an interface in place", src: `
func timedOut(err error) bool {
	t, ok := err.(interface{ Timeout() bool }) // trap
	return ok && t.Timeout()
}`},
	{trap: "type assertion to an own type", name: "to types of the standard library", src: `
import (
	"net"
	"net/http"
)

func look(err error, rw http.ResponseWriter, v any) {
	_, _ = err.(net.Error)
	_, _ = rw.(http.Flusher)
	_, _ = v.(map[string]interface{})
	switch v.(type) {
	case string, []any, *http.Request, nil:
	}
}`},

	{trap: "two structs of one shape", name: "the same fields", src: `
type good struct {
	key  string
	uses int
}

type refused struct { // trap
	key  string
	uses int
}`},
	{trap: "two structs of one shape", name: "by way of own types and of a field's exported name", src: `
type name string

type a struct{ names map[name][]name }

type b struct{ Xnames map[string][]string } // trap`},
	{trap: "two structs of one shape", name: "other names, types, order, tags", src: `
type a struct {
	x string
	y int
}

type b struct {
	y int
	x string
}

type c struct {
	x string
	z int
}

type d struct {
	X string ` + "`json:\"d\"`" + `
}

type e struct {
	X string ` + "`json:\"e\"`" + `
}

type f struct{ next *f }

type g struct{ next *g }`},

	{trap: "own representation", name: "String", src: `
type secret string

func (s secret) String() string { return "***" } // trap`},
	{trap: "own representation", name: "UnmarshalJSON", src: `
type answer struct{ code int }

func (a *answer) UnmarshalJSON(data []byte) error { return nil } // trap`},
	{trap: "own representation", name: "a function, another method, one called", src: `
import "time"

type secret string

func (s secret) masked() string { return "***" }

func String(d time.Duration) string { return d.String() }`},

	{trap: "embedded own type", name: "by pointer", src: `
type inner struct{ n int }

type outer struct {
	*inner // trap
	name   string
}`},
	{trap: "embedded own type", name: "a standard type, an interface in an interface, a named field", src: `
import "sync"

type reader interface{ read() }

type readWriter interface {
	reader
	write()
}

type inner struct{ n int }

type outer struct {
	sync.Mutex
	inner inner
}`},

	{trap: "unexported field in Config", name: "nested", src: `
type Config struct {
	Mode  string
	Token *Token
}

type Token struct {
	Header string
	scheme string // trap
}`},
	{trap: "unexported field in Config", name: "another struct", src: `
type Config struct {
	Mode   string
	Tokens []Token
}

type Token struct{ Header string }

type settings struct {
	mode   string
	config *Config
}`},

	{trap: "duration in Config", name: "nested", src: `
import "time"

type Config struct{ Cache Cache }

type Cache struct {
	TTL map[string]*time.Duration // trap
}`},
	{trap: "duration in Config", name: "a string, a duration elsewhere", src: `
import "time"

type Config struct {
	TTL     string
	Entries int64
}

type settings struct{ ttl time.Duration }`},

	{trap: "goroutine without recover", name: "a method", src: `
type plugin struct{ c chan int }

func (p *plugin) run() { p.c <- 1 }

func start(p *plugin) {
	go p.run() // trap
}`},
	{trap: "goroutine without recover", name: "recover too deep, too shallow", src: `
func deep() {
	defer func() {
		func() { _ = recover() }()
	}()
}

func shallow() { _ = recover() }

func start() {
	go deep() // trap
	go shallow() // trap
}`},
	{trap: "goroutine without recover", name: "a literal, a function value, a function of another package", src: `
import "sync"

func start(f func(), wg *sync.WaitGroup) {
	go func() { f() }() // trap
	go f() // trap
	go wg.Wait() // trap
}`},
	{trap: "goroutine without recover", name: "AfterFunc", src: `
import (
	"context"
	"time"
)

func start(ctx context.Context, f func()) {
	time.AfterFunc(time.Second, f) // trap
	context.AfterFunc(ctx, func() { f() }) // trap
}`},
	{trap: "goroutine without recover", name: "that recovers", src: `
import "time"

type plugin struct{ c chan int }

func (p *plugin) run(n int) {
	defer p.recovered()
	p.c <- n
}

func (p *plugin) recovered() {
	if r := recover(); r != nil {
		p.c <- 0
	}
}

func start(p *plugin) {
	go p.run(1)
	go func() {
		defer func() { _ = recover() }()
		p.c <- 2
	}()
	time.AfterFunc(time.Second, func() { p.run(3) })
}`},

	{trap: "panic or exit", name: "panic", src: `
func must(err error) {
	if err != nil {
		panic(err) // trap
	}
}`},
	{trap: "panic or exit", name: "log and os", src: `
import (
	"log"
	"os"
)

func must(l *log.Logger, err error) {
	log.Fatalf("%v", err) // trap
	l.Fatal(err) // trap
	log.Panicln(err) // trap
	os.Exit(1) // trap
}`},
	{trap: "panic or exit", name: "a log line, an own function", src: `
import "log"

func exit(err error) error {
	log.Println("panic:", err)
	return err
}

func run(err error) error { return exit(err) }`},

	{trap: trapImport, name: "of another module", src: `
import _ "golang.org/x/time/rate" // trap`},
	{trap: trapImport, name: "required indirectly", src: `
import _ "example.org/dep/part" // trap`,
		mod: "require example.org/dep v0.0.0 // indirect\n\nreplace example.org/dep => ./dep\n"},
	{trap: trapImport, name: "the standard library, the module, a requirement", src: `
import (
	_ "net/http"

	_ "example.org/dep/part"
	_ "example.org/plugin/internal/part"
)`,
		mod: "require example.org/dep v0.0.0\n\nreplace example.org/dep => ./dep\n"},

	{trap: "own value as a std interface", name: "in a literal", src: `
import "net/http"

type transport struct{ n int }

func (t *transport) RoundTrip(_ *http.Request) (*http.Response, error) { return nil, nil }

var client = &http.Client{
	Transport: &transport{}, // trap
}`},
	{trap: "own value as a std interface", name: "in a conversion", src: `
import "net/http"

type plugin struct{ n int }

func (p *plugin) ServeHTTP(http.ResponseWriter, *http.Request) {}

var handler = http.Handler(&plugin{}) // trap`},
	{trap: "own value as a std interface", name: "by way of a variable, in an own literal", src: `
import "net/http"

type transport struct{ n int }

func (t *transport) RoundTrip(_ *http.Request) (*http.Response, error) { return nil, nil }

type plugin struct{ transport http.RoundTripper }

func client() *http.Client {
	var t http.RoundTripper = &transport{}
	_ = plugin{transport: &transport{}}
	_ = any(&transport{})
	return &http.Client{Transport: t}
}`},

	{trap: "context key that is no pointer", name: "an own type", src: `
import "context"

type key struct{}

func with(ctx context.Context) context.Context {
	return context.WithValue(ctx, key{}, 1) // trap
}`},
	{trap: "context key that is no pointer", name: "a string", src: `
import "context"

func with(ctx context.Context) context.Context {
	return context.WithValue(ctx, "key", 1) // trap
}`},
	{trap: "context key that is no pointer", name: "a pointer", src: `
import "context"

var identityKey = new(string)

func with(ctx context.Context) context.Context {
	return context.WithValue(ctx, identityKey, 1)
}`},

	{trap: "own http.ResponseWriter", name: "by embedding", src: `
import "net/http"

type recorder struct { // trap
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) { r.status = status }`},
	{trap: "own http.ResponseWriter", name: "a handler, a field", src: `
import "net/http"

type plugin struct{ next http.Handler }

func (p *plugin) ServeHTTP(rw http.ResponseWriter, req *http.Request) { p.next.ServeHTTP(rw, req) }

type exchange struct {
	rw  http.ResponseWriter
	req *http.Request
}`},
}
