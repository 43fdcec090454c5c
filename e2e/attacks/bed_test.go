package attacks

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

// bed is a Traefik with the plugin between clients, backends and several Huaweis.
type bed struct {
	proxy  *proxy.Proxy
	strict *strict
	pages  *strict // an error page's service
	stacks []stack

	huawei  *upstream // healthy
	remote  *upstream // elsewhere
	ailing  *upstream // whose faults are set and unset
	strange *upstream // which says sayings
	sayings *sayings
}

// newBed starts a Traefik with the plugin in a directory; "" = this checkout's.
func newBed(t *testing.T, stacks []stack, staged string) *bed {
	t.Helper()
	bed := &bed{strict: startStrict(), pages: startStrict(), stacks: stacks, sayings: &sayings{}}
	t.Cleanup(bed.strict.Close)
	t.Cleanup(bed.pages.Close)
	bed.huawei = startUpstream(t, nil)
	bed.remote = startUpstream(t, elsewhere)
	bed.ailing = startUpstream(t, nil)
	bed.strange = startUpstream(t, bed.sayings.around)

	dynamic, routers, err := bed.dynamic()
	require.NoError(t, err)
	front, err := filepath.Abs("testdata/front")
	require.NoError(t, err)
	plugins := map[string]string{"front": front}
	if staged != "" {
		plugins["huaweiid"] = staged
	}
	ctx := context.Background()
	bed.proxy, err = proxy.Start(ctx, proxy.Options{Dynamic: dynamic, Plugins: plugins})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, bed.proxy.Stop()) })
	require.NoError(t, bed.proxy.WaitRouters(ctx, routers...))
	return bed
}

var tokens atomic.Int64

// token is one of a kind that no case has had before.
func token(kind string) string { return fmt.Sprintf("%s/t%d", kind, tokens.Add(1)) }

// eventually waits until a condition holds, and tells why it does not.
func eventually(holds func() error) error {
	deadline := time.Now().Add(patience)
	for {
		err := holds()
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("after %v: %w", patience, err)
		}
		time.Sleep(pause)
	}
}
