package behaviour

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/plugin"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// host is a way to run the plugin: an address that serves every row's middlewares, with a backend behind them.
type host struct {
	name      string
	address   string
	backend   *backend
	log       func() string
	protected []map[string]bool // by row: the folded names that are identity headers in its configuration

	mu     sync.Mutex
	phones map[string]bool // that went through
}

func newHost(t *testing.T, name string, rows []row, upstream *huawei) (*host, string) {
	t.Helper()
	h := &host{name: name, backend: startBackend(t), phones: map[string]bool{}}
	text := document(t, rows, name, h.backend.URL, upstream)
	h.protected = protectedNames(t, rows, text)
	return h, text
}

// protectedNames reads the names that are configured under headers, and adds the default ones, which always count.
func protectedNames(t *testing.T, rows []row, text string) []map[string]bool {
	t.Helper()
	configuration, err := plugin.Configuration(text, ".yml")
	require.NoError(t, err)
	var all []map[string]bool
	for number, r := range rows {
		names := map[string]bool{}
		for name := range usual {
			names[fold(name)] = true
		}
		vias := []string{""}
		for via := range r.others {
			vias = append(vias, via)
		}
		for _, via := range vias {
			options, err := plugin.Options(configuration, routerName(number, via))
			require.NoError(t, err)
			for group, headers := range options {
				if !strings.EqualFold(group, "headers") {
					continue
				}
				for _, name := range headers.(map[string]any) {
					if name != "" {
						names[fold(fmt.Sprint(name))] = true
					}
				}
			}
		}
		all = append(all, names)
	}
	return all
}

// note keeps what the log must not show.
func (h *host) note(user huaweisim.User) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if user.MobileNumber != "" {
		h.phones[user.MobileNumber] = true
	}
}

// requireDiscreetLog checks that the log, at its most talkative, tells no token, no ID and no phone number, and that nothing
// panicked on the way.
func (h *host) requireDiscreetLog(t *testing.T) {
	t.Helper()
	log := h.log()
	assert.Contains(t, log, "middleware=", "the log has the plugin's lines")
	give := func(secret, what string) {
		if at := strings.Index(log, secret); at >= 0 {
			from := strings.LastIndex(log[:at], "\n") + 1
			line, _, _ := strings.Cut(log[from:], "\n")
			t.Errorf("the log of the host %s tells %s: %.500s", h.name, what, line)
		}
	}
	give("panic", "of a panic")
	give("/"+h.name+"-r", "a token")
	give("AQAx", "an ID")
	for phone := range h.phones {
		give(phone, "a phone number")
	}
}

// lines is a log in memory.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
