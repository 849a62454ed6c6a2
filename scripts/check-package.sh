#!/usr/bin/env bash
# Packs the development build and looks inside: what must be there, what it needs, and that `vmo` runs the demo from it as
# an ordinary user, with Postgres out of the package. Nothing is installed; `make try-package` does that.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v dpkg-deb >/dev/null || { echo 'not checked: there is no dpkg on this system'; exit 0; }
scripts/package.sh --debug
deb=$(ls -t target/debug/bundle/deb/*.deb | head -n 1)

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"
dpkg-deb -x "$deb" "$root/package"

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
  for path in lib/vm-orchestrator/examples/vm/Makefile share/applications/vm-orchestrator.desktop share/doc/vm-orchestrator/copyright; do
    [ -f "$root/package/usr/$path" ] || { echo "no file: /usr/$path"; return 1; }
  done
}

# Whatever vmo loads belongs to a package that ours depends on; libgcc comes with libc.
libraries_named() {
  local depends library file package
  depends=$(dpkg-deb -f "$deb" Depends)
  for library in $(objdump -p "$root/package/usr/bin/vmo" | awk '$1 == "NEEDED" { print $2 }'); do
    file=$(ldconfig -p | awk -v name="$library" '$1 == name { print $NF; exit }')
    # Debian knows a file under /lib or under /usr/lib, whichever its package says.
    package=$( (dpkg -S "$file" || dpkg -S "/usr$file" || dpkg -S "${file#/usr}") 2>/dev/null | head -n 1 | cut -d : -f 1)
    [ "$package" = libgcc-s1 ] || grep -qw -- "$package" <<<"$depends" || { echo "$library is of '$package', which Depends does not name: $depends"; return 1; }
  done
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
check 'Depends names what vmo loads' libraries_named
check 'the supervisor is static' supervisor_is_static
check 'the demo runs from the package as an ordinary user' demo
printf '\n%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
