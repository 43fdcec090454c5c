package examples

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// redirecting is a route whose own filter answers, behind a middleware that names the user to the access log. Gateway API's redirect
// makes its Location of the whole URL of the request.
const redirecting = `
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: naming, namespace: shop}
spec:
  plugin:
    huaweiid:
      accessLogUser: openID
      huawei:
        getInfoURL: http://huawei.shop.svc:8900/rest.php?nsp_svc=GOpen.User.getInfo
        allowHTTP: true
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: redirecting, namespace: shop}
spec:
  parentRefs: [{name: shop}]
  hostnames: [redirecting.shop.example]
  rules:
    - filters:
        - type: ExtensionRef
          extensionRef: {group: traefik.io, kind: Middleware, name: naming}
        - type: RequestRedirect
          requestRedirect: {hostname: elsewhere.example, statusCode: 302}
`

// accessLog is what Traefik needs besides to write what tryRedirect reads.
func (e *example) accessLog() []string {
	return []string{"--accessLog.format=json", "--accessLog.filePath=" + filepath.Join(e.dir, "access.log")}
}

// tryRedirect looks for the user in the access log and not in the Location.
func (e *example) tryRedirect(t *testing.T) {
	t.Helper()
	s := shown{
		url:     "http://" + e.addresses[webAddress] + "/orders?page=2",
		headers: [][2]string{{"Host", "redirecting.shop.example"}, {"Authorization", "Bearer mainland/1"}},
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	var location string
	require.Eventually(t, func() bool {
		response, err := client.Do(s.request(t))
		require.NoError(t, err)
		response.Body.Close()
		location = response.Header.Get("Location")
		return response.StatusCode == http.StatusFound
	}, patience, 50*time.Millisecond)
	got, err := url.Parse(location)
	require.NoError(t, err)
	assert.Equal(t, "elsewhere.example", got.Hostname())
	assert.Equal(t, "/orders?page=2", got.RequestURI())
	assert.Nil(t, got.User)

	user, _ := huaweisim.UserOf("mainland/1")
	assert.NotContains(t, location, user.OpenID)
	assert.EventuallyWithT(t, func(c *assert.CollectT) {
		log, err := os.ReadFile(filepath.Join(e.dir, "access.log"))
		require.NoError(c, err)
		assert.Regexp(c, `"ClientUsername":"`+user.OpenID+`",.*"DownstreamStatus":302,.*"RequestHost":"redirecting.shop.example"`, string(log))
	}, patience, 50*time.Millisecond)
}
