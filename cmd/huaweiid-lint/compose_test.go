package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCompose_labelsOfBothFormsAreReadAndMistakesHaveTheirLine(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"a list": `
services:
  shop:
    image: shop
    labels:
      - traefik.http.middlewares.huawei-id.plugin.huaweiid.audience.clientIDs=101234567
      - "traefik.http.middlewares.huawei-id.plugin.huaweiid.cache.tll=60s"

      - traefik.http.middlewares.huawei-id.plugin.huaweiid.cache.ttl=1d
`,
		"a map": `
services:
  shop:
    image: shop
    labels:
      traefik.HTTP.middlewares.huawei-id.plugin.huaweiid.audience.clientIDs: 101234567
      traefik.http.middlewares.huawei-id.plugin.huaweiid.cache.tll: "60s"

      traefik.http.middlewares.huawei-id.plugin.huaweiid.cache.ttl: 1d
`,
		"of Swarm": `
services:
  shop:
    deploy:
      labels:
        traefik.http.middlewares.huawei-id.plugin.huaweiid.audience.clientIDs: 101234567
        traefik.http.middlewares.huawei-id.plugin.huaweiid.cache.tll: "60s"

        traefik.http.middlewares.huawei-id.plugin.huaweiid.cache.ttl: 1d
`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := findings(t, map[string]string{"docker-compose.yml": content})
			require.Len(t, got, 2, strings.Join(got, "\n"))
			before, _, _ := strings.Cut(content, "tll")
			line := strings.Count(before, "\n") // the first is empty, and left out
			assert.Equal(t, fmt.Sprintf("docker-compose.yml:%d: error: cache.tll: unknown option, did you mean cache.ttl?", line), got[0])
			assert.Contains(t, got[1], fmt.Sprintf(`docker-compose.yml:%d: error: cache.ttl: "1d" is no duration`, line+2))
		})
	}
}

// compose has two applications, and a Traefik whose command is the static configuration.
const compose = `
services:
  traefik:
    image: traefik
    command: [--entryPoints.web.address=:80, "--providers.docker.defaultRule=Host(` + "`{{ normalize .Name }}.example`" + `)"]
    labels:
      - traefik.enable=true
      - traefik.http.middlewares.huawei-id.plugin.huaweiid.audience.clientIDs=101234567
  shop:
    labels:
      - traefik.enable=true
      - traefik.http.routers.shop.rule=Host(` + "`shop.example`" + `)
      - traefik.http.routers.shop.middlewares=huawei-id
  blog:
    labels:
      - traefik.http.routers.blog.rule=Host(` + "`blog.example`" + `)
`

func TestCompose_waysAroundAreFound(t *testing.T) {
	t.Parallel()
	assertFindings(t, "docker-compose.yml", compose, map[string]row{
		"none": {"", ""},
		"labels of others": {`
  more: {labels: {}}
  yet-more: {labels: [x, "com.example.traefik.http.routers.x.rule=PathPrefix(` + "`/`" + `)"]}
`, ""},
		"a broader rule": {`
  more:
    labels:
      - traefik.http.routers.more.rule=PathPrefix(` + "`/`" + `)
`, "more@docker has no plugin and matches all that shop@docker matches"},
		"a broader rule of a container that Traefik leaves alone": {`
  more:
    labels:
      - traefik.enable=false
      - traefik.http.routers.more.rule=PathPrefix(` + "`/`" + `)
`, ""},
		"a service that another container's router names": {`
  more:
    labels:
      - traefik.http.services.api.loadbalancer.server.port=80
      - traefik.http.routers.api.rule=Host(` + "`api.example`" + `)
      - traefik.http.routers.api.middlewares=huawei-id
  yet-more:
    labels:
      - traefik.http.routers.side.rule=Host(` + "`side.example`" + `)
      - traefik.http.routers.side.service=api
`, "side@docker reaches service api@docker without the plugin, and api@docker with it"},
		"routers by the default rule, which is another for each": {`
  more:
    labels:
      - traefik.http.routers.more.middlewares=huawei-id
  yet-more:
    labels:
      - traefik.http.routers.yet-more.entrypoints=web
`, ""},
		"a middleware that is not there": {`
  more:
    labels:
      - traefik.http.routers.more.rule=Host(` + "`more.example`" + `)
      - traefik.http.routers.more.middlewares=huawei
`, "more@docker names the middleware huawei@docker, which none of these files has"},
	})
	got := findings(t, map[string]string{"docker-compose.yml": compose + `      - traefik.http.routers.open.rule=Host(` + "`open.example`" + `)
      - traefik.http.routers.blog.middlewares=huawei-id
`})
	require.Len(t, got, 1, strings.Join(got, "\n"))
	assert.Contains(t, got[0], "docker-compose.yml:16: error: open@docker reaches container blog without the plugin, and blog@docker with it")
}

// An entry point with the plugin leaves no way around, also where a command says so.
func TestCompose_aTraefiksCommandIsItsStaticConfiguration(t *testing.T) {
	t.Parallel()
	broader := compose + "  more:\n    labels: [\"traefik.http.routers.more.rule=PathPrefix(`/`)\"]\n"
	require.Len(t, findings(t, map[string]string{"docker-compose.yml": broader}), 1)
	with := strings.Replace(broader, "web.address=:80", "web.address=:80, --entrypoints.web.http.middlewares=huawei-id@docker", 1)
	assert.Empty(t, findings(t, map[string]string{"docker-compose.yml": with}))
}

// So it does where variables say so, which Traefik reads where it has no arguments.
func TestCompose_aTraefiksEnvironmentIsItsStaticConfiguration(t *testing.T) {
	t.Setenv("TRAEFIK_ENTRYPOINTS_WEB_HTTP_MIDDLEWARES", "huawei-id@docker")
	const (
		command = "\n    command: [--entryPoints.web.address=:80, \"--providers.docker.defaultRule=Host(`{{ normalize .Name }}.example`)\"]"
		broader = "  more:\n    labels: [\"traefik.http.routers.more.rule=PathPrefix(`/`)\"]\n"
		found   = "more@docker has no plugin and matches all that shop@docker matches"
	)
	with := func(environment string) string { return strings.Replace(compose, command, environment, 1) + broader }
	for environment, want := range map[string]string{
		"\n    environment: {TRAEFIK_ENTRYPOINTS_WEB_ADDRESS: \":80\", TRAEFIK_ENTRYPOINTS_WEB_HTTP_MIDDLEWARES: huawei-id@docker}":                       "",
		"\n    environment: [\"TRAEFIK_ENTRYPOINTS_WEB_ADDRESS=:80\", TRAEFIK_ENTRYPOINTS_WEB_HTTP_MIDDLEWARES=huawei-id@docker]":                         "",
		"\n    command: [traefik]\n    environment: [\"TRAEFIK_ENTRYPOINTS_WEB_ADDRESS=:80\", TRAEFIK_ENTRYPOINTS_WEB_HTTP_MIDDLEWARES]":                  "",
		"\n    environment: {TRAEFIK_ENTRYPOINTS_WEB_ADDRESS: \":80\", TRAEFIK_ENTRYPOINTS_WEB_HTTP_MIDDLEWARES: }":                                       "",
		"\n    entrypoint: [traefik, --entrypoints.web.http.middlewares=huawei-id@docker]":                                                                "",
		"\n    environment: {TRAEFIK_ENTRYPOINTS_WEB_ADDRESS: \":80\"}":                                                                                   found,
		"\n    environment: {TRAEFIK_ENTRYPOINTS_WEB_ADDRESS: \":80\", TRAEFIK_ENTRYPOINTS_LAN_HTTP_MIDDLEWARES: huawei-id@docker}":                       found,
		command + "\n    environment: {TRAEFIK_ENTRYPOINTS_WEB_HTTP_MIDDLEWARES: huawei-id@docker}":                                                       found,
		"\n    environment: {TRAEFIK_ENTRYPOINTS_WEB_ADDRESS: \":80\", TRAEFIK_ENTRYPOINTS_WEB_HTTP_MIDDLEWARES: '${HUAWEIID_LINT_NOT_SET:-clean@file}'}": found,
	} {
		assertFinding(t, "docker-compose.yml", with(environment), want)
	}
}

func TestCompose_variablesAreTakenFromTheEnvironmentOrAsGiven(t *testing.T) {
	t.Setenv("HUAWEIID_LINT_TTL", "2h")
	const option = "      - traefik.http.middlewares.huawei-id.plugin.huaweiid."
	for written, want := range map[string]string{
		"cache.ttl=${HUAWEIID_LINT_NOT_SET}":                            "",
		"cache.ttl=${HUAWEIID_LINT_NOT_SET:?say how long}":              "",
		"cache.ttl=$HUAWEIID_LINT_NOT_SET":                              "",
		"cache.ttl=${HUAWEIID_LINT_NOT_SET:-30s}":                       "",
		"cache.ttl=${HUAWEIID_LINT_NOT_SET-3 s}":                        `cache.ttl: "3 s" is no duration`,
		"cache.ttl=${HUAWEIID_LINT_TTL}":                                `cache.ttl: "2h" is out of range`,
		"cache.ttl=${HUAWEIID_LINT_TTL:-30s}":                           `cache.ttl: "2h" is out of range`,
		"cache.ttl=${HUAWEIID_LINT_TTL+30s}":                            "",
		"realm=$${HUAWEIID_LINT_TTL}":                                   "",
		"redis.secret=${HUAWEIID_LINT_NOT_SET}":                         "",
		"cache.ttl=${HUAWEIID_LINT_NOT_SET}\n" + option + "cache.tll=1": "cache.tll: unknown option",
	} {
		content := strings.Replace(compose, option+"audience.clientIDs=101234567\n", option+"audience.clientIDs=${HUAWEIID_LINT_NOT_SET}\n"+option+written+"\n", 1)
		got := findings(t, map[string]string{"docker-compose.yml": content})
		if want == "" {
			assert.Empty(t, got, written)
			continue
		}
		if assert.Len(t, got, 1, written) {
			assert.Contains(t, got[0], want, written)
		}
	}
}

func TestCompose_theSameMiddlewareOnSeveralContainersIsOne(t *testing.T) {
	t.Parallel()
	again := compose + "  again:\n    labels:\n      - traefik.http.middlewares.huawei-id.plugin.huaweiid.audience.clientIDs="
	status, output := lint(t, map[string]string{"docker-compose.yml": again + "101234567\n"})
	assert.Equal(t, exitClean, status, output)
	assert.Equal(t, "1 file, 1 middleware of huaweiid, 2 routers: 0 mistakes, 0 warnings\n", output)
	got := findings(t, map[string]string{"docker-compose.yml": again + "102345678\n"})
	require.Len(t, got, 1, strings.Join(got, "\n"))
	assert.Equal(t, "docker-compose.yml:18: error: huawei-id@docker is there already, in docker-compose.yml line 7; Traefik takes neither", got[0])
}

// Labels say nothing but defaults with the plugin's key alone.
func TestCompose_aKeyAloneIsAllDefaults(t *testing.T) {
	t.Parallel()
	for _, written := range []string{"=true", "=", ""} {
		got := findings(t, map[string]string{"docker-compose.yml": strings.Replace(compose, ".audience.clientIDs=101234567", written, 1)})
		require.Len(t, got, 1, strings.Join(got, "\n"))
		assert.Contains(t, got[0], "docker-compose.yml:7: warning: audience.clientIDs is empty")
	}
}

// A secret is where the Compose file mounts it, which is not this machine.
func TestCompose_secretsAreTakenAsGivenWhereTheyAreMounted(t *testing.T) {
	t.Parallel()
	const (
		begin    = "audience.clientIDs=101234567\nredis.address=redis.example:6379\nredis.secretFile="
		declared = "secrets: {redis: {file: ./redis.txt}}\n"
		short    = "  traefik: {secrets: [redis]}\n" + declared
		unread   = "redis.secretFile: reading "
	)
	for name, test := range map[string]struct{ file, more, want string }{
		"by name":              {"/run/secrets/redis", short, ""},
		"of another name":      {"/run/secrets/other", short, unread},
		"elsewhere":            {"/nowhere/redis", short, unread},
		"of no container":      {"/run/secrets/redis", declared, unread},
		"that is not there":    {"/run/secrets/redis", "  traefik: {secrets: [redis]}\n", unread},
		"as a target":          {"/run/secrets/shared", "  traefik: {secrets: [{source: redis, target: shared}]}\n" + declared, ""},
		"as a target's path":   {"/keys/redis", "  traefik: {secrets: [{source: redis, target: /keys/redis}]}\n" + declared, ""},
		"under another target": {"/run/secrets/redis", "  traefik: {secrets: [{source: redis, target: /keys/redis}]}\n" + declared, unread},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assertFinding(t, "docker-compose.yml", middlewareOf(begin+test.file)+test.more, test.want)
		})
	}
}

func TestCompose_theExamplesAreClean(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"docker-compose":       "1 file, 2 middlewares of huaweiid, 2 routers: 0 mistakes, 0 warnings\n",
		"docker-compose-fleet": "1 file, 1 middleware of huaweiid, 1 router: 0 mistakes, 0 warnings\n",
	} {
		var stdout, stderr bytes.Buffer
		status := run([]string{"../../examples/" + name + "/docker-compose.yml"}, &stdout, &stderr)
		assert.Equal(t, exitClean, status, stdout.String())
		assert.True(t, strings.HasSuffix(stdout.String(), want), stdout.String())
	}
}
