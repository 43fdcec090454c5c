package huaweiid

import (
	"expvar"
	"sort"
	"strings"
	"sync"
	"time"
)

// Metrics: what the process counts. They are package state, so that a reload starts none of them anew, and counters of a
// middleware belong to its name. prometheus.go writes them, and expvar shows the same figures as a tree.

// metrics has all that is counted in the process. Maps of expvar are safe for concurrent use and do their work compiled.
type metrics struct {
	lookups   *expvar.Map // by result, but for the hits of the fast way: those are the tallies'
	calls     *expvar.Map // by api and result
	redis     *expvar.Map // by op and result
	events    *expvar.Map // by type and result
	evictions *expvar.Int
	durations map[string]*histogram // by api

	mu      sync.Mutex // guards tallies
	tallies map[string]*tally
}

// tally counts the requests of a middleware, whichever of its instances they went through.
type tally struct {
	middleware string
	outcomes   *expvar.Map // but for the hits of the fast way
	forged     *expvar.Int
	refusals   *expvar.Int // of tokens, up to manyRefusals
	told       *expvar.Int // above 0 when there were so many

	hits   *expvar.Int // of the fast way
	addHit func(int64) // hits.Add, which costs the interpreter less as a value
}

// maxTallies bounds the middlewares that are told apart. All further ones count as one.
const (
	maxTallies        = maxBlueprints
	furtherMiddleware = "other"
)

// durationBounds are the histogram's, in seconds: around what a call takes, and up to what huawei.timeout mostly is. They stand
// before processMetrics because the interpreter does not see, through the functions, that those need them.
var durationBounds = []float64{0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}

// processMetrics are those of this process.
var processMetrics = newMetrics()

// expvarName is where expvar, and Traefik's /debug/vars, shows the metrics.
const expvarName = "huaweiid"

func init() {
	if expvar.Get(expvarName) == nil { // Publish panics on a name that is taken
		expvar.Publish(expvarName, expvar.Func(func() interface{} { return treeOf(processMetrics.families()) }))
	}
}

func newMetrics() *metrics {
	return &metrics{
		lookups:   new(expvar.Map).Init(),
		calls:     new(expvar.Map).Init(),
		redis:     new(expvar.Map).Init(),
		events:    new(expvar.Map).Init(),
		evictions: new(expvar.Int),
		durations: map[string]*histogram{apiGetInfo: newHistogram(), apiTokenInfo: newHistogram()},
		tallies:   map[string]*tally{},
	}
}

// of returns a middleware's tally.
func (m *metrics) of(middleware string) *tally {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.tallies[middleware] == nil && len(m.tallies) >= maxTallies {
		middleware = furtherMiddleware
	}
	t := m.tallies[middleware]
	if t == nil {
		t = newTally(middleware)
		m.tallies[middleware] = t
	}
	return t
}

func newTally(middleware string) *tally {
	var hits expvar.Int
	t := &tally{
		middleware: middleware,
		outcomes:   new(expvar.Map).Init(),
		forged:     new(expvar.Int),
		refusals:   new(expvar.Int),
		told:       new(expvar.Int),
		hits:       &hits,
		addHit:     hits.Add,
	}
	t.outcomes.Add(statusVerified, 0) // a rate needs a first value
	return t
}

// identified tells whether one request had an identity.
func (t *tally) identified() bool {
	return t.hits.Value()+valueIn(t.outcomes, statusVerified)+valueIn(t.outcomes, statusStale) > 0
}

// manyRefusals of tokens without one identity since the start are worth a warning.
const manyRefusals = 20

// onlyRefusals counts refusals of tokens, and tells at the twentieth whether there was nothing else.
func onlyRefusals(t *tally, o *outcome, requests int64) bool {
	if !o.definite || o.when == whenPhoneRequired || t.told.Value() > 0 {
		return false
	}
	t.refusals.Add(requests)
	if t.refusals.Value() < manyRefusals {
		return false
	}
	t.told.Add(1)
	return t.told.Value() == 1 && !t.identified()
}

// valueIn is 0 for a key that was never counted.
func valueIn(m *expvar.Map, key string) int64 {
	if counted, ok := m.Get(key).(*expvar.Int); ok {
		return counted.Value()
	}
	return 0
}

// sorted returns the tallies in the order of their names.
func (m *metrics) sorted() []*tally {
	m.mu.Lock()
	defer m.mu.Unlock()
	var names []string
	for name := range m.tallies {
		names = append(names, name)
	}
	sort.Strings(names)
	var tallies []*tally
	for _, name := range names {
		tallies = append(tallies, m.tallies[name])
	}
	return tallies
}

// countLookup counts how an answer was come by. Where nobody was asked, there was nothing in the cache either.
func countLookup(m *metrics, from string) {
	if from == fromNowhere {
		from = fromHuawei
	}
	m.lookups.Add(from, 1)
}

// Results of calls beside the codes that they make.
const (
	resultOK         = "ok"          // brought what it was to bring
	resultHostDenied = "host_denied" // this host may not ask; permission_denied is about one token
)

// countCall counts a call of Huawei; v is nil where it brought no verdict, but what another call needs.
func countCall(m *metrics, api string, v *verdict, took time.Duration) {
	result := resultOK
	if v != nil && v.outcome != nil {
		result = v.outcome.code
		if v.outcome.result != "" {
			result = v.outcome.result
		}
	}
	m.calls.Add(api+" "+result, 1)
	observe(m.durations[api], took.Seconds())
}

// Results of account events beside the codes of their refusal.
const (
	eventTaken       = "taken"       // received here, and obeyed
	eventHeard       = "heard"       // obeyed, as another replica received it
	eventUnreachable = "unreachable" // not taken, for want of keys or Redis
	eventListLost    = "list_lost"   // the fleet's list is gone from Redis
	eventMissed      = "missed"      // more went by unread than the list holds
	noEventType      = "none"        // of all but taken and heard
)

// awaitEvents has the figures of account events begin at 0: events are rare, and Prometheus does not see a figure grow that was not
// there before.
func (m *metrics) awaitEvents() {
	for _, kind := range eventTypes {
		m.events.Add(kind+" "+eventTaken, 0)
		m.events.Add(kind+" "+eventHeard, 0)
	}
	for _, result := range []string{
		eventInvalidRequest, eventInvalidKey, eventInvalidIssuer, eventInvalidAud, eventUnauthentic,
		eventUnreachable, eventListLost, eventMissed,
	} {
		m.events.Add(noEventType+" "+result, 0)
	}
}

// event counts an account event.
func (m *metrics) event(kind, result string) { m.events.Add(kind+" "+result, 1) }

// calledRedis counts a call of Redis.
func (m *metrics) calledRedis(op string, err error) {
	result := resultOK
	if err != nil {
		result = faultOf(err).result
	}
	m.redis.Add(op+" "+result, 1)
}

// histogram counts durations. The last of counts is for those beyond every bound.
type histogram struct {
	mu     sync.Mutex
	counts []int64
	sum    float64 // seconds
}

func newHistogram() *histogram { return &histogram{counts: make([]int64, len(durationBounds)+1)} }

func observe(h *histogram, seconds float64) {
	place := sort.SearchFloat64s(durationBounds, seconds)
	h.mu.Lock()
	h.counts[place]++
	h.sum += seconds
	h.mu.Unlock()
}

// family is one metric.
type family struct {
	name    string // without the prefix
	kind    string // counter, gauge or histogram
	help    string
	samples []sample
}

// sample is one of a metric's figures.
type sample struct {
	suffix string   // of the name
	labels []string // name, value, name, value …
	value  float64
}

// families returns all metrics as they are at the moment.
func (m *metrics) families() []family {
	requests, forged, hits := m.ofMiddlewares()
	lookups := samplesOf(m.lookups, []string{"result"})
	for i := range lookups {
		if lookups[i].labels[1] == fromCache {
			lookups[i].value += float64(hits)
			hits = 0
		}
	}
	if hits > 0 {
		lookups = append(lookups, sample{labels: []string{"result", fromCache}, value: float64(hits)})
	}
	s := upstreams.state()
	return []family{
		{"requests_total", "counter", "Requests by middleware and outcome; would_ is what report mode let through.", requests},
		{"forged_headers_total", "counter", "Requests that brought identity headers of their own.", forged},
		{"cache_lookups_total", "counter", "Tokens looked for in the cache, by what came of it.", lookups},
		{"cache_entries", "gauge", "Answers kept, by kind.", []sample{
			{labels: []string{"kind", "identity"}, value: float64(s.identities)}, {labels: []string{"kind", "refusal"}, value: float64(s.refusals)}}},
		{"cache_evictions_total", "counter", "Answers that had to go before their end, for want of room.", []sample{{value: float64(m.evictions.Value())}}},
		{"huawei_calls_total", "counter", "Calls of Huawei Account Kit by result: ok, host_denied, or the code that it makes.", samplesOf(m.calls, []string{"api", "result"})},
		{"huawei_call_duration_seconds", "histogram", "How long calls of Huawei Account Kit took.", m.histograms()},
		{"huawei_in_flight", "gauge", "Lookups that Huawei is being asked about.", []sample{{value: float64(s.underWay)}}},
		{"breaker_open", "gauge", "Breakers that keep Huawei from being asked at the moment; there is one for each set of options in use.", []sample{{value: float64(s.open)}}},
		{"redis_calls_total", "counter", "Calls of Redis by result.", samplesOf(m.redis, []string{"op", "result"})},
		{"events_total", "counter", "Account events of Huawei's by result.", samplesOf(m.events, []string{"type", "result"})},
	}
}

// ofMiddlewares returns what is counted per middleware, and the hits of the fast way of all of them.
func (m *metrics) ofMiddlewares() (requests, forged []sample, hits int64) {
	for _, t := range m.sorted() {
		ofMiddleware := []string{"middleware", t.middleware}
		fast := t.hits.Value()
		hits += fast
		for _, s := range samplesOf(t.outcomes, []string{"outcome"}) {
			if s.labels[1] == statusVerified {
				s.value += float64(fast)
			}
			s.labels = append([]string{"middleware", t.middleware}, s.labels...)
			requests = append(requests, s)
		}
		forged = append(forged, sample{labels: ofMiddleware, value: float64(t.forged.Value())})
	}
	return requests, forged, hits
}

// samplesOf makes samples of counters whose keys are labels' values with spaces in between.
func samplesOf(counters *expvar.Map, names []string) []sample {
	var samples []sample
	counters.Do(func(counted expvar.KeyValue) {
		var labels []string
		for i, value := range strings.Split(counted.Key, " ") {
			labels = append(labels, names[i], value)
		}
		samples = append(samples, sample{labels: labels, value: float64(valueIn(counters, counted.Key))})
	})
	return samples
}

// histograms returns the cumulative counts that Prometheus wants.
func (m *metrics) histograms() []sample {
	var samples []sample
	for _, api := range []string{apiGetInfo, apiTokenInfo} {
		h := m.durations[api]
		h.mu.Lock()
		var count int64
		for i := range h.counts {
			count += h.counts[i]
			bound := "+Inf"
			if i < len(durationBounds) {
				bound = figure(durationBounds[i])
			}
			samples = append(samples, sample{suffix: "_bucket", labels: []string{"api", api, "le", bound}, value: float64(count)})
		}
		samples = append(samples, sample{suffix: "_sum", labels: []string{"api", api}, value: h.sum},
			sample{suffix: "_count", labels: []string{"api", api}, value: float64(count)})
		h.mu.Unlock()
	}
	return samples
}

// treeOf nests samples by their labels' values, for expvar.
func treeOf(families []family) map[string]interface{} {
	tree := map[string]interface{}{}
	for _, f := range families {
		for _, s := range f.samples {
			node, last := tree, metricPrefix+f.name+s.suffix
			for i := 1; i < len(s.labels); i += 2 {
				if node[last] == nil {
					node[last] = map[string]interface{}{}
				}
				node = node[last].(map[string]interface{})
				last = s.labels[i]
			}
			node[last] = s.value
		}
	}
	return tree
}
