// Package attacks replays, through a real Traefik, what became advisories for gateways of this kind. Each class names its
// advisories. Behind Traefik are backends that read header names as real stacks do: a CGI program, Python's wsgiref, Node's
// http, PHP's built-in server, and one that folds more names into one than any of them.
//
// A request is safe if, whatever the client sent, the application sees exactly the identity of the token's own user, or
// none. A second test takes the defences out of the plugin one by one and demands that classes notice each; one may miss
// it only where a probe shows that this Traefik sees to the same by itself. With HUAWEIID_MUTANTS=all in the environment
// a third one tells of every case whether some defence was all that it hung on.
//
// Another test sends what would have the plugin loop over it, and compares the CPU time and the memory of Traefik with those of the
// same requests on a route without the plugin.
package attacks
