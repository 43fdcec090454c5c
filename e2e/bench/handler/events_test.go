package handler

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// Anybody may send a JWT whose audience has as many members as there is room for.
func TestEvents_aStrangersLongAudienceIsNotLookedThrough(t *testing.T) {
	l := newLab(t)
	receiving, err := l.makes(t.Context(), backend, l.options(usual, map[string]any{
		"events": map[string]any{"path": "/events", "configURL": l.huawei + huaweisim.EventConfigPath},
	}), "events@file")
	require.NoError(t, err)
	encode := base64.RawURLEncoding.EncodeToString
	// The least of many, since others are at work on the machine as well.
	took := func(members int) time.Duration {
		audience := strings.TrimSuffix(strings.Repeat(`"",`, members), ",")
		req := httptest.NewRequest(http.MethodPost, "/events", http.NoBody)
		req.Header.Set("Authorization", "Bearer "+encode([]byte(`{"alg":"RS256","kid":"k"}`))+"."+
			encode(fmt.Appendf(nil, `{"iat":%d,"aud":[%s]}`, time.Now().Unix(), audience))+".AA")
		least := time.Hour
		for range 200 {
			rec := httptest.NewRecorder()
			begun := time.Now()
			receiving.ServeHTTP(rec, req)
			least = min(least, time.Since(begun))
			require.Equal(t, http.StatusBadRequest, rec.Code)
		}
		return least
	}
	few, many := took(17), took(1900)
	t.Logf("a stranger's delivery: %v with 17 members in aud, %v with 1900", few, many)
	assert.Less(t, many, 4*few)
}
