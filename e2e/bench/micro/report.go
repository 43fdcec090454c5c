package main

import (
	"fmt"
	"io"
	"runtime"

	"github.com/traefik-huaweiid/huaweiid/e2e/bench/figures"
)

const (
	kibibyte = 1024
	mebibyte = 1024 * kibibyte
)

// report writes the table and the targets. A time is that of all rounds together, with all garbage collected in them: of a
// large heap that happens in few rounds, which a median would leave out.
func (m measurements) report(w io.Writer, subjects []subject, s settings) {
	fmt.Fprintf(w, "\n%d rounds of %s per subject, %d CPUs. CPU time of the whole process, garbage collection included, per\n",
		s.rounds, s.slice, runtime.NumCPU())
	fmt.Fprintf(w, "request: over all rounds, and the lowest and highest round in parentheses.\n\n")
	fmt.Fprintf(w, "%-42s %-24s %7s %11s %12s %8s\n", "", "CPU µs", "/empty", "allocations", "beyond empty", "bytes")
	empty := m[subjectEmpty].total
	for _, subject := range subjects {
		taken := m[subject.Name]
		total := taken.total
		times := figures.Of(taken.times())
		fmt.Fprintf(w, "%-42s %-24s %7.1f %11.0f %12.0f %8.0f\n", subject.says,
			fmt.Sprintf("%.1f (%.1f–%.1f)", total.each(), times.Min, times.Max), total.each()/empty.each(),
			total.allocations(), total.allocations()-empty.allocations(), total.bytes())
	}
	m.reportMemory(w, subjects, s.full)
	m.reportTargets(w)
}

func (t *measurement) times() []float64 {
	var times []float64
	for _, r := range t.rounds {
		times = append(times, r.each())
	}
	return times
}

func (m measurements) reportMemory(w io.Writer, subjects []subject, full int) {
	fmt.Fprintf(w, "\nMemory, after garbage collection:\n\n")
	for _, subject := range subjects {
		if perEntry, ok := m[subject.Name].facts[factPerEntry]; ok && subject.Name != subjectEviction {
			fmt.Fprintf(w, "%-42s %.0f bytes per good answer\n", subject.says, perEntry)
		}
	}
	evicting := m[subjectEviction].facts
	fmt.Fprintf(w, "%-42s %.1f MiB of heap, and %.1f MiB after %.0f more misses\n", fmt.Sprintf("a full cache of %d", full),
		evicting[factFull]/mebibyte, evicting[factAfter]/mebibyte, evicting[factMisses])
	fmt.Fprintf(w, "an instance of the middleware              %.1f KiB\n", m[subjectNew].facts[factPerInstance]/kibibyte)
}

// target is a figure with the bound that it is to keep.
type target struct {
	says   string
	value  float64
	atMost float64
	format string
}

func (m measurements) reportTargets(w io.Writer) {
	heaviest := 0.0
	for _, name := range []string{subjectHitSome, subjectHitMost, subjectMiss} {
		heaviest = max(heaviest, m[name].facts[factPerEntry])
	}
	targets := []target{
		{"allocations of a hit beyond an empty plugin's", m[subjectHitFew].total.allocations() - m[subjectEmpty].total.allocations(), 100, "%.0f"},
		{"a hit among most users / among few, CPU", m.ratio(subjectHitMost, subjectHitFew), 1.2, "%.2f"},
		{"KiB of memory per good answer, the most of all", heaviest / kibibyte, 1.5, "%.2f"},
	}
	fmt.Fprintf(w, "\n")
	met := 0
	for _, t := range targets {
		result := "missed"
		if t.value <= t.atMost {
			result = "met"
			met++
		}
		fmt.Fprintf(w, "%-50s "+t.format+"  target ≤ "+t.format+": %s\n", t.says, t.value, t.atMost, result)
	}
	fmt.Fprintf(w, "%-50s %.2f\n", "a hit among some users / among few, CPU", m.ratio(subjectHitSome, subjectHitFew))
	fmt.Fprintf(w, "%-50s %.2f\n", "a miss that evicts / one that does not, CPU", m.ratio(subjectEviction, subjectMiss))
	fmt.Fprintf(w, "\n%d of %d targets met.\n", met, len(targets))
}

// ratio is that of the times of all rounds together.
func (m measurements) ratio(a, b string) float64 { return m[a].total.each() / m[b].total.each() }
