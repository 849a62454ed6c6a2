#!/usr/bin/env bash
# Installs the packages in a clean Debian and uses them as a person does, who has no checkout, no node and no compiler: `vmo`
# alone on a headless machine; the window under a display, by an ordinary user, with the demo, an own project, the history,
# quit and start again; an upgrade while a job runs; remove, purge, and what they leave.
#
#   scripts/test-package.sh [bookworm|trixie] [release|debug] [FOLDER]
#
# Needs root, debootstrap, 2 GB and some ten minutes. FOLDER (default: a temporary one, removed at the end) keeps the root
# for another look, and for the next run.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/bare-root.sh

suite=${1:-bookworm} profile=${2:-release} keep=${3:-}
[ "$(id -u)" -eq 0 ] || { echo 'stopped: a root of its own needs root: sudo make test-package' >&2; exit 1; }
command -v debootstrap >/dev/null || { echo 'stopped: debootstrap is missing: apt-get install debootstrap' >&2; exit 1; }
compgen -G "target/$profile/bundle/deb/vmo_*.deb" >/dev/null || { echo 'stopped: there is no package; run make package first' >&2; exit 1; }

root=${keep:-$(mktemp -d)}
trap 'leave_root "$keep"' EXIT
make_root "$suite" "$root"

passed=0 failed=0
check() {
  local name=$1 began=$SECONDS
  shift
  if "$@"; then
    passed=$((passed + 1)); echo "ok      $name ($((SECONDS - began)) s)"
  else
    failed=$((failed + 1)); echo "FAILED  $name"
  fi
}
# As root in the new system, quietly; its words are in $root/root/log.
quietly() { inside "$1" >>"$root/root/log" 2>&1 || { tail -n 20 "$root/root/log"; return 1; }; }
as_user() { inside "cd /home/ann && runuser -u ann -- env -i HOME=/home/ann USER=ann PATH=/scene:/usr/bin:/bin $1"; }
installs='DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends'
megabytes() { du -sm --one-file-system --exclude=proc --exclude=sys --exclude=dev --exclude=var/cache --exclude=scene --exclude=debs "$root" | cut -f 1; }

rm -rf "$root/debs" "$root/scene"
mkdir -p "$root/debs" "$root/scene"
cp "target/$profile"/bundle/deb/*.deb "$root/debs"
inside 'update-ca-certificates >/dev/null; apt-get update -q >/dev/null; apt-get purge -q -y vmo vm-orchestrator >/dev/null 2>&1 || true
  userdel -r ann 2>/dev/null || true; useradd --create-home ann; rm -rf /var/lib/vm-orchestrator'

vmo_alone() {
  local before packages
  before=$(megabytes)
  packages=$(inside 'dpkg -l | grep -c ^ii')
  quietly "$installs /debs/vmo_*.deb" || return 1
  echo "        vmo alone: $(($(inside 'dpkg -l | grep -c ^ii') - packages)) packages, $(($(megabytes) - before)) MB"
  inside '! dpkg -l | grep -qi webkit'
}
headless() {
  # Recommended, and the one thing that the demo cannot do without.
  quietly "$installs make" || return 1
  as_user 'vmo run -p vm hello' >/dev/null &&
    as_user "vmo db -- -c 'select status from jobs'" | grep -q '^done$' &&
    as_user 'vmo doctor' >"$root/root/doctor" || { cat "$root/root/doctor"; return 1; }
}
roots_own() {
  inside 'cd /root; vmo run -p vm hello >/dev/null; stat -c %U /var/lib/vm-orchestrator/*/data' | grep -qx vm-orchestrator
}
manual() {
  inside 'for page in vmo vmo-run vmo-db; do zcat /usr/share/man/man1/$page.1.gz | grep -q "^\.SH NAME"; done
    bash -n /usr/share/bash-completion/completions/vmo; grep -q compdef /usr/share/zsh/vendor-completions/_vmo
    zcat /usr/share/doc/vmo/THIRD-PARTY.gz | grep -q "SIL OPEN FONT"; test -s /usr/share/doc/vmo/copyright'
}
window() {
  quietly "$installs /debs/vm-orchestrator_*.deb xvfb xauth webkit2gtk-driver python3-xlib python3-dbus python3-gi gir1.2-gtk-3.0 dbus git" || return 1
  # The driver and what plays the person; the app itself finds nothing of a checkout.
  cp -L "$(command -v node)" "$(command -v tauri-driver)" "$root/scene"
  cp -r e2e "$root/scene/e2e"
  chmod -R a+rX "$root/scene"
  as_user "VMO_APP=/usr/bin/vm-orchestrator VMO_SCREENSHOTS=/home/ann/pictures xvfb-run -a -s '-screen 0 1500x1000x24 -noreset' \
    node /scene/e2e/tauri.mjs loop begin quit" >"$root/root/window" 2>&1 || { grep -v '^ok' "$root/root/window" | tail -n 20; return 1; }
}
# As by its entry in the menu: with no variable of ours, on a display without a session bus.
icon() {
  as_user "xvfb-run -a sh -c '\$(sed -n \"s/^Exec=\\(.*\\) %u/\\1/p\" /usr/share/applications/vm-orchestrator.desktop) &
    timeout 120 /usr/bin/python3 /scene/e2e/window/screen.py title \"VM Orchestrator\" && kill \$! && wait \$!'" >"$root/root/icon" 2>&1 || { tail "$root/root/icon"; return 1; }
  local left
  left=$(inside 'ls -A /home/ann/.local/share /home/ann/.config | grep -i orchestrator | sort | uniq -c')
  # One folder for the data, one for the settings, and no other name of ours.
  [ "$(echo "$left" | sed 's/^ *//')" = '2 vm-orchestrator' ] || { echo "$left"; return 1; }
}
# The same once more, as a later version.
upgrade() {
  inside 'cd /debs; for name in vmo vm-orchestrator; do
    dpkg-deb -R ${name}_*-1_*.deb $name; sed -i -E "s/^Version: (.*)-1$/Version: \1-2/; s/\(= (.*)-1\)/(= \1-2)/" $name/DEBIAN/control
    dpkg-deb --root-owner-group -Zxz -z0 -b $name ${name}_2.deb >/dev/null; rm -r $name; done'
  as_user "sh -c 'vmo run --detach -- \"echo before; while [ ! -e go ]; do sleep 0.1; done; echo after\"; setsid vmo serve >served 2>&1 </dev/null &'" >/dev/null
  inside 'cd /debs; timeout 60 sh -c "until grep -q http: /home/ann/served; do sleep 0.1; done"
    dpkg -i vmo_2.deb vm-orchestrator_2.deb' >"$root/root/upgrade" 2>&1 || { cat "$root/root/upgrade"; return 1; }
  grep -q 'goes on as the version before' "$root/root/upgrade" || { cat "$root/root/upgrade"; return 1; }
  as_user "sh -c 'touch go; timeout 60 sh -c \"until vmo jobs --json | head -n 12 | grep -q done; do sleep 0.2; done\"; vmo log last --raw'" | diff - <(printf 'before\nafter\n') || return 1
  local served
  served=$(inside 'pgrep -u ann -f "vmo serve" || true')
  [ -z "$served" ] || kill $served
}
removed() {
  inside 'apt-get remove -q -y vmo vm-orchestrator' >"$root/root/remove" 2>&1
  grep -q 'kept are each user' "$root/root/remove" && grep -q 'kept too are root' "$root/root/remove" || { cat "$root/root/remove"; return 1; }
  inside 'apt-get purge -q -y vmo vm-orchestrator' >"$root/root/purge" 2>&1
  # Nothing of the packages is left, and all of the histories.
  local left
  left=$(inside 'find / -xdev \( -path "*/vm-orchestrator" -o -name vmo -o -name "vmo*.deb" -prune -o -name "vm[_-]orchestrator*" \) ! -path "/proc/*" ! -path "/debs*" ! -path "/scene*" ! -path "/tmp/*" 2>/dev/null | sort')
  [ "$left" = "$(printf '%s\n' /home/ann/.config/vm-orchestrator /home/ann/.local/share/vm-orchestrator /root/.config/vm-orchestrator /root/.local/share/vm-orchestrator /var/lib/vm-orchestrator)" ] ||
    { echo "$left"; return 1; }
}

check 'vmo installs alone, without a webview' vmo_alone
check 'an ordinary user runs the demo, asks the history and the doctor' headless
check "root's PostgreSQL runs as an account of its own" roots_own
check 'man pages, completions and licences are there' manual
check 'the window: demo, an own project, the history, quit and start again' window
check 'its icon opens it, and it leaves two folders' icon
check 'an upgrade while a job runs: it ends whole, and what is open is named' upgrade
check 'remove and purge say what they leave, and leave no more' removed
printf '\n%s passed, %s failed on %s\n' "$passed" "$failed" "$suite"
[ "$failed" -eq 0 ]
