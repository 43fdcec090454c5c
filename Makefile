# Everything that is done with a checkout, in one command each. It takes Go, make and git; the rest comes through Go.
# Recipes are plain sh and work with the make of macOS. What runs long is built and then put in the shell's place (exec)
# instead of being run by go run, which would not pass a SIGTERM on.

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
BENCHSTAT = golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da

# The end-to-end tests run in directories of their own, where a relative path would not hold. A bare name is one on the PATH.
ifneq ($(findstring /,$(TRAEFIK)),)
export TRAEFIK := $(abspath $(TRAEFIK))
endif

.PHONY: help demo demo-check pictures check-config test lint vendor-check test-unit fuzz traefik test-e2e kubernetes test-kubernetes soak bench bench-micro plugin configmap schema artwork rename

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-15s %s\n", $$1, $$2 }' Makefile

# Where there seems to be no Traefik, what the plugin engine is made of is downloaded while the demo's command is built: the compiler
# wants the processors, the download the network.
DOWNLOAD_ENGINE = { test -n "$$TRAEFIK" || command -v traefik || test -e .bin/traefik || go mod download $$(cat demo/lean/modules.txt); } >/dev/null 2>&1

# Says how far the build is while it lasts, and passes on what is neither a package's name nor a download.
BUILD_DEMO = cd e2e && { $(1) GOGC=400 go build -v -buildvcs=false -ldflags "-s -w" -o .bin/demo ./cmd/demo 2>&1; echo "exit status $$?"; } | ( \
	n=0; while IFS= read -r line; do case $$line in \
		"exit status "*) status=$${line\#\#* } ;; \
		"go: downloading "*) ;; \
		*[!a-zA-Z0-9._/-]*) printf '%s\n' "$$line" ;; \
		*) n=$$((n + 1)); if [ $$n = 20 ]; then echo "Building the demo, which takes half a minute the first time."; fi; \
			if [ $$((n % 40)) = 0 ]; then echo "  $$n packages compiled"; fi ;; \
	esac; done; exit $$status )

demo: ## run simulator, backend and Traefik with the plugin on 127.0.0.1:PORT (8000), with a page to look at, until Ctrl-C
	@$(call BUILD_DEMO,$(DOWNLOAD_ENGINE) |) && exec .bin/demo

demo-check: ## start the demo on free ports, run its requests, compare every status and header
	@echo "==> demo-check: the demo's requests through a real Traefik"
	@$(call BUILD_DEMO) && exec .bin/demo -check

# Needs Chromium. Other looks, such as -scheme dark -width 390: e2e/.bin/demo-picture -help.
pictures: traefik ## take the README's pictures of the demo's page, one in each language, after an outage of fifteen seconds
	@cd e2e && go build -buildvcs=false -o .bin/demo-picture ./cmd/demo-picture && \
	.bin/demo-picture -o ../docs/images/demo.png && exec .bin/demo-picture -lang zh -o ../docs/images/demo.zh-CN.png

# FORMAT= is text, json or github.
FORMAT = text
check-config: ## say what is wrong in configuration files, Compose files and manifests: make check-config FILE="dynamic.yml traefik.yml"
	@cd cmd/huaweiid-lint && go build -buildvcs=false -o ../../e2e/.bin/huaweiid-lint .
	@exec e2e/.bin/huaweiid-lint -format $(FORMAT) $(FILE)

test: lint vendor-check test-unit fuzz traefik test-e2e ## everything that must pass before a change goes in
	@echo "==> all passed"

lint: ## gofmt, go vet and staticcheck in all modules
	@echo "==> gofmt"
	@unformatted=$$(find . -name '*.go' ! -path './vendor/*' ! -path './.git/*' -exec gofmt -l {} +) || exit 1; \
	if [ -n "$$unformatted" ]; then echo "not formatted, run gofmt -w on:"; echo "$$unformatted"; exit 1; fi
	@echo "==> go vet: plugin"
	@go vet ./...
	@echo "==> go vet: e2e"
	@cd e2e && go vet ./...
	@echo "==> go vet: huaweiid-lint"
	@cd cmd/huaweiid-lint && go vet ./...
	@echo "==> staticcheck: plugin"
	@go run $(STATICCHECK) ./...
	@echo "==> staticcheck: e2e"
	@cd e2e && go run $(STATICCHECK) ./...
	@echo "==> staticcheck: huaweiid-lint"
	@cd cmd/huaweiid-lint && go run $(STATICCHECK) ./...

# Compared with a fresh copy elsewhere, so that it says the same in a tree with changes.
vendor-check: ## vendor/ is what go mod vendor makes
	@echo "==> go mod vendor leaves no difference"
	@fresh=$$(mktemp -d) && trap 'rm -rf "$$fresh"' EXIT && go mod vendor -o "$$fresh/vendor" && \
	{ diff -r vendor "$$fresh/vendor" || { echo "vendor/ is out of date: run go mod vendor"; exit 1; }; }

# On most systems the race detector needs a C compiler. Where there is none the tests still run, and say so.
test-unit: ## the plugin's, the simulator's and the configuration check's own tests, with the race detector
	@race=-race; \
	if [ "$$(go env GOOS)" != darwin ] && ! command -v "$$(go env CC)" >/dev/null; then \
		race=; echo "==> no C compiler: unit tests run WITHOUT the race detector"; \
	fi; \
	command -v redis-server >/dev/null || echo "==> no redis-server: the tests of the shared cache are LEFT OUT (apt-get install redis-server)"; \
	echo "==> go test $$race: plugin and simulator" && go test $$race ./... && \
	echo "==> go test $$race: huaweiid-lint" && cd cmd/huaweiid-lint && go test $$race ./...

# Go fuzzes one target of one package at a time. What it finds it keeps under testdata/fuzz, to be committed with the fix.
# Inputs are counted, about five seconds' worth, because Go now and then reports the end of a time as a failure of the target
# ("context deadline exceeded"). FUZZTIME=10m is for a longer search.
FUZZTIME = 25000x
fuzz: ## fuzz every target with FUZZTIME inputs (25000x), beyond the corpus in testdata/fuzz
	@mkdir -p e2e/.bin; listed=$$(go test -list '^Fuzz' .) || { echo "$$listed"; exit 1; }; \
	for target in $$(echo "$$listed" | grep '^Fuzz'); do \
		echo "==> fuzzing $(FUZZTIME): $$target"; \
		go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 100x . >e2e/.bin/fuzz.log 2>&1 || { cat e2e/.bin/fuzz.log; exit 1; }; \
	done

traefik: ## find the Traefik to test with: $TRAEFIK, the PATH, or one built once into e2e/.bin
	@echo "==> Traefik"
	@cd e2e && go build -buildvcs=false -o .bin/find-traefik ./cmd/traefik && exec .bin/find-traefik

# One package at a time: several of them load the machine on purpose or measure what a Traefik uses.
# What passes says so in one line per package, with the tables and figures that it measured; what fails says all.
test-e2e: ## the plugin interpreted, and in a real Traefik
	@echo "==> go test: e2e"
	@command -v redis-server >/dev/null || echo "==> no redis-server: the tests of the shared cache are LEFT OUT (apt-get install redis-server)"
	@cd e2e && { go test -v -count=1 -p 1 -timeout 40m ./... 2>&1; echo "exit status $$?"; } | awk ' \
		/^exit status [0-9]+$$/ { status = $$3; next } \
		/^(=== |PASS$$|level=|\? )/ || /^ *--- (PASS|SKIP)/ || /^[0-9\/]+ [0-9:]+ http: / || /: noticed by the class / { next } \
		{ print } END { exit status }'

# Files, so that what is there is not built again.
kubernetes: e2e/.bin/kube-apiserver e2e/.bin/etcd e2e/.bin/charts/index.yaml ## build Kubernetes' API server with its store, and Helm, into e2e/.bin, once, in about six minutes

# Helm asks the API server for its version, and the chart wants a certain one.
e2e/.bin/kube-apiserver: e2e/kubernetes/go.mod
	@echo "==> building Kubernetes' API server, once; this takes minutes"
	@cd e2e/kubernetes && version=$$(go list -m -f '{{.Version}}' k8s.io/kubernetes) && CGO_ENABLED=0 go build -trimpath -buildvcs=false \
		-ldflags "-s -w -X k8s.io/component-base/version.gitVersion=$$version" -o ../.bin/kube-apiserver k8s.io/kubernetes/cmd/kube-apiserver
	@touch $@

e2e/.bin/etcd: e2e/kubernetes/go.mod
	@cd e2e/kubernetes && CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w" -o ../.bin/etcd go.etcd.io/etcd/server/v3
	@touch $@

e2e/.bin/helm: e2e/helm/go.mod
	@echo "==> building Helm, once; this takes a minute"
	@cd e2e/helm && CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w" -o ../.bin/helm helm.sh/helm/v4/cmd/helm
	@touch $@

# Traefik's official chart, as the repository of charts that Helm gets it from.
CHART = github.com/traefik/traefik-helm-chart
e2e/.bin/charts/index.yaml: e2e/.bin/helm e2e/helm/go.mod
	@rm -rf e2e/.bin/charts && cd e2e/helm && go mod download $(CHART) && \
	../.bin/helm package -d ../.bin/charts "$$(go list -m -f '{{.Dir}}' $(CHART))/traefik" >/dev/null && ../.bin/helm repo index ../.bin/charts

test-kubernetes: traefik kubernetes ## install examples/kubernetes by Helm on a real API server, with a real Traefik in front
	@echo "==> go test: examples/kubernetes"
	@cd e2e && go test -count=1 -run '^Test(Kubernetes|Helm)' ./examples

DURATION = 15m
soak: traefik ## mixed traffic, faults and reloads for DURATION (15m); fails if what Traefik uses grows
	@cd e2e && go build -buildvcs=false -o .bin/soak ./soak && exec .bin/soak -duration $(DURATION)

# BENCH= takes flags, such as BENCH='-rounds 5'; -help lists them.
bench: traefik ## what a hit, a refusal, a miss and a reload cost a real Traefik, beside an empty plugin, ForwardAuth, Huawei and Redis alone
	@cd e2e && go build -buildvcs=false -o .bin/bench ./bench && exec .bin/bench $(BENCH)

# Rounds, so that what is compared is measured again and again at different moments; each is a process, whose benchmarks come in
# an order of their own. BENCH= takes flags of Go's benchmarks, such as BENCH='-test.bench Hit/users -users 1000000'.
ROUNDS = 6
bench-micro: ## the interpreted handler alone: CPU, allocations and memory, by Go's benchmarks and benchstat
	@mkdir -p e2e/.bin && rm -f e2e/.bin/handler.txt && cd e2e/bench/handler && go test -c -o ../../.bin/handler.test . && \
	for round in $$(seq $(ROUNDS)); do \
		echo "round $$round of $(ROUNDS)" >&2; \
		../../.bin/handler.test -test.run '^$$' -test.bench . -test.shuffle on $(BENCH) >>../../.bin/handler.txt || { cat ../../.bin/handler.txt; exit 1; }; \
	done && go run $(BENCHSTAT) ../../.bin/handler.txt

# Without DIR the command says what it wants.
plugin: ## put what Traefik needs of the plugin into the directory that it is started in: make plugin DIR=/var/lib/traefik
	@cd e2e && go build -buildvcs=false -o .bin/plugin ./cmd/plugin
	@exec e2e/.bin/plugin directory "$(DIR)"

configmap: ## write the plugin as a ConfigMap of Kubernetes, and the Helm values that mount it: make configmap DIR=.
	@cd e2e && go build -buildvcs=false -o .bin/plugin ./cmd/plugin
	@exec e2e/.bin/plugin configmap "$(DIR)"

schema: ## write schema/huaweiid.json, the JSON Schema of the options, from the configuration
	@cd e2e && go run ./cmd/schema

artwork: ## draw the icon and the banner of the plugin catalog
	@cd e2e && go run ./cmd/artwork

rename: ## give the module another path: make rename MODULE=github.com/OWNER/huaweiid
	@cd e2e && go run ./cmd/rename "$(MODULE)"
