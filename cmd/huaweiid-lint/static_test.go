package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// static is a whole static configuration.
const static = `
entryPoints: {web: {address: ":80"}, lan: {address: ":81"}}
providers: {file: {filename: /etc/traefik/dynamic.yml}}
experimental:
  localPlugins: {huaweiid: {moduleName: x}}
  plugins: {geo: {moduleName: x}}
`

// dynamic has a place for one more router on line 7, and for one more middleware on line 9.
const dynamic = `
http:
  services: {shop: {loadBalancer: {servers: [{url: "http://10.0.0.1"}]}}}
  routers:
    shop: {rule: Host("shop.example"), entryPoints: [web], middlewares: [huawei-id], service: shop}
    api: {rule: Host("api.example"), middlewares: [huawei-id], service: shop}
    # one more
    ROUTER
  middlewares:
    MIDDLEWARE
    huawei-id: {plugin: {huaweiid: {audience: {clientIDs: ["101234567"]}}}}
`

// with is dynamic with a router, or with a middleware.
func with(router, middleware string) string {
	return strings.NewReplacer("ROUTER", router, "MIDDLEWARE", middleware).Replace(dynamic)
}

// assertOne wants what begins so, alone; nothing where that is empty.
func assertOne(t *testing.T, files map[string]string, begin string) {
	t.Helper()
	got := findings(t, files)
	if begin == "" {
		assert.Empty(t, got)
		return
	}
	require.Len(t, got, 1, strings.Join(got, "\n"))
	assert.True(t, strings.HasPrefix(got[0], begin), got[0])
}

func TestEntryPoints_thatTheStaticConfigurationDoesNotHaveAreFound(t *testing.T) {
	t.Parallel()
	const found = "dynamic.yml:7: warning: more@file names the entry point "
	const so = ", which the static configuration does not have, so that no request reaches it there"
	for name, test := range map[string]struct{ static, entryPoints, want string }{
		"one that is there":              {static, "[web, lan]", ""},
		"a misspelt one":                 {static, "[webb]", found + "webb" + so + ", did you mean web?"},
		"one beside another":             {static, "[lan, WEB]", found + "WEB" + so + ", did you mean web?"},
		"one like no other":              {static, "[public]", found + "public" + so},
		"Traefik's own":                  {static, "[traefik]", ""},
		"without a static configuration": {"", "[webb]", ""},
		"without entry points in it":     {"experimental: {}", "[webb]", ""},
		"one that is known elsewhere":    {static, "['{{ env \"NOT_SET\" }}']", ""},
		"where one is known elsewhere":   {"services: {traefik: {command: ['--entryPoints.${NOT_SET}.address=:80']}}", "[webb]", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			router := `more: {rule: Host("more.example"), entryPoints: ` + test.entryPoints + `, middlewares: [huawei-id], service: shop}`
			files := map[string]string{"dynamic.yml": with(router, "")}
			if strings.HasPrefix(test.static, "services:") {
				// The others name web.
				files["dynamic.yml"] = strings.Replace(files["dynamic.yml"], "entryPoints: [web], ", "", 1)
			}
			files["traefik.yml"] = test.static
			assertOne(t, files, test.want)
		})
	}
}

func TestPluginKeys_thatTheStaticConfigurationDoesNotNameAreFound(t *testing.T) {
	t.Parallel()
	const found = " is of the plugin huaweid, which the static configuration does not name, so that Traefik answers 404 on its routers, did you mean huaweiid?"
	for name, test := range map[string]struct{ static, key, want string }{
		"another plugin":                 {static, "geo", ""},
		"a misspelt one":                 {static, "huaweid", "dynamic.yml:9: error: more@file" + found},
		"one like no other":              {static, "else", "dynamic.yml:9: warning: more@file is of the plugin else, which the static"},
		"without a static configuration": {"", "huaweid", ""},
		"without plugins in it":          {"entryPoints: {web: {}}", "huaweid", ""},
		"in a command": {"services: {traefik: {command: ['--experimental.localPlugins.huaweiid.moduleName=x']}}", "huaweid",
			"dynamic.yml:9: error: more@file" + found},
		"in an environment": {"services: {traefik: {environment: {TRAEFIK_EXPERIMENTAL_PLUGINS_HUAWEIID_MODULENAME: x}}}", "huaweid",
			"dynamic.yml:9: error: more@file" + found},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assertOne(t, map[string]string{"dynamic.yml": with("", "more: {plugin: {"+test.key+": {}}}"), "traefik.yml": test.static}, test.want)
		})
	}
	middleware, _, _ := strings.Cut(manifests, "---")
	assertOne(t, map[string]string{
		"a.yml":       strings.Replace(manifests, "huaweiid", "huaweid", 1),
		"b.yml":       strings.Replace(middleware, "huawei-id", "other", 1),
		"traefik.yml": static,
	}, "a.yml:4: error: shop-huawei-id@kubernetescrd"+found)
	assertOne(t, map[string]string{
		"docker-compose.yml": compose + "      - traefik.http.middlewares.more.plugin.huaweid.mode=report\n", "traefik.yml": static,
	}, "docker-compose.yml:16: error: more@docker"+found)
}

// The only middleware is named where its key is nearly the plugin's.
func TestPluginKeys_thatAreNearlyThePluginsAreNamed(t *testing.T) {
	t.Parallel()
	wrong := strings.Replace(with("", ""), "huaweiid:", "huaweid:", 1)
	assertOne(t, map[string]string{"dynamic.yml": wrong},
		"dynamic.yml:10: error: no middleware of the plugin huaweiid is in these files, and huawei-id@file is of the plugin huaweid, did you mean huaweiid?")
	assertOne(t, map[string]string{"dynamic.yml": wrong, "traefik.yml": static}, "dynamic.yml:10: error: huawei-id@file is of the plugin huaweid, which")
	got := findings(t, map[string]string{"dynamic.yml": strings.Replace(with("", ""), "huaweiid:", "gee:", 1), "traefik.yml": static})
	assert.Len(t, got, 2, "that the plugin is nowhere is said beside what is wrong with another")
}

// Traefik answers 404 on a router with a middleware that there is not. That it is nowhere else is certain of the one file of a provider.
func TestMiddlewares_thatAreMissingAreMistakesWhereNothingElseCanHaveThem(t *testing.T) {
	t.Parallel()
	const (
		text    = ": more@file names the middleware huawei-idd@file, which none of these files has, did you mean huawei-id@file?"
		certain = "dynamic.yml:7: error" + text
		maybe   = "dynamic.yml:7: warning" + text
	)
	router := func(middleware string) string {
		return `more: {rule: Host("more.example"), middlewares: [huawei-id, ` + middleware + `], service: shop}`
	}
	for name, test := range map[string]struct{ static, dynamic, want string }{
		"a misspelt one":                 {static, with(router("huawei-idd"), ""), certain},
		"with its provider":              {static, with(router("huawei-idd@file"), ""), certain},
		"like no other":                  {static, with(router("none"), ""), "dynamic.yml:7: error: more@file names the middleware none@file, which none of these files has"},
		"of another provider":            {static, with(router("huawei-idd@docker"), ""), ""},
		"without a static configuration": {"", with(router("huawei-idd"), ""), maybe},
		"of another file":                {strings.Replace(static, "dynamic.yml", "more.yml", 1), with(router("huawei-idd"), ""), maybe},
		"of a directory":                 {strings.Replace(static, "{filename: /etc/traefik/dynamic.yml}", "{filename: dynamic.yml, directory: /etc/traefik}", 1), with(router("huawei-idd"), ""), maybe},
		"known elsewhere":                {static, with(router(`'{{ env "NOT_SET" }}'`), ""), ""},
		"beside a template":              {static, with(router("huawei-idd"), `'{{ env "NOT_SET" }}': {compress: {}}`), maybe},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assertOne(t, map[string]string{"dynamic.yml": test.dynamic, "traefik.yml": test.static}, test.want)
		})
	}
	files := map[string]string{"dynamic.yml": with(router("huawei-idd"), ""), "docker-compose.yml": "services: {traefik: {command: [--providers.file.filename=/dynamic.yml]}}"}
	assertOne(t, files, certain)
	status, _ := lint(t, files)
	assert.Equal(t, exitMistakes, status)
	files = map[string]string{"dynamic.yml": with(router("huawei-id@docker"), ""), "traefik.yml": static,
		"docker-compose.yml": "services: {shop: {labels: {traefik.http.services.shop.loadbalancer.server.port: 80}}}"}
	assertOne(t, files, "dynamic.yml:7: warning: more@file names the middleware huawei-id@docker")
}

// Traefik carries out templates in files of the file provider, and in no others: this one is for the containers' names.
func TestStatic_templatesInItAreForOthers(t *testing.T) {
	t.Parallel()
	rule := "docker: {defaultRule: \"Host(`{{ index .Labels \\\"app\\\" }}.shop.example`)\"}"
	templated := strings.Replace(static, "file: {", rule+", file: {", 1)
	require.NotEqual(t, static, templated)
	assertOne(t, map[string]string{"traefik.yml": templated, "dynamic.yml": with("", "")}, "")
	toml := "[entryPoints.web]\naddress = \":80\"\n[entryPoints.lan]\naddress = \":81\"\n[providers.docker]\n" +
		"defaultRule = 'Host(`{{ index .Labels \"app\" }}.shop.example`)'\n[experimental.localPlugins.huaweiid]\nmoduleName = \"x\"\n"
	assertOne(t, map[string]string{"traefik.toml": toml, "dynamic.yml": with("", "")}, "")
}
