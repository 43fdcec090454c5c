package huaweiid

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha512"
	"encoding/base64"
	"errors"
)

// Sealing: what lies in Redis can be read and written by nobody who lacks redis.secret, and not even by who has it without the
// token. Names and keys both come out of HMAC-SHA512, keyed with the secret, over a label, the upstream's identity and the token:
// half of it is the key, and the name is made of bytes of the other half, which tell nothing about the first.
//
// A sealed text is a version byte, a nonce and what AES-256-GCM makes of the text. The version and the name in Redis are
// authenticated with it, so that what was moved to another name does not open. Another secret gives other names and keys.

// sealVersion stands in front of everything sealed. Change it with the form of what is sealed: replicas of both versions then miss
// each other's entries and no more.
const sealVersion = "\x01"

// Labels of what is sealed. They end in a byte that none of them has before, so that none begins another.
const (
	labelToken  = "huaweiid token\n"
	labelEvents = "huaweiid events\n"
)

const (
	sealKeyLength  = 32 // AES-256
	sealNameLength = 18 // 144 bits are 24 characters
)

var errSealBroken = errors.New("sealed with another secret, for another name, or changed since")

// sealer knows the secret.
type sealer struct {
	secret []byte
	prefix string // redis.keyPrefix
}

// place is where something is in Redis, and what opens it.
type place struct {
	name string
	key  []byte
}

// placeOf finds the place of what a label and a text stand for. The name's braces make Redis Cluster keep all names that begin
// with it in one slot.
func placeOf(s *sealer, label, text string) place {
	mac := hmac.New(sha512.New, s.secret)
	mac.Write([]byte(label + text))
	sum := mac.Sum(nil)
	return place{
		name: s.prefix + "{" + base64.RawURLEncoding.EncodeToString(sum[sealKeyLength:sealKeyLength+sealNameLength]) + "}",
		key:  sum[:sealKeyLength],
	}
}

// seal seals a text for a name. The nonce is random: no key sees so many texts that one could come again (NIST SP 800-38D, 8.3).
func seal(key []byte, name, text string) (string, error) {
	aead, err := newAEAD(key)
	if err != nil {
		return "", err
	}
	head := len(sealVersion)
	sealed := make([]byte, head+aead.NonceSize(), head+aead.NonceSize()+len(text)+aead.Overhead())
	copy(sealed, sealVersion)
	if _, err := rand.Read(sealed[head:]); err != nil {
		return "", err
	}
	return string(aead.Seal(sealed, sealed[head:], []byte(text), []byte(sealVersion+name))), nil
}

// unseal opens what was sealed for a name. Its one error is errSealBroken.
func unseal(key []byte, name, sealed string) (string, error) {
	aead, err := newAEAD(key)
	head := len(sealVersion)
	if err != nil || len(sealed) < head+aead.NonceSize() || sealed[:head] != sealVersion {
		return "", errSealBroken
	}
	body := []byte(sealed[head:])
	text, err := aead.Open(nil, body[:aead.NonceSize()], body[aead.NonceSize():], []byte(sealVersion+name))
	if err != nil {
		return "", errSealBroken
	}
	return string(text), nil
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
