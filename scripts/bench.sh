#!/usr/bin/env bash
# Builds what packages ship, optimised and with the static supervisor, and measures it.
#   bench.sh [WORD…]        what crates/orchestrator/benches/speed takes
#   bench.sh ui             the log in Chromium and in the window (e2e/bench.mjs)
#   bench.sh peers [N]      N rounds of others beside it: the usual stack, and websocketd where it is installed
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
stop() { printf '\nstopped: %s\n' "$*" >&2; exit 1; }

mkdir -p target/bench
say 'building the page'
npm run --silent build >target/page.log 2>&1 || stop 'the page did not build; target/page.log says where'
say 'building vmo, the window and the bench (release; the first time takes some minutes)'
# All in one call, so that every crate is built once.
built=$(cargo build --release --workspace --bins --bench speed --features vm-orchestrator/built-in-page \
  --message-format json-render-diagnostics) || stop 'the app did not build; the first error above says where'
# As scripts/package.sh has it.
static=()
[ "$(uname)" = Linux ] && static=(-C target-feature=+crt-static)
cargo rustc --release --package vmo-supervisor --bin vmo-supervisor --target-dir target/static -- ${static[@]+"${static[@]}"} ||
  stop 'the supervisor did not build; is libc.a there (Debian: libc6-dev)?'
[ -x target/postgres/bin/postgres ] || stop 'target/postgres is not there; run scripts/setup.sh start'
mkdir -p target/bench
install -m 755 target/release/vmo target/release/vm-orchestrator target/static/release/vmo-supervisor target/bench/
# Cargo gives a bench a name of its own each time.
install -m 755 "$(sed -n 's|.*"executable":"\([^"]*/speed-[^"]*\)".*|\1|p' <<<"$built")" target/bench/speed

if [ "${1:-}" = ui ]; then
  say 'measuring'
  # A display of its own where there can be one, drawn in software; without, the real window is left out.
  [ -n "$(command -v xvfb-run)" ] || exec node e2e/bench.mjs
  exec xvfb-run -a -s '-screen 0 1500x1000x24 -noreset' node e2e/bench.mjs
fi
if [ "${1:-}" = peers ]; then
  say 'installing the usual stack into target/bench/poc'
  mkdir -p target/bench/poc
  cp bench/poc/* target/bench/poc/
  npm install --silent --no-package-lock --no-audit --no-fund --prefix target/bench/poc || stop 'npm could not install it; is the network there?'
  say 'measuring'
  exec node target/bench/poc/measure.mjs "$PWD/target/bench/speed" "$PWD/target/bench/vmo" "${2:-5}"
fi
say 'measuring'
exec target/bench/speed "$@"
