package docs

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/traefik/paerser/file"
	"github.com/traefik/traefik/v3/pkg/config/dynamic"
	"github.com/traefik/traefik/v3/pkg/config/label"

	"github.com/traefik-huaweiid/huaweiid/e2e/plugin"
)

// middlewareName is the one that all examples have.
const middlewareName = "huawei-id"

// The documents' middlewares are made; the one with mistakes gets the error that stands below it, to the letter.
func TestConfigurations_areAcceptedOrRefusedAsTheDocumentsSay(t *testing.T) {
	t.Parallel()
	wantError := strings.TrimSpace(oneBlock(t, configuration, "error"))
	refused := 0
	for _, options := range middlewares(t) {
		for name, makes := range bothWays {
			handler, err := makes(t.Context(), http.NotFoundHandler(), options, middlewareName+"@file")
			if err != nil {
				refused++
				assert.EqualError(t, err, wantError, name)
				continue
			}
			assert.NotNil(t, handler)
		}
	}
	assert.Equal(t, 2, refused, "the one with mistakes, both ways")
}

// TOML and labels are called the same middleware.
func TestConfigurations_inTOMLAndLabelsAreTheSameBut(t *testing.T) {
	t.Parallel()
	var toml, labels map[string]any
	for _, b := range blocksOf(t, configuration, "dynamic configuration") {
		if b.language == "toml" {
			toml = decode(t, b)
		}
	}
	labels = fromLabels(t, oneBlock(t, configuration, "labels"))
	a, err := plugin.Config(toml)
	require.NoError(t, err)
	b, err := plugin.Config(labels)
	require.NoError(t, err)
	b.Audience.ClientIDs = b.Audience.ClientIDs[:1] // shows how a list is written
	assert.Equal(t, a, b)
}

// middlewares are the options of every middleware in the documents.
func middlewares(t *testing.T) []map[string]any {
	t.Helper()
	var found []map[string]any
	for _, document := range []string{readme, configuration} {
		for _, b := range blocksOf(t, document, "dynamic configuration") {
			found = append(found, decode(t, b))
		}
	}
	resource, err := plugin.Resource(oneBlock(t, configuration, "resource"))
	require.NoError(t, err)
	return append(found, resource, fromLabels(t, oneBlock(t, configuration, "labels")))
}

func decode(t *testing.T, b block) map[string]any {
	t.Helper()
	decoded, err := plugin.Configuration(b.text, "."+b.language)
	require.NoError(t, err)
	requireWired(t, decoded)
	options, err := plugin.Options(decoded, middlewareName)
	require.NoError(t, err)
	return options
}

func fromLabels(t *testing.T, text string) map[string]any {
	t.Helper()
	var container struct{ Labels []string }
	require.NoError(t, file.DecodeContent(text, ".yaml", &container))
	labels := map[string]string{}
	for _, line := range container.Labels {
		name, value, _ := strings.Cut(line, "=")
		labels[name] = value
	}
	decoded, err := label.DecodeConfiguration(labels)
	require.NoError(t, err)
	requireWired(t, decoded)
	options, err := plugin.Options(decoded, middlewareName)
	require.NoError(t, err)
	return options
}

// requireWired sees that routers name the middleware that there is.
func requireWired(t *testing.T, decoded *dynamic.Configuration) {
	t.Helper()
	for name, router := range decoded.HTTP.Routers {
		require.Equal(t, []string{middlewareName}, router.Middlewares, name)
		require.Contains(t, decoded.HTTP.Middlewares, middlewareName)
		if router.Service != "" {
			require.Contains(t, decoded.HTTP.Services, router.Service)
		}
	}
}
