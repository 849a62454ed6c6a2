#!/usr/bin/env bash
# Installs what is missing on this machine, and says what it does: `setup.sh start` for building and running,
# `setup.sh test` for the tests as well. What is there is left alone, so it costs a moment when nothing is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
stop() { printf '\n\033[1;31mstopped:\033[0m %s\n' "$*" >&2; exit 1; }
has() { command -v "$1" >/dev/null; }

# The oldest versions that work; Cargo.toml and package.json say the same.
rust_needed=1.95
node_needed=20.19

at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }
node_is_new_enough() { has node && at_least "$node_needed" "$(node -p process.versions.node)"; }
rust_is_new_enough() { has cargo && at_least "$rust_needed" "$(rustc --version | cut -d ' ' -f 2)"; }

# What apt would install of a package: its version, or nothing. A package that others only refer to has a record, so that
# `apt-cache show` finds it, and still nothing to install.
candidate() { apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: //p' | grep -v '(none)' || true; }

# Debian keeps a current Rust beside its old one, for its browsers: it needs no download but apt's own, so it comes
# before rustup. It cannot be installed beside rustc, cargo or rustup, and takes nobody's away.
debian_rust_is_new_enough() {
  local version
  version=$(candidate rustc-web)
  [ -n "$version" ] && at_least "$rust_needed" "$version"
}
has_debian_rust() { [ "$(dpkg-query -W -f '${Status}' rustc-web 2>/dev/null)" = 'install ok installed' ]; }

# The packages of a Rust, if there is none or if it is Debian's, which then also brings what the tests need of it.
rust_packages() {
  if ! has_debian_rust; then
    ! has cargo || return 0
    debian_rust_is_new_enough || { [ -z "$(candidate rustup)" ] || echo rustup; return 0; }
  fi
  echo rustc-web cargo-web
  [ "$1" = start ] || echo rustfmt-web rust-web-clippy
}

# The packages of one purpose, by their Debian names; a program that is there needs no package.
packages() {
  echo gcc make pkg-config libssl-dev zlib1g-dev libwebkit2gtk-4.1-dev
  has npm || echo nodejs npm
  rust_packages "$1"
  [ "$1" = test ] || return 0
  has Xvfb && has xvfb-run && has xauth || echo xvfb xauth
  has WebKitWebDriver || echo webkit2gtk-driver
  # Closes a window as its title bar does, and types into the system's own dialogs.
  /usr/bin/python3 -c 'import Xlib' 2>/dev/null || echo python3-xlib
  # Stands for the desktop: its notifications, on a bus of their own, and its clipboard.
  has dbus-daemon || echo dbus
  # Says which packages a program's libraries are of.
  has dpkg-shlibdeps || echo dpkg-dev
  # What distributions say of packages, of their entries in menus and in software catalogs.
  has lintian || echo lintian
  has desktop-file-validate || echo desktop-file-utils
  has appstreamcli || echo appstream
  /usr/bin/python3 -c 'import gi; gi.require_version("Gtk", "3.0")' 2>/dev/null || echo python3-gi gir1.2-gtk-3.0
  [ -x /usr/sbin/sshd ] || echo openssh-server
  # Commands that run as root on a host.
  has sudo || echo sudo
  has chromium || echo chromium
  has direnv || echo direnv
  # A program that takes the whole screen.
  has vim || echo vim
  # Other people's shells, which an app started from an icon asks for their environment, and which log in on hosts.
  local shell
  for shell in tcsh fish zsh ksh busybox; do has "$shell" || echo "$shell"; done
  # Shares a server's sessions among programs, which the store has to notice.
  [ -x /usr/sbin/pgbouncer ] || echo pgbouncer
  # Another time than the clock's.
  has faketime || echo faketime
  # The order of syncs, and a disk whose power is cut.
  has strace || echo strace
  [ -x /usr/sbin/mkfs.ext4 ] || echo e2fsprogs
  compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || echo postgresql
}

missing_packages() {
  local package
  for package in $(packages "$1"); do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || echo "$package"
  done
}

install_packages() {
  local missing root=()
  missing=$(missing_packages "$1")
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    has sudo || stop "these packages are missing and there is no sudo; as root: apt-get install ${missing//$'\n'/ }"
    root=(sudo)
  fi
  # A failing refresh of one list need not matter; a failing install does.
  say "asking apt for its lists${root:+ (with sudo)}"
  "${root[@]}" apt-get update -q || say "apt-get update failed; going on with the lists that are there"
  # Which Rust can be had is known only from fresh lists.
  missing=$(missing_packages "$1")
  say "installing ${missing//$'\n'/ } (apt${root:+ with sudo})"
  # shellcheck disable=SC2086 # one word a package
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing ||
    stop "apt could not install ${missing//$'\n'/ }; its own words are above. Try: sudo apt-get update, then this again"
}

name_packages() {
  local missing=()
  has make || missing+=(make)
  has cc || missing+=("a C compiler")
  has pkg-config || missing+=(pkg-config)
  has npm || missing+=("Node.js $node_needed or newer with npm")
  if [ "$(uname)" = Linux ] && has pkg-config; then
    pkg-config --exists webkit2gtk-4.1 || missing+=("WebKitGTK 4.1 with headers (Fedora: webkit2gtk4.1-devel; Arch: webkit2gtk-4.1)")
    pkg-config --exists openssl || missing+=("OpenSSL with headers (Fedora: openssl-devel; Arch: openssl)")
    pkg-config --exists zlib || missing+=("zlib with headers (Fedora: zlib-devel; Arch: zlib)")
  fi
  [ ${#missing[@]} -eq 0 ] && return 0
  printf 'missing: %s\n' "${missing[@]}" >&2
  stop "there is no apt on this system; please install these yourself, then run this again"
}

install_rust() {
  rust_is_new_enough && return 0
  if has rustup; then
    say "fetching a Rust toolchain (rustup)"
    rustup toolchain install stable --profile minimal --component clippy,rustfmt && rustup default stable || true
    rust_is_new_enough && return 0
  fi
  local found="none" advice="Get it from https://rustup.rs"
  if has cargo; then found=$(rustc --version); fi
  if has rustup; then
    advice="Run 'rustup update stable'; rustup's own words are above"
  elif has apt-get && debian_rust_is_new_enough; then
    advice="This system has $(candidate rustc-web) in place of its rustc and cargo: sudo apt-get install rustc-web cargo-web rustfmt-web rust-web-clippy"
  fi
  stop "Rust $rust_needed or newer is needed (found: $found). $advice; then run this again"
}

# npm itself carries Node as a package; that serves where the distribution's is too old, and touches nothing else. The
# package of one system is asked for: the general one runs a second npm from within, which Debian 12's does not survive.
install_node() {
  node_is_new_enough && return 0
  local system processor
  system=$(uname | tr '[:upper:]' '[:lower:]')
  case $(uname -m) in x86_64) processor=x64 ;; aarch64 | arm64) processor=arm64 ;; *) processor=$(uname -m) ;; esac
  say "Node $(node -v 2>/dev/null || echo is missing) is older than $node_needed: putting a newer one into target/node"
  npm install --no-save --no-audit --no-fund --prefix target/node "node-$system-$processor@22" &&
    ln -sfn "node_modules/node-$system-$processor/bin" target/node/bin ||
    stop "npm could not fetch Node 22; its own words are above. Get Node from https://nodejs.org, then run this again"
  export PATH="$PWD/target/node/bin:$PATH"
  node_is_new_enough || stop "Node $node_needed or newer is needed; get it from https://nodejs.org"
}

install_npm_packages() {
  # A Node from npm trusts its own list alone, and not the certificates that this machine was given, a company's proxy's say.
  if [ -z "${NODE_EXTRA_CA_CERTS:-}" ] && [ -r /etc/ssl/certs/ca-certificates.crt ]; then
    export NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
  fi
  [ node_modules/.package-lock.json -nt package-lock.json ] && return 0
  say "installing npm packages"
  npm ci --no-audit --no-fund || stop "npm ci failed; its own words are above. Is the network there?"
}

install_test_runners() {
  has cargo-nextest || { say "building cargo-nextest (some minutes)"; cargo install --locked cargo-nextest || stop "cargo-nextest was not built"; }
  # Not optimised: it is built in a minute so, and takes seconds to run.
  has cargo-deny || { say "building cargo-deny"; cargo install --locked --debug cargo-deny --version '^0.20' || stop "cargo-deny was not built"; }
  has tauri-driver || { say "building tauri-driver"; cargo install --locked tauri-driver --version '^2' || stop "tauri-driver was not built"; }
}

if has apt-get; then install_packages "$1"; else name_packages; fi
install_rust
install_node
install_npm_packages
if [ "$1" = test ]; then install_test_runners; fi
node scripts/postgres.mjs || stop "the bundled Postgres could not be laid out in target/postgres"
