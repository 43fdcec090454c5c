package huaweiid

import (
	"crypto/x509"
	"strings"
	"sync"
)

// certificatePools has the certificates of texts that were parsed. New runs for every router on every configuration change,
// and a bundle such as a system's takes 9 ms to parse.
type certificatePools struct {
	mu     sync.Mutex
	byText map[string]*x509.CertPool
}

var parsedPools = &certificatePools{byText: map[string]*x509.CertPool{}}

// maxPools bounds the texts that are remembered. Past it, all are parsed anew.
const maxPools = 100

// certPool returns the certificates of PEM texts, nil where there are none. A pool is shared and must not be changed.
func certPool(pems []string) *x509.CertPool {
	return parsedPools.of(strings.Join(pems, "\n"))
}

func (p *certificatePools) of(text string) *x509.CertPool {
	p.mu.Lock()
	defer p.mu.Unlock()
	pool, ok := p.byText[text]
	if ok {
		return pool
	}
	if parsed := x509.NewCertPool(); parsed.AppendCertsFromPEM([]byte(text)) {
		pool = parsed
	}
	if len(p.byText) >= maxPools {
		p.byText = map[string]*x509.CertPool{}
	}
	p.byText[text] = pool
	return pool
}
