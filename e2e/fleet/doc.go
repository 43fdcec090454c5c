// Package fleet has the tests of several real Traefiks that share one Redis: what one learns the others know, Redis is never in the
// way, and a fleet survives an outage of Huawei with a restart in it.
package fleet
