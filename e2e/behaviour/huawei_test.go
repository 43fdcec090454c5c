package behaviour

import (
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// huawei is the account service: a simulator for each row on each host, so that rows share neither faults nor counts,
// behind one address. Which one is meant stands in the URL, and so every row's upstream is one of its own to the plugin.
type huawei struct {
	plain  *httptest.Server
	secure *httptest.Server
	old    *httptest.Server // speaks nothing newer than TLS 1.1
	proxy  *httptest.Server

	switching *httptest.Server // answers 101 and nothing else

	mu       sync.Mutex
	sims     map[string]*huaweisim.Sim
	careless []string // what no request should have been, beyond what the simulators count
}

// tagQuery is the parameter that says whose simulator is meant; Huawei's own APIs ignore what they do not know.
const tagQuery = "row"

func startHuawei(t *testing.T) *huawei {
	t.Helper()
	h := &huawei{sims: map[string]*huaweisim.Sim{}}
	h.plain = httptest.NewServer(h)
	h.secure = startTLS(h, &tls.Config{})
	h.old = startTLS(h, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
	h.proxy = httptest.NewServer(http.HandlerFunc(connect))
	ended := make(chan struct{})
	h.switching = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { switchProtocols(w, ended) }))
	t.Cleanup(func() {
		h.mu.Lock()
		for _, sim := range h.sims {
			sim.Close()
		}
		h.mu.Unlock()
		h.plain.Close()
		h.secure.Close()
		h.old.Close()
		h.proxy.Close()
		close(ended)
		h.switching.Close()
	})
	return h
}

func startTLS(handler http.Handler, config *tls.Config) *httptest.Server {
	server := httptest.NewUnstartedServer(handler)
	server.TLS = config
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // failed handshakes are what rows are about
	server.StartTLS()
	return server
}

// switchProtocols hands the connection over to another protocol, in which nothing is said until ended is closed.
func switchProtocols(w http.ResponseWriter, ended chan struct{}) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
	<-ended
}

var userAgent = regexp.MustCompile(`^huaweiid/\d+\.\d+\.\d+$`)

func (h *huawei) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	tag := r.URL.Query().Get(tagQuery)
	h.mu.Lock()
	sim := h.sims[tag]
	if sim == nil {
		// Such as a redirect that was followed.
		h.careless = append(h.careless, "a request to "+r.URL.Path+", which no row's configuration names")
	}
	if !userAgent.MatchString(r.UserAgent()) {
		h.careless = append(h.careless, tag+": User-Agent "+r.UserAgent())
	}
	for name := range r.Header {
		if !expected[name] {
			h.careless = append(h.careless, tag+": header "+name)
		}
	}
	h.mu.Unlock()
	if sim == nil {
		http.NotFound(w, r)
		return
	}
	if r.URL.Path == huaweisim.EventConfigPath {
		announced := httptest.NewRecorder()
		sim.ServeHTTP(announced, r)
		_, _ = io.WriteString(w, strings.Replace(announced.Body.String(), `/keys"`, `/keys?`+tagQuery+`=`+tag+`"`, 1))
		return
	}
	sim.ServeHTTP(w, r)
}

// expected are the headers of a call. Of a client's request nothing goes to Huawei but the token.
var expected = map[string]bool{
	"Accept": true, "Accept-Encoding": true, "Content-Length": true, "Content-Type": true, "User-Agent": true,
}

// sim returns the simulator with a tag.
func (h *huawei) sim(tag string) *huaweisim.Sim {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.sims[tag] == nil {
		h.sims[tag] = huaweisim.New()
	}
	return h.sims[tag]
}

// requireCarefulClient checks that Huawei was asked by the configured URLs only, and told no more than it needs.
func (h *huawei) requireCarefulClient(t *testing.T) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	assert.Empty(t, h.careless, "requests to Huawei")
}

// closedAddress is a port that nothing listens on: the lowest, which is reserved.
const closedAddress = "http://127.0.0.1:1"

// urls fills the placeholders of a configuration. no..name fails to resolve without anyone being asked: DNS has no empty
// labels.
func (h *huawei) urls(tag string) *strings.Replacer {
	own := "&" + tagQuery + "=" + tag
	certificates, _ := json.Marshal(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: h.secure.Certificate().Raw})))
	return strings.NewReplacer(
		"{getInfoURL}", h.plain.URL+huaweisim.GetInfoPath+own,
		"{tokenInfoURL}", h.plain.URL+huaweisim.TokenInfoPath+own,
		"{eventConfigURL}", h.plain.URL+huaweisim.EventConfigPath+"?"+tagQuery+"="+tag,
		"{closed}", closedAddress+huaweisim.GetInfoPath,
		"{unresolved}", "http://no..name"+huaweisim.GetInfoPath,
		"{tls}", h.secure.URL+huaweisim.GetInfoPath+own,
		"{tls to plain}", strings.Replace(h.plain.URL, "http:", "https:", 1)+huaweisim.GetInfoPath+own,
		"{old tls}", h.old.URL+huaweisim.GetInfoPath+own,
		"{certificate}", string(certificates),
		"{switching}", h.switching.URL,
		"{proxy}", strings.Replace(h.proxy.URL, "://", "://"+proxyUser+"@", 1),
		"{refusing proxy}", h.proxy.URL,
	)
}
