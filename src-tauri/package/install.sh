#!/bin/sh
# Installs VM Orchestrator from this folder, or takes it away again.
#   ./install.sh                    into /usr/local (as root)
#   ./install.sh --prefix ~/.local  for yourself alone
#   ./install.sh --remove           takes away what was installed there; add --prefix as before
set -eu
cd "$(dirname "$0")"

prefix=/usr/local remove=
while [ $# -gt 0 ]; do
  case $1 in
    --prefix) [ $# -gt 1 ] || { echo 'stopped: --prefix needs a folder' >&2; exit 2; }; prefix=$2; shift 2 ;;
    --remove) remove=yes; shift ;;
    -h | --help) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit ;;
    *) echo "stopped: there is no option $1; see --help" >&2; exit 2 ;;
  esac
done
case $prefix in /*) ;; *) prefix=$(pwd)/$prefix ;; esac

refresh() {
  ! command -v update-desktop-database >/dev/null || update-desktop-database -q "$prefix/share/applications" 2>/dev/null || true
}

if [ -n "$remove" ]; then
  (cd usr && find . -type f) | while IFS= read -r file; do rm -f "$prefix/$file"; done
  (cd usr && find . -depth -type d ! -name .) | while IFS= read -r folder; do rmdir "$prefix/$folder" 2>/dev/null || true; done
  refresh
  echo "Removed from $prefix. Kept are ~/.local/share/vm-orchestrator (the history) and ~/.config/vm-orchestrator (settings)."
  exit
fi

mkdir -p "$prefix" 2>/dev/null && [ -w "$prefix" ] ||
  { echo "stopped: $prefix cannot be written to: sudo ./install.sh, or ./install.sh --prefix ~/.local" >&2; exit 1; }
# Anew, so that a program that runs keeps its own file.
(cd usr && find . -type d) | while IFS= read -r folder; do mkdir -p "$prefix/$folder"; done
(cd usr && find . -type f) | while IFS= read -r file; do
  cp -p "usr/$file" "$prefix/$file.new" && mv -f "$prefix/$file.new" "$prefix/$file"
done
sed "s|^Exec=vm-orchestrator|Exec=$prefix/bin/vm-orchestrator|" usr/share/applications/vm-orchestrator.desktop \
  >"$prefix/share/applications/vm-orchestrator.desktop"
refresh
echo "Installed into $prefix."
case :$PATH: in *":$prefix/bin:"*) ;; *) echo "Put $prefix/bin on PATH to type vmo alone." ;; esac
if command -v ldd >/dev/null && missing=$(ldd "$prefix/bin/vm-orchestrator" | sed -n 's/^\t\(.*\) => not found$/\1/p') && [ -n "$missing" ]; then
  echo "The window needs libraries that are not here (WebKitGTK 4.1): $(echo $missing). vmo and \`vmo serve\` do without them."
fi
command -v make >/dev/null || echo 'make is missing, which runs targets: install it with the packages of your system.'
