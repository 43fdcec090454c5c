// Package events shows, on real Traefiks, that an account event of Huawei's ends what they have cached of the user at once, and
// that nothing but a genuine one does.
package events
