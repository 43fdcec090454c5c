package demo

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

func TestHuawei_remembersWhatItWasAskedAndSaid(t *testing.T) {
	t.Parallel()
	h := newHuawei()
	server := httptest.NewServer(h)
	defer server.Close()
	defer h.sim.Close()
	ask := func(token string) error {
		resp, err := http.PostForm(server.URL+huaweisim.GetInfoPath, url.Values{"access_token": {token}})
		if err == nil {
			resp.Body.Close()
		}
		return err
	}

	require.NoError(t, ask("mainland/1"))
	mark := h.mark()
	require.NoError(t, ask("expired/1"))
	require.NoError(t, ask("mainland/2"))
	for _, path := range []string{"/sim/stats", huaweisim.EventConfigPath} {
		resp, err := http.Get(server.URL + path)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusOK, resp.StatusCode)
	}

	assert.Equal(t, 3, h.mark(), "what is under /sim/ is not Huawei's, and keys are about nobody")
	assert.Empty(t, h.since(mark, "mainland/1"), "it was before the mark")
	calls := h.since(mark, "expired/1")
	require.Len(t, calls, 1)
	assert.Equal(t, huaweisim.GetInfoPath, calls[0].Target)
	assert.Equal(t, "access_token=expired/1", calls[0].Form)
	assert.Equal(t, http.StatusOK, calls[0].Status)
	assert.Equal(t, "6", calls[0].NSP)
	assert.Contains(t, calls[0].Body, "session timeout")

	h.set(down)
	require.Error(t, ask("mainland/3"))
	calls = h.since(mark, "mainland/3")
	require.NotEmpty(t, calls)
	assert.Zero(t, calls[0].Status, "the connection was cut")
	assert.Equal(t, down, h.is())

	h.set(normal)
	for range keptCalls {
		h.remember(&call{token: "many"})
	}
	assert.Less(t, len(h.calls), keptCalls+1)
	assert.Len(t, h.since(h.mark()-1, "many"), 1, "the newest is kept")
}

func TestReadableForm_decodesWhatCannotBeMistaken(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "access_token=mainland/1&open_id=OPENID", readableForm("access_token=mainland%2F1&open_id=OPENID"))
	assert.Equal(t, "access_token=a%26b", readableForm("access_token=a%26b"))
	assert.Equal(t, "100%", readableForm("100%"))
	assert.Equal(t, strings.Repeat("x", 10), readableForm(strings.Repeat("x", 10)))
}
