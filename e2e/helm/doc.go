// Package helm keeps the versions of Helm and of Traefik's official chart that make kubernetes takes.
package helm
