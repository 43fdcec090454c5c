// Package secrets has the test that tokens, phone numbers and IDs stay where they belong: it has a real Traefik, with its
// log and the plugin's at their most talkative, go through every outcome, and then searches all that anybody but the
// backend can read.
package secrets
