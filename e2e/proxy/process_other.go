//go:build !unix

package proxy

import "syscall"

// processAttributes has nothing to set on a system without process groups.
func processAttributes() *syscall.SysProcAttr {
	return nil
}
