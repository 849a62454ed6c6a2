#!/usr/bin/env bash
# Packs the development build and looks inside: what must be there, what it needs, and that `vmo` runs the demo from it as
# an ordinary user, with Postgres out of the package. Nothing is installed; `make test-package` does that.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v dpkg-deb >/dev/null || { echo 'not checked: there is no dpkg on this system'; exit 0; }
scripts/package.sh --debug
debs=target/debug/bundle/deb

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"
for deb in "$debs"/*.deb; do dpkg-deb -x "$deb" "$root/package"; done

passed=0 failed=0
check() {
  local name=$1
  shift
  if "$@"; then
    passed=$((passed + 1)); echo "ok      $name"
  else
    failed=$((failed + 1)); echo "FAILED  $name"
  fi
}

all_there() {
  local path
  for path in bin/vm-orchestrator bin/vmo lib/vm-orchestrator/vmo-supervisor lib/vm-orchestrator/postgres/bin/{postgres,initdb,pg_ctl}; do
    [ -x "$root/package/usr/$path" ] || { echo "no program: /usr/$path"; return 1; }
  done
  for path in lib/vm-orchestrator/examples/vm/Makefile share/applications/vm-orchestrator.desktop \
    share/doc/{vmo,vm-orchestrator}/{copyright,changelog.gz} share/doc/vmo/{THIRD-PARTY,sbom.cdx.json}.gz \
    share/man/man1/{vmo,vmo-run,vm-orchestrator}.1.gz share/bash-completion/completions/vmo \
    share/zsh/vendor-completions/_vmo share/fish/vendor_completions.d/vmo.fish \
    share/icons/hicolor/{48x48/apps/vm-orchestrator.png,scalable/apps/vm-orchestrator.svg}; do
    [ -f "$root/package/usr/$path" ] || { echo "no file: /usr/$path"; return 1; }
  done
}

# The window needs a webview, and what runs without one does not.
vmo_is_apart() {
  local of_vmo of_window
  of_vmo=$(dpkg-deb -f "$debs"/vmo_*.deb Depends) of_window=$(dpkg-deb -f "$debs"/vm-orchestrator_*.deb Depends)
  ! grep -qE 'webkit|gtk' <<<"$of_vmo" && grep -q webkit <<<"$of_window" && grep -q '^vmo (= ' <<<"$of_window" ||
    { echo "vmo needs: $of_vmo; the window: $of_window"; return 1; }
}

# Whatever vmo and its PostgreSQL load themselves belongs to a package that theirs depends on; what Debian's libraries load
# in turn is their packages' to name. libgcc comes with libc.
libraries_named() {
  local depends file found name package program
  depends=$(dpkg-deb -f "$debs"/vmo_*.deb Depends)
  for program in bin/vmo lib/vm-orchestrator/postgres/bin/postgres; do
    program=$root/package/usr/$program
    found=$(ldd "$program" | awk '$3 ~ /^\// { print $1, $3 }')
    # Those that we bring have needs of their own.
    for name in $(awk -v "ours=$root/" 'index($2, ours) == 1 { print $2 }' <<<"$found" | xargs objdump -p "$program" | awk '$1 == "NEEDED" { print $2 }' | sort -u); do
      file=$(awk -v "name=$name" '$1 == name { print $2 }' <<<"$found")
      case $file in '' | "$root"/*) continue ;; esac
      # Debian knows a file under /lib or under /usr/lib, whichever its package says.
      package=$( (dpkg -S "$file" || dpkg -S "/usr$file" || dpkg -S "${file#/usr}") 2>/dev/null | head -n 1 | cut -d : -f 1)
      [ "$package" = libgcc-s1 ] || grep -qw -- "$package" <<<"$depends" || { echo "$file is of '$package', which Depends does not name: $depends"; return 1; }
    done
  done
}

# What other tools make of it, if they are installed.
tools_agree() {
  local said
  if command -v desktop-file-validate >/dev/null; then desktop-file-validate "$root"/package/usr/share/applications/*.desktop || return 1; fi
  if command -v appstreamcli >/dev/null; then
    said=$(appstreamcli validate --no-net "$root"/package/usr/share/metainfo/*.xml) || { echo "$said"; return 1; }
  fi
  if command -v lintian >/dev/null; then
    said=$(lintian --allow-root --fail-on error "$debs"/*.deb) || { echo "$said"; return 1; }
  fi
}

supervisor_is_static() {
  ! objdump -p "$root/package/usr/lib/vm-orchestrator/vmo-supervisor" | grep -q NEEDED
}

# As root the demo is run by nobody, in folders of its own.
demo() {
  local home="$root/home" user=()
  mkdir "$home"
  if [ "$(id -u)" -eq 0 ]; then chown nobody "$home"; user=(runuser -u nobody --); fi
  (
    cd /
    vmo() { "${user[@]}" env -i PATH=/usr/bin:/bin HOME="$home" USER=nobody VMO_DATA_DIR="$home/data" VMO_CONFIG_DIR="$home/config" "$root/package/usr/bin/vmo" "$@"; }
    vmo run -p vm hello && vmo jobs --json | grep -q '"done"'
  )
}

check 'every file is in the package' all_there
check 'vmo needs no webview, and the window needs vmo' vmo_is_apart
check 'Depends names what vmo loads' libraries_named
check 'lintian, desktop-file-validate and appstreamcli have no error' tools_agree
check 'the supervisor is static' supervisor_is_static
check 'the demo runs from the package as an ordinary user' demo
printf '\n%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
