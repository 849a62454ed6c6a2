#!/usr/bin/env bash
# Makes the packages, without the network, in target/PROFILE/bundle: `vmo` (the command line, Postgres, the demo project; no
# GTK) and `vm-orchestrator` (the window, which needs the first), each as a .deb and an .rpm, and both as one tar with an
# install script.
#   package.sh             optimised, as it is given away
#   package.sh --debug     the .debs alone, from the development build, to check in minutes that everything finds its place
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/progress.sh
. scripts/package/stage.sh

profile=release flags=(--release)
if [ "${1:-}" = --debug ]; then profile=debug flags=(); fi

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
stop() { printf '\nstopped: %s\n' "$*" >&2; exit 1; }
for tool in dpkg-deb dpkg-shlibdeps strip; do
  command -v "$tool" >/dev/null || stop "$tool is missing: apt-get install dpkg-dev binutils"
done

if [ "$profile" = debug ]; then
  scripts/build.sh
else
  # The page first: vmo has it inside. It is the one that `make start` built, if nothing of it has changed since.
  scripts/build.sh --page
  # All in one call, so that every crate is built once, with the features that the window needs.
  say 'building vmo and the window'
  # With its own OpenSSL, whose key exchanges do not depend on the system's; its Configure is a program in Perl.
  with_progress cargo build --release --workspace --bins --features vm-orchestrator/built-in-page,orchestrator/vendored-openssl ||
    stop 'the app did not build; the first error above says where (is all of perl there, for OpenSSL?)'
fi

# Static: it starts in half the time, and runs wherever the package is unpacked.
static=()
[ "$(uname)" = Linux ] && static=(-C target-feature=+crt-static)
say 'building the supervisor'
cargo rustc ${flags[@]+"${flags[@]}"} --package vmo-supervisor --bin vmo-supervisor --target-dir target/static -- ${static[@]+"${static[@]}"} ||
  stop 'the supervisor did not build; is libc.a there (Debian: libc6-dev)?'
[ -x target/postgres/bin/postgres ] || stop 'target/postgres is not there; run scripts/setup.sh start'

out=target/$profile/bundle
rm -rf target/package && mkdir -p target/package "$out"/{deb,rpm,tar}
say 'laying out the packages'
stage_vmo target/package/vmo "$profile"
stage_window target/package/vm-orchestrator "$profile"

say 'packing'
rm -f "$out"/deb/*.deb
pack_deb vmo "$out/deb"
pack_deb vm-orchestrator "$out/deb"
if [ "$profile" = release ]; then
  rm -f "$out"/rpm/*.rpm "$out"/tar/*
  pack_tar "$out/tar"
  if command -v rpmbuild >/dev/null; then
    pack_rpm "$out/rpm"
  else
    say 'no .rpm: rpmbuild is missing (apt-get install rpm)'
  fi
fi
find "$out" \( -name '*.deb' -o -name '*.rpm' -o -name '*.tar.xz' \) -exec ls -l {} +
