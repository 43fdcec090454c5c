// Package sharedcache runs the plugin's Redis client, its sealing and its shared tier interpreted, as Traefik does, against
// real servers and hostile ones. The same promises are tested compiled, and in more detail, by the plugin's own tests.
package sharedcache
