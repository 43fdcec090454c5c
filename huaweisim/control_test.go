package huaweisim_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

func TestControl_faults(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, step := range []struct{ body, pattern string }{
		{`{"kind":"nsp","nsp":"500"}`, "xx"},
		{` [{"kind":"nsp","nsp":"500","count":1}] `, "x."},
		{`[]`, ".."},
	} {
		r := s.do(s.request(http.MethodPost, "/sim/faults", step.body))
		assert.Equal(t, http.StatusOK, r.status, r.body)
		assert.Equal(t, step.pattern, pattern(s, 2), step.body)
	}
}

func TestControl_stats(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.getInfo("mainland/a+b")
	s.getInfo("expired")
	s.do(s.request(http.MethodGet, "/elsewhere", ""))

	r := s.do(s.request(http.MethodGet, "/sim/stats", ""))
	assert.Equal(t, "application/json;charset=utf-8", r.header.Get("Content-Type"))
	assert.JSONEq(t, `{
		"calls": {"getInfo": 2, "getTokenInfo": 0},
		"results": {"getInfo": {"200": 1, "nsp 6": 1}, "getTokenInfo": {}},
		"rejected": {"path": 1},
		"redirectsFollowed": 0,
		"tokens": 2,
		"callsOfOtherTokens": 0,
		"underWay": 0,
		"mostUnderWay": 1
	}`, r.body)

	r = s.do(s.request(http.MethodGet, "/sim/stats?token=mainland/a%2Bb", ""))
	assert.JSONEq(t, `{"token": "mainland/a+b", "calls": {"getInfo": 1, "getTokenInfo": 0}}`, r.body)
}

func TestControl_reset(t *testing.T) {
	t.Parallel()
	for method, path := range map[string]string{http.MethodPost: "/sim/reset", http.MethodDelete: "/sim/stats"} {
		s := start(t)
		s.getInfo("mainland")
		assert.Equal(t, http.StatusNoContent, s.do(s.request(method, path, "")).status, path)
		assert.Equal(t, 0, s.Stats().Calls[huaweisim.GetInfo], path)
		assert.Equal(t, 0, s.TokenCalls(huaweisim.GetInfo, "mainland"), path)
	}
}

func TestControl_revoke(t *testing.T) {
	t.Parallel()
	s := start(t)
	r := s.do(s.request(http.MethodPost, "/sim/revoke", "token=mainland/a%2Bb"))
	assert.Equal(t, http.StatusNoContent, r.status)
	assert.Equal(t, "31204", s.getTokenInfo("mainland/a+b").nsp)

	for _, body := range []string{"", "token=", "access_token=x", "token=%2", strings.Repeat("x", 17<<10)} {
		r := s.do(s.request(http.MethodPost, "/sim/revoke", body))
		assert.Equal(t, http.StatusBadRequest, r.status, body)
		assert.NotEmpty(t, r.body)
	}
}

func TestControl_help(t *testing.T) {
	t.Parallel()
	s := start(t)
	r := s.do(s.request(http.MethodGet, "/sim/", ""))
	assert.Equal(t, http.StatusOK, r.status)
	assert.Equal(t, huaweisim.Help(), r.body)
	for _, name := range []string{huaweisim.GetInfoPath, huaweisim.TokenInfoPath, "/sim/faults", "overseas-mainland", "body/SHAPE", "tinfo/nsp/CODE", "resetMidBody"} {
		assert.Contains(t, r.body, name)
	}
}

func TestControl_otherMethodsAndPaths(t *testing.T) {
	t.Parallel()
	s := start(t)
	for request, status := range map[[2]string]int{
		{http.MethodGet, "/sim/faults"}: http.StatusMethodNotAllowed,
		{http.MethodPut, "/sim/stats"}:  http.StatusMethodNotAllowed,
		{http.MethodGet, "/sim/revoke"}: http.StatusMethodNotAllowed,
		{http.MethodGet, "/sim/nosuch"}: http.StatusNotFound,
		{http.MethodGet, "/sim"}:        http.StatusNotFound,
	} {
		assert.Equal(t, status, s.do(s.request(request[0], request[1], "")).status, request)
	}
}
