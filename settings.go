package huaweiid

import (
	"crypto/sha256"
	"fmt"
	"log/slog"
	"time"
)

// settings is a Config that was checked: typed, in canonical form, nested and named like the options. All values are plain (texts,
// numbers, booleans, lists of texts), so that key and differences can take in whatever is added.
type settings struct {
	mode           string
	realm          string
	allowPreflight bool
	token          tokenSettings
	headers        headerSettings
	phone          phoneSettings
	upstream       upstreamSettings // no level of its own: its groups are options' groups
	events         eventSettings
	accessLogUser  string
	metricsPath    string // "" = not served
	debugHeader    bool
	logLevel       slog.Level
}

// tokenSettings has "" for a source that is not used. The header's name is canonical.
type tokenSettings struct {
	header string
	scheme string
	cookie string
	query  string
	remove bool
}

// headerSettings has canonical names; "" = not injected.
type headerSettings struct {
	openID           string
	unionID          string
	phone            string
	phoneCountryCode string
	phoneNational    string
	status           string
}

type phoneSettings struct {
	format  string
	require bool
}

// upstreamSettings tell one shared state from another. What is not in here may differ between instances that share one.
type upstreamSettings struct {
	audience audienceSettings
	huawei   huaweiSettings
	cache    cacheSettings
	redis    redisSettings
	// wantsPhone is no option: it follows from those about the phone number. Where nobody asks for a number, answers need not
	// have one, so that instances which do ask must not share them. Without client IDs they have one in any case.
	wantsPhone bool
}

type audienceSettings struct {
	clientIDs []string // sorted; none = any app's token
}

type huaweiSettings struct {
	getInfoURL    string
	tokenInfoURL  string
	allowHTTP     bool
	timeout       time.Duration
	retries       int
	maxConcurrent int
	rootCAs       []string // PEM; none = the system's
	proxyURL      secret   // "" = from the environment; may be proxyDirect
}

type cacheSettings struct {
	ttl          time.Duration
	negativeTTL  time.Duration
	staleIfError time.Duration
	maxEntries   int
}

type redisSettings struct {
	address      []string // none = no shared cache; several are a cluster's
	username     string
	password     secret // passwordFile's, where that is named
	passwordFile string
	database     int
	tls          bool
	rootCAs      []string // PEM; none = the system's
	timeout      time.Duration
	keyPrefix    string
	secret       secret // secretFile's, where that is named
	secretFile   string
}

// eventSettings are of the instance that receives account events; "" as path = it receives none.
type eventSettings struct {
	path      string
	configURL string
}

// secret is a text that must not be logged. The line at start recognizes the type, and says only that the option is set.
type secret struct {
	hidden string
}

// key names the shared state that the settings ask for. It is equal for settings that are equal, and for no others: %#v quotes
// texts, so that no two settings read the same, and shows plain values by content, whatever they are nested in.
func (s upstreamSettings) key() string { return digestOf(fmt.Sprintf("%#v", s)) }

func digestOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return string(sum[:])
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

// proxyDirect is the value of huawei.proxyURL for no proxy at all.
const proxyDirect = "direct"

// Bounds of the options. Those of cache.ttl, cache.negativeTTL, cache.staleIfError and huawei.retries are documented promises;
// the others keep a typing error from becoming an outage.
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
	minRedisTimeout  = time.Millisecond
	maxRedisTimeout  = 5 * time.Second
	maxRedisDatabase = 16383
	maxKeyPrefix     = 64
	minSecret        = 32 // bytes
	maxClientID      = 64
	maxHeaderName    = 128
	maxPath          = 256
)
