package demo

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	regulars = 12
	// visitEvery is the time between two visits, and every newcomerEvery-th visit is a newcomer's: each regular comes about
	// once in a second, and so does a newcomer.
	visitEvery    = 75 * time.Millisecond
	newcomerEvery = 13
)

// visitors are the traffic behind the chart. They come while somebody looks at the page and has not paused them.
type visitors struct {
	stack  *stack
	client *http.Client
	paused atomic.Bool
	busy   [regulars]atomic.Bool // a regular waits for an answer before the next request
}

func newVisitors(s *stack) *visitors {
	return &visitors{stack: s, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: regulars}, Timeout: requestTimeout}}
}

// run sends until ctx ends, and returns when the last request has ended.
func (v *visitors) run(ctx context.Context) {
	var under sync.WaitGroup
	defer v.client.CloseIdleConnections()
	defer under.Wait()
	ticker := time.NewTicker(visitEvery)
	defer ticker.Stop()
	for visit := 0; ; visit++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		v.stack.minute.under(v.stack.huawei.is())
		if !v.come() {
			continue
		}
		if visit%newcomerEvery == 0 {
			under.Go(func() { v.visit(ctx, newcomer, v.stack.newcomers.token("mainland/new")) })
			continue
		}
		number := visit % regulars
		if v.busy[number].CompareAndSwap(false, true) {
			under.Go(func() {
				defer v.busy[number].Store(false)
				v.visit(ctx, known, regular(number))
			})
		}
	}
}

// come says whether there are visitors now.
func (v *visitors) come() bool { return v.stack.page.watched() && !v.paused.Load() }

// visit sends one request and counts how it ended. One that came to nothing, such as at the end of the demo, is not counted.
func (v *visitors) visit(ctx context.Context, sender who, token string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+v.stack.gateway.Addr()+"/", nil)
	if err != nil {
		return
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("User-Agent", userAgent)
	resp, err := v.client.Do(req)
	if err != nil {
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return
	}
	var problem struct {
		Code string `json:"code"`
	}
	_ = json.Unmarshal(body, &problem) // the backend's answer has no code
	v.stack.minute.answered(sender, verdictOf(resp.StatusCode, resp.Header, problem.Code))
}
