// Command huaweisim serves the simulated Huawei account service of package
// huaweisim over http and, given a certificate, https.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "huaweisim:", err)
		stop()
		os.Exit(1)
	}
}

// run serves until ctx ends. What it listens on, a line per listener, and the
// help go to stdout.
func run(ctx context.Context, args []string, stdout io.Writer) error {
	o, err := parseOptions(args, stdout)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	sim := huaweisim.New()
	defer sim.Close()
	sim.SendEventsTo(o.events)
	return serve(ctx, o, sim, stdout)
}
