#!/usr/bin/env bash
# Installs the .deb on this machine, opens its window under Xvfb as a new ordinary user, drives the demo in it, and removes
# both again. For a machine that may be changed: a container, CI. Needs root; takes the newest package there is.
set -euo pipefail
cd "$(dirname "$0")/.."

[ "$(id -u)" -eq 0 ] || { echo 'stopped: installing a package needs root: sudo make try-package' >&2; exit 1; }
deb=$(ls -t target/release/bundle/deb/*.deb 2>/dev/null | head -n 1)
[ -n "$deb" ] || { echo 'stopped: there is no package; run make package first' >&2; exit 1; }

user=vmo-try-$$
# No checkout in sight: the scenario itself is copied out, and the user cannot read this folder.
scene=$(mktemp -d)
tidy() {
  pkill -u "$user" 2>/dev/null || true
  userdel -r "$user" 2>/dev/null || true
  apt-get -q -y remove vm-orchestrator >/dev/null || true
  rm -rf "$scene"
}
trap tidy EXIT

cp e2e/tauri.mjs e2e/webdriver.mjs e2e/folders.mjs "$scene"
cp "$(command -v tauri-driver)" "$scene"
chmod -R a+rX "$scene"

echo "==> installing $deb"
apt-get install -q -y --no-install-recommends "./$deb" >/dev/null
useradd --create-home "$user"

echo "==> the demo as $user"
runuser -u "$user" -- env -i HOME="/home/$user" USER="$user" PATH="$scene:$(dirname "$(command -v node)"):/usr/bin:/bin" \
  VMO_APP=/usr/bin/vm-orchestrator VMO_SCREENSHOTS="/home/$user/pictures" \
  xvfb-run -a -s '-screen 0 1500x1000x24 -noreset' node "$scene/tauri.mjs"
mkdir -p screenshots && cp "/home/$user"/pictures/*.png screenshots/
runuser -u "$user" -- env -i HOME="/home/$user" USER="$user" PATH=/usr/bin:/bin sh -c 'cd; vmo run -p vm status && vmo doctor'
