//go:build unix

package proxy

import (
	"os"
	"syscall"
)

// tryLock takes an advisory lock, which the kernel releases when this process ends, however it ends.
func tryLock(file *os.File) bool {
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}
