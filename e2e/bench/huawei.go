package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// huaweiArgument makes this program a Huawei that takes so long for each call.
func huaweiArgument(latency time.Duration) string { return "huawei-" + latency.String() }

func newHuawei(latency time.Duration) http.Handler {
	sim := huaweisim.New()
	if latency > 0 {
		sim.SetFaults(huaweisim.Fault{Kind: "latency", Latency: latency.String()})
	}
	return sim
}

// huawei is a simulator on a loopback port.
type huawei struct{ *process }

func startHuawei(latency time.Duration) (*huawei, error) {
	p, err := startProcess(huaweiArgument(latency))
	if err != nil {
		return nil, err
	}
	return &huawei{process: p}, nil
}

// calls is how many came so far, of both APIs.
func (h *huawei) calls() (int, error) {
	resp, err := http.Get(h.url() + "/sim/stats")
	if err != nil {
		return 0, fmt.Errorf("asking the simulator for its counts: %w", err)
	}
	defer resp.Body.Close()
	var stats huaweisim.Stats
	if err := json.NewDecoder(resp.Body).Decode(&stats); err != nil {
		return 0, fmt.Errorf("asking the simulator for its counts: %w", err)
	}
	total := 0
	for _, n := range stats.Calls {
		total += n
	}
	return total, nil
}
