package traps

import (
	"bufio"
	"fmt"
	"go/types"
	"go/version"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// knownGo is the newest Go minor version of which Yaegi v0.16.1 has the standard library: stdlib/go1_22_*.go.
const knownGo = 22

// newerAPI says of a symbol of the standard library which Go brought it, if that was after knownGo. Keys are
// "net/http.NewThing" and "net/http.Request.Pattern".
type newerAPI map[string]string

// loadNewerAPI reads the lists of exported symbols that come with Go, once.
var loadNewerAPI = sync.OnceValues(func() (newerAPI, error) {
	out, err := exec.Command("go", "env", "GOROOT", "GOVERSION").Output()
	if err != nil {
		return nil, err
	}
	root, goVersion, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	// The version may be followed by the experiments that are on.
	goVersion, _, _ = strings.Cut(strings.TrimSpace(goVersion), " ")
	return readNewerAPI(filepath.Join(strings.TrimSpace(root), "api"), goVersion)
})

// readNewerAPI reads dir's lists up to that of the Go version in use. Without all of them a new symbol would pass, so a
// missing one is an error.
func readNewerAPI(dir, goVersion string) (newerAPI, error) {
	minor, err := strconv.Atoi(strings.TrimPrefix(version.Lang(goVersion), "go1."))
	if err != nil {
		return nil, fmt.Errorf("cannot tell how new the standard library of Go %q is", goVersion)
	}
	old := map[string]bool{}
	newer := newerAPI{}
	for v := 0; v <= minor; v++ {
		name := "go1." + strconv.Itoa(v)
		if v == 0 {
			name = "go1"
		}
		err := eachSymbol(filepath.Join(dir, name+".txt"), func(symbol string) {
			// A symbol stands again in a later list when it is deprecated or its type changes.
			if v <= knownGo {
				old[symbol] = true
			} else if _, ok := newer[symbol]; !ok && !old[symbol] {
				newer[symbol] = name
			}
		})
		if err != nil {
			return nil, fmt.Errorf("reading what each Go added to the standard library (use an installed %s: "+
				"a toolchain that the go command fetched has no folder api): %w", goVersion, err)
		}
	}
	return newer, nil
}

// eachSymbol names every symbol that a list of Go's exported API has. Its lines are such as
//
//	pkg net/http, func Error(ResponseWriter, string, int)
//	pkg net/http, method (*Request) CookiesNamed(string) []*Cookie #61472
//	pkg net/http, type Request struct, Pattern string #66405
//	pkg os (darwin-386), const DevNull = "/dev/null"
func eachSymbol(list string, note func(symbol string)) error {
	f, err := os.Open(list)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		m := apiLine.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		pkg, receiver, method, typ, member, other := m[1], m[2], m[3], m[4], m[5], m[6]
		switch {
		case receiver != "":
			note(pkg + "." + receiver + "." + method)
		case typ != "":
			note(pkg + "." + typ)
			if member != "" {
				note(pkg + "." + typ + "." + member)
			}
		default:
			note(pkg + "." + other)
		}
	}
	return lines.Err()
}

var apiLine = regexp.MustCompile(
	`^pkg ([^ ,]+)[^,]*, (?:method \(\*?(\w+).*?\) (\w+)|type (\w+)(?:.*? (?:struct|interface), (\w+))?|\w+ (\w+))`)

// symbolOf is an exported object's key in newerAPI; of a field or method it is that of the type which declares it.
func symbolOf(obj types.Object) string {
	pkg := obj.Pkg()
	switch obj := obj.(type) {
	case *types.Func:
		recv := obj.Signature().Recv()
		if recv == nil {
			break
		}
		if named := namedOf(recv.Type()); named != nil {
			return pkg.Path() + "." + named.Obj().Name() + "." + obj.Name()
		}
	case *types.Var:
		if !obj.IsField() {
			break
		}
		for _, name := range pkg.Scope().Names() {
			if s, ok := pkg.Scope().Lookup(name).Type().Underlying().(*types.Struct); ok {
				for f := range s.Fields() {
					if f == obj.Origin() {
						return pkg.Path() + "." + name + "." + obj.Name()
					}
				}
			}
		}
	}
	return pkg.Path() + "." + obj.Name()
}
