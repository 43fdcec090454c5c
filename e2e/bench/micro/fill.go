package main

import (
	"errors"
	"fmt"
	"math/rand"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

// A million misses would take many minutes. So the staged copy of the plugin gets one more file, with which the plugin's
// own code stores a good answer as if Huawei had just given it: the same key, the same identity, the same put. What an
// entry weighs is measured at real misses as well, and has to come out the same.

// fillPath is where the added file waits for tokens; net/http is compiled, and so the same on both sides.
const fillPath = "/huaweiid-bench-fill"

// fillSource takes tokens, one a line, whose last 16 digits tell them apart. IDs and phones are those of this program's
// Huawei, so that what is stored does not depend on how.
const fillSource = `package huaweiid

import (
	"io"
	"net/http"
	"strings"
	"time"
)

func init() { http.HandleFunc("` + fillPath + `", fillForBench) }

func fillForBench(rw http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
		return
	}
	for _, t := range upstreams.upstreams {
		u := t.upstream
		for _, token := range strings.Fields(string(body)) {
			serial := token[len(token)-16:]
			phone := "111" + serial[8:]
			id := newIdentity("AQAxKp8Wm3Zt"+serial, "AQAxQ7vR2nLd4"+serial, phone, "0086", strings.Clone(phone))
			landFlight(u, keyOf(u, token), &flight{known: true, verdict: &verdict{identity: id, life: time.Hour}})
		}
	}
}
`

// stageFillable stages the plugin with the added file.
func stageFillable(dir string) (module string, err error) {
	if module, err = proxy.Stage(dir); err != nil {
		return "", err
	}
	file := filepath.Join(dir, "plugins-local", "src", filepath.FromSlash(module), "fill_for_bench.go")
	if err := os.WriteFile(file, []byte(fillSource), 0o644); err != nil {
		return "", fmt.Errorf("adding to the staged plugin: %w", err)
	}
	return module, nil
}

var errFill = errors.New("filling the cache failed")

const (
	fillers   = 2
	fillBatch = 1000
)

// fill has the one state that this process's plugin holds remember all users of a crowd, in no order.
func fill(c *crowd) error {
	order := rand.New(rand.NewSource(1)).Perm(c.size)
	batches := make(chan []int)
	failures := make(chan error, fillers)
	var filling sync.WaitGroup
	for range fillers {
		filling.Add(1)
		go func() {
			defer filling.Done()
			for batch := range batches {
				if err := fillUsers(c, batch); err != nil {
					select {
					case failures <- err:
					default:
					}
				}
			}
		}()
	}
	for len(order) > 0 {
		n := min(fillBatch, len(order))
		batches <- order[:n]
		order = order[n:]
	}
	close(batches)
	filling.Wait()
	select {
	case err := <-failures:
		return err
	default:
		return nil
	}
}

func fillUsers(c *crowd, users []int) error {
	var body strings.Builder
	for _, i := range users {
		body.WriteString(c.token(i))
		body.WriteByte('\n')
	}
	req := httptest.NewRequest(http.MethodPost, fillPath, strings.NewReader(body.String()))
	recorder := httptest.NewRecorder()
	http.DefaultServeMux.ServeHTTP(recorder, req)
	if recorder.Code != http.StatusOK {
		return fmt.Errorf("%w: %d %s", errFill, recorder.Code, recorder.Body)
	}
	return nil
}
