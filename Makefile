# The daily commands; `make help` lists them. Each is safe to repeat, and says in words what failed.

# scripts/setup.sh puts a Node of our own there if the system's is too old.
export PATH := $(CURDIR)/target/node/bin:$(HOME)/.cargo/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup start dev test wire screenshots package test-package bench bench-ui bench-peers fuzz torture audit format clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | awk -F '\t' '{ printf "  make %-12s %s\n", $$1, $$2 }'

setup: ## install what is missing for building and testing
	@scripts/setup.sh test

start: ## build the app and open its window; with no display, serve it to a browser
	@scripts/setup.sh start
	@scripts/start.sh

dev: ## the window on a development server: the page reloads as it is edited
	@scripts/setup.sh start
	@npx tauri dev

test: ## everything that must hold: formats, lints, tests, the app in a browser and in its window
	@scripts/setup.sh test
	@node scripts/test.mjs

wire: ## generate src/lib/wire.ts and visible/table.ts from the Rust types
	@VMO_WRITE_TS=1 cargo test --quiet --package orchestrator --lib typescript_is_current

fuzz: ## try a fuzz target for three minutes: make fuzz TARGET=spool_reader (needs cargo-fuzz and a nightly compiler)
	@test -n "$(TARGET)" || { ls fuzz/fuzz_targets | sed 's/.rs$$//'; echo 'which? make fuzz TARGET=…'; exit 2; }
	@cargo +nightly fuzz run -s none $(TARGET) -- -max_total_time=180 -timeout=10

torture: ## faults by the thousand, resumed after an interruption: ONLY=calls picks a part, TRIES=500 how many of each, VMO_SEED=7 the order
	@scripts/setup.sh test
	@cargo build --quiet --package vmo-supervisor
	@VMO_TORTURE=$(or $(TRIES),1000) VMO_ONLY='$(ONLY)' cargo test --quiet --package orchestrator --test crash torture:: -- --nocapture --test-threads 1

audit: ## known vulnerabilities of our dependencies (needs cargo-deny and the network)
	@cargo deny check

format: ## format all code
	@cargo fmt --all
	@npm run --silent format

screenshots: ## pictures of every page and state into screenshots/, and of the real window into docs/pictures
	@scripts/setup.sh test
	@scripts/build.sh
	@npx playwright test --config e2e/screenshots.config.ts
	@xvfb-run -a -s '-screen 0 1500x1000x24 -noreset' node e2e/pictures.mjs

package: ## vmo and the window as .deb, .rpm and tar, in target/release/bundle
	@scripts/setup.sh start
	@scripts/package.sh

test-package: ## install the packages in a clean Debian and use them there, as root: SUITE=trixie picks another
	@scripts/test-package.sh $(or $(SUITE),bookworm)

bench: ## how fast it is, as a table; ONLY="w1 w3" picks rows, ROUNDS=9 repeats more than five times; BIG=10000000 is the lines that H2 searches, JOBS=900000 how many small jobs have ten each
	@scripts/setup.sh start
	@scripts/bench.sh --server --rounds $(or $(ROUNDS),5) --lines $(or $(BIG),1000000) --jobs $(or $(JOBS),20000) $(ONLY)

bench-ui: ## how fast the log is in Chromium and in the window; ONLY="l1 memory" picks rows, BIG=50000000 is the lines of the big one
	@scripts/setup.sh test
	@scripts/bench.sh ui

bench-peers: ## the same of the usual stack (Express, Socket.io, pg) and of websocketd if it is installed
	@scripts/setup.sh start
	@scripts/bench.sh peers $(ROUNDS)

clean: ## remove everything that was built
	@rm -rf target build .svelte-kit node_modules
