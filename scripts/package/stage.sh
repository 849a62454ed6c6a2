# Lays out the packages' files as they will be installed, and packs them. For scripts/package.sh, which has built all.

# The one version there is, and when its commit was made: what is packed twice is the same twice.
version=$(sed -n '/^\[workspace.package\]/,/^$/s/^version = "\(.*\)"$/\1/p' Cargo.toml)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
maintainer='The vm-orchestrator authors <packages@vm-orchestrator.dev>'
homepage=https://vm-orchestrator.dev
release=1
files=src-tauri/package

# A program, without what only a debugger reads.
put_program() {
  install -D -m 755 "$1" "$2"
  strip --strip-unneeded "$2"
}

put_zipped() { mkdir -p "$(dirname "$2")" && gzip -9n <"$1" >"$2" && chmod 644 "$2"; }

# What every package says of itself: who may use it, what is new.
put_documents() {
  local name=$1 docs=$2/usr/share/doc/$1
  install -D -m 644 "$files/copyright" "$docs/copyright"
  put_zipped CHANGELOG.md "$docs/changelog.gz"
  printf '%s (%s-%s) unstable; urgency=medium\n\n  * Version %s; what is new in it is in changelog.gz.\n\n -- %s  %s\n' \
    "$name" "$version" "$release" "$version" "$maintainer" "$(date -u -R -d "@$SOURCE_DATE_EPOCH")" >target/package/changelog
  put_zipped target/package/changelog "$docs/changelog.Debian.gz"
  install -D -m 644 "$files/$name.lintian-overrides" "$2/usr/share/lintian/overrides/$name"
}

stage_vmo() {
  local root=$1 profile=$2 share=$1/usr/share lib=$1/usr/lib/vm-orchestrator file
  put_program "target/$profile/vmo" "$root/usr/bin/vmo"
  put_program "target/static/$profile/vmo-supervisor" "$lib/vmo-supervisor"
  mkdir -p "$lib/examples"
  cp -R target/postgres "$lib/postgres"
  cp -R examples/vm "$lib/examples/vm"
  find "$lib/postgres" -type f \( -name '*.so' -o -name '*.so.*' -o -path '*/bin/*' \) -exec strip --strip-unneeded {} +
  chmod -R u=rwX,go=rX "$lib"
  # What is a library and not a program has no execute bit.
  find "$lib/postgres/lib" -type f -exec chmod 644 {} +

  put_documents vmo "$root"
  cp -R docs "$share/doc/vmo/docs"
  chmod -R u=rwX,go=rX "$share/doc/vmo/docs"
  node scripts/package/notices.mjs target/package/notices
  put_zipped target/package/notices/THIRD-PARTY "$share/doc/vmo/THIRD-PARTY.gz"
  put_zipped target/package/notices/sbom.cdx.json "$share/doc/vmo/sbom.cdx.json.gz"

  mkdir -p target/package/man
  "target/$profile/vmo" manual target/package/man
  for file in target/package/man/*.1; do put_zipped "$file" "$share/man/man1/$(basename "$file").gz"; done
  mkdir -p "$share"/{bash-completion/completions,zsh/vendor-completions,fish/vendor_completions.d}
  "target/$profile/vmo" completions bash >"$share/bash-completion/completions/vmo"
  "target/$profile/vmo" completions zsh >"$share/zsh/vendor-completions/_vmo"
  "target/$profile/vmo" completions fish >"$share/fish/vendor_completions.d/vmo.fish"
}

stage_window() {
  local root=$1 profile=$2 share=$1/usr/share size
  put_program "target/$profile/vm-orchestrator" "$root/usr/bin/vm-orchestrator"
  install -D -m 644 "$files/vm-orchestrator.desktop" "$share/applications/vm-orchestrator.desktop"
  install -D -m 644 src-tauri/icons/icon.svg "$share/icons/hicolor/scalable/apps/vm-orchestrator.svg"
  for size in 16 24 32 48 64 128 256 512; do
    install -D -m 644 "src-tauri/icons/${size}x$size.png" "$share/icons/hicolor/${size}x$size/apps/vm-orchestrator.png"
  done
  mkdir -p "$share/metainfo" "$share/man/man1"
  sed -e "s|@version@|$version|; s|@date@|$(date -u -d "@$SOURCE_DATE_EPOCH" +%F)|; s|@homepage@|$homepage|g" \
    "$files/vm-orchestrator.metainfo.xml" >"$share/metainfo/dev.vm_orchestrator.VmOrchestrator.metainfo.xml"
  put_zipped "$files/vm-orchestrator.1" "$share/man/man1/vm-orchestrator.1.gz"
  put_documents vm-orchestrator "$root"
}

# The packages whose libraries a program loads, with the versions that it was built with.
libraries() {
  local work=target/package/shlibdeps
  mkdir -p "$work/debian" && : >"$work/debian/control"
  local programs=() program
  for program in "$@"; do programs+=("-e$PWD/$program"); done
  (cd "$work" && dpkg-shlibdeps -O "${programs[@]}" 2>/dev/null) |
    sed -n 's/^shlibs:Depends=//p'
}

pack_deb() {
  local name=$1 root=target/package/$1 architecture depends
  architecture=$(dpkg --print-architecture)
  mkdir -p "$root/DEBIAN"
  case $name in
    # The libraries beside PostgreSQL are its own, and need C++ besides.
    vmo) depends="$(libraries "$root/usr/bin/vmo"), libstdc++6, passwd" ;;
    *) depends="vmo (= $version-$release), $(libraries "$root/usr/bin/vm-orchestrator")" ;;
  esac
  sed -e "s|@version@|$version-$release|; s|@architecture@|$architecture|; s|@maintainer@|$maintainer|" \
    -e "s|@homepage@|$homepage|; s|@depends@|$depends|; s|@size@|$(du -sk --exclude=DEBIAN "$root" | cut -f 1)|" \
    "$files/$name.control" >"$root/DEBIAN/control"
  (cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
  local script
  for script in postinst postrm; do
    [ ! -f "$files/$name.$script" ] || install -m 755 "$files/$name.$script" "$root/DEBIAN/$script"
  done
  find "$root" -type d -exec chmod 755 {} +
  # Packing small costs minutes; the development build only has to be whole.
  local packing=(-Zxz -z9)
  [ "$profile" = release ] || packing=(-Zgzip -z1)
  dpkg-deb --root-owner-group "${packing[@]}" --build "$root" "$2/${name}_$version-${release}_$architecture.deb" >/dev/null
  rm -r "$root/DEBIAN"
}

pack_rpm() {
  local work=$PWD/target/package/rpm name
  mkdir -p "$work"
  for name in vmo vm-orchestrator; do
    (cd "target/package/$name" && find usr \( -type f -o -type l \) ! -path '*/lintian/*' ! -name '*.Debian.gz' -printf '/%p\n') >"$work/$name.files"
  done
  echo '%dir /usr/lib/vm-orchestrator' >>"$work/vmo.files"
  rpmbuild -bb --quiet --define "_topdir $work" --define "_rpmdir $PWD/$1" --define "version_ $version" \
    --define "release_ $release" --define "maintainer_ $maintainer" --define "homepage_ $homepage" \
    --define "staged_ $PWD/target/package" "$files/vm-orchestrator.spec"
  find "$1" -mindepth 2 -name '*.rpm' -exec mv {} "$1" \;
  find "$1" -mindepth 1 -type d -empty -delete
}

pack_tar() {
  local name work
  name=vm-orchestrator-$version-linux-$(uname -m) work=target/package/tar
  mkdir -p "$work/$name"
  cp -R target/package/vmo/usr target/package/vm-orchestrator/usr "$work/$name"
  rm -r "$work/$name/usr/share/lintian"
  find "$work/$name" -name changelog.Debian.gz -delete
  install -m 755 "$files/install.sh" "$work/$name/install.sh"
  tar -C "$work" --owner 0 --group 0 --sort name --mtime "@$SOURCE_DATE_EPOCH" -c "$name" | xz -9 -T 2 >"$1/$name.tar.xz"
}
