package huaweiid

import (
	"crypto/x509"
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

// The self-check: a Config becomes settings, or one error that lists every problem with its option's path, what is wrong
// and what would be right. It reads the files that options name and does no other I/O.

var errConfig = errors.New("invalid configuration")

// check returns the settings that the configuration asks for.
func (config *Config) check() (*settings, error) {
	c := &checker{}
	c.unknownOptions(config)

	s := &settings{
		mode:           c.oneOf("mode", config.Mode, modeEnforce, modeOptional, modeReport),
		realm:          c.realm(config.Realm),
		allowPreflight: c.boolean("allowPreflight", config.AllowPreflight),
		removeToken:    c.boolean("token.remove", config.Token.Remove),
		phoneFormat:    c.oneOf("phone.format", config.Phone.Format, phoneRaw, phoneE164, phoneMasked),
		phoneRequired:  c.boolean("phone.require", config.Phone.Require),
		debugHeader:    c.boolean("debugHeader", config.DebugHeader),
		logLevel:       logLevels[c.oneOf("logLevel", config.LogLevel, "error", "warn", "info", "debug")],
	}
	s.headers = c.identityHeaders(config.Headers)
	s.token = c.tokenSource(config.Token, protectedNames(s.headers))

	allowHTTP := c.boolean("huawei.allowHTTP", config.Huawei.AllowHTTP)
	s.upstream = upstreamSettings{
		getInfoURL:    c.url("huawei.getInfoURL", config.Huawei.GetInfoURL, allowHTTP),
		tokenInfoURL:  c.url("huawei.tokenInfoURL", config.Huawei.TokenInfoURL, allowHTTP),
		clientIDs:     c.clientIDs(config.Audience.ClientIDs),
		timeout:       c.duration("huawei.timeout", config.Huawei.Timeout, minTimeout, maxTimeout),
		retries:       c.integer("huawei.retries", config.Huawei.Retries, 0, maxRetries),
		maxConcurrent: c.integer("huawei.maxConcurrent", config.Huawei.MaxConcurrent, 1, maxMaxConcurrent),
		rootCAs:       c.rootCAs("huawei.rootCAs", config.Huawei.RootCAs),
		ttl:           c.duration("cache.ttl", config.Cache.TTL, 0, maxTTL),
		negativeTTL:   c.duration("cache.negativeTTL", config.Cache.NegativeTTL, 0, maxNegativeTTL),
		staleIfError:  c.duration("cache.staleIfError", config.Cache.StaleIfError, 0, maxStaleIfError),
		maxEntries:    c.integer("cache.maxEntries", config.Cache.MaxEntries, 1, maxMaxEntries),
	}
	s.upstream.proxy, s.upstream.proxyDirect = c.proxy(config.Huawei.ProxyURL)

	if len(c.problems) > 0 {
		return nil, fmt.Errorf("%w: %s", errConfig, strings.Join(c.problems, "; "))
	}
	return s, nil
}

// checker collects what is wrong.
type checker struct {
	problems []string
}

func (c *checker) add(path, format string, args ...interface{}) {
	c.problems = append(c.problems, path+": "+fmt.Sprintf(format, args...))
}

func (c *checker) oneOf(path, value string, allowed ...string) string {
	for _, a := range allowed {
		if value == a {
			return value
		}
	}
	if near := nearest(value, allowed); near != "" {
		c.add(path, "%q is none of %s; did you mean %s?", value, strings.Join(allowed, ", "), near)
	} else {
		c.add(path, "%q is none of %s", value, strings.Join(allowed, ", "))
	}
	return allowed[0]
}

func (c *checker) boolean(path, value string) bool {
	b, err := strconv.ParseBool(value)
	if err != nil {
		c.add(path, "%q is neither true nor false", value)
	}
	return b
}

func (c *checker) integer(path, value string, lowest, highest int) int {
	n, err := strconv.Atoi(value)
	if err != nil || n < lowest || n > highest {
		c.add(path, "%q is no whole number from %d to %d", value, lowest, highest)
		return lowest
	}
	return n
}

func (c *checker) duration(path, value string, lowest, highest time.Duration) time.Duration {
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

// isOverflow tells whether a bare number of seconds was too large for a duration: the parser multiplies without looking,
// so that 18446744074 would become less than a second.
func isOverflow(value string, d time.Duration) bool {
	seconds, err := strconv.ParseInt(value, 10, 64)
	return err == nil && int64(d/time.Second) != seconds
}

func (c *checker) realm(value string) string {
	if value == "" || len(value) > maxRealm || !isVisible(strings.ReplaceAll(value, " ", "")) {
		c.add("realm", "%q cannot stand in WWW-Authenticate; write 1 to %d ASCII characters", value, maxRealm)
	}
	return value
}

func (c *checker) url(path, value string, allowHTTP bool) string {
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

// clientIDs are digits only, 1 to 64 of them: Huawei's error-code page prints that rule.
func (c *checker) clientIDs(values []string) []string {
	seen := map[string]bool{}
	var ids []string
	for _, value := range values {
		id := strings.TrimSpace(value)
		if id == "" || len(id) > maxClientID || strings.Trim(id, digits) != "" {
			c.add("audience.clientIDs", "%q is no client ID; copy the digits that AppGallery Connect shows as the app's OAuth 2.0 client ID", id)
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
	var pems []string
	for _, value := range values {
		pem := strings.TrimSpace(value)
		if !strings.Contains(pem, "-----BEGIN ") {
			content, err := os.ReadFile(pem)
			if err != nil {
				c.add(path, "reading %q: %v; name a PEM file that Traefik can read, or paste its text", pem, reason(err))
				continue
			}
			pem = string(content)
		}
		if !x509.NewCertPool().AppendCertsFromPEM([]byte(pem)) {
			c.add(path, "has no certificate in it; give PEM text that begins with -----BEGIN CERTIFICATE-----")
			continue
		}
		pems = append(pems, pem)
	}
	return pems
}

// reason leaves out what an I/O error repeats: the operation and the path.
func reason(err error) error {
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}

// proxy never repeats the value: a proxy's URL may hold a password.
func (c *checker) proxy(value string) (proxy *url.URL, direct bool) {
	switch value {
	case "":
		return nil, false
	case "direct":
		return nil, true
	}
	u, err := url.Parse(value)
	if err != nil || u.Hostname() == "" || (u.Scheme != "http" && u.Scheme != "https") {
		c.add("huawei.proxyURL", `is neither "direct" nor a URL such as http://proxy.example:3128`)
		return nil, false
	}
	if !hasPort(u) {
		c.add("huawei.proxyURL", noPort)
	}
	return u, false
}

// identityHeaders returns the canonical names in the order of headerOptions.
func (c *checker) identityHeaders(config HeadersConfig) []string {
	values := []string{
		config.OpenID, config.UnionID, config.Phone, config.PhoneCountryCode, config.PhoneNational, config.Status,
	}
	owner := map[string]string{}
	for i, value := range values {
		values[i] = ""
		name := strings.TrimSpace(value)
		if name == "" {
			continue
		}
		path := "headers." + headerOptions[i]
		if !isHeaderName(name) {
			c.add(path, "%q is no header name; write letters, digits and hyphens, such as X-User-OpenID", value)
			continue
		}
		if isReserved(name) {
			c.add(path, "%q already means something to HTTP, proxies or browsers; choose a name of your own, such as X-User-OpenID", value)
			continue
		}
		if other, taken := owner[fold(name)]; taken {
			c.add(path, "%q reads the same as the name in %s to CGI, WSGI and PHP; choose another", value, other)
			continue
		}
		owner[fold(name)] = path
		values[i] = http.CanonicalHeaderKey(name)
	}
	return values
}

func (c *checker) tokenSource(config TokenConfig, protected map[string]bool) tokenSource {
	s := tokenSource{
		header: strings.TrimSpace(config.Header),
		scheme: strings.TrimSpace(config.Scheme),
		cookie: strings.TrimSpace(config.Cookie),
		query:  strings.TrimSpace(config.Query),
	}
	if s.header != "" && !isHeaderName(s.header) {
		c.add("token.header", "%q is no header name; write letters, digits and hyphens, such as Authorization", config.Header)
	}
	if tokenless[fold(s.header)] {
		c.add("token.header", "%q means something else to HTTP, and no token arrives in it; choose another, such as Authorization", config.Header)
	}
	if protected[fold(s.header)] {
		c.add("token.header", "%q is an identity header, which is taken off every request before the token is read; choose another", config.Header)
	}
	if s.scheme != "" && !isHeaderName(s.scheme) {
		c.add("token.scheme", `%q is no auth scheme; write one word, such as Bearer, or "" where the whole value is the token`, config.Scheme)
	}
	if s.cookie != "" && !isHeaderName(s.cookie) {
		c.add("token.cookie", "%q is no cookie name; write letters, digits, hyphens and underscores", config.Cookie)
	}
	if s.header == "" && s.cookie == "" && s.query == "" {
		c.add("token", "no source is left: token.header, token.cookie and token.query are all empty; name at least one")
	}
	s.header = http.CanonicalHeaderKey(s.header)
	return s
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

// unknownOptions reports the keys that no field claimed.
func (c *checker) unknownOptions(config *Config) {
	c.unknownIn("", config.Unknown)
	c.unknownIn("token.", config.Token.Unknown)
	c.unknownIn("headers.", config.Headers.Unknown)
	c.unknownIn("phone.", config.Phone.Unknown)
	c.unknownIn("audience.", config.Audience.Unknown)
	c.unknownIn("huawei.", config.Huawei.Unknown)
	c.unknownIn("cache.", config.Cache.Unknown)
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
		if grouped && strings.Contains(name, ".") {
			c.add(path, "unknown option; a dot does not lead into a group, so write %s under %s", option, group)
		} else if near != "" && strings.EqualFold(near, path) {
			c.add(path, "given twice, as %s too; keep one of the two", near)
		} else if near != "" {
			c.add(path, "unknown option, did you mean %s?", near)
		} else {
			c.add(path, "unknown option; the options are %s", strings.Join(known, ", "))
		}
	}
}

// optionPaths returns the path of every option and group of options, as the json tags spell them.
func optionPaths(t reflect.Type, prefix string) []string {
	var paths []string
	for i := 0; i < t.NumField(); i++ {
		field := t.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		if field.Type.Kind() == reflect.Struct {
			paths = append(paths, prefix+name)
			paths = append(paths, optionPaths(field.Type, prefix+name+".")...)
			continue
		}
		paths = append(paths, prefix+name)
	}
	return paths
}
