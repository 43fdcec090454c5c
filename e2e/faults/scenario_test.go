package faults

import (
	"time"

	"github.com/traefik-huaweiid/huaweiid/e2e/traffic"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// scenario is one fault: Huawei is healthy, then it is not, then it is back.
type scenario struct {
	name  string
	begin func(*traffic.Huawei)
	// lasts is how long the fault does.
	lasts time.Duration
	// flaps is how often the fault goes and comes back meanwhile; 0 = never.
	flaps time.Duration
	// cold says that the fault is there from the start: nobody is known then.
	cold bool

	options options
	expect  expectation
}

// options are those of the plugin that a scenario changes.
type options struct {
	timeout      time.Duration
	staleIfError time.Duration
	audience     bool
}

// expectation is what those get whom the plugin has to ask about while the fault lasts.
type expectation struct {
	status int
	code   string
	// definite says that the answer is about the token, so that known users get it as well.
	definite bool
	// opens says that the breaker opens. Then it is overloaded that most get.
	opens bool
	// retryAfter is what Huawei asks for; 0 = nothing.
	retryAfter time.Duration
	// either says that some calls succeed, so that an identity is as right as a failure.
	either bool
	// unharmed says that the fault is none.
	unharmed bool
}

const (
	ttl         = time.Second
	negativeTTL = time.Second
	// probe is the breaker's first period. It doubles with every failed probe.
	probe = 5 * time.Second
	// slack is what a loaded machine may add to any of these times.
	slack = 2500 * time.Millisecond
)

// route is the scenario's host of the proxy.
func (s scenario) route(host, backend string, huawei *traffic.Huawei) traffic.Route {
	o := traffic.Options{
		"huawei": huawei.Upstream(traffic.Options{"timeout": s.options.timeout.String()}),
		"cache": traffic.Options{
			"ttl":          ttl.String(),
			"negativeTTL":  negativeTTL.String(),
			"staleIfError": s.options.staleIfError.String(),
		},
		"headers": traffic.Options{"status": traffic.StatusHeader},
	}
	if s.options.audience {
		o["audience"] = traffic.Options{"clientIDs": huaweisim.ClientID}
	}
	return traffic.Route{Host: host, Backend: backend, Options: o}
}
