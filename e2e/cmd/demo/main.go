// Command demo shows the plugin at work on one machine, in a browser and with curl: the simulated account service, a backend
// that echoes what it gets, and a real Traefik with the plugin between them. Where there is no Traefik it goes on as
// demo-engine, which is built in half a minute. With -check it runs the requests that it would otherwise suggest, always through a
// real Traefik, and fails if a status or a header at the backend is not as it should be.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/traefik-huaweiid/huaweiid/e2e/demo"
	"github.com/traefik-huaweiid/huaweiid/e2e/demo/lean"
	"github.com/traefik-huaweiid/huaweiid/e2e/gobuild"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

// enginePackages is what demo-engine consists of, about, beyond what this command does; it only gives the progress a scale.
const enginePackages = 150

func main() {
	check := flag.Bool("check", false, "run the demo's requests on free ports, compare every answer, and stop")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	var err error
	if *check {
		err = demo.Check(ctx, os.Stdout, demo.Traefik(""))
	} else {
		err = run(ctx, os.Stdout, os.Getenv("PORT"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, port string) error {
	binary, err := proxy.Find(ctx, out)
	if errors.Is(err, proxy.ErrNone) {
		return becomeEngine(ctx, out, port)
	}
	if err != nil {
		return err
	}
	return demo.Run(ctx, out, port, demo.Traefik(binary))
}

// becomeEngine builds demo-engine and puts it in this process's place.
func becomeEngine(ctx context.Context, out io.Writer, port string) error {
	// A port that cannot be had is better known before the build.
	if _, err := demo.Address(port); err != nil {
		return err
	}
	root, err := proxy.Root()
	if err != nil {
		return err
	}
	module := filepath.Join(root, "e2e")
	engine := filepath.Join(module, ".bin", "demo-engine")
	fmt.Fprint(out, `There is no Traefik on the PATH, in $TRAEFIK or in e2e/.bin: the demo runs on Traefik's own plugin engine instead.
Building that, which takes half a minute the first time:
`)
	begin := time.Now()
	flags, err := lean.Flags(ctx, module, filepath.Join(module, ".bin", "lean"))
	if err != nil {
		return fmt.Errorf("building the plugin engine: %w", err)
	}
	err = gobuild.Build{
		Dir:      module,
		Package:  "./cmd/demo-engine",
		Flags:    append(flags, "-ldflags", "-s -w"), // without what a debugger needs, it is linked in half the time
		Env:      []string{"GOGC=400"},               // the compiler collects garbage less often: a twentieth less time
		Target:   engine,
		Packages: enginePackages,
	}.Run(ctx, out)
	if err != nil {
		if ctx.Err() != nil {
			return errors.New("stopped while the plugin engine was being built")
		}
		return fmt.Errorf("building the plugin engine: %w", err)
	}
	fmt.Fprintf(out, "It is built, after %s.\n", time.Since(begin).Round(time.Second))
	return fmt.Errorf("starting the plugin engine: %w", syscall.Exec(engine, []string{engine}, os.Environ()))
}
