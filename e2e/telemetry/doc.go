// Package telemetry has no code: its tests show, with real Traefiks and a real Prometheus, what operators see of the plugin.
package telemetry
