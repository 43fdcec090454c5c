package handler

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
	"github.com/traefik-huaweiid/huaweiid/internal/redistest"
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

// startSource is added to the staged plugin: it fills the list of events by a clock that is late, and reads it as one that starts does.
const startSource = `package huaweiid

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

func init() { http.HandleFunc("/start", startAnew) }

func startAnew(rw http.ResponseWriter, req *http.Request) {
	late, _ := time.ParseDuration(req.URL.Query().Get("late"))
	pages, _ := strconv.Atoi(req.URL.Query().Get("pages"))
	for _, t := range upstreams.upstreams {
		l := t.upstream.list
		l.wall = func() time.Time { return time.Now().Add(-late) }
		for ; pages > 0; pages-- {
			var events []accountEvent
			for i := 0; i < listPage; i++ {
				events = append(events, accountEvent{kind: "tokens-revoked", clientID: "1", openID: "open-" + strconv.Itoa(i)})
			}
			items, err := l.items(events)
			if err == nil {
				err = l.push(items)
			}
			if err != nil {
				fmt.Fprintln(rw, err)
			}
		}
		l.wall = time.Now
		l.last, l.hasRead = "", false
		news, err := l.read(t.upstream.since(epoch), newLogger("start", 0, t.upstream.throttle))
		fmt.Fprintln(rw, len(news.items), news.missed, err)
	}
}
`

func TestEvents_whoStartsReadsOfAFullListWhatMattersOnly(t *testing.T) {
	mux := http.DefaultServeMux
	http.DefaultServeMux = http.NewServeMux()
	t.Cleanup(func() { http.DefaultServeMux = mux })
	l := newLab(t, func(dir string) error {
		return os.WriteFile(filepath.Join(dir, "start_for_bench.go"), []byte(startSource), 0o644)
	})
	_, err := l.makes(t.Context(), backend, l.options(usual, map[string]any{
		"redis": map[string]any{"address": redistest.Start(t).Address, "timeout": "1s", "secret": "0123456789abcdef0123456789abcdef"},
	}), "events@file")
	require.NoError(t, err)
	for _, step := range []struct{ query, want string }{
		{"late=3h&pages=21", "0 false <nil>\n"},
		{"late=1h&pages=2", "1000 false <nil>\n"},
		{"late=1m&pages=20", "10000 true <nil>\n"},
	} {
		rec := httptest.NewRecorder()
		http.DefaultServeMux.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/start?"+step.query, nil))
		require.Equal(t, step.want, rec.Body.String(), step.query)
	}
}
