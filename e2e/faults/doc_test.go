// Package faults has the suite of what happens while Huawei is slow, down, throttling or talking nonsense: known users
// notice nothing, the others get an honest answer at once, and Huawei is left alone.
//
// Every fault has a host, a middleware and a simulated Huawei of its own, all in one Traefik, so that several can run side
// by side without a common state.
package faults
