package telemetry

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// gateway is what Traefik makes of an HTTPRoute of Gateway API whose filters are an ExtensionRef to the plugin and a RequestRedirect.
const gateway = `{"http": {
	"routers": {"gateway": {"rule": "Host(\"gateway.test\")", "entryPoints": ["web"], "middlewares": ["enforce@file", "elsewhere"], "service": "echo@file"}},
	"middlewares": {"elsewhere": {"requestRedirect": {"hostname": "elsewhere.test", "statusCode": 302}}}
}}`

// Gateway API's redirect makes its Location of the whole URL of the request, the user name in it included.
func TestTraefik_gatewayAPIsRedirectDoesNotTellTheUser(t *testing.T) {
	b := start(t, false)
	put, err := http.NewRequest(http.MethodPut, b.proxy.APIURL()+"/api/providers/rest", strings.NewReader(gateway))
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(put)
	require.NoError(t, err)
	answer, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	resp.Body.Close()
	require.Equal(t, http.StatusOK, resp.StatusCode, "%s", answer)

	const token = "mainland/gateway"
	require.Eventually(t, func() bool {
		return b.send("gateway", token).StatusCode != http.StatusNotFound
	}, 20*time.Second, 20*time.Millisecond)
	redirected := b.sendTo("http://mallory@gateway.test/orders?page=2", "gateway", token)
	assert.Equal(t, http.StatusFound, redirected.StatusCode)
	assert.Equal(t, "http://elsewhere.test/orders?page=2", redirected.Header.Get("Location"))

	user, _ := huaweisim.UserOf(token)
	require.Eventually(t, func() bool { return len(b.accessLog()) >= 2 }, 20*time.Second, 50*time.Millisecond)
	for _, line := range b.accessLog() {
		assert.Equal(t, accessLine{Router: "gateway@rest", User: user.OpenID, Status: "verified"}, line)
	}
}
