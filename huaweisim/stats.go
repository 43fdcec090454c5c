package huaweisim

import (
	"crypto/sha256"
	"sync"
)

const (
	// maxTokens bounds the distinct tokens that are counted one by one, about
	// 15 MB of memory.
	maxTokens = 200_000
	// maxResults bounds the distinct results per API; tokens can make up any
	// NSP_STATUS.
	maxResults = 1_000
)

// Stats are counts since the start or the last reset. In JSON (GET /sim/stats)
// the members have lower camel case.
type Stats struct {
	// Calls counts well-formed calls on arrival, by API.
	Calls map[string]int `json:"calls"`

	// Results counts their answers by API and result: "200" (no NSP_STATUS or
	// 0), "nsp 6", "http 503", "cut" (connection cut or client gone), and
	// "other" once there are a thousand different ones.
	Results map[string]map[string]int `json:"results"`

	// Rejected counts requests that are no well-formed call, by what was wrong
	// with them: "path", "method", "query", "token in URL", "body", "content
	// type", "form", "nsp_svc", "nsp_svc repeated", "access_token missing",
	// "access_token repeated". A careful client leaves it empty.
	Rejected map[string]int `json:"rejected"`

	// RedirectsFollowed counts requests to where 3xx answers point.
	RedirectsFollowed int `json:"redirectsFollowed"`

	// Tokens is how many distinct tokens are remembered, at most 200 000.
	Tokens int `json:"tokens"`

	// CallsOfOtherTokens counts calls with tokens beyond those; they are in
	// Calls, but not known by token.
	CallsOfOtherTokens int `json:"callsOfOtherTokens"`

	// UnderWay is how many requests to anything but /sim/ wait for their answer
	// now, and MostUnderWay the most at once. A request counts from its arrival
	// until its answer starts to go out or its client's leaving is noticed.
	UnderWay     int `json:"underWay"`
	MostUnderWay int `json:"mostUnderWay"`
}

// stats counts. Tokens are kept as SHA-256, which bounds the memory whatever
// their length.
type stats struct {
	mu     sync.Mutex
	now    Stats
	tokens map[[sha256.Size]byte]apiCounts
}

// apiCounts are the calls with one token.
type apiCounts struct{ getInfo, getTokenInfo int }

func (s *stats) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = Stats{
		Calls:        map[string]int{GetInfo: 0, GetTokenInfo: 0},
		Results:      map[string]map[string]int{GetInfo: {}, GetTokenInfo: {}},
		Rejected:     map[string]int{},
		UnderWay:     s.now.UnderWay,
		MostUnderWay: s.now.UnderWay,
	}
	s.tokens = map[[sha256.Size]byte]apiCounts{}
}

// begin counts a request as under way until the function it returns is called,
// which may be more than once.
func (s *stats) begin() (end func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now.UnderWay++
	s.now.MostUnderWay = max(s.now.MostUnderWay, s.now.UnderWay)
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.now.UnderWay--
	})
}

func (s *stats) count(api, token string) {
	key := sha256.Sum256([]byte(token))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now.Calls[api]++
	counts, known := s.tokens[key]
	if !known && len(s.tokens) >= maxTokens {
		s.now.CallsOfOtherTokens++
		return
	}
	if api == GetTokenInfo {
		counts.getTokenInfo++
	} else {
		counts.getInfo++
	}
	s.tokens[key] = counts
}

func (s *stats) result(api, result string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	results := s.now.Results[api]
	if _, known := results[result]; !known && len(results) >= maxResults {
		result = "other"
	}
	results[result]++
}

func (s *stats) reject(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now.Rejected[reason]++
}

func (s *stats) redirectFollowed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now.RedirectsFollowed++
}

func (s *stats) tokenCalls(api, token string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := s.tokens[sha256.Sum256([]byte(token))]
	switch api {
	case GetInfo:
		return counts.getInfo
	case GetTokenInfo:
		return counts.getTokenInfo
	}
	return 0
}

func (s *stats) snapshot() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now
	now.Tokens = len(s.tokens)
	now.Calls = copyCounts(s.now.Calls)
	now.Rejected = copyCounts(s.now.Rejected)
	now.Results = make(map[string]map[string]int, len(s.now.Results))
	for api, results := range s.now.Results {
		now.Results[api] = copyCounts(results)
	}
	return now
}

func copyCounts(from map[string]int) map[string]int {
	to := make(map[string]int, len(from))
	for k, v := range from {
		to[k] = v
	}
	return to
}
