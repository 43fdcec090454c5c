package e2e
import (
 _ "github.com/traefik/traefik/v3/pkg/plugins"
 _ "github.com/traefik/traefik/v3/pkg/config/dynamic"
 _ "github.com/traefik/yaegi/interp"
 _ "github.com/traefik/yaegi/stdlib"
 _ "github.com/mitchellh/mapstructure"
 _ "github.com/stretchr/testify/require"
 _ "github.com/traefik/paerser/parser"
 _ "github.com/traefik/paerser/types"
)
