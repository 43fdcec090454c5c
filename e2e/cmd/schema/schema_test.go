package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/traefik-huaweiid/huaweiid"
	"github.com/traefik-huaweiid/huaweiid/e2e/plugin"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

func root(t *testing.T) string {
	t.Helper()
	root, err := proxy.Root()
	require.NoError(t, err)
	return root
}

func TestSchema_isWhatTheConfigurationHas(t *testing.T) {
	t.Parallel()
	want, err := generate(root(t))
	require.NoError(t, err)
	got, err := os.ReadFile(filepath.Join(root(t), filepath.FromSlash(schemaFile)))
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got), "run make schema")
}

// What New wants is read from its errors. Were they worded anew, the kinds would be lost without a sound.
func TestSchema_knowsTheKindOfEveryOption(t *testing.T) {
	t.Parallel()
	plugin.EachOption(huaweiid.CreateConfig(), func(path string, option reflect.Value) {
		if option.Kind() != reflect.String {
			return
		}
		forms, _, err := formsOf(path, option.String())
		require.NoError(t, err)
		text, err := plain(forms)
		require.NoError(t, err)
		wanted := "null"
		switch written := option.String(); {
		case written == "true" || written == "false":
			wanted = `"boolean"`
		case strings.Trim(written, "0123456789") == "" && written != "":
			wanted = `"integer"`
		case path == "mode" || path == "phone.format" || path == "accessLogUser" || path == "logLevel":
			wanted = `"enum"`
		case strings.Trim(written, "0123456789ms") == "" && written != "":
			wanted = "A duration from"
		}
		assert.Contains(t, string(text), wanted, path)
	})
}

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(t), filepath.FromSlash(schemaFile)))
	require.NoError(t, err)
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource(schemaFile, document))
	schema, err := compiler.Compile(schemaFile)
	require.NoError(t, err)
	return schema
}

// instance decodes a document into what a validator takes.
func instance(t *testing.T, text, extension string) any {
	t.Helper()
	var decoded any
	if extension == ".toml" {
		table := map[string]any{}
		require.NoError(t, toml.Unmarshal([]byte(text), &table))
		decoded = table
	} else {
		require.NoError(t, yaml.Unmarshal([]byte(text), &decoded))
	}
	asJSON, err := json.Marshal(decoded)
	require.NoError(t, err)
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	require.NoError(t, err)
	return value
}

func TestSchema_acceptsEveryOption(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	for _, name := range []string{"every-option.yml", "every-option.toml", "every-option.json"} {
		text, err := os.ReadFile(filepath.Join(root(t), "e2e", "configuration", "testdata", name))
		require.NoError(t, err)
		assert.NoError(t, schema.Validate(instance(t, string(text), filepath.Ext(name))), name)
	}
	for _, options := range []string{
		"{}", "{cache: {ttl: 30}}", "{cache: {ttl: '30'}}", "{huawei: {retries: '2'}}", "{debugHeader: 'true'}", "{audience: {clientIDs: '1,2'}}",
		"{mode: 'urn:k8s:secret:huawei:mode'}", "{huawei: {retries: '{{ env `RETRIES` }}'}}",
	} {
		assert.NoError(t, schema.Validate(instance(t, options, ".yml")), options)
	}
}

func TestSchema_acceptsTheExamples(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	for _, pattern := range []string{"*/dynamic.yml", "*/dynamic.toml", "systemd/shop.yml"} {
		files, err := filepath.Glob(filepath.Join(root(t), "examples", pattern))
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, name := range files {
			text, err := os.ReadFile(name)
			require.NoError(t, err)
			assert.NoError(t, schema.Validate(instance(t, string(text), filepath.Ext(name))), name)
		}
	}
}

// What is wrong in an option is wrong wherever the options stand.
func TestSchema_refusesMistakesInEveryKindOfDocument(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	for _, mistake := range []string{
		"{cache: {tll: 60s}}", "{cash: {}}", "{mode: enforse}", "{debugHeader: maybe}", "{huawei: {retries: 4}}", "{huawei: {retries: 1.5}}",
		"{cache: {ttl: 1d}}", "{cache: 60s}", "{mode: [report]}", "{audience: {clientIDs: {a: 1}}}",
	} {
		for _, document := range []string{
			mistake,
			"http: {middlewares: {auth: {plugin: {huaweiid: " + mistake + "}}}}",
			"{apiVersion: traefik.io/v1alpha1, kind: Middleware, spec: {plugin: {huaweiid: " + mistake + "}}}",
		} {
			assert.Error(t, schema.Validate(instance(t, document, ".yml")), document)
		}
	}
}

func TestSchema_leavesOtherThingsAlone(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	for _, document := range []string{
		"http: {routers: {a: {rule: x}}, middlewares: {a: {addPrefix: {prefix: /x}}, b: {plugin: {other: {mode: enforse}}}}}",
		"{apiVersion: v1, kind: Secret, stringData: {mode: enforse}}",
		"tls: {options: {}}",
	} {
		assert.NoError(t, schema.Validate(instance(t, document, ".yml")), document)
	}
}
