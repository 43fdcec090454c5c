package proxy

import "syscall"

// processAttributes puts Traefik into a process group of its own, so that Ctrl-C reaches whoever started it first, and lets
// the kernel kill it when this process dies without stopping it.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
