package huaweiid

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/traefik/paerser/types"
)

// The self-check: a Config becomes settings, or one error that lists every problem with the option's path, what is wrong and what
// would be right. It reads the files that options name, and does no other I/O.

var errConfig = errors.New("invalid configuration")

// check returns the settings that the configuration asks for.
func (config *Config) check() (*settings, error) { return newChecker().settings(config) }

// checker collects what is wrong.
type checker struct {
	problems     []string
	files        map[string]string // what was in the files that options name
	headerOwners map[string]string // which option has an identity header's folded name
}

func newChecker() *checker {
	return &checker{files: map[string]string{}, headerOwners: map[string]string{}}
}

// settings reads the options from top to bottom, each in one line; the methods below say what each kind may be. Space around a
// value is ignored, since what comes from a file or a template often ends in a newline.
func (c *checker) settings(config *Config) (*settings, error) {
	c.unknownOptions(config)
	allowHTTP := c.boolean("huawei.allowHTTP", config.Huawei.AllowHTTP)
	s := &settings{
		mode:           c.word("mode", config.Mode, modeEnforce, modeOptional, modeReport),
		realm:          c.realm("realm", config.Realm),
		allowPreflight: c.boolean("allowPreflight", config.AllowPreflight),
		token: tokenSettings{
			header: c.tokenHeader("token.header", config.Token.Header),
			scheme: c.scheme("token.scheme", config.Token.Scheme),
			cookie: c.cookieName("token.cookie", config.Token.Cookie),
			query:  c.parameterName("token.query", config.Token.Query),
			remove: c.boolean("token.remove", config.Token.Remove),
		},
		headers: headerSettings{
			openID:           c.identityHeader("headers.openID", config.Headers.OpenID),
			unionID:          c.identityHeader("headers.unionID", config.Headers.UnionID),
			phone:            c.identityHeader("headers.phone", config.Headers.Phone),
			phoneCountryCode: c.identityHeader("headers.phoneCountryCode", config.Headers.PhoneCountryCode),
			phoneNational:    c.identityHeader("headers.phoneNational", config.Headers.PhoneNational),
			status:           c.identityHeader("headers.status", config.Headers.Status),
		},
		phone: phoneSettings{
			format:  c.word("phone.format", config.Phone.Format, phoneRaw, phoneE164, phoneMasked),
			require: c.boolean("phone.require", config.Phone.Require),
		},
		upstream: upstreamSettings{
			audience: audienceSettings{
				clientIDs: c.clientIDs("audience.clientIDs", config.Audience.ClientIDs),
			},
			huawei: huaweiSettings{
				getInfoURL:    c.url("huawei.getInfoURL", config.Huawei.GetInfoURL, allowHTTP),
				tokenInfoURL:  c.url("huawei.tokenInfoURL", config.Huawei.TokenInfoURL, allowHTTP),
				allowHTTP:     allowHTTP,
				timeout:       c.duration("huawei.timeout", config.Huawei.Timeout, minTimeout, maxTimeout),
				retries:       c.integer("huawei.retries", config.Huawei.Retries, 0, maxRetries),
				maxConcurrent: c.integer("huawei.maxConcurrent", config.Huawei.MaxConcurrent, 1, maxMaxConcurrent),
				rootCAs:       c.rootCAs("huawei.rootCAs", config.Huawei.RootCAs),
				proxyURL:      c.proxy("huawei.proxyURL", config.Huawei.ProxyURL),
			},
			cache: cacheSettings{
				ttl:          c.duration("cache.ttl", config.Cache.TTL, 0, maxTTL),
				negativeTTL:  c.duration("cache.negativeTTL", config.Cache.NegativeTTL, 0, maxNegativeTTL),
				staleIfError: c.duration("cache.staleIfError", config.Cache.StaleIfError, 0, maxStaleIfError),
				maxEntries:   c.integer("cache.maxEntries", config.Cache.MaxEntries, 1, maxMaxEntries),
			},
			redis: redisSettings{
				address:      c.redisAddress("redis.address", config.Redis.Address),
				username:     strings.TrimSpace(config.Redis.Username),
				password:     c.secretOrFile("redis.password", config.Redis.Password, config.Redis.PasswordFile),
				passwordFile: strings.TrimSpace(config.Redis.PasswordFile),
				database:     c.integer("redis.database", config.Redis.Database, 0, maxRedisDatabase),
				tls:          c.boolean("redis.tls", config.Redis.TLS),
				rootCAs:      c.rootCAs("redis.rootCAs", config.Redis.RootCAs),
				timeout:      c.duration("redis.timeout", config.Redis.Timeout, minRedisTimeout, maxRedisTimeout),
				keyPrefix:    c.keyPrefix("redis.keyPrefix", config.Redis.KeyPrefix),
				secret:       c.secretOrFile("redis.secret", config.Redis.Secret, config.Redis.SecretFile),
				secretFile:   strings.TrimSpace(config.Redis.SecretFile),
			},
		},
		events: eventSettings{
			path:      c.path("events.path", config.Events.Path),
			configURL: c.url("events.configURL", config.Events.ConfigURL, allowHTTP),
		},
		accessLogUser: c.word("accessLogUser", config.AccessLogUser, userNone, userOpenID, userUnionID),
		metricsPath:   c.path("metricsPath", config.MetricsPath),
		debugHeader:   c.boolean("debugHeader", config.DebugHeader),
		logLevel:      logLevels[c.word("logLevel", config.LogLevel, "error", "warn", "info", "debug")],
	}
	c.contradictions(config, s)
	c.redisContradictions(s.upstream.redis)
	h := s.headers
	s.upstream.wantsPhone = len(s.upstream.audience.clientIDs) == 0 || s.phone.require || h.phone+h.phoneCountryCode+h.phoneNational != ""

	if len(c.problems) > 0 {
		return nil, fmt.Errorf("%w: %s", errConfig, strings.Join(c.problems, "; "))
	}
	return s, nil
}

// read returns what is in a file that an option names. All such files go through here, so that a blueprint notices their changes.
func (c *checker) read(name string) (string, error) {
	content, err := os.ReadFile(name)
	c.files[name] = string(content)
	return c.files[name], err
}

func (c *checker) add(path, format string, args ...interface{}) {
	c.problems = append(c.problems, path+": "+fmt.Sprintf(format, args...))
}

// word reads a word of a fixed set, in any case.
func (c *checker) word(path, value string, allowed ...string) string {
	word := strings.ToLower(strings.TrimSpace(value))
	for _, a := range allowed {
		if strings.EqualFold(word, a) {
			return a
		}
	}
	if near := nearest(word, allowed); near != "" {
		c.add(path, "%q is none of %s; did you mean %s?", value, strings.Join(allowed, ", "), near)
	} else {
		c.add(path, "%q is none of %s", value, strings.Join(allowed, ", "))
	}
	return allowed[0]
}

func (c *checker) boolean(path, value string) bool {
	b, err := strconv.ParseBool(strings.ToLower(strings.TrimSpace(value)))
	if err != nil {
		c.add(path, "%q is neither true nor false", value)
	}
	return b
}

func (c *checker) integer(path, value string, lowest, highest int) int {
	n, err := strconv.Atoi(strings.TrimSpace(value))
	if err != nil || n < lowest || n > highest {
		c.add(path, "%q is no whole number from %d to %d", value, lowest, highest)
		return lowest
	}
	return n
}

func (c *checker) duration(path, value string, lowest, highest time.Duration) time.Duration {
	value = strings.TrimSpace(value)
	var parsed types.Duration
	if err := parsed.Set(value); err != nil {
		c.add(path, `%q is no duration; write a number with a unit, such as "1m30s" or "500ms", or a bare number of seconds`, value)
		return lowest
	}
	d := time.Duration(parsed)
	if d < lowest || d > highest || isOverflow(value, d) {
		c.add(path, "%q is out of range; write something from %s to %s", value, lowest, highest)
		return lowest
	}
	return d
}

// isOverflow tells whether a bare number of seconds is too large for a duration. The parser does not look, and makes less than a
// second of 18446744074.
func isOverflow(value string, d time.Duration) bool {
	seconds, err := strconv.ParseInt(value, 10, 64)
	return err == nil && int64(d/time.Second) != seconds
}

func (c *checker) realm(path, value string) string {
	realm := strings.TrimSpace(value)
	if realm == "" || len(realm) > maxRealm || !isVisible(strings.ReplaceAll(realm, " ", "")) {
		c.add(path, "%q cannot stand in WWW-Authenticate; write 1 to %d ASCII characters", value, maxRealm)
	}
	return realm
}

// url never repeats the value: it may have a password in it.
func (c *checker) url(path, value string, allowHTTP bool) string {
	value = strings.TrimSpace(value)
	u, err := url.Parse(value)
	switch {
	case err != nil || u.Hostname() == "" || u.Opaque != "" || !isVisible(value):
		c.add(path, "no absolute URL; write one such as https://account.cloud.huawei.com/rest.php?nsp_svc=…")
	case !hasPort(u):
		c.add(path, noPort)
	case u.User != nil:
		c.add(path, "has a user name in it; Huawei asks for none, so leave it out")
	case u.Fragment != "":
		c.add(path, "has a fragment (#…), which is never sent; leave it out")
	case u.Scheme == "http" && !allowHTTP:
		c.add(path, "is http://, which would send tokens in the clear; write https://, or for a simulator set huawei.allowHTTP: true")
	case u.Scheme != "https" && u.Scheme != "http":
		c.add(path, "has the scheme %q; write https://", u.Scheme)
	}
	return value
}

const noPort = "has a port that there cannot be; write one from 1 to 65535, or leave it out"

// hasPort tells whether a URL's port can be one, or is left out.
func hasPort(u *url.URL) bool {
	if !strings.Contains(strings.TrimPrefix(u.Host, "["+u.Hostname()+"]"), ":") {
		return true
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil && port > 0
}

// path returns a path that the URLs of requests can have as it stands, or "".
func (c *checker) path(option, value string) string {
	value = strings.TrimSpace(value)
	if value == "" {
		return ""
	}
	u, err := url.Parse(value)
	switch {
	case err != nil || u.Path != value || value[0] != '/' || len(value) > maxPath || !isVisible(value):
		fallthrough
	case strings.Contains(value, "//") || strings.Contains(value, "/."): // which Traefik's router cleans, or clients do
		c.add(option, "%q is no path; write one such as /huawei/events", value)
		return ""
	}
	return value
}

// given tells whether a list has elements. One that is there but empty is a problem: a variable that is not set makes it so, and
// the default in its place would accept more than was meant.
func (c *checker) given(path string, values []string, remedy string) bool {
	if values == nil {
		return false
	}
	if strings.TrimSpace(strings.Join(values, "")) == "" {
		c.add(path, "is there but empty, as a variable that is not set makes it; %s", remedy)
		return false
	}
	return true
}

// clientIDs are digits only, 1 to 64 of them: Huawei's error-code page prints that rule.
func (c *checker) clientIDs(path string, values []string) []string {
	if !c.given(path, values, "list your apps' client IDs, or leave the option out to accept any app's token") {
		return nil
	}
	seen := map[string]bool{}
	var ids []string
	for _, value := range values {
		id := strings.TrimSpace(value)
		if id == "" || len(id) > maxClientID || strings.Trim(id, digits) != "" {
			c.add(path, "%q is no client ID; copy the digits that AppGallery Connect shows as the app's OAuth 2.0 client ID", id)
			continue
		}
		if !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	sort.Strings(ids)
	return ids
}

// rootCAs returns PEM texts: an element is one itself, or names a file that has some.
func (c *checker) rootCAs(path string, values []string) []string {
	if !c.given(path, values, "give PEM text or the names of PEM files, or leave the option out to trust the system's certificates") {
		return nil
	}
	var pems []string
	for _, value := range values {
		pem := trimmedPEM(value)
		if !strings.Contains(pem, "-----BEGIN ") {
			content, err := c.read(pem)
			if err != nil {
				c.add(path, "reading %q: %v; name a PEM file that Traefik can read, or paste its text", pem, reason(err))
				continue
			}
			pem = trimmedPEM(content)
		}
		if certPool([]string{pem}) == nil {
			c.add(path, "has no certificate in it; give PEM text that begins with -----BEGIN CERTIFICATE-----")
			continue
		}
		pems = append(pems, pem)
	}
	return pems
}

// trimmedPEM also takes a byte order mark off, behind which the first certificate would be overlooked.
func trimmedPEM(text string) string {
	return strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(text), "\ufeff"))
}

// reason leaves out what an I/O error repeats: the operation and the path.
func reason(err error) error {
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}

// proxy never repeats the value: a proxy's URL may hold a password.
func (c *checker) proxy(path, value string) secret {
	value = strings.TrimSpace(value)
	if value == "" {
		return secret{}
	}
	if strings.EqualFold(value, proxyDirect) {
		return secret{proxyDirect}
	}
	u, err := url.Parse(value)
	if err != nil || u.Hostname() == "" || (u.Scheme != "http" && u.Scheme != "https") {
		c.add(path, `is neither "direct" nor a URL such as http://proxy.example:3128`)
	} else if !hasPort(u) {
		c.add(path, noPort)
	}
	return secret{value}
}

// identityHeader returns the canonical name, "" for a header that is not injected.
func (c *checker) identityHeader(path, value string) string {
	name := strings.TrimSpace(value)
	if name == "" {
		return ""
	}
	folded := fold(name)
	switch {
	case !isHeaderName(name):
		c.add(path, "%q is no header name; write letters, digits and hyphens, such as X-User-OpenID", value)
	case isReserved(name) && !userHeaders[folded]:
		c.add(path, "%q already means something to HTTP, proxies or browsers; choose a name of your own, such as X-User-OpenID", value)
	case c.headerOwners[folded] != "":
		c.add(path, "%q reads the same as the name in %s to CGI, WSGI and PHP; choose another", value, c.headerOwners[folded])
	default:
		c.headerOwners[folded] = path
		return http.CanonicalHeaderKey(name)
	}
	return ""
}

// userHeaders are folded names in which applications look for a user, although their beginning is reserved.
var userHeaders = map[string]bool{
	"X_FORWARDED_USER": true, "X_FORWARDED_PREFERRED_USERNAME": true, "X_FORWARDED_LOGIN": true, "X_FORWARDED_EMAIL": true,
	"X_ORIGINAL_USER": true,
}

func (c *checker) tokenHeader(path, value string) string {
	name := strings.TrimSpace(value)
	if name != "" && !isHeaderName(name) {
		c.add(path, "%q is no header name; write letters, digits and hyphens, such as Authorization", value)
	} else if tokenless[fold(name)] {
		c.add(path, "%q means something else to HTTP, and no token arrives in it; choose another, such as Authorization", value)
	}
	return http.CanonicalHeaderKey(name)
}

func (c *checker) scheme(path, value string) string {
	scheme := strings.TrimSpace(value)
	if scheme != "" && !isHeaderName(scheme) {
		c.add(path, `%q is no auth scheme; write one word, such as Bearer, or "" where the whole value is the token`, value)
	}
	return scheme
}

func (c *checker) cookieName(path, value string) string {
	name := strings.TrimSpace(value)
	if name != "" && !isHeaderName(name) {
		c.add(path, "%q is no cookie name; write letters, digits, hyphens and underscores", value)
	}
	return name
}

// parameterName allows the characters that mean the same whether a client percent-encodes them or not (RFC 3986 §2.3).
func (c *checker) parameterName(path, value string) string {
	name := strings.TrimSpace(value)
	if strings.TrimLeft(name, base64URL+".~") != "" {
		c.add(path, "%q is no name of a query parameter; write letters, digits and -._~, such as access_token", value)
	}
	return name
}

// contradictions finds options that are right each alone, but not together.
func (c *checker) contradictions(config *Config, s *settings) {
	if s.metricsPath != "" && s.metricsPath == s.events.path {
		c.add("metricsPath", "%q is the path of events, too; choose another", s.metricsPath)
	}
	if s.token.header+s.token.cookie+s.token.query == "" {
		c.add("token", "no source is left: token.header, token.cookie and token.query are all empty; name at least one")
	}
	if s.events.path != "" && len(s.upstream.audience.clientIDs) == 0 && !c.has("audience.clientIDs") {
		c.add("events.path", "needs audience.clientIDs: an event is for one of your apps; list their client IDs")
	}
	if protectedNames(headerNames(s.headers))[fold(s.token.header)] {
		c.add("token.header", "%q is an identity header, which is taken off every request before the token is read; choose another", config.Token.Header)
	}
}

// tokenless are folded names of headers in which no token can come: servers take them for themselves or off the request, or what
// is in them has a form of its own.
var tokenless = map[string]bool{
	"CONNECTION": true, "CONTENT_LENGTH": true, "COOKIE": true, "HOST": true, "HTTP2_SETTINGS": true, "TE": true, "TRAILER": true,
	"TRANSFER_ENCODING": true, "UPGRADE": true,
}

// isHeaderName tells whether a name is an RFC 9110 token, as header names, auth schemes and cookie names are.
func isHeaderName(name string) bool {
	const symbols = "!#$%&'*+-.^_`|~"
	return name != "" && len(name) <= maxHeaderName && strings.TrimLeft(name, letters+digits+symbols) == ""
}

// unknownOptions reports the keys that no field claimed, on every level.
func (c *checker) unknownOptions(config *Config) {
	c.unknownIn("", config.Unknown)
	groups := reflect.ValueOf(config).Elem()
	for i := 0; i < groups.NumField(); i++ {
		if group := groups.Field(i); group.Kind() == reflect.Struct {
			unknown := group.FieldByName("Unknown")
			if unknown.Len() > 0 {
				c.unknownIn(optionName(groups.Type().Field(i))+".", unknown.Interface().(map[string]interface{}))
			}
		}
	}
}

func (c *checker) unknownIn(prefix string, unknown map[string]interface{}) {
	if len(unknown) == 0 {
		return
	}
	known := optionPaths(reflect.TypeOf(Config{}), "")
	names := make([]string, 0, len(unknown))
	for name := range unknown {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		path := prefix + name
		near := nearest(path, known)
		group, option, grouped := strings.Cut(near, ".")
		switch {
		case grouped && strings.Contains(name, "."):
			c.add(path, "unknown option; a dot does not lead into a group, so write %s under %s", option, group)
		case near != "" && strings.EqualFold(near, path):
			c.add(path, "given twice, as %s too; keep one of the two", near)
		case near != "":
			c.add(path, "unknown option, did you mean %s?", near)
		default:
			c.add(path, "unknown option; the options are %s", strings.Join(known, ", "))
		}
	}
}

// optionPaths returns the path of every option and group of options, as the json tags spell them.
func optionPaths(t reflect.Type, prefix string) []string {
	var paths []string
	for i := 0; i < t.NumField(); i++ {
		field := t.Field(i)
		name := optionName(field)
		if name == "-" {
			continue
		}
		paths = append(paths, prefix+name)
		if field.Type.Kind() == reflect.Struct {
			paths = append(paths, optionPaths(field.Type, prefix+name+".")...)
		}
	}
	return paths
}

// optionName is the name that a field of Config has in users' configurations; "-" = it is no option.
func optionName(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	return name
}
