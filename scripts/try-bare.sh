#!/usr/bin/env bash
# Tries this commit as a newcomer does, on a bare Debian: makes a root by debootstrap with nothing but what the README
# asks for (git and make), clones into it, and runs `make start` until the app answers, or `make test`.
#
#   scripts/try-bare.sh [bookworm|trixie] [start|test] [FOLDER]
#
# Needs root, debootstrap, 10 GB and an hour. FOLDER (default: a temporary one, removed at the end) keeps the root for
# another look.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/bare-root.sh

suite=${1:-bookworm}
goal=${2:-start}
[ "$(id -u)" -eq 0 ] || { echo 'stopped: a root of its own needs root: sudo scripts/try-bare.sh' >&2; exit 1; }
command -v debootstrap >/dev/null || { echo 'stopped: debootstrap is missing: apt-get install debootstrap' >&2; exit 1; }

keep=${3:-}
root=${keep:-$(mktemp -d)}
trap 'leave_root "$keep"' EXIT
make_root "$suite" "$root"

# A clone of what is committed, by a bundle: the root sees nothing of this checkout.
git bundle create --quiet "$root/root/commit.bundle" HEAD

echo '==> what the README asks for'
inside 'update-ca-certificates >/dev/null; apt-get update -q >/dev/null; DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends git make >/dev/null
  cd /root; rm -rf vm-orchestrator; git clone --quiet commit.bundle vm-orchestrator'

began=$(date +%s)
# Of all that this script waited for, which is the build: user and system time of its children.
spent() { echo "==> $1 after $(($(date +%s) - began)) s; processor time (user, system), the last line:"; times; }
if [ "$goal" = test ]; then
  inside 'cd /root/vm-orchestrator; make test </dev/null'
  spent 'make test is over'
  exit
fi

# With no display the app is served: its address is the sign that it runs. The demo then runs through the same engine.
inside 'cd /root/vm-orchestrator; rm -f /root/start.log
  setsid make start </dev/null >/root/start.log 2>&1 & make=$!
  until grep -q "http://127\.0\.0\.1:" /root/start.log; do
    kill -0 "$make" 2>/dev/null || { tail -n 40 /root/start.log >&2; echo "stopped: the app never answered" >&2; exit 1; }
    sleep 1
  done
  target/debug/vmo run -p vm status && target/debug/vmo doctor
  kill -TERM -- "-$make"; wait "$make" || true'
spent 'the app answered, and ran the demo,'
