package traps

import (
	"testing"

	// So that the go command does not take a result from before the plugin changed.
	_ "github.com/traefik-huaweiid/huaweiid"
)

// TestThePluginAvoidsYaegisTraps looks at the plugin itself: the module around this one.
func TestThePluginAvoidsYaegisTraps(t *testing.T) {
	t.Parallel()

	findings, err := Check("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		t.Error(f)
	}
}
