package main

import (
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/traefik-huaweiid/huaweiid"
)

// middlewareOf is a Compose file with a middleware whose options stand in lines, as NAME=VALUE.
func middlewareOf(options string) string {
	var b strings.Builder
	b.WriteString("services:\n  shop:\n    labels:\n")
	for _, option := range strings.Split(strings.TrimSpace(options), "\n") {
		b.WriteString("      - traefik.http.middlewares.huawei-id.plugin.huaweiid." + strings.TrimSpace(option) + "\n")
	}
	return b.String()
}

// No option is a mistake because of another that is known elsewhere only.
func TestUnknownValues_areTakenAsGivenWhateverDependsOnThem(t *testing.T) {
	t.Parallel()
	const (
		app   = "audience.clientIDs=101234567\n"
		redis = app + "redis.address=redis.example:6379\n"
		seal  = "redis.secret=0123456789abcdef0123456789abcdef\n"
	)
	for name, test := range map[string]row{
		"a secret file":                         {redis + "redis.secretFile=${NOT_SET}", ""},
		"a secret":                              {redis + "redis.secret=${NOT_SET}", ""},
		"one of two places of a secret":         {redis + seal + "redis.secretFile=${NOT_SET}", ""},
		"either place of a secret":              {redis + "redis.secret=${NOT_SET}\nredis.secretFile=${NOT_SET_EITHER}", ""},
		"a password":                            {redis + seal + "redis.username=app\nredis.password=${NOT_SET}", ""},
		"a password file":                       {redis + seal + "redis.username=app\nredis.passwordFile=/run/secrets/${NOT_SET}", ""},
		"a user name":                           {redis + seal + "redis.username=${NOT_SET}", ""},
		"an address":                            {app + "redis.address=${NOT_SET}", ""},
		"a part of an address":                  {app + "redis.address=${NOT_SET}:6379\n" + seal + "redis.database=2", ""},
		"one address of two":                    {app + seal + "redis.address=${NOT_SET}:6379,redis.example", "redis.address: \"redis.example\" is no host with a port"},
		"whether TLS is used":                   {redis + seal + "redis.tls=${NOT_SET}\nredis.rootCAs=" + "${CA}", ""},
		"whether TLS is used with certificates": {redis + seal + "redis.tls=${NOT_SET}\nredis.rootCAs=" + certificate(t), ""},
		"certificates":                          {redis + seal + "redis.tls=true\nredis.rootCAs=${NOT_SET}\nhuawei.rootCAs=${NOT_SET}", ""},
		"certificates without TLS":              {redis + seal + "redis.rootCAs=${NOT_SET}", ""},
		"a database of a cluster":               {app + seal + "redis.address=a.example:1,b.example:1\nredis.database=${NOT_SET}", ""},
		"client IDs":                            {"audience.clientIDs=${NOT_SET}", ""},
		"client IDs with events":                {"audience.clientIDs=${NOT_SET}\nevents.path=/huawei/events", ""},
		"one client ID by its number":           {"audience.clientIDs[0]=101234567\naudience.clientIDs[1]=${NOT_SET}", ""},
		"one client ID beside a wrong one":      {"audience.clientIDs=${NOT_SET},x", `audience.clientIDs: "x" is no client ID`},
		"a path of events":                      {"events.path=${NOT_SET}\naudience.clientIDs=${NOT_SET}", ""},
		"the same path twice":                   {app + "events.path=${NOT_SET}\nmetricsPath=${NOT_SET}", ""},
		"a token's place":                       {app + "token.header=\ntoken.cookie=${NOT_SET}", ""},
		"a token's parameter":                   {app + "token.header=\ntoken.query=${NOT_SET}", ""},
		"a token's header":                      {app + "token.header=${NOT_SET}\nheaders.openID=Authorized-User", ""},
		"a header beside one's default":         {app + "headers.openID=X-User-Phone\nheaders.phone=${NOT_SET}", ""},
		"a header beside another's default":     {app + "headers.openID=X-User-UnionID\nheaders.unionID=${NOT_SET}", ""},
		"headers that could be the same":        {app + "headers.openID=${NOT_SET}\nheaders.phone=${NOT_SET_EITHER}", ""},
		"a header that is the token's":          {app + "token.header=X-User-OpenID\nheaders.openID=${NOT_SET}\nheaders.unionID=X-User-OpenID", `token.header: "X-User-OpenID" is an identity header`},
		"whether HTTP is allowed":               {app + "huawei.allowHTTP=${NOT_SET}\nhuawei.getInfoURL=http://127.0.0.1:8900/", ""},
		"a URL":                                 {app + "huawei.getInfoURL=http://${NOT_SET}/", ""},
		"a word":                                {app + "mode=${NOT_SET}\nphone.format=${NOT_SET}\nlogLevel=${NOT_SET}", ""},
		"a number and a duration":               {app + "huawei.retries=${NOT_SET}\ncache.ttl=${NOT_SET}s", ""},
		"an option that there is not":           {app + "cache.tll=${NOT_SET}", "cache.tll: unknown option"},
		"something else that is wrong":          {redis + "redis.secretFile=${NOT_SET}\nredis.tls=perhaps", `redis.tls: "perhaps" is neither true nor false`},
		"a secret that is known, and short":     {redis + "redis.secret=short\nredis.password=${NOT_SET}", "redis.secret: is shorter than 32 bytes"},
		"a secret that is short beside a file":  {redis + "redis.secret=short\nredis.secretFile=${NOT_SET}", "redis.secret: is shorter than 32 bytes"},
		"a user whose password is left out":     {redis + "redis.secret=${NOT_SET}\nredis.username=app", "redis.username: has no password"},
		"nothing":                               {redis, "redis.secret: is needed with redis.address"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assertFinding(t, "docker-compose.yml", middlewareOf(test.more), test.want)
		})
	}
}

// certificate is the name of a file that has one.
func certificate(t *testing.T) string {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	name := filepath.Join(t.TempDir(), "ca.pem")
	block := &pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}
	require.NoError(t, os.WriteFile(name, pem.EncodeToMemory(block), 0o600))
	return name
}

func TestUnknownValues_ofEachOptionAreTakenAsGiven(t *testing.T) {
	t.Parallel()
	fields := fieldsOf(reflect.ValueOf(huaweiid.CreateConfig()).Elem(), "")
	require.Greater(t, len(fields), 30)
	for option := range fields {
		with := "audience.clientIDs=101234567\n"
		if option == "audience.clientIDs" {
			with = ""
		}
		assertFinding(t, "docker-compose.yml", middlewareOf(with+option+"=${NOT_SET}"), "")
	}
}

func TestUnknownValues_ofSecretsAreTakenAsGivenWhateverDependsOnThem(t *testing.T) {
	t.Parallel()
	const begin = `
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: auth}
spec:
  plugin:
    huaweiid:
      audience: {clientIDs: ["101234567"]}
      redis:
        address: redis.example:6379
`
	assertFindings(t, "a.yml", begin, map[string]row{
		"a secret":   {"        secret: urn:k8s:secret:redis:secret", ""},
		"a password": {"        secret: urn:k8s:secret:redis:secret\n        username: app\n        password: urn:k8s:secret:redis:password", ""},
		"a user":     {"        secret: urn:k8s:secret:redis:secret\n        username: app", "redis.username: has no password"},
	})
}

func TestUnknownValues_ofTemplatesAreTakenAsGivenWhateverDependsOnThem(t *testing.T) {
	t.Parallel()
	assertFindings(t, "a.yml", goodMiddleware, map[string]row{
		"a secret":             {"          redis: {address: 'redis.example:6379', secret: '{{ env \"NOT_SET\" }}'}", ""},
		"with another default": {"          redis: {address: 'redis.example:6379', secret: '{{ env \"NOT_SET\" | default \"short\" }}'}", ""},
		"one that is set":      {"          redis: {address: 'redis.example:6379', secret: '{{ env \"PATH\" | trunc 3 }}'}", "redis.secret: is shorter than 32 bytes"},
	})
	assertFinding(t, "a.toml", "[http.middlewares.a.plugin.huaweiid]\n  audience.clientIDs = [\"101234567\"]\n"+
		"  redis.address = [\"redis.example:6379\"]\n  redis.secret = '{{ env \"NOT_SET\" }}'\n", "")
}

// A rule, a name or a middleware that is known elsewhere only is like no other.
func TestUnknownValues_outsideOfThePluginAreTakenAsGiven(t *testing.T) {
	t.Parallel()
	const more = "  more:\n    labels:\n      - traefik.http.routers.${STACK_NOT_SET:-stack.1}-x.rule="
	assertFindings(t, "docker-compose.yml", strings.ReplaceAll(compose, "shop.example", "${SHOP_NOT_SET}"), map[string]row{
		"another host":   {strings.ReplaceAll(more, ":-stack.1", "") + "Host(`${MORE_NOT_SET}`)", ""},
		"the same host":  {strings.ReplaceAll(more, ":-stack.1", "") + "Host(`${SHOP_NOT_SET}`)", "${STACK_NOT_SET}-x@docker has no plugin and matches all that shop@docker matches"},
		"a broader rule": {strings.ReplaceAll(more, ":-stack.1", "") + "PathPrefix(`/`)", "${STACK_NOT_SET}-x@docker has no plugin"},
		"a broader rule's entry point": {"  proxy:\n    command: [\"--entrypoints.web.http.middlewares=${MIDDLEWARE_NOT_SET}\"]\n" +
			strings.ReplaceAll(more, ":-stack.1", "") + "PathPrefix(`/`)", ""},
		"a broader rule's middlware": {strings.ReplaceAll(more, ":-stack.1", "") + "PathPrefix(`/`)\n      - traefik.http.routers.${STACK_NOT_SET}-x.middlewares=${MIDDLEWARE_NOT_SET}", ""},
	})
}

// So is what such a middleware does with the status header.
func TestUnknownValues_ofMiddlewaresMayTakeTheStatusHeaderOff(t *testing.T) {
	t.Parallel()
	const more = "traefik.http.routers.more.rule=Host(`more.example`)\n      - traefik.http.routers.more.middlewares="
	content := middlewareOf("audience.clientIDs=101234567\nheaders.status=X-User-Status") + "      - " + more
	assertFinding(t, "docker-compose.yml", content+"${NOT_SET}", "")
	assertFinding(t, "docker-compose.yml", content+"none@file", "X-User-Status, which huawei-id@docker sets as headers.status, is the client's to choose on more@docker: ")
}

func TestVariables_areReplacedAsComposeDoes(t *testing.T) {
	t.Setenv("SET", "value")
	t.Setenv("EMPTY", "")
	const unknown = markBegin + "NOT_SET" + markEnd
	for written, want := range map[string]string{
		"$SET-${SET}":                     "value-value",
		"$$SET $${SET} 100$":              "$SET ${SET} 100$",
		"${EMPTY}${EMPTY:-x}${EMPTY-y}":   "x",
		"${NOT_SET:-${SET}}":              "value",
		"${NOT_SET:-${NOT_SET:-a}b}c":     "abc",
		"${NOT_SET-}":                     "",
		"${SET+x}${EMPTY:+y}${NOT_SET+z}": "x",
		"a ${NOT_SET} b":                  "a " + unknown + " b",
		"${NOT_SET:?say ${SET}}":          unknown,
		"${EMPTY:?}":                      markBegin + "EMPTY" + markEnd,
		"${NOT_SET:-{}}":                  "{}",
		"Host(`x`) && ${":                 "Host(`x`) && ${",
	} {
		assert.Equal(t, want, interpolated(written), written)
	}
	assert.Equal(t, "a ${NOT_SET}", readable("a "+unknown))
}
