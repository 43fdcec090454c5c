// Package answers has what a receiver of account events answers to everything that the simulator can do wrong.
package answers

// Answer is what a receiver answers, as RFC 8935 §2.4 has it.
type Answer struct {
	Status int
	Err    string // the body's err; "" = there is no such body
}

// ToFaults has the answer to each of huaweisim.EventFaults.
var ToFaults = map[string]Answer{
	"no-jwt":         {401, "authentication_failed"},
	"garbage":        {401, "authentication_failed"},
	"alg-none":       {401, "authentication_failed"},
	"hs256":          {401, "authentication_failed"},
	"no-kid":         {401, "authentication_failed"},
	"unknown-kid":    {401, "invalid_key"},
	"other-key":      {401, "authentication_failed"},
	"crit":           {401, "authentication_failed"},
	"wrong-issuer":   {400, "invalid_issuer"},
	"wrong-audience": {400, "invalid_audience"},
	"other-app":      {400, "invalid_audience"},
	"expired":        {401, "authentication_failed"},
	"future":         {401, "authentication_failed"},
	"old":            {401, "authentication_failed"},
	"no-iat":         {401, "authentication_failed"},
	"id-token":       {401, "authentication_failed"},
	"body-audience":  {400, "invalid_audience"},
	"no-events":      {400, "invalid_request"},
	"bad-event":      {400, "invalid_request"},
	"no-event":       {400, "invalid_request"},
	"no-json":        {400, "invalid_request"},
	"oversize":       {400, "invalid_request"},
	"get":            {405, ""},
}
