#!/bin/sh
# Puts the configuration into Consul's key-value store.
set -eu
consul kv put traefik/http/routers/shop/rule 'Host(`shop.example`)'
consul kv put traefik/http/routers/shop/entryPoints/0 'web'
consul kv put traefik/http/routers/shop/middlewares/0 'huawei-id'
consul kv put traefik/http/routers/shop/service 'shop'
consul kv put traefik/http/services/shop/loadBalancer/servers/0/url 'http://127.0.0.1:9000'
consul kv put traefik/http/middlewares/huawei-id/plugin/huaweiid/audience/clientIDs '101234567'
consul kv put traefik/http/middlewares/huawei-id/plugin/huaweiid/phone/format 'e164'
# The simulator; without these three, the real Huawei is asked.
consul kv put traefik/http/middlewares/huawei-id/plugin/huaweiid/huawei/getInfoURL 'http://127.0.0.1:8900/rest.php?nsp_svc=GOpen.User.getInfo'
consul kv put traefik/http/middlewares/huawei-id/plugin/huaweiid/huawei/tokenInfoURL 'http://127.0.0.1:8900/rest.php?nsp_fmt=JSON&nsp_svc=huawei.oauth2.user.getTokenInfo'
consul kv put traefik/http/middlewares/huawei-id/plugin/huaweiid/huawei/allowHTTP 'true'
