// Package cpu tells how much processor time a process has used. Per request that is the figure which says most where
// several processes share a few cores: requests per second depend on all of them, and on what else the machine does.
package cpu
