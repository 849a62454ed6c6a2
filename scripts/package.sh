#!/usr/bin/env bash
# Makes the packages, without the network: the window, vmo, the supervisor, Postgres and the demo project.
#   package.sh             optimised, as it is given away: .deb and .rpm
#   package.sh --debug     a .deb from the development build, to check in minutes that everything finds its place
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/progress.sh

profile=release bundles=deb,rpm flags=(--release) bundler=()
contents=(--config src-tauri/tauri.package.json)
if [ "${1:-}" = --debug ]; then
  profile=debug bundles=deb flags=() bundler=(--debug)
  # The development build has the system's OpenSSL.
  contents+=(--config '{"bundle":{"linux":{"deb":{"depends":["libc6 (>= 2.34)","libssl3","zlib1g","make"]}}}}')
fi

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
stop() { printf '\nstopped: %s\n' "$*" >&2; exit 1; }

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

mkdir -p target/package
install -m 755 "target/$profile/vmo" target/package/vmo
install -m 755 "target/static/$profile/vmo-supervisor" target/package/vmo-supervisor
[ -x target/postgres/bin/postgres ] || stop 'target/postgres is not there; run scripts/setup.sh start'

say 'packing'
# Only packs: a build by the bundler would compile the window once more.
npx tauri bundle ${bundler[@]+"${bundler[@]}"} --bundles "$bundles" "${contents[@]}" ||
  stop 'the bundler failed; its own words are above'
find "target/$profile/bundle" \( -name '*.deb' -o -name '*.rpm' \) -exec ls -l {} +
