package secrets

import (
	"fmt"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// What stands in options, Traefik shows to whoever may read its log at DEBUG or ask its API.
const (
	planted         = "planted-9f2c41d7"
	plantedPassword = "planted-password-5be03a18"
	plantedSecret   = "planted-secret-of-32-bytes-9c1f07"
)

// talkativeRoute is the route of a saying. Each has one of its own, because log lines of one kind are held back per
// middleware.
func talkativeRoute(i int) string { return fmt.Sprintf("talkative-%d", i) }

// configuration gives Traefik's dynamic configuration and the names of its routers.
func configuration(backend, huawei, ailing, talkative string, redis options) (options, []string) {
	at := func(url string, more options) options {
		o := options{
			"getInfoURL": url + huaweisim.GetInfoPath, "tokenInfoURL": url + huaweisim.TokenInfoPath, "allowHTTP": "true", "retries": "0",
			"timeout": "20s",
		}
		for name, value := range more {
			o[name] = value
		}
		return o
	}
	anySource := options{"cookie": "sid", "query": "access_token"}
	routes := map[string]options{
		"enforce":   {"realm": planted},
		"optional":  {"mode": "optional", "token": anySource},
		"report":    {"mode": "report", "token": anySource},
		"sources":   {"token": anySource},
		"removing":  {"token": options{"cookie": "sid", "query": "access_token", "remove": "true"}},
		"whole":     {"token": options{"header": "X-Token", "scheme": ""}},
		"every":     {"headers": options{"phoneCountryCode": "X-Code", "phoneNational": "X-National", "status": "X-Status"}, "phone": options{"format": "e164"}},
		"requiring": {"phone": options{"require": "true"}},
		"audience":  {"audience": options{"clientIDs": []string{huaweisim.ClientID}}},
		"stale":     {"huawei": at(ailing, nil), "cache": options{"ttl": "1s"}},
		"breaker":   {"huawei": at(ailing, options{"retries": "1"})},
		"busy":      {"huawei": at(huawei, options{"maxConcurrent": "1"})},
		"hasty":     {"huawei": at(huawei, options{"timeout": "100ms"})},
		"no-huawei": {"huawei": at("http://127.0.0.1:1", nil)},
		"no-proxy":  {"huawei": at(huawei, options{"proxyURL": "http://operator:" + plantedPassword + "@127.0.0.1:1"})},
		"no-server": {},
	}
	for i := range sayings {
		// A URL of its own as well: routes with the same one share a breaker.
		routes[talkativeRoute(i)] = options{"huawei": at(fmt.Sprintf("%s/%d", talkative, i), nil)}
	}

	services := options{"backend": server(backend), "nowhere": server("http://127.0.0.1:1")}
	routers, middlewares := options{}, options{}
	var names []string
	for name, o := range routes {
		if o["huawei"] == nil {
			o["huawei"] = at(huawei, nil)
		}
		if redis != nil && (name == "enforce" || name == "sources" || name == "audience") {
			o["redis"] = redis
		}
		o["logLevel"] = "debug"
		// Without it a hit has a shorter way, which has to keep secrets as well.
		if o["mode"] != nil || name == "stale" || name == "sources" || name == "audience" {
			o["debugHeader"] = "true"
		}
		middlewares[name] = options{"plugin": options{"huaweiid": o}}
		service := "backend"
		if name == "no-server" {
			service = "nowhere"
		}
		routers[name] = options{
			"rule": fmt.Sprintf("Host(`%s`)", name), "entryPoints": []string{"web"}, "middlewares": []string{name}, "service": service,
		}
		names = append(names, name)
	}
	return options{"http": options{"routers": routers, "middlewares": middlewares, "services": services}}, names
}

func server(url string) options {
	return options{"loadBalancer": options{"servers": []options{{"url": url}}}}
}
