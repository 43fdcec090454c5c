package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lint puts files into a directory of their own and returns what a run over all of them prints, without the directory.
func lint(t *testing.T, files map[string]string, flags ...string) (status int, output string) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(strings.TrimLeft(content, "\n")), 0o600))
	}
	var stdout, stderr bytes.Buffer
	status = run(append(flags, dir), &stdout, &stderr)
	require.Empty(t, stderr.String())
	return status, strings.ReplaceAll(stdout.String(), dir+string(filepath.Separator), "")
}

// findings are the lines of a run without its summary.
func findings(t *testing.T, files map[string]string) []string {
	t.Helper()
	_, output := lint(t, files)
	lines := strings.Split(strings.TrimSpace(output), "\n")
	return lines[:len(lines)-1]
}

// assertFinding wants one finding in a file, with the text in it; none where the text is empty.
func assertFinding(t *testing.T, file, content, want string) {
	t.Helper()
	got := findings(t, map[string]string{file: content})
	if want == "" {
		assert.Empty(t, got)
		return
	}
	require.Len(t, got, 1, strings.Join(got, "\n"))
	assert.Contains(t, got[0], want)
}

// assertFindings does so for each row of a table: what stands behind the same beginning of a file, and what is said of it.
func assertFindings(t *testing.T, file, begin string, rows map[string]row) {
	t.Helper()
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assertFinding(t, file, begin+strings.TrimPrefix(row.more, "\n"), row.want)
		})
	}
}

type row struct{ more, want string }

const goodMiddleware = `
http:
  middlewares:
    huawei-id:
      plugin:
        huaweiid:
          audience: {clientIDs: ["101234567"]}
`

func TestLint_passesAGoodConfiguration(t *testing.T) {
	t.Parallel()
	status, output := lint(t, map[string]string{"dynamic.yml": goodMiddleware + `
  routers:
    shop: {rule: "Host(` + "`shop.example`" + `)", middlewares: [huawei-id], service: shop}
  services:
    shop: {loadBalancer: {servers: [{url: "http://127.0.0.1:9000"}]}}
`})
	assert.Equal(t, exitClean, status, output)
	assert.Equal(t, "1 file, 1 middleware of huaweiid, 1 router: 0 mistakes, 0 warnings\n", output)
}

func TestLint_saysWhatNewWouldSayOnTheOptionsLine(t *testing.T) {
	t.Parallel()
	const ttl = `"1d" is no duration; write a number with a unit, such as "1m30s" or "500ms", or a bare number of seconds`
	tests := map[string]struct{ file, content string }{
		"YAML": {"a.yml", `
http:
  middlewares:
    auth:
      plugin:
        huaweiid:
          audience: {clientIDs: ["101234567"]}
          cache:
            tll: 60s

            ttl: 1d
`},
		"JSON in YAML": {"a.json", `
{"http": {"middlewares": {"auth": {"plugin": {"huaweiid": {
  "audience": {"clientIDs": ["101234567"]},
  "cache": {


   

    
    "tll": "60s",

    "ttl": "1d"}}}}}}}
`},
		"TOML": {"a.toml", `
# a comment
[http.middlewares.auth.plugin.huaweiid]
  [http.middlewares.auth.plugin.huaweiid.audience]
    clientIDs = ["101234567"]
# another


  cache.tll = "60s"
[http.middlewares.auth.plugin.huaweiid.cache]
  ttl = "1d"
`},
		"a resource": {"a.yaml", `
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: auth}
spec:
  plugin:
    huaweiid: {"audience": {clientIDs: ["101234567"]}, "cache": {
      tll: 60s,

      ttl: 1d}}
`},
	}
	// The TOML of above would define cache twice.
	toml := tests["TOML"]
	toml.content = strings.Replace(toml.content, "  cache.tll = \"60s\"\n[http.middlewares.auth.plugin.huaweiid.cache]\n", "[http.middlewares.auth.plugin.huaweiid.cache]\n  tll = \"60s\"\n", 1)
	tests["TOML"] = toml
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lineOf := func(text string) int {
				before, _, found := strings.Cut(strings.TrimLeft(test.content, "\n"), text)
				require.True(t, found)
				return strings.Count(before, "\n") + 1
			}
			assert.Equal(t, []string{
				at(test.file, lineOf("tll"), "error: cache.tll: unknown option, did you mean cache.ttl?"),
				at(test.file, lineOf("ttl"), "error: cache.ttl: "+ttl),
			}, findings(t, map[string]string{test.file: test.content}))
		})
	}
}

func at(file string, line int, message string) string {
	text, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	return file + ":" + string(text) + ": " + message
}

// One line each for many problems, whatever stands in their texts.
func TestLint_takesTheOneErrorApart(t *testing.T) {
	t.Parallel()
	got := findings(t, map[string]string{"a.yml": `
http:
  middlewares:
    auth:
      plugin:
        huaweiid:
          mode: enforse
          cash: {ttl: 1m}
          Headers:
            OpenID: "X; cache.ttl: Y"
          huawei:
            retries: 9
          audience: {clientIDs: [x, "101234567"]}
          debugHeader: maybe
`})
	require.Len(t, got, 6, strings.Join(got, "\n"))
	for i, begin := range []string{"a.yml:6: error: mode: ", "a.yml:7: error: cash: ", "a.yml:9: error: headers.openID: ", "a.yml:11: error: huawei.retries: ",
		"a.yml:12: error: audience.clientIDs: ", "a.yml:13: error: debugHeader: "} {
		assert.Contains(t, got[i], begin)
	}
}

func TestLint_saysWhatTraefiksDecoderWouldSay(t *testing.T) {
	t.Parallel()
	const head = "http:\n  middlewares:\n    auth:\n      plugin:\n"
	for content, want := range map[string]string{
		head + "        huaweiid:\n":                                       "a.yml:5: error: the plugin's key has no value",
		head + "        huaweiid:\n          cache: {}\n":                  "a.yml:6: error: Traefik cannot read this: 1 error(s) decoding: * 'Cache' expected a map",
		head + "        huaweiid:\n          mode:\n           - report\n": "a.yml:6: error: Traefik cannot read this: 1 error(s) decoding: * 'Mode' expected type 'string'",
		"http:\n  middlewares: [\n":                                        "a.yml:1: error: Traefik cannot read this file: yaml: ",
	} {
		got := findings(t, map[string]string{"a.yml": content})
		require.NotEmpty(t, got, content)
		assert.True(t, strings.HasPrefix(got[0], want), "%s", got[0])
	}
	got := findings(t, map[string]string{"a.toml": "a = 1\nb = \n"})
	assert.True(t, strings.HasPrefix(got[0], "a.toml:2: error: Traefik cannot read this file: toml: "), got[0])
}

// A value from a Secret is not here to be looked at; everything else about its middleware is.
func TestLint_takesSecretsAsGiven(t *testing.T) {
	t.Parallel()
	const manifest = `
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: auth, namespace: shop}
spec:
  plugin:
    huaweiid:
      mode: urn:k8s:secret:huawei:mode
      audience: {clientIDs: ["urn:k8s:secret:huawei:client-id"]}
      huawei:
        proxyURL: urn:k8s:secret:huawei:proxy
        retries: 9
`
	got := findings(t, map[string]string{"a.yml": manifest})
	require.Len(t, got, 1)
	assert.Contains(t, got[0], "a.yml:11: error: huawei.retries: ")
	// A file has no such references.
	got = findings(t, map[string]string{"a.yml": strings.ReplaceAll(goodMiddleware, "101234567", "urn:k8s:secret:huawei:client-id")})
	require.Len(t, got, 1)
	assert.Contains(t, got[0], "is no client ID")
}

func TestLint_warnsOfFilesThatAreNotHere(t *testing.T) {
	t.Parallel()
	status, output := lint(t, map[string]string{"a.yml": goodMiddleware + "          huawei: {rootCAs: [/nowhere/ca.pem]}\n"})
	assert.Equal(t, exitClean, status)
	assert.Contains(t, output, `a.yml:7: warning: huawei.rootCAs: reading "/nowhere/ca.pem": no such file or directory`)
}

func TestLint_warnsOfMissingClientIDs(t *testing.T) {
	t.Parallel()
	got := findings(t, map[string]string{"a.yml": "http: {middlewares: {auth: {plugin: {huaweiid: {mode: report}}}}}"})
	require.Len(t, got, 1)
	assert.Contains(t, got[0], "a.yml:1: warning: audience.clientIDs is empty: any Huawei app's token is accepted")
}

// A configuration without the plugin is most likely the wrong file, or the plugin has another name.
func TestLint_saysWhereThePluginIsNot(t *testing.T) {
	t.Parallel()
	files := map[string]string{"a.yml": strings.ReplaceAll(goodMiddleware, "huaweiid", "identity")}
	status, output := lint(t, files)
	assert.Equal(t, exitMistakes, status)
	assert.Contains(t, output, "no middleware of the plugin huaweiid is in these files")
	status, output = lint(t, files, "-key", "identity")
	assert.Equal(t, exitClean, status, output)
}

// The template is carried out as the file provider does, and leaves the lines where they are.
func TestLint_carriesOutTemplates(t *testing.T) {
	t.Setenv("HUAWEI_CLIENT_ID", "101234567")
	content := "{{ $app := env `HUAWEI_CLIENT_ID` }}\n" + strings.Replace(goodMiddleware, "101234567", "{{ $app }}", 1) + "          realm: \"\"\n"
	got := findings(t, map[string]string{"a.yml": content})
	require.Len(t, got, 1)
	assert.Contains(t, got[0], "a.yml:9: error: realm: ")
	assertFinding(t, "a.yml", strings.Replace(content, "HUAWEI_CLIENT_ID", "NOT_SET", 1), "a.yml:9: error: realm: ")
	got = findings(t, map[string]string{"a.yml": "a: {{ .Values.x }}\n"})
	require.Len(t, got, 1)
	assert.Contains(t, got[0], "helm template")
}

// The file provider never sees manifests, and so carries out nothing in them: a ConfigMap may hold the plugin's source.
func TestLint_carriesOutNoTemplateOfAManifest(t *testing.T) {
	t.Parallel()
	assertFinding(t, "a.yml", `
apiVersion: v1
kind: ConfigMap
data:
  prototype.go: |
    // {{value}, {{undefined .x
---
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: auth}
spec: {plugin: {huaweiid: {audience: {clientIDs: ["101234567"]}, mode: enforse}}}
`, "a.yml:10: error: mode: ")
	// A manifest that needs Helm is none yet.
	assertFinding(t, "a.yml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Values.x }}}\n", "helm template")
	assertFinding(t, "a.yml", "apiVersion: v1\nkey: \"{{ undefined }}\"\n", "carrying out its template")
}

func TestLint_findsLinesBehindAliasesAndMerges(t *testing.T) {
	t.Parallel()
	got := findings(t, map[string]string{"a.yml": `
common: &common
  audience: {clientIDs: ["101234567"]}
  realm: ""
http:
  middlewares:
    a: {plugin: {huaweiid: *common}}
    b:
      plugin:
        huaweiid:
          <<: *common
          mode: no
`})
	require.Len(t, got, 2, strings.Join(got, "\n"))
	assert.Contains(t, got[0], "a.yml:3: error: realm: ")
	assert.Contains(t, got[1], "a.yml:11: error: mode: ")
}

func TestFormats_areThoseOfPipelines(t *testing.T) {
	t.Parallel()
	files := map[string]string{"a.yml": goodMiddleware + "          realm: \"\"\n"}
	status, output := lint(t, files, "-format", "github")
	assert.Equal(t, exitMistakes, status)
	assert.True(t, strings.HasPrefix(output, "::error file=a.yml,line=7::realm: "), output)

	_, output = lint(t, files, "-format", "JSON")
	var got report
	require.NoError(t, json.Unmarshal([]byte(output), &got))
	require.Len(t, got.Findings, 1)
	assert.Equal(t, 7, got.Findings[0].Line)
	assert.Equal(t, report{Files: 1, Middlewares: 1, Findings: got.Findings}, got)

	var escaped bytes.Buffer
	require.NoError(t, writeGitHub(&escaped, &report{Findings: []finding{{File: "a,b:c", Line: 1, Severity: warning, Message: "50%\nmore"}}}))
	assert.Equal(t, "::warning file=a%2Cb%3Ac,line=1::50%25%0Amore\n", escaped.String())
}

func TestCommandLine_saysWhatIsWrongWithIt(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"no file to check":                  nil,
		"none of text, json, github":        {"-format", "xml", "a.yml"},
		"flag provided but not defined: -x": {"-x"},
	} {
		var stdout, stderr bytes.Buffer
		assert.Equal(t, exitUsage, run(args, &stdout, &stderr))
		assert.Contains(t, stderr.String(), want)
	}
	var stdout, stderr bytes.Buffer
	assert.Equal(t, exitMistakes, run([]string{filepath.Join(t.TempDir(), "missing.yml")}, &stdout, &stderr))
	assert.Contains(t, stdout.String(), "missing.yml:1: error: ")
}
