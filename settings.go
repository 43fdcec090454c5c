package huaweiid

import (
	"log/slog"
	"net/url"
	"time"
)

// settings is a Config that was checked: typed, in canonical form, ready for use.
type settings struct {
	mode           string
	realm          string
	allowPreflight bool
	token          tokenSource
	removeToken    bool
	headers        []string // canonical, in the order of headerOptions; "" = not injected
	phoneFormat    string
	phoneRequired  bool
	upstream       upstreamSettings
	debugHeader    bool
	logLevel       slog.Level
}

// upstreamSettings are the options that tell one shared state from another: those of huawei, audience and cache.
type upstreamSettings struct {
	getInfoURL    string
	tokenInfoURL  string
	clientIDs     []string // sorted; none = any app's token
	timeout       time.Duration
	retries       int
	maxConcurrent int
	rootCAs       []string // PEM; none = the system's
	proxy         *url.URL // nil = see proxyDirect
	proxyDirect   bool     // false and proxy nil = from the environment
	ttl           time.Duration
	negativeTTL   time.Duration
	staleIfError  time.Duration
	maxEntries    int
}

// Values of mode.
const (
	modeEnforce  = "enforce"
	modeOptional = "optional"
	modeReport   = "report"
)

// Values of phone.format.
const (
	phoneRaw    = "raw"
	phoneE164   = "e164"
	phoneMasked = "masked"
)

// Bounds of the options. Those of cache.ttl, cache.negativeTTL, cache.staleIfError and huawei.retries are promises;
// the others keep a slip of the pen from becoming an outage.
const (
	minTimeout       = 10 * time.Millisecond
	maxTimeout       = time.Minute
	maxRetries       = 3
	maxMaxConcurrent = 10_000
	maxTTL           = time.Hour
	maxNegativeTTL   = 5 * time.Minute
	maxStaleIfError  = time.Hour
	maxMaxEntries    = 10_000_000
	maxRealm         = 128
	maxClientID      = 64
	maxHeaderName    = 128
)
