package plugin

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"

	"github.com/rs/zerolog/log"
	"github.com/traefik/traefik/v3/pkg/plugins"
)

// working guards what a loader takes from the process: its working directory and its global logger.
var working sync.Mutex

// Interpreted loads the plugin that proxy.Stage has put into dir, with Traefik's loader: manifest, interpreter, decoding
// and all. What the plugin logs goes to output.
//
// The loader looks for plugins-local in the working directory, so that this changes it while the plugin is being loaded.
func Interpreted(dir, module string, output io.Writer) (Make, error) {
	working.Lock()
	defer working.Unlock()

	before, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("loading the plugin: %w", err)
	}
	if err := os.Chdir(dir); err != nil {
		return nil, fmt.Errorf("loading the plugin: %w", err)
	}
	logger := log.Logger
	log.Logger = log.Output(output)
	builder, err := plugins.NewBuilder(nil, nil, map[string]plugins.LocalDescriptor{Key: {ModuleName: module}})
	log.Logger = logger
	if back := os.Chdir(before); back != nil {
		return nil, fmt.Errorf("loading the plugin: %w", back)
	}
	if err != nil {
		return nil, fmt.Errorf("loading the plugin: %w", err)
	}

	return func(ctx context.Context, next http.Handler, options map[string]any, name string) (http.Handler, error) {
		construct, err := builder.Build(Key, options, name)
		if err != nil {
			return nil, err
		}
		return construct(ctx, next)
	}, nil
}
