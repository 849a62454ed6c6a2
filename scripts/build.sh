#!/usr/bin/env bash
# Builds the page and every binary for use on this machine, the window with the page inside.
# The development profile, optimised only where a log's bytes go: a release build takes far longer, and the tests need
# this one anyway. `make package` is the release build.
#   build.sh          the page, if it changed, and every binary
#   build.sh --tests  the tests as well
#   build.sh --page   the page alone
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/progress.sh

page_is_current() {
  [ -f build/index.html ] &&
    [ -z "$(find src static package-lock.json svelte.config.js vite.config.ts -newer build/index.html -print -quit)" ]
}

if ! page_is_current; then
  echo '==> building the page'
  npm run --silent build || { echo 'stopped: the page did not build; the first error above says where' >&2; exit 1; }
  # Vite keeps the times of unchanged files, and would then be asked again each time.
  touch build/index.html
fi
[ "${1:-}" != --page ] || exit 0
first=
[ -d target/debug/.fingerprint ] || first=' (the first time: four to seven minutes with two cores)'
echo "==> building the app$first"
with_progress cargo build --workspace --bins "$@" --features vm-orchestrator/built-in-page ||
  { echo 'stopped: the app did not build; the first error above says where' >&2; exit 1; }
