package attacks

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// told bounds the failed cases of a class.
const told = 20

func TestAttacks_endWithTheIdentityOfTheTokensUserOrWithNone(t *testing.T) {
	b := newBed(t, startStacks(t), "")
	begin := time.Now()
	var rows []row
	for _, class := range classes {
		t.Run(class.name, func(t *testing.T) {
			begin := time.Now()
			c := class.on(b, told)
			rows = append(rows, row{class, c})
			names := map[string]bool{}
			for _, e := range c.ended {
				assert.False(t, names[e.name], "two cases are called %q", e.name)
				names[e.name] = true
				switch e.how {
				case blocked:
					t.Logf("blocked by Traefik: %q", e.name)
				case skipped:
					t.Logf("skipped: %s: %s", e.name, e.why)
				case failed:
					t.Errorf("%s: %v", e.name, e.err)
				}
			}
			t.Logf("%d cases in %v", len(c.ended), time.Since(begin).Round(time.Millisecond))
		})
	}
	t.Logf("attacks through Traefik, in %v:\n%s", time.Since(begin).Round(time.Second), table(rows))
}
