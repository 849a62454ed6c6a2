#!/usr/bin/env bash
# Builds what packages ship, optimised and with the static supervisor, and measures it: bench.sh [speed's words…].
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
stop() { printf '\nstopped: %s\n' "$*" >&2; exit 1; }

say 'building the page'
npm run --silent build >&2 || stop 'the page did not build; the first error above says where'
say 'building vmo and the window (release; the first time takes some minutes)'
# All in one call, and the same words below: so every crate is built once.
all=(--workspace --features vm-orchestrator/built-in-page --bench speed)
cargo build --release "${all[@]}" --bins ||
  stop 'the app did not build; the first error above says where'
# As scripts/package.sh has it.
static=()
[ "$(uname)" = Linux ] && static=(-C target-feature=+crt-static)
cargo rustc --release --package vmo-supervisor --bin vmo-supervisor --target-dir target/static -- ${static[@]+"${static[@]}"} ||
  stop 'the supervisor did not build; is libc.a there (Debian: libc6-dev)?'
[ -x target/postgres/bin/postgres ] || stop 'target/postgres is not there; run scripts/setup.sh start'
mkdir -p target/bench
install -m 755 target/release/vmo target/release/vm-orchestrator target/static/release/vmo-supervisor target/bench/

say 'measuring'
cargo bench --quiet "${all[@]}" -- "$@"
