#!/usr/bin/env bash
# Builds the app and opens its window. With no display it serves the same app to a browser instead.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/build.sh

if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] || [ "$(uname)" = Darwin ]; then
  echo '==> opening the window'
  exec target/debug/vm-orchestrator
fi

# What to type on the machine in front of you, when this one was reached by SSH. Both ports must be equal: the app
# answers to its own address alone.
tunnel() {
  local server_address server_port
  read -r _ _ server_address server_port <<<"$SSH_CONNECTION"
  local port_option=()
  [ "$server_port" = 22 ] || port_option=(-p "$server_port")
  echo 'This machine was reached by SSH. On the machine in front of you run'
  echo "    ssh ${port_option[*]:+${port_option[*]} }-L $1:127.0.0.1:$1 $(id -un)@$server_address"
  echo 'leave it open, and then open this address in a browser there:'
}

echo '==> there is no display: serving the app to a browser (Ctrl-C ends it)'
told=
target/debug/vmo serve | while IFS= read -r line; do
  if [ -n "${SSH_CONNECTION:-}" ] && [ -z "$told" ] && [[ $line =~ http://127\.0\.0\.1:([0-9]+)/ ]]; then
    tunnel "${BASH_REMATCH[1]}"
    told=yes
  fi
  printf '%s\n' "$line"
done
