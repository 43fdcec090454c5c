package proxy

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/traefik-huaweiid/huaweiid/internal/loopback"
)

const (
	webEntryPoint = "web"
	// internalEntryPoint is the name that api.insecure and ping bind to.
	internalEntryPoint = "traefik"
)

// staticConfig writes the static configuration. Everything in it is local to the machine: no update check, no statistics,
// no plugin from the catalog.
func staticConfig(dir string, addresses, modules map[string]string, dashboard bool, options Options) string {
	level := options.LogLevel
	if level == "" {
		level = "DEBUG"
	}

	var b strings.Builder
	fmt.Fprintf(&b, "global:\n  checkNewVersion: false\n  sendAnonymousUsage: false\n")
	fmt.Fprintf(&b, "log:\n  level: %s\n  format: common\n  noColor: true\n", level)
	fmt.Fprintf(&b, "api:\n  insecure: true\n  debug: true\n  dashboard: %t\nping: {}\n", dashboard)

	b.WriteString("entryPoints:\n")
	for _, name := range slices.Sorted(maps.Keys(addresses)) {
		// One second for requests under way, so that a stop is quick and a test still sees them finish.
		fmt.Fprintf(&b, "  %s:\n    address: %s\n    transport:\n      lifeCycle:\n        graceTimeOut: 1s\n", name, strconv.Quote(addresses[name]))
		if options.TrustLoopback {
			b.WriteString("    forwardedHeaders:\n      trustedIPs: [127.0.0.1/32]\n")
		}
		if to := options.Redirections[name]; to != "" {
			fmt.Fprintf(&b, "    http:\n      redirections:\n        entryPoint:\n          to: %s\n", to)
		}
	}

	fmt.Fprintf(&b, "providers:\n  providersThrottleDuration: 100ms\n  file:\n    directory: %s\n    watch: true\n",
		strconv.Quote(filepath.Join(dir, dynamicDir)))
	if options.REST {
		b.WriteString("  rest:\n    insecure: true\n")
	}

	b.WriteString("experimental:\n")
	if options.FastProxy {
		b.WriteString("  fastProxy: {}\n")
	}
	b.WriteString("  localPlugins:\n")
	for _, alias := range slices.Sorted(maps.Keys(modules)) {
		fmt.Fprintf(&b, "    %s:\n      moduleName: %s\n", alias, modules[alias])
	}

	if options.AccessLog {
		fmt.Fprintf(&b, "accessLog:\n  filePath: %s\n", strconv.Quote(filepath.Join(dir, accessLogFile)))
	}
	b.WriteString(options.Static)
	return b.String()
}

// listenAddresses completes the wanted entry points and gives a free port to each that names none.
func listenAddresses(wanted map[string]string) (map[string]string, error) {
	addresses := map[string]string{webEntryPoint: "", internalEntryPoint: ""}
	maps.Copy(addresses, wanted)

	for name, address := range addresses {
		if address != "" {
			continue
		}
		free, err := loopback.Address()
		if err != nil {
			return nil, fmt.Errorf("picking a free port: %w", err)
		}
		addresses[name] = free
	}
	return addresses, nil
}
