package redistest

import "syscall"

// attributes has the kernel end a server when the test that started it dies without stopping it.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
