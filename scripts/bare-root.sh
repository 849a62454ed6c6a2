# A bare Debian in a folder, for scripts that try something as a newcomer does. Needs root and debootstrap.
#   make_root SUITE FOLDER     makes it if it is not there, with the security updates, and mounts what programs need
#   inside COMMAND             runs a line of shell in it, as root
#   leave_root KEEP            ends what still runs in it, takes the mounts away, and the folder too if KEEP is empty

make_root() {
  local suite=$1 where
  root=$2
  if [ ! -x "$root/usr/bin/apt-get" ]; then
    echo "==> debootstrap $suite into $root"
    debootstrap --variant=minbase --include=ca-certificates "$suite" "$root" >"$root.log" ||
      { tail "$root.log" >&2; exit 1; }
    rm -f "$root.log"
    # Debian's installer adds the security updates too, at the same mirror; a current Rust comes from there.
    sed "s#/debian/* $suite #/debian-security $suite-security #" "$root/etc/apt/sources.list" \
      >"$root/etc/apt/sources.list.d/security.list"
  fi
  # A root is a mount, too: programs in it make namespaces of their own (unshare).
  mountpoint -q "$root" || mount --bind "$root" "$root"
  for where in proc sys dev dev/pts dev/shm; do
    mountpoint -q "$root/$where" || mount --bind "/$where" "$root/$where"
  done
  cp -L /etc/resolv.conf "$root/etc/resolv.conf"
  # A machine behind a proxy of its own hands its certificates on.
  if compgen -G '/usr/local/share/ca-certificates/*.crt' >/dev/null; then
    cp /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/"
  fi
}

inside() { chroot "$root" env -i HOME=/root USER=root TERM=dumb PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin bash -euo pipefail -c "$1"; }

leave_root() {
  local where process
  # What was started in there and stays by itself, as a server does.
  for process in /proc/[0-9]*; do
    [ "$(readlink "$process/root" 2>/dev/null)" != "$root" ] || kill "${process#/proc/}" 2>/dev/null || true
  done
  for where in dev/shm dev/pts dev sys proc .; do
    mountpoint -q "$root/$where" && umount --lazy "$root/$where"
  done
  [ -n "$1" ] || rm -rf --one-file-system "$root"
}
