package proxy

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// The file provider watches a directory with two files: the caller's configuration, and a marker with one router whose
// name has a number. The provider reads the whole directory at once, so a marker that is in service says that a
// configuration written before it is in service as well.
const (
	dynamicDir  = "dynamic"
	dynamicFile = "dynamic.yml"
	markerFile  = "marker.yml"
	markerName  = "harness-marker-"
)

// firstRefused is what Traefik logs when it cannot read the dynamic configuration that it starts with.
const firstRefused = "Error while building configuration (for the first time)"

// Apply replaces the dynamic configuration (YAML) and waits until Traefik serves it. A configuration that Traefik accepts
// with a broken router counts as served; one that is no YAML never does.
func (p *Proxy) Apply(ctx context.Context, yaml string) error {
	if err := p.writeDynamic(yaml); err != nil {
		return err
	}
	return p.waitApplied(ctx)
}

func (p *Proxy) writeDynamic(yaml string) error {
	p.dynamic.Lock()
	defer p.dynamic.Unlock()

	if err := p.replace(dynamicFile, yaml); err != nil {
		return err
	}
	p.applied++
	// noop@internal answers 418 on the internal entry point: the marker adds nothing to what web serves.
	marker := fmt.Sprintf("http:\n  routers:\n    %s%d:\n      entryPoints: [%s]\n      rule: Path(`/%[1]s%[2]d`)\n      service: noop@internal\n",
		markerName, p.applied, internalEntryPoint)
	return p.replace(markerFile, marker)
}

// replace writes beside the watched directory and renames into it, so that Traefik never reads half a file.
func (p *Proxy) replace(name, content string) error {
	written := filepath.Join(p.dir, name)
	if err := os.WriteFile(written, []byte(content), 0o600); err != nil {
		return fmt.Errorf("writing the dynamic configuration: %w", err)
	}
	if err := os.Rename(written, filepath.Join(p.dir, dynamicDir, name)); err != nil {
		return fmt.Errorf("writing the dynamic configuration: %w", err)
	}
	return nil
}

func (p *Proxy) waitApplied(ctx context.Context) error {
	p.dynamic.Lock()
	wanted := p.applied
	p.dynamic.Unlock()

	return p.poll(ctx, "Traefik to take the dynamic configuration", func(ctx context.Context) error {
		p.dynamic.Lock()
		latest := p.applied
		p.dynamic.Unlock()
		// A higher number is of a later call of Apply, whose configuration replaced this one. Each is asked for by its name:
		// a list of hundreds of routers, many times a second, would cost Traefik more than the reload does.
		for number := latest; number >= wanted; number-- {
			if _, err := p.get(ctx, fmt.Sprintf("/api/http/routers/%s%d@file", markerName, number)); err == nil {
				return nil
			}
		}
		// Later mistakes are for the caller to make; a first configuration that is no YAML will not get better.
		if wanted == 1 && strings.Contains(p.Log(), firstRefused) {
			return fmt.Errorf("%w: it cannot read the first one", errHopeless)
		}
		return fmt.Errorf("marker %d is not in service", wanted)
	})
}
