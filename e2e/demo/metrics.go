package demo

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// metricsEntryPoint is one that only the demo asks, and metricsPath is where the plugin's metrics are on it.
	metricsEntryPoint = "metrics"
	metricsPath       = "/huaweiid/metrics"
	// readEvery is short enough that a call is shown in the second in which it was made.
	readEvery   = 250 * time.Millisecond
	readTimeout = 5 * time.Second
)

// figures are what the page shows of the plugin's metrics, added up over what it tells apart.
type figures struct {
	lookups  int // tokens looked for in the cache
	hits     int // of them found there, refusals and stale answers included
	calls    int // to Huawei
	entries  int // answers in the cache
	breakers int // that keep Huawei from being asked
}

// meter reads the plugin's metrics as Prometheus would.
type meter struct {
	url    string
	client *http.Client
}

func newMeter(address string) *meter {
	return &meter{url: "http://" + address + metricsPath, client: &http.Client{Transport: &http.Transport{}, Timeout: readTimeout}}
}

// run has the minute count until ctx ends.
func (m *meter) run(ctx context.Context, minute *minute) {
	defer m.client.CloseIdleConnections()
	ticker := time.NewTicker(readEvery)
	defer ticker.Stop()
	for {
		if f, err := m.read(ctx); err == nil {
			minute.metered(f)
		} else {
			minute.unmetered() // the page says so
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (m *meter) read(ctx context.Context) (figures, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, m.url, nil)
	if err != nil {
		return figures{}, fmt.Errorf("reading the plugin's metrics: %w", err)
	}
	resp, err := m.client.Do(req)
	if err != nil {
		return figures{}, fmt.Errorf("reading the plugin's metrics: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return figures{}, fmt.Errorf("reading the plugin's metrics: %s answered %s", m.url, resp.Status)
	}
	f, err := figuresOf(resp.Body)
	if err != nil {
		return figures{}, fmt.Errorf("reading the plugin's metrics: %w", err)
	}
	return f, nil
}

// figuresOf reads Prometheus' text format as far as the plugin writes it: a sample is a line without a time.
func figuresOf(text io.Reader) (figures, error) {
	var f figures
	told := false
	lines := bufio.NewScanner(text)
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "#") {
			continue
		}
		end := strings.LastIndexByte(line, ' ')
		value, err := strconv.ParseFloat(line[end+1:], 64)
		if err != nil {
			return figures{}, err
		}
		count := int(value)
		switch name, labels, _ := strings.Cut(line[:max(end, 0)], "{"); name {
		case "huaweiid_cache_lookups_total":
			f.lookups += count
			if !strings.Contains(labels, `result="miss"`) && !strings.Contains(labels, `result="coalesced"`) {
				f.hits += count
			}
		case "huaweiid_huawei_calls_total":
			f.calls += count
		case "huaweiid_cache_entries":
			f.entries += count
		case "huaweiid_breaker_open":
			f.breakers, told = count, true
		}
	}
	if !told && lines.Err() == nil {
		return figures{}, fmt.Errorf("there is no huaweiid_breaker_open among them")
	}
	return f, lines.Err()
}
