package attacks

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/mutate"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// A class that passes although a defence is gone looks at nothing.
func TestMutants_areNoticedByTheirClasses(t *testing.T) {
	stacks := startStacks(t)
	for _, m := range mutants {
		t.Run(m.without, func(t *testing.T) {
			t.Parallel()
			b := newBed(t, stacks, m.stage(t))
			require.NoError(t, letsGoodRequestsThrough(b))
			excused := false
			if m.lapse != nil {
				there, err := m.lapse.isThere(b)
				require.NoError(t, err)
				excused = !there
			}
			for _, class := range m.classes {
				begin := time.Now()
				c := class.on(b, 1)
				failed := c.failed()
				if len(failed) == 0 && excused {
					t.Logf("the class %q passes without %s: this Traefik forwards no %s by itself", class.name, m.without, m.lapse.name)
					continue
				}
				if len(failed) == 0 {
					t.Errorf("all %d cases of the class %q pass without %s", len(c.ended), class.name, m.without)
					continue
				}
				t.Logf("noticed by the class %q in its case %d, %q, after %v: %.300v", class.name, len(c.ended), failed[0].name,
					time.Since(begin).Round(10*time.Millisecond), failed[0].err)
			}
		})
	}
}

// letsGoodRequestsThrough is for a mutant that is without a defence but has to be a plugin still. Any of three upstreams may
// have answered: where middlewares wrongly share a state it is that of the first to be made, and Traefik makes them in no
// order.
func letsGoodRequestsThrough(b *bed) error {
	good := token("mainland")
	known, _ := huaweisim.UserOf(good)
	b.sayings.sayJSON(good, "application/json", written(members(known)))
	err := user(good).differs(b.ask(request{to: "plain", lines: []string{bearer(good)}}))
	if err == nil {
		return nil
	}
	if user(elsewhereToken(good)).differs(b.ask(request{to: "elsewhere", lines: []string{bearer(good)}})) == nil {
		return nil
	}
	return err
}

func TestMutants_areThereForEveryClass(t *testing.T) {
	noticing := map[string]bool{}
	for _, m := range mutants {
		for _, class := range m.classes {
			noticing[class.name] = true
		}
	}
	for _, class := range classes {
		assert.True(t, noticing[class.name], "no mutant is for the class %q", class.name)
	}
}

// With HUAWEIID_MUTANTS=all every mutant runs through every class to its end, which takes minutes. It tells how many cases
// failed without one of the defences, and which never did: those that show that the good is let through, and those that
// Traefik, or more than one defence, takes care of.
func TestMutants_failTheCases(t *testing.T) {
	if os.Getenv("HUAWEIID_MUTANTS") != "all" {
		t.Skip("takes minutes; set HUAWEIID_MUTANTS=all to have it run")
	}
	patience = 2 * time.Second // what hangs without a defence hangs often
	stacks := startStacks(t)
	whole := newBed(t, stacks, "")
	failures := make([]map[string]bool, len(classes))
	for i := range classes {
		failures[i] = map[string]bool{}
	}
	var mu sync.Mutex
	t.Run("mutants", func(t *testing.T) {
		for _, m := range mutants {
			t.Run(m.without, func(t *testing.T) {
				t.Parallel()
				b := newBed(t, stacks, m.stage(t))
				for i, class := range classes {
					failed := class.on(b, everyFailure).failed()
					mu.Lock()
					for _, e := range failed {
						failures[i][e.name] = true
					}
					mu.Unlock()
				}
			})
		}
	})
	for i, class := range classes {
		cases := class.on(whole, told).ended
		var never []string
		for _, e := range cases {
			if e.how == passed && !failures[i][e.name] {
				never = append(never, e.name)
			}
		}
		t.Logf("%s: %d cases, %d failed without a defence, passed always: %q", class.name, len(cases), len(failures[i]), never)
	}
}

// stage copies the plugin, without the defence, and returns the directory.
func (m mutant) stage(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	module, err := proxy.Stage(dir)
	require.NoError(t, err)
	plugin := filepath.Join(dir, "plugins-local", "src", filepath.FromSlash(module))
	change := mutate.Change{In: m.in, Take: m.take, Put: m.put}
	require.NoError(t, change.Apply(plugin), "bring the mutant without %s up to date", m.without)
	return plugin
}

// A mutant that does not compile would not load, and then every class would fail. This takes seconds, and no Traefik.
func TestMutants_areThePluginWithoutADefence(t *testing.T) {
	t.Parallel()
	root, err := proxy.Root()
	require.NoError(t, err)
	checker, err := mutate.NewChecker(root)
	require.NoError(t, err)
	for _, m := range mutants {
		t.Run(m.without, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, checker.Check(m.stage(t)), "the mutant without %s does not compile", m.without)
		})
	}
}
