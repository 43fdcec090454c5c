// Package huaweisim simulates the two calls of Huawei Account Kit that tell
// whose access token one holds, for tests, demos and rehearsals of failures.
//
//   - GOpen.User.getInfo: who the user is (openID, unionID, phone), at
//     [GetInfoPath].
//   - huawei.oauth2.user.getTokenInfo: for which app the token was issued and
//     how long it lives, at [TokenInfoPath].
//
// It sends account events, too, signed with keys that it announces at
// [EventConfigPath]: [Sim.SendEvent], POST /sim/events.
//
// The behaviour follows Huawei's pages "account-api-get-user-info-get-phone",
// "account-api-get-nickname-and-avatar", "account-server-error-code" and the
// REST page on parsing credentials (getTokenInfo) at developer.huawei.com. Where
// those leave something open, the simulator picks what catches a careless
// client: error pages are HTML, and anything sloppy about a request is refused.
//
// A token says what happens to it: its first segment is its kind, and every
// token of a kind is a user of its own (mainland/1, mainland/2, …). [Help] lists
// the kinds. What happens to every token alike is a matter of faults
// ([Sim.SetFaults], POST /sim/faults). Nothing is random: the same calls get the
// same answers.
//
// The simulator knows no secrets and checks none. It is for loopback and test
// networks.
package huaweisim
