// Package kubernetes keeps the versions of what make kubernetes builds.
package kubernetes
