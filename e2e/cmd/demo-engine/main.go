// Command demo-engine is the demo for a machine without a Traefik: the plugin in Traefik's own plugin engine, in front of a
// plain reverse proxy. Command demo builds it and becomes it.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/traefik-huaweiid/huaweiid/e2e/demo"
	"github.com/traefik-huaweiid/huaweiid/e2e/demo/engine"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	if err := demo.Run(ctx, os.Stdout, os.Getenv("PORT"), engine.Start); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}
