package behaviour

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// table is the behaviour table, theme by theme.
func table() []row {
	var rows []row
	for _, theme := range [][]row{
		wayRows(), tokenRows(), sourceRows(), removeRows(),
		verdictRows(), retryRows(), challengeRows(), audienceRows(),
		modeRows(), headerRows(), aliasRows(), connectionRows(), phoneRows(), optionRows(),
		cacheRows(), gateRows(), badTokenRows(), badAnswerRows(), streamRows(), eventRows(),
	} {
		rows = append(rows, theme...)
	}
	return rows
}

// TestMain lets more rows run at once than there are processors: many of them wait for a time-out.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

func TestBehaviour(t *testing.T) {
	// Registered first, so that it is said when everything else is over and output is the process's own again.
	summary := "behaviour table: not run"
	t.Cleanup(func() { fmt.Println(summary) })

	rows := table()
	requireDistinct(t, rows)
	upstream := startHuawei(t)

	hosts := []*host{
		startCompiled(t, rows, upstream),
		startInterpreted(t, rows, upstream),
		startTraefik(t, rows, upstream),
	}
	ran := make([]atomic.Int64, len(hosts))

	t.Run("row", func(t *testing.T) {
		for i := range rows {
			r := &rows[i]
			t.Run(r.name, func(t *testing.T) {
				t.Parallel()
				for n, h := range hosts {
					t.Run(h.name, func(t *testing.T) {
						t.Parallel()
						ran[n].Add(1)
						r.run(t, newVisit(h, i, r, upstream))
					})
				}
			})
		}
	})

	for _, h := range hosts {
		h.requireDiscreetLog(t)
	}
	upstream.requireCarefulClient(t)

	var counts []string
	for n, h := range hosts {
		counts = append(counts, fmt.Sprintf("%d %s", ran[n].Load(), h.name))
	}
	summary = "behaviour table, rows per host: " + strings.Join(counts, ", ")
}

func requireDistinct(t *testing.T, rows []row) {
	t.Helper()
	names := map[string]bool{}
	for _, r := range rows {
		require.False(t, names[r.name], "two rows are named %q", r.name)
		require.NotContains(t, r.name, "/", "a slash would make two levels of the name")
		names[r.name] = true
	}
}
