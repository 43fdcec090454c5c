package demo

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/echo"
)

func TestDemo_everyRequestComesOutAsItsLineSays(t *testing.T) {
	var out strings.Builder
	require.NoError(t, Check(context.Background(), &out, Traefik("")), out.String())
	assert.NotContains(t, out.String(), "DIFFERENT")
}

func TestDemo_fitsOnOneScreenAndStopsWithItsContext(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, port, err := net.SplitHostPort(taken.Addr().String())
	require.NoError(t, err)
	var out strings.Builder
	err = Run(context.Background(), &out, port, Traefik(""))
	require.ErrorContains(t, err, "choose another port: make demo PORT=")
	require.NoError(t, taken.Close())

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	seen := &waiting{Builder: &out, text: "Ctrl-C", then: cancel}
	require.NoError(t, Run(ctx, seen, port, Traefik("")))
	assert.Contains(t, out.String(), "Stopped.")

	screen, _, _ := strings.Cut(out.String(), "\nStopped.")
	lines := strings.Split(strings.TrimSuffix(screen, "\n"), "\n")
	assert.LessOrEqual(t, len(lines), screenHeight)
	for _, line := range lines {
		assert.LessOrEqual(t, len(line), screenWidth, line)
	}
	for _, request := range requests {
		assert.Contains(t, out.String(), request.name)
	}
}

func TestAddress_refusesWhatIsNoPort(t *testing.T) {
	for _, port := range []string{"0", "-1", "65536", "http", "80 ", "127.0.0.1:80"} {
		_, err := Address(port)
		assert.ErrorContains(t, err, "is no port", port)
	}
}

// The check is worth nothing if it does not see a difference, so each kind of difference is shown to it once.
func TestCompare_seesEveryDifference(t *testing.T) {
	s, err := startStack(context.Background(), Traefik(""), "", cacheTTL)
	require.NoError(t, err)
	defer func() { assert.NoError(t, s.stop()) }()
	forged := requests[len(requests)-1]
	require.Equal(t, "forged headers", forged.name)

	tests := map[string]struct {
		change func(*result)
		want   string
	}{
		"nothing":                 {func(*result) {}, ""},
		"another status":          {func(r *result) { r.status = http.StatusTeapot }, "status: want 200, got 418"},
		"a code":                  {func(r *result) { r.code = "token_invalid" }, "code: want , got token_invalid"},
		"not forwarded":           {func(r *result) { r.forwarded = 0 }, "requests at the backend: want 1, got 0"},
		"a header too many":       {func(r *result) { r.seen.Header.Set("x_user_phone", "1") }, `header X_user_phone: want none, got ["1"]`},
		"a header missing":        {func(r *result) { r.seen.Header.Del("X-User-UnionID") }, "header X-User-Unionid: want"},
		"another value":           {func(r *result) { r.seen.Header.Set("X-User-OpenID", "admin") }, `got ["admin"]`},
		"a second value":          {func(r *result) { r.seen.Header.Add("X-User-OpenID", "admin") }, `"admin"]`},
		"one that Traefik sets":   {func(r *result) { r.seen.Header.Set("X-Forwarded-For", "10.0.0.1") }, `header X-Forwarded-For: want ["127.0.0.1"], got ["10.0.0.1"]`},
		"no headers whatsoever":   {func(r *result) { r.seen = echo.Request{} }, "header Authorization: want"},
		"an empty header instead": {func(r *result) { r.seen.Header["X-User-Phone"] = []string{""} }, `header X-User-Phone: want none, got [""]`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := s.send(forged)
			require.NoError(t, err)
			test.change(got)
			differences := strings.Join(forged.compare(s, got), "\n")
			if test.want == "" {
				assert.Empty(t, differences)
				return
			}
			assert.Contains(t, differences, test.want)
		})
	}
}

// waiting is a writer that calls then once it has been given a text.
type waiting struct {
	*strings.Builder
	text string
	then func()
}

func (w *waiting) Write(b []byte) (int, error) {
	n, err := w.Builder.Write(b)
	if strings.Contains(w.String(), w.text) {
		w.then()
	}
	return n, err
}
