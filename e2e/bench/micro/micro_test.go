package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMain is a subject's process where this program is started as one.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == workerCommand {
		if err := serveWorker(os.Args[2], os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestBench_measuresEverySubject(t *testing.T) {
	s := settings{rounds: 1, slice: 10 * time.Millisecond, most: few, full: 500}
	b, err := newBench(s)
	require.NoError(t, err)
	defer b.close()
	ctx := context.Background()
	require.NoError(t, b.start(ctx))
	m, err := b.measure(ctx)
	require.NoError(t, err)
	for _, subject := range b.subjects {
		assert.Positive(t, m[subject.Name].total.Times, subject.says)
	}

	// What is stored the short way weighs what is stored on the long way, but for the steps in which maps grow.
	short := m[subjectHitFew].facts[factPerEntry]
	assert.Greater(t, short, 250.0, "bytes: an entry, two IDs, three forms of a phone number and a place in the map")
	assert.Less(t, short, 1536.0)
	full := m[subjectEviction].facts
	assert.Less(t, full[factAfter]/full[factFull], 1.1, "a full cache does not grow")

	var report strings.Builder
	m.report(&report, b.subjects, s)
	assert.Contains(t, report.String(), "targets met")
}

func TestInTurn_hasEverySubjectOnceAndThoseThatAreComparedFirst(t *testing.T) {
	all := subjects(few, few)
	orders := map[string]bool{}
	for round := range 10 {
		turns := inTurn(len(all), round)
		sorted := slices.Sorted(slices.Values(turns))
		for i, at := range sorted {
			assert.Equal(t, i, at)
		}
		assert.Len(t, turns, len(all))
		for i, at := range turns {
			assert.Equal(t, i < compared, at < compared, "%v", turns)
		}
		orders[fmt.Sprint(turns)] = true
	}
	assert.Len(t, orders, 10)
	assert.Equal(t, subjectHitMost, all[compared-1].Name)
}
