package main

import (
	"errors"
	"fmt"
	"sort"
	"strings"
	"sync"

	"github.com/traefik-huaweiid/huaweiid/e2e/traffic"
)

// tally counts answers, and keeps the first that were wrong.
type tally struct {
	mu       sync.Mutex
	requests int
	stale    int
	by       map[string]int
	errors   []error
	wrongs   int
}

const keptErrors = 5

// forwarded is what answers are counted as that are no refusal.
const forwarded = "forwarded"

func newTally() *tally { return &tally{by: map[string]int{}} }

func (t *tally) add(a traffic.Answer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.requests++
	kind := a.Code
	if a.OK() {
		kind = forwarded
	}
	t.by[kind]++
	if a.Stale() {
		t.stale++
	}
	err := a.Wrong()
	if err == nil && (a.Status == 401 || a.Status == 403) && strings.HasPrefix(a.Token, "mainland/") {
		err = fmt.Errorf("a user who is signed in was refused: %v", a)
	}
	if err == nil {
		return
	}
	t.wrongs++
	if len(t.errors) < keptErrors {
		t.errors = append(t.errors, err)
	}
}

// String is one line: how many of which answer.
func (t *tally) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var kinds []string
	for kind, n := range t.by {
		kinds = append(kinds, fmt.Sprintf("%s %d", kind, n))
	}
	sort.Strings(kinds)
	return fmt.Sprintf("%d requests, %d of them answered stale: %s", t.requests, t.stale, strings.Join(kinds, ", "))
}

// wrong is what was wrong with the answers, or with all of them: three quarters are for known users, and Huawei is well for half
// of the time at least.
func (t *tally) wrong() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.wrongs > 0 {
		return fmt.Errorf("%d wrong answers, the first: %v", t.wrongs, t.errors)
	}
	if n := t.by[forwarded]; n < t.requests/4 || n == 0 {
		return fmt.Errorf("only %d of %d requests were forwarded", n, t.requests)
	}
	if t.stale == 0 {
		return errors.New("no answer was bridged from the cache, though Huawei failed again and again")
	}
	return nil
}
