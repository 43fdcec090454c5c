package traps

// proofs are what Yaegi makes of the traps and of what the table says to write instead: a function Run, whose result is
// given, each time. Its panics and failures to load come as a result that begins with "panic: " or "load: ".
var proofs = []struct {
	trap string
	name string
	src  string
	want string
}{
	{trap: "select", name: "instead, a plain receive", want: "1", src: `
func Run() int {
	c := make(chan int, 1)
	c <- 1
	v := <-c
	return v
}`},

	{trap: "return of a receive", want: "panic: reflect: reflect.Value.Set using unaddressable value", src: `
func get(c chan error) error { return <-c }

func Run() error {
	c := make(chan error, 1)
	c <- nil
	return get(c)
}`},
	{trap: "return of a receive", name: "instead", want: "1 2 4", src: `
import "fmt"

func get(c chan int) int { v := <-c; return v }

func sum(c chan int) int { return 1 + <-c }

func twice(c chan int) int { return double(<-c) }

func double(n int) int { return 2 * n }

func Run() string {
	c := make(chan int, 3)
	c <- 1
	c <- 1
	c <- 2
	return fmt.Sprint(get(c), sum(c), twice(c))
}`},

	{trap: "value that is not there", name: "an assertion", want: "openID openID", src: `
func Run() string {
	all := ""
	for _, member := range []interface{}{"openID", 7} {
		value, _ := member.(string)
		all += " " + value
	}
	return all[1:]
}`},
	{trap: "value that is not there", name: "a map", want: "before", src: `
func Run() string {
	value := "before"
	value, _ = map[string]string{}["none"]
	return value
}`},
	{trap: "value that is not there", name: "instead", want: "openID-", src: `
func Run() string {
	all := ""
	for _, member := range []interface{}{"openID", 7} {
		if value, ok := member.(string); ok {
			all += value
		}
		if text(member) == "" {
			all += "-"
		}
	}
	return all
}

func text(member interface{}) string {
	value, _ := member.(string)
	return value
}`},

	{trap: "several conditions in one case", want: "first none", src: `
func kind(n int) string {
	switch {
	case n == 1, n == 2:
		return "first"
	}
	return "none"
}

func Run() string { return kind(1) + " " + kind(2) }`},
	{trap: "several conditions in one case", name: "instead", want: "first first none", src: `
func kind(n int) string {
	switch {
	case n == 1 || n == 2:
		return "first"
	}
	return "none"
}

func Run() string { return kind(1) + " " + kind(2) + " " + kind(3) }`},

	{trap: "several package variables from one call", want: "load: assignment mismatch: 2 variables but both returns 0 values", src: `
var a, b = both()

func both() (int, int) { return 1, 2 }

func Run() int { return a + b }`},
	{trap: "several package variables from one call", name: "instead", want: "3", src: `
var a, b int

func init() { a, b = both() }

func both() (int, int) { return 1, 2 }

func Run() int { return a + b }`},

	{trap: "unnamed parameter", want: "panic: reflect.Set: value of type string is not assignable to type func(string) error", src: `
import "errors"

func Run() error {
	get := func(string) error { return errors.New("x") }
	return get("y")
}`},
	{trap: "unnamed parameter", name: "instead", want: "x", src: `
import "errors"

func Run() error {
	get := func(_ string) error { return errors.New("x") }
	return get("y")
}`},

	{trap: "errors.As into an own type", name: "an error type", want: "panic: errors: *target must be interface or implement error", src: `
import "errors"

type refusal struct{ code string }

func (r *refusal) Error() string { return r.code }

func Run() bool {
	var err error = &refusal{"expired"}
	var r *refusal
	return errors.As(err, &r)
}`},
	{trap: "errors.As into an own type", name: "an interface", want: "panic: errors: *target must be interface or implement error", src: `
import (
	"context"
	"errors"
)

type timeouter interface{ Timeout() bool }

func Run() bool {
	var t timeouter
	return errors.As(context.DeadlineExceeded, &t)
}`},
	{trap: "errors.As into an own type", name: "instead", want: "true true", src: `
import (
	"errors"
	"fmt"
	"net/url"
)

var errExpired = errors.New("expired")

func Run() string {
	var u *url.Error
	err := fmt.Errorf("looking up: %w", &url.Error{Op: "Get", URL: "x", Err: errExpired})
	return fmt.Sprint(errors.As(err, &u), errors.Is(err, errExpired))
}`},

	{trap: "own error type", name: "Unwrap", want: "false", src: `
import "errors"

var errExpired = errors.New("expired")

type refusal struct{ cause error }

func (r *refusal) Error() string { return "refused" }

func (r *refusal) Unwrap() error { return r.cause }

func Run() bool {
	var err error = &refusal{errExpired}
	return errors.Is(err, errExpired)
}`},
	{trap: "own error type", name: "conversion", want: "panic: reflect: Method index out of range", src: `
type refusal struct{ code string }

func (r *refusal) Error() string { return r.code }

func Run() string { return error(&refusal{"expired"}).Error() }`},
	{trap: "own error type", name: "wrapped", want: "%!w(*struct { Xcode string }=&{expired})", src: `
import "fmt"

type refusal struct{ code string }

func (r *refusal) Error() string { return r.code }

func Run() string { return fmt.Errorf("%w", &refusal{"expired"}).Error() }`},

	{trap: "type parameters", want: "load: cannot use type func(int) string as type func(int) int", src: `
func each[T, U any](xs []T, f func(T) U) (out []U) {
	for _, x := range xs {
		out = append(out, f(x))
	}
	return out
}

func Run() []string { return each([]int{1}, func(int) string { return "one" }) }`},

	{trap: "built-in function of Go 1.21", name: "min", want: "load: undefined: min", src: `
func Run() int { return min(1, 2) }`},
	{trap: "built-in function of Go 1.21", name: "max", want: "load: undefined: max", src: `
func Run() int { return max(1, 2) }`},
	{trap: "built-in function of Go 1.21", name: "clear", want: "load: undefined: clear", src: `
func Run() map[string]int {
	m := map[string]int{"a": 1}
	clear(m)
	return m
}`},

	{trap: "range over an integer or a function", name: "integer", want: "panic: nil type", src: `
func Run() (n int) {
	for i := range 3 {
		n += i
	}
	return n
}`},
	{trap: "range over an integer or a function", name: "function", want: "panic: nil type", src: `
func all(yield func(int) bool) { _ = yield(1) && yield(2) }

func Run() (n int) {
	for i := range all {
		n += i
	}
	return n
}`},

	{trap: "closure over a loop variable", name: "range", want: "cccc", src: `
func Run() string {
	s := ""
	f := func() string { return "" }
	var fs []func() string
	for _, v := range []string{"a", "b", "c"} {
		f = func() string { return v }
		fs = append(fs, f)
	}
	for _, f := range fs {
		s += f()
	}
	return s + f()
}`},
	{trap: "closure over a loop variable", name: "for", want: "[3 3 3]", src: `
func Run() []int {
	var fs []func() int
	for i := 0; i < 3; i++ {
		fs = append(fs, func() int { return i })
	}
	return []int{fs[0](), fs[1](), fs[2]()}
}`},
	{trap: "closure over a loop variable", name: "instead", want: "aabbcc", src: `
func say(v string) func() string { return func() string { return v } }

func Run() string {
	var fs []func() string
	for _, v := range []string{"a", "b", "c"} {
		own := v
		fs = append(fs, func() string { return own }, say(v))
	}
	s := ""
	for _, f := range fs {
		s += f()
	}
	return s
}`},

	{trap: "compiler directive", name: "build line", want: "loaded", src: `//go:build ignore

package snippet

func Run() string { return "loaded" }`},
	{trap: "compiler directive", name: "embed", want: "", src: `
import "net/http"

//go:embed snippet.go
var source string

var _ = http.StatusOK

func Run() string { return source }`},

	{trap: "method expression", name: "of a value", want: "panic: reflect.Set: value of type func() int is not assignable to type func(struct { Xn int }) int", src: `
type plugin struct{ n int }

func (p plugin) count() int { return p.n }

func Run() int {
	f := plugin.count
	return f(plugin{1})
}`},
	{trap: "method expression", name: "of a standard type", want: "panic: reflect: Method index out of range", src: `
import "bytes"

func Run() string {
	f := (*bytes.Buffer).String
	return f(bytes.NewBufferString("a"))
}`},
	{trap: "method expression", name: "instead", want: "1", src: `
type plugin struct{ n int }

func (p plugin) count() int { return p.n }

func Run() int {
	f := plugin{1}.count
	return f()
}`},

	{trap: "not in Yaegi's standard library", name: "Go 1.24", want: "load: package strings \"strings\" has no symbol SplitSeq", src: `
import "strings"

func Run() bool { return strings.SplitSeq("a", ",") != nil }`},
	{trap: "not in Yaegi's standard library", name: "package", want: "load: unable to find source related to: \"unsafe\"", src: `
import "unsafe"

func Run() uintptr { return unsafe.Sizeof(0) }`},
	{trap: "not in Yaegi's standard library", name: "generic type", want: "load: undefined selector sync/atomic.Pointer", src: `
import "sync/atomic"

var p atomic.Pointer[int]

func Run() *int { return p.Load() }`},
	{trap: "not in Yaegi's standard library", name: "slices.Clone", want: "load: undefined type for E", src: `
import "slices"

func Run() []string { return slices.Clone([]string{"a"}) }`},
	{trap: "not in Yaegi's standard library", name: "maps.Clone", want: "load: undefined type for K", src: `
import "maps"

func Run() map[string]int { return maps.Clone(map[string]int{"a": 1}) }`},
	{trap: "not in Yaegi's standard library", name: "instead, the generic functions that pass", want: "-1 true true true 0 1", src: `
import (
	"cmp"
	"fmt"
	"slices"
)

func isB(s string) bool { return s == "b" }

func Run() string {
	s := []string{"a", "b"}
	return fmt.Sprint(cmp.Compare(1, 2), cmp.Less("a", "b"), slices.Contains(s, "b"), slices.ContainsFunc(s, isB),
		slices.Index(s, "a"), slices.IndexFunc(s, isB))
}`},

	{trap: "method value of a std type", name: "in a literal", want: "load: cannot use type func(*net.Dialer, context.Context, string, string) (net.Conn, error)", src: `
import (
	"net"
	"net/http"
)

func Run() bool {
	t := &http.Transport{DialContext: (&net.Dialer{}).DialContext}
	return t.DialContext != nil
}`},
	{trap: "method value of a std type", name: "in an assignment", want: "load: cannot use type func(*strings.Builder) string as type func() string in assignment", src: `
import "strings"

type plugin struct{ text func() string }

func Run() string {
	p, b := &plugin{}, &strings.Builder{}
	p.text = b.String
	return p.text()
}`},
	{trap: "method value of a std type", name: "to an own function", want: "load: cannot use type func(*strings.Builder) string as type func() string", src: `
import "strings"

func use(f func() string) string { return f() }

func Run() string {
	b := &strings.Builder{}
	return use(b.String)
}`},
	{trap: "method value of a std type", name: "to a standard function", want: "load: cannot use type func(*sync.WaitGroup) as type func()", src: `
import "sync"

func Run() bool {
	once, wg := &sync.Once{}, &sync.WaitGroup{}
	wg.Add(1)
	once.Do(wg.Done)
	return true
}`},
	{trap: "method value of a std type", name: "instead, and others that work", want: "true 3 true true", src: `
import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

type plugin struct {
	unix func() int64
	err  func() error
}

func Run() string {
	d := &net.Dialer{}
	t := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		return d.DialContext(ctx, network, address)
	}}
	ctx := context.Background()
	p := &plugin{unix: time.Unix(3, 0).Unix, err: ctx.Err}
	var once sync.Once
	var wg sync.WaitGroup
	wg.Add(1)
	once.Do(wg.Done)
	wg.Wait()
	h := http.HandlerFunc(http.NewServeMux().ServeHTTP)
	return fmt.Sprint(t.DialContext != nil, p.unix(), p.err() == nil, h != nil)
}`},

	{trap: "switch on an error", name: "an own one", want: "panic: runtime error: comparing uncomparable type interp._error", src: `
type refusal struct{ code string }

func (r *refusal) Error() string { return r.code }

var errRefused error = &refusal{"expired"}

func name(err error) string {
	switch err {
	case errRefused:
		return "refused"
	}
	return "other"
}

func Run() string { return name(errRefused) }`},
	{trap: "switch on an error", name: "instead", want: "refused", src: `
import (
	"errors"
	"fmt"
)

var errRefused = errors.New("refused")

func name(err error) string {
	switch {
	case errors.Is(err, errRefused):
		return "refused"
	}
	return "other"
}

func Run() string { return name(fmt.Errorf("looking up: %w", errRefused)) }`},

	{trap: "type assertion to an own type", name: "in a type switch", want: "other", src: `
type good struct{ name string }

type refused struct{ code int }

func Run() string {
	var v any = &good{}
	switch v.(type) {
	case *good:
		return "good"
	case *refused:
		return "refused"
	}
	return "other"
}`},
	{trap: "type assertion to an own type", name: "of another type with its fields", want: "true", src: `
type seconds struct{ n int }

type metres struct{ n int }

func Run() bool {
	var v any = seconds{1}
	_, ok := v.(metres)
	return ok
}`},
	{trap: "type assertion to an own type", name: "of a plain string", want: "true", src: `
type token string

func Run() bool {
	var v any = "plain"
	_, ok := v.(token)
	return ok
}`},
	{trap: "type assertion to an own type", name: "to an interface", want: "panic: reflect.Set: value of type interface {} is not assignable to type interp.valueInterface", src: `
type namer interface{ name() string }

type entry struct{ n string }

func (e *entry) name() string { return e.n }

func Run() string {
	var v any = &entry{"a"}
	n, _ := v.(namer)
	return n.name()
}`},
	{trap: "type assertion to an own type", name: "to an interface in place", want: "false", src: `
import "context"

func Run() bool {
	var err error = context.DeadlineExceeded
	_, ok := err.(interface{ Timeout() bool })
	return ok
}`},
	{trap: "type assertion to an own type", name: "instead", want: "true", src: `
import (
	"context"
	"net"
)

func Run() bool {
	var err error = context.DeadlineExceeded
	n, ok := err.(net.Error)
	return ok && n.Timeout()
}`},

	{trap: "two structs of one shape", name: "by way of own types and of a field's exported name", want: "true false false", src: `
import "fmt"

type name string

type a struct{ names map[name][]name }

type b struct{ Xnames map[string][]string }

type tagged struct {
	Xnames map[string][]string ` + "`json:\"names\"`" + `
}

type other struct{ other map[string][]string }

func Run() string {
	var v any = a{}
	_, isB := v.(b)
	_, isTagged := v.(tagged)
	_, isOther := v.(other)
	return fmt.Sprint(isB, isTagged, isOther)
}`},

	{trap: "own representation", name: "String", want: "*** {hush}", src: `
import "fmt"

type secret struct{ text string }

func (s secret) String() string { return "***" }

type settings struct{ password secret }

func Run() string {
	return fmt.Sprint(secret{"hush"}, " ", fmt.Sprint(settings{secret{"hush"}})[1:7])
}`},
	{trap: "own representation", name: "LogValue", want: "msg=start password={Xtext:hush}\n", src: `
import (
	"log/slog"
	"strings"
)

type secret struct{ text string }

func (s secret) LogValue() slog.Value { return slog.StringValue("***") }

func Run() string {
	b := &strings.Builder{}
	slog.New(slog.NewTextHandler(b, nil)).Info("start", "password", secret{"hush"})
	_, line, _ := strings.Cut(b.String(), "level=INFO ")
	return line
}`},
	{trap: "own representation", name: "UnmarshalJSON", want: "plain", src: `
import "encoding/json"

type answer struct{ Text string }

func (a *answer) UnmarshalJSON([]byte) error {
	a.Text = "own"
	return nil
}

func Run() string {
	var v struct{ A answer }
	if err := json.Unmarshal([]byte(` + "`" + `{"A":{"Text":"plain"}}` + "`" + `), &v); err != nil {
		return err.Error()
	}
	return v.A.Text
}`},

	{trap: "embedded own type", want: `{"Xinner":{"a":"1"},"b":"2"}`, src: `
import "encoding/json"

type inner struct {
	A string ` + "`json:\"a\"`" + `
}

type outer struct {
	inner
	B string ` + "`json:\"b\"`" + `
}

func Run() string {
	b, _ := json.Marshal(outer{inner{"1"}, "2"})
	return string(b)
}`},

	{trap: "unexported field in Config", want: `{"Mode":"","Xsecret":"hush"} set`, src: `
import "encoding/json"

type Config struct {
	Mode   string
	secret string
}

func Run() string {
	c := Config{secret: "hush"}
	b, _ := json.Marshal(c)
	_ = json.Unmarshal([]byte(` + "`" + `{"xsecret":"set"}` + "`" + `), &c)
	return string(b) + " " + c.secret
}`},

	{trap: "goroutine without recover", name: "instead", want: "recovered recovered", src: `
import "time"

type plugin struct{ c chan string }

func (p *plugin) run() {
	defer p.recovered()
	var m map[string]int
	m["a"] = 1
}

func (p *plugin) recovered() {
	if r := recover(); r != nil {
		p.c <- "recovered"
	}
}

func Run() string {
	p := &plugin{make(chan string, 1)}
	go p.run()
	a := <-p.c
	time.AfterFunc(0, func() { p.run() })
	b := <-p.c
	return a + " " + b
}`},

	{trap: "panic or exit", name: "os.Exit", want: "panic: os.Exit(3)", src: `
import "os"

func Run() int {
	os.Exit(3)
	return 0
}`},
	{trap: "panic or exit", name: "log.Fatal", want: "panic: fatal", src: `
import "log"

func Run() int {
	log.Fatal("fatal")
	return 0
}`},

	{trap: trapImport, want: "load: unable to find source related to: \"golang.org/x/time/rate\"", src: `
import _ "golang.org/x/time/rate"

func Run() int { return 0 }`},

	{trap: "own value as a std interface", name: "in a literal", want: "panic: reflect.Set: value of type *struct { Xn int } is not assignable to type http.Handler", src: `
import "net/http"

type plugin struct{ n int }

func (p *plugin) ServeHTTP(http.ResponseWriter, *http.Request) {}

func Run() bool { return (&http.Server{Handler: &plugin{}}).Handler != nil }`},
	{trap: "own value as a std interface", name: "in a conversion", want: "panic: reflect.Set: value of type *struct { Xn int } is not assignable to type http.Handler", src: `
import "net/http"

type plugin struct{ n int }

func (p *plugin) ServeHTTP(http.ResponseWriter, *http.Request) {}

func Run() bool {
	h := http.Handler(&plugin{})
	return http.StripPrefix("/", h) != nil
}`},
	{trap: "own value as a std interface", name: "instead", want: "true true", src: `
import (
	"fmt"
	"net/http"
)

type plugin struct{ n int }

func (p *plugin) ServeHTTP(http.ResponseWriter, *http.Request) {}

type chain struct{ next http.Handler }

func Run() string {
	var h http.Handler = &plugin{}
	s := &http.Server{Handler: h}
	c := chain{next: &plugin{}}
	return fmt.Sprint(s.Handler != nil, c.next != nil)
}`},

	{trap: "context key that is no pointer", want: "of a, of a", src: `
import (
	"context"
	"fmt"
)

type a string

type b string

func Run() string {
	ctx := context.WithValue(context.Background(), a("key"), "of a")
	return fmt.Sprintf("%v, %v", ctx.Value(b("key")), ctx.Value("key"))
}`},
	{trap: "context key that is no pointer", name: "instead", want: "of a, <nil>", src: `
import (
	"context"
	"fmt"
)

var a, b = new(string), new(string)

func Run() string {
	ctx := context.WithValue(context.Background(), a, "of a")
	return fmt.Sprintf("%v, %v", ctx.Value(a), ctx.Value(b))
}`},

	{trap: "own http.ResponseWriter", want: "false", src: `
import (
	"net/http"
	"net/http/httptest"
)

type recorder struct{ http.ResponseWriter }

func (r *recorder) Flush() {}

func serve(h http.Handler, rw http.ResponseWriter) { h.ServeHTTP(rw, nil) }

func Run() (flusher bool) {
	serve(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		_, flusher = rw.(http.Flusher)
	}), &recorder{httptest.NewRecorder()})
	return flusher
}`},
}
