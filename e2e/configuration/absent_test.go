package configuration

import (
	"context"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid"
)

func TestDefaults_stayWhereNothingIsSaid(t *testing.T) {
	t.Parallel()
	const label = "traefik.http.middlewares.auth.plugin.huaweiid"
	yaml := func(options string) map[string]any {
		return formats["YAML"].options(t, "http: {middlewares: {auth: {plugin: {huaweiid: "+options+"}}}}")
	}
	documents := map[string]map[string]any{
		"an empty map":             yaml(`{}`),
		"an empty text":            yaml(`""`),
		"a group of null":          yaml(`{cache: null, audience: ~, token: }`),
		"an empty table":           formats["TOML"].options(t, "[http.middlewares.auth.plugin.huaweiid]\n"),
		"a label of true":          fromLabels(t, label+"=true"),
		"an empty label":           fromLabels(t, label+"="),
		"an empty resource":        fromKubernetes(t, `{"spec": {"plugin": {"huaweiid": {}}}}`),
		"a resource of null":       fromKubernetes(t, `{"spec": {"plugin": {"huaweiid": null}}}`),
		"a resource's null":        fromKubernetes(t, `{"spec": {"plugin": {"huaweiid": {"cache": null, "mode": null}}}}`),
		"a resource's inner null":  fromKubernetes(t, `{"spec": {"plugin": {"huaweiid": {"cache": {"ttl": null}, "audience": {"clientIDs": null}}}}}`),
		"a resource's empty group": fromKubernetes(t, `{"spec": {"plugin": {"huaweiid": {"cache": {}, "token": {}}}}}`),
		"nothing at all":           nil,
	}
	want := huaweiid.CreateConfig()
	forEachHost(t, func(t *testing.T, h host) {
		for name, options := range documents {
			got, err := h.config(options)
			require.NoError(t, err, name)
			assert.Equal(t, flat(want), got, name)
			h.serves(t, options)
		}
	})
}

// A panic in New would end Traefik's configuration loop: no later configuration would be applied.
func TestNew_neverPanicsWhateverIsDecoded(t *testing.T) {
	t.Parallel()
	values := []any{
		nil, "", "x", "\x00\xff", strings.Repeat("9", 1<<12), true, -1, 0, math.MaxInt64, uint64(math.MaxUint64), 4.9, 1e300, math.NaN(), math.Inf(1),
		[]any{}, []any{nil}, []any{"", nil, 1, map[string]any{}}, []any{[]any{[]any{}}}, []string{"a"}, []byte("a"),
		map[string]any{}, map[string]any{"": ""}, map[string]any{"x": nil}, map[string]any{"ttl": map[string]any{"a": nil}}, map[string]any(nil),
		map[string]any{"unknown": map[string]any{"unknown": 1}}, map[any]any{1: 2}, struct{}{},
	}
	odd := []string{"", "mode", "token", "headers", "phone", "audience", "huawei", "cache", "unknown", "Unknown", "xx", "debugHeader", "a.b", "ä"}
	forEachHost(t, func(t *testing.T, h host) {
		keys := slices.Clone(odd)
		for _, row := range everyOption {
			keys = append(keys, row.path)
		}
		for _, key := range keys {
			for _, value := range values {
				assert.NotPanics(t, func() {
					handler, err := h.build(t.Context(), http.NotFoundHandler(), atPath(key, value), "auth@file")
					assert.Equal(t, err == nil, handler != nil, "%s: %v", key, value)
					if err != nil {
						assert.NotContains(t, err.Error(), "panic", "%s: %v", key, value)
					}
				}, "%s: %v", key, value)
			}
		}
	})
}

func TestNew_takesNoConfigForTheDefaults(t *testing.T) {
	t.Parallel()
	handler, err := huaweiid.New(t.Context(), http.NotFoundHandler(), nil, "auth@file")
	require.NoError(t, err)
	require.NotNil(t, handler)
}

// panicking is a context that New does not survive by itself.
type panicking struct{ context.Context }

func (panicking) Done() <-chan struct{} { panic("no end") }

func TestNew_turnsAPanicIntoAnError(t *testing.T) {
	t.Parallel()
	forEachHost(t, func(t *testing.T, h host) {
		handler, err := h.build(panicking{t.Context()}, http.NotFoundHandler(), map[string]any{"huawei": map[string]any{"timeout": "1234ms"}}, "panicking@file")
		require.ErrorContains(t, err, "panic while making the middleware")
		require.Nil(t, handler)
		h.serves(t, nil)
	})
}

// atPath nests a value in maps.
func atPath(path string, value any) map[string]any {
	group, name, nested := strings.Cut(path, ".")
	if !nested {
		return map[string]any{path: value}
	}
	return map[string]any{group: atPath(name, value)}
}
