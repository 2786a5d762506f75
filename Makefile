# Every target CI runs is here and works on a fresh Debian machine with Go; see README.md.
SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := $(CURDIR)/bin
GOLANGCI_VERSION := v2.15.0
FUZZTIME ?= 10s
PKGS ?= ./...

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-zA-Z_\/-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build the binary into bin/stowage
	@mkdir -p $(BIN)
	CGO_ENABLED=0 go build -trimpath -o $(BIN)/stowage ./cmd/stowage

.PHONY: demo
demo: build ## Back up, restore and migrate a simulated site before your eyes
	$(BIN)/stowage demo $(DEMO_ARGS)

.PHONY: test
test: deps ## Run every test, race detector on
	go vet $(PKGS)
	go test -race -shuffle=on -timeout 30m $(PKGS)

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

# The race detector needs a C compiler. As root on Debian it is installed; elsewhere one sentence says what is missing.
.PHONY: deps
deps:
	@command -v go >/dev/null || { echo "make test needs Go 1.26 or newer on the PATH."; exit 1; }
	@command -v gcc >/dev/null || command -v cc >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && apt-get install -y -qq gcc libc6-dev >/dev/null; \
	  else echo "make test needs a C compiler for the race detector: install the package gcc."; exit 1; fi; }

$(BIN)/golangci-lint:
	@mkdir -p $(BIN)
	GOBIN=$(BIN) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
