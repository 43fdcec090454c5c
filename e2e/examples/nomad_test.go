package examples

import (
	"encoding/json"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/zclconf/go-cty/cty"
)

// attribute finds an attribute in a job by the types of the blocks around it, and returns the strings in it.
func attribute(t *testing.T, job string, path ...string) []string {
	t.Helper()
	parsed, diagnostics := hclsyntax.ParseConfig([]byte(job), "job.nomad.hcl", hcl.InitialPos)
	require.False(t, diagnostics.HasErrors(), diagnostics.Error())
	body := parsed.Body.(*hclsyntax.Body)
	for _, kind := range path[:len(path)-1] {
		var inner *hclsyntax.Body
		for _, block := range body.Blocks {
			if block.Type == kind {
				inner = block.Body
			}
		}
		require.NotNil(t, inner, "no %s", kind)
		body = inner
	}
	require.Contains(t, body.Attributes, path[len(path)-1])
	value, diagnostics := body.Attributes[path[len(path)-1]].Expr.Value(nil)
	require.False(t, diagnostics.HasErrors(), diagnostics.Error())
	if value.Type() == cty.String {
		return []string{value.AsString()}
	}
	var texts []string
	for _, element := range value.AsValueSlice() {
		texts = append(texts, element.AsString())
	}
	return texts
}

// A server in Nomad's place tells of the service that the job has; Traefik runs with the job's arguments.
func TestNomad_servesWithTheArgumentsAndTagsOfTheJobs(t *testing.T) {
	t.Parallel()
	e := prepare(t, "nomad", appAddress)
	job := e.read(t, "shop.nomad.hcl")
	name, tags := attribute(t, job, "job", "group", "service", "name")[0], attribute(t, job, "job", "group", "service", "tags")
	host, text, err := net.SplitHostPort(e.addresses[appAddress])
	require.NoError(t, err)
	port, err := strconv.Atoi(text)
	require.NoError(t, err)

	nomad := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var answer any
		switch r.URL.Path {
		case "/v1/services":
			answer = []any{map[string]any{"Namespace": "default", "Services": []any{map[string]any{"ServiceName": name, "Tags": tags}}}}
		case "/v1/service/" + name:
			answer = []any{map[string]any{
				"ID": "1", "ServiceName": name, "Namespace": "default", "NodeID": "1", "AllocID": "1", "Datacenter": "dc1",
				"Tags": tags, "Address": host, "Port": port,
			}}
		default:
			w.WriteHeader(http.StatusNotFound)
			return
		}
		assert.NoError(t, json.NewEncoder(w).Encode(answer))
	}))

	var arguments []string
	for _, argument := range attribute(t, e.read(t, "traefik.nomad.hcl"), "job", "group", "task", "config", "args") {
		argument = strings.ReplaceAll(argument, "127.0.0.1:4646", nomad)
		arguments = append(arguments, strings.ReplaceAll(argument, "=:8000", "="+e.addresses[webAddress]))
	}
	e.start(t, arguments...)
	e.tryAll(t)
}
