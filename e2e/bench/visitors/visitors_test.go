package visitors_test

import (
	"bufio"
	"bytes"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/bench/visitors"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

func TestToken_isOneTheSimulatorKnows(t *testing.T) {
	one, two := visitors.Token("mainland", 1), visitors.Token("mainland", 2)
	assert.Len(t, one, visitors.TokenLength)
	userOne, ok := huaweisim.UserOf(one)
	assert.True(t, ok)
	userTwo, ok := huaweisim.UserOf(two)
	assert.True(t, ok)
	assert.NotEqual(t, userOne, userTwo)

	_, ok = huaweisim.UserOf(visitors.Token("expired", 1))
	assert.False(t, ok)
}

func TestRequest_isHTTP(t *testing.T) {
	token := visitors.Token("mainland", 1)
	req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(visitors.Request("/orders", token))))
	require.NoError(t, err)
	assert.Equal(t, "/orders", req.RequestURI)
	assert.Equal(t, "Bearer "+token, req.Header.Get("Authorization"))
	assert.Len(t, req.Header, 11, "and Host")
}
