// Package behaviour holds one table of what the plugin promises. Every row runs on three hosts: the plugin compiled, the
// plugin interpreted by Traefik's own loader, and the real Traefik. A row that passes on the first and fails on the second
// has found something that the interpreter does otherwise than the compiler.
package behaviour
