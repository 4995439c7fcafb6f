# make run    builds, starts the example and says where to look
# make test   everything that must hold before a change lands
# make help   the rest

# One tag, everywhere: without it duckdb-go has no Arrow.
export GOFLAGS := $(strip $(filter-out -tags=%,$(GOFLAGS)) -tags=duckdb_arrow)
export CGO_ENABLED := 1

VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS  := -s -w -X maru/cli.Version=$(VERSION)

PKG      ?= ./...
BENCH    ?= .
COUNT    ?= 5
FUZZTIME ?= 1m

.PHONY: help run build ui pages e2e test test-all sim peers check format fuzz bench prereq clean

help:
	@echo 'make run        build, start examples/api-log with a log that grows, say where to look'
	@echo 'make build      bin/maru, with its pages'
	@echo 'make ui         the pages alone (web/ui/dist)'
	@echo 'make pages      the pages: types, lint, tests, build, sizes (part of make test)'
	@echo 'make e2e        the pages in Chromium, against a real server (E2E=screens,journeys,grid for some)'
	@echo 'make test       format, vet, house rules, all tests (PKG=./broker/... for some)'
	@echo 'make test-all   the same under the race detector, then the slow suites (MARU_LONG=1)'
	@echo 'make sim        the crash matrix, short form'
	@echo 'make peers      real Kafka clients against the broker, the client against Apache Kafka'
	@echo 'make check      vet and house rules only: fast'
	@echo 'make fuzz       every fuzz target for FUZZTIME=$(FUZZTIME)'
	@echo 'make bench      benchmarks BENCH=$(BENCH) of PKG, COUNT=$(COUNT) times, medians in dist/bench.txt'
	@echo 'make clean      remove bin/ and dist/'

run: build
	@tools/run.sh

# -v names each package as it is done: the first build takes minutes.
build: prereq ui
	@echo 'building bin/maru $(VERSION)'
	@go build -v -trimpath -ldflags '$(LDFLAGS)' -o bin/maru ./cmd/maru

# The pages, embedded in the binary. npm installs what the lock file says, once
# for each lock file.
ui: web/ui/dist/index.html

web/ui/dist/index.html: $(shell git ls-files -co --exclude-standard web/ui/src web/ui/public web/ui/index.html web/ui/vite.config.mjs) web/ui/node_modules/.package-lock.json
	@echo 'building the pages'
	@cd web/ui && npm run --silent build -- --logLevel warn

web/ui/node_modules/.package-lock.json: web/ui/package.json web/ui/package-lock.json
	@tools/prereq.sh node
	@echo 'installing the modules of the pages'
	@cd web/ui && npm ci --no-audit --no-fund --loglevel=error && touch node_modules/.package-lock.json

# What can be known of the pages without a browser.
pages: web/ui/node_modules/.package-lock.json
	@cd web/ui && npm run --silent check && npm test --silent
	@$(MAKE) --no-print-directory ui
	@cd web/ui && npm run --silent size

# What can only be known in one: pictures, axe, journeys, budgets of the grid.
e2e: build
	@tools/prereq.sh chromium
	@cd web/ui/e2e && { [ node_modules/.package-lock.json -nt package-lock.json ] || { npm ci --no-audit --no-fund --loglevel=error && touch node_modules/.package-lock.json; }; }
	@cd web/ui/e2e && MARU=$(CURDIR)/bin/maru node run.mjs $(E2E)

test: prereq format pages
	go vet $(PKG)
	go test -timeout 14m $(PKG)

# The slow suites run without the race detector: it makes address space limits
# and speed meaningless.
test-all: prereq format
	go vet $(PKG)
	go test -race -timeout 60m $(PKG)
	MARU_LONG=1 go test -count 1 -timeout 180m $(PKG)

# Kills of every process at every named point, in a minute.
sim: prereq
	go test -count 1 -timeout 14m ./test/sim

# Real Kafka clients against our broker, and our client against Apache Kafka;
# what is missing is installed into PEERS_CACHE.
peers: prereq
	test/peers/clients.sh install
	go test -count 1 -timeout 30m -tags duckdb_arrow,peer ./test/peers/...
	test/peers/kafka.sh start
	go test -count 1 -timeout 15m -tags duckdb_arrow,peer -run Peer ./kafka; s=$$?; test/peers/kafka.sh stop; exit $$s

check: prereq format
	go vet $(PKG)
	go test ./internal/tidy

format:
	@files=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go' | while read -r f; do [ -f "$$f" ] && echo "$$f"; done)); \
	if [ -n "$$files" ]; then echo "not formatted (gofmt -w these):"; echo "$$files"; exit 1; fi

fuzz: prereq
	@tools/fuzz.sh $(FUZZTIME)

bench: prereq
	@mkdir -p dist
	go test -run '^$$' -bench '$(BENCH)' -count $(COUNT) -timeout 60m $(PKG) | tee dist/bench.raw
	@cd tools && GOFLAGS= go tool benchstat ../dist/bench.raw > ../dist/bench.txt && cat ../dist/bench.txt

prereq:
	@tools/prereq.sh

clean:
	rm -rf bin dist
