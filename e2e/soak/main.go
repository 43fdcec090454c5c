// Command soak runs the plugin in a real Traefik for a long time: mixed traffic, faults of Huawei that come and go, a
// change of the configuration every few seconds. It prints what the process uses at the start, in the middle and at the
// end, and fails if that grows, or if any answer was wrong.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	duration := flag.Duration("duration", 15*time.Minute, "how long to run, at least 30s")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *duration); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

var errTooShort = errors.New("-duration is under 30s, which is over before the caches are full; give more")

// run soaks: a warm-up of a fifth, then two halves of the rest, with all at rest while it is measured.
func run(ctx context.Context, duration time.Duration) (err error) {
	if duration < 30*time.Second {
		return errTooShort
	}
	s, err := start(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()

	warmUp := duration / 5
	half := (duration - warmUp) / 2
	fmt.Printf("soaking for %v: %d visitors, %d known users, a change of the configuration every %v\n", duration, visitors, known, reloadEvery)
	var uses []use
	for _, phase := range []struct {
		name string
		time time.Duration
	}{{"start", warmUp}, {"middle", half}, {"end", half}} {
		if err := s.live(ctx, phase.time); err != nil {
			return err
		}
		u, err := s.measure(ctx, phase.name)
		if err != nil {
			return err
		}
		if len(uses) == 0 {
			fmt.Println(useHeading)
		}
		fmt.Println(u)
		uses = append(uses, u)
	}
	fmt.Println(s.tally.String())
	return errors.Join(uses[2].grownSince(uses[1]), s.tally.wrong())
}
