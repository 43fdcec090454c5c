package examples

import (
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// shown is a request of a README: a command line with curl, and after a # what comes of it. That is a status, and with 200 who the
// application takes the user for ("verified", "anonymous") or a text of the answer, else the code of the refusal.
type shown struct {
	line    string
	url     string
	headers [][2]string
	status  int
	want    string
}

var (
	curlLine   = regexp.MustCompile(`(?m)^curl (.*) # (\d{3})(?: (.+))?$`)
	curlHeader = regexp.MustCompile(`-H '([^:']+): ([^']*)'`)
	curlURL    = regexp.MustCompile(`https?://\S+`)
)

func requestsOf(t *testing.T, readme string) []shown {
	t.Helper()
	var requests []shown
	for _, match := range curlLine.FindAllStringSubmatch(readme, -1) {
		status, err := strconv.Atoi(match[2])
		require.NoError(t, err)
		s := shown{line: match[0], url: curlURL.FindString(match[1]), status: status, want: match[3]}
		rest := strings.Replace(match[1], s.url, "", 1)
		for _, header := range curlHeader.FindAllStringSubmatch(match[1], -1) {
			s.headers = append(s.headers, [2]string{header[1], header[2]})
			rest = strings.Replace(rest, header[0], "", 1)
		}
		require.Empty(t, strings.TrimSpace(rest), "the test does not know this of %s", match[0])
		requests = append(requests, s)
	}
	require.Len(t, requests, strings.Count(readme, "\ncurl "), "a line with curl does not say what comes of it")
	return requests
}

// tryAll sends every request that the example's README shows.
func (e *example) tryAll(t *testing.T) {
	t.Helper()
	requests := requestsOf(t, e.replaced(e.read(t, "README.md")))
	for _, s := range requests { // whoever answers is ready in a time of its own
		e.await(t, s)
	}
	for _, s := range requests {
		status, body := s.send(t)
		if !assert.Equal(t, s.status, status, "%s\n%s", s.line, body) {
			continue
		}
		switch {
		case s.want == "verified":
			assert.Contains(t, strings.ToLower(body), "x-user-openid", s.line)
			assert.NotContains(t, body, "forged", s.line)
		case s.want == "anonymous":
			assert.NotContains(t, strings.ToLower(body), "x-user-", s.line)
		case s.status == http.StatusOK:
			assert.Contains(t, body, s.want, s.line)
		default:
			assert.Contains(t, body, `"code":"`+s.want+`"`, s.line)
		}
	}
}

// await waits until a request is not answered as one of an unknown router or an application that is not there.
func (e *example) await(t *testing.T, s shown) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		status, err := s.try(t)
		if err == nil && status != http.StatusNotFound && status != http.StatusBadGateway {
			return
		}
		require.True(t, time.Now().Before(deadline), "%s: status %d, %v", s.line, status, err)
		time.Sleep(20 * time.Millisecond)
	}
}

func (s shown) request(t *testing.T) *http.Request {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url, nil)
	require.NoError(t, err)
	for _, header := range s.headers {
		if header[0] == "Host" {
			request.Host = header[1]
			continue
		}
		request.Header.Add(header[0], header[1])
	}
	return request
}

func (s shown) try(t *testing.T) (int, error) {
	t.Helper()
	response, err := http.DefaultClient.Do(s.request(t))
	if err != nil {
		return 0, err
	}
	return response.StatusCode, response.Body.Close()
}

func (s shown) send(t *testing.T) (status int, body string) {
	t.Helper()
	response, err := http.DefaultClient.Do(s.request(t))
	require.NoError(t, err, s.line)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(content)
}
