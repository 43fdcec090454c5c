//go:build unix && !linux

package proxy

import "syscall"

// processAttributes puts Traefik into a process group of its own, so that Ctrl-C reaches whoever started it first.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
