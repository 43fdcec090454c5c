package main

import (
	"bytes"
	"fmt"
	"sync/atomic"

	"github.com/traefik-huaweiid/huaweiid/e2e/bench/visitors"
	"github.com/traefik-huaweiid/huaweiid/e2e/bench/wire"
	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// huawei answers getInfo and getTokenInfo for the tokens of package visitors, out of the token's serial number and a
// template. The simulator reads every call as Huawei does, and takes ten times as long; a million calls are made here.
type huawei struct {
	*wire.Server
	calls atomic.Int64
}

func startHuawei() (*huawei, error) {
	h := &huawei{}
	var err error
	if h.Server, err = wire.Serve(h.reply); err != nil {
		return nil, err
	}
	return h, nil
}

const (
	jsonType = "application/json;charset=utf-8"
	textType = "text/plain;charset=utf-8"
	// hourLong is the life of every token, which is also the longest that answers are kept.
	hourLong = 3600
)

// reply has IDs of today's length and a mainland number, another for each token.
func (h *huawei) reply(request, answer []byte) []byte {
	h.calls.Add(1)
	_, form, _ := bytes.Cut(request, []byte("access_token="))
	token, _, _ := bytes.Cut(form, []byte("&"))
	if len(token) < visitors.SerialLength || bytes.HasPrefix(token, []byte(refusedToken)) {
		return wire.OK(answer, jsonType, "NSP_STATUS: 6\r\n", []byte(`{"error":"session timeout"}`))
	}
	serial := token[len(token)-visitors.SerialLength:]
	if bytes.Contains(request, []byte("getTokenInfo")) {
		return wire.OK(answer, textType, "", fmt.Appendf(nil,
			`{"client_id":%q,"expire_in":%d,"type":0,"project_id":"736430079244623456","scope":"openid profile","open_id":"AQAxKp8Wm3Zt%s","union_id":"AQAxQ7vR2nLd4%s"}`,
			huaweisim.ClientID, hourLong, serial, serial))
	}
	phone := serial[visitors.SerialLength-8:]
	return wire.OK(answer, jsonType, "", fmt.Appendf(nil,
		`{"openID":"AQAxKp8Wm3Zt%s","unionID":"AQAxQ7vR2nLd4%s","mobileNumber":"111%s","purePhoneNumber":"111%s","phoneCountryCode":"0086"}`,
		serial, serial, phone, phone))
}
