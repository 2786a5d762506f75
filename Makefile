# Every target CI runs is here and works on a fresh Debian machine with Go; see README.md.
SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := $(CURDIR)/bin
GOLANGCI_VERSION := v2.15.0
FUZZTIME ?= 10s
PKGS ?= ./...
UI := frontend/dist/index.html
UI_SOURCES := $(shell find frontend/src frontend/public -type f 2>/dev/null) $(wildcard frontend/*.json frontend/*.mts frontend/*.html)

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-zA-Z_\/-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ui ## Build the front end and the binary into bin/stowage
	@mkdir -p $(BIN)
	CGO_ENABLED=0 go build -trimpath -tags nomsgpack -ldflags "-s -w" -o $(BIN)/stowage ./cmd/stowage

.PHONY: ui
ui: $(UI) ## Build the front end into frontend/dist

$(UI): $(UI_SOURCES)
	@$(MAKE) --no-print-directory deps/node
	cd frontend && npm run build

# npm leaves this file behind when it has installed everything.
frontend/node_modules/.package-lock.json: frontend/package.json frontend/package-lock.json
	cd frontend && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: demo
demo: build ## Open a small simulated Jira with Stowage installed; nothing else is needed
	$(BIN)/stowage demo $(DEMO_ARGS)

.PHONY: test
test: deps test/go test/ui test/browser ## Run every test, race detector on

.PHONY: test/go
test/go: ## Run the Go tests; real Postgres and Redis are started where they are installed
	go vet $(PKGS)
	go test -race -shuffle=on -timeout 30m $(PKGS)

.PHONY: test/ui
test/ui: deps/node ## Check the types of the front end, and run its linter and tests
	cd frontend && npm run verify && npm run typecheck && npm run lint && npm test

.PHONY: test/browser
test/browser: deps/node build ## Drive the app in a small simulated Jira with Chromium; screenshots go to build/screenshots
	cd frontend && npm run test:browser

.PHONY: test/short
test/short: ## Run the quick tests without the race detector
	go test -short $(PKGS)

.PHONY: test/live
test/live: ## Run the contracts against a real site named by STOWAGE_LIVE_SITE, _EMAIL, _TOKEN, _SCHEMA_ID
	@test -n "$$STOWAGE_LIVE_SITE" || { echo "test/live needs STOWAGE_LIVE_SITE, STOWAGE_LIVE_EMAIL, STOWAGE_LIVE_TOKEN and STOWAGE_LIVE_SCHEMA_ID."; exit 1; }
	go test -count=1 -v -run TestARealSite ./jobs/worker/site

.PHONY: lint
lint: $(BIN)/golangci-lint ## Run the linters and the formatter's check
	$(BIN)/golangci-lint run $(PKGS)

.PHONY: fix
fix: $(BIN)/golangci-lint ## Format the code and apply the linters' fixes
	$(BIN)/golangci-lint fmt
	$(BIN)/golangci-lint run --fix $(PKGS)

.PHONY: fuzz
fuzz: ## Fuzz every parser of foreign input for FUZZTIME each
	@set -e; for pkg in $$(go list ./...); do \
	  for f in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    echo "== $$pkg $$f"; \
	    out=$$(go test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) $$pkg 2>&1) || { \
	      echo "$$out"; \
	      echo "$$out" | grep -q 'context deadline exceeded' && ! echo "$$out" | grep -q 'Failing input' || exit 1; \
	      echo "(the time ran out in the middle of an input, which go test calls a failure; nothing was found)"; }; \
	    echo "$$out" | tail -n 1; \
	  done; \
	done

.PHONY: bench
bench: build ## Measure speed and cost beside their bars
	go run ./test/bench $(BENCH_ARGS)

.PHONY: chaos
chaos: build ## Kill, cut off and corrupt runs, and compare with clean ones
	go run ./test/chaos $(CHAOS_ARGS)

.PHONY: chaos/service
chaos/service: ## Kill the service and take away what it needs, more often and for longer than make test does
	go test -count=1 -timeout 90m -v -run 'LosesNothing|Sleeps|GoesDown' ./test/service -kills 55 -outage 30s

.PHONY: cover
cover: ## Show the test coverage by function
	go test -coverprofile=coverage.out $(PKGS)
	go tool cover -func=coverage.out | tail -n 1

.PHONY: verify
verify: ## Fail when go.mod, the formatting or generated files are not tidy
	go mod tidy -diff
	test -z "$$(gofmt -l $$(git ls-files '*.go'))"

.PHONY: docker
docker: ## Build the container image
	docker build -t stowage .

.PHONY: deps
deps: deps/node ## Install what the tests need besides Go, as root on Debian; elsewhere, say what is missing
	@command -v go >/dev/null || { echo "make test needs Go 1.26 or newer on the PATH."; exit 1; }
	@missing=""; \
	  command -v gcc >/dev/null || command -v cc >/dev/null || missing="$$missing gcc libc6-dev"; \
	  command -v chromium >/dev/null || missing="$$missing chromium"; \
	  command -v redis-server >/dev/null || missing="$$missing redis-server"; \
	  command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$$missing postgresql"; \
	  test -z "$$missing" && exit 0; \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$missing >/dev/null; \
	  else echo "make test needs these packages:$$missing (Debian's names). Install them, or run make test/short for the tests without them."; exit 1; fi

.PHONY: deps/node
deps/node: ## Install the packages of the front end
	@command -v npm >/dev/null || { echo "The front end needs Node.js 20.19 or newer and npm on the PATH."; exit 1; }
	@node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' || \
	  { echo "The front end needs Node.js 20.19 or newer; this is $$(node --version)."; exit 1; }
	@$(MAKE) --no-print-directory frontend/node_modules/.package-lock.json

$(BIN)/golangci-lint:
	@mkdir -p $(BIN)
	GOBIN=$(BIN) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
