# Sourced by the scripts that build: how far cargo is. A terminal shows cargo's own bar, with the number of crates; a log
# gets a line for each tenth of them.
#   with_progress cargo build …
with_progress() {
  if [ -t 2 ]; then
    "$@"
    return
  fi
  # Only standard error is read: standard output may be a caller's, as cargo's messages in JSON are.
  { CARGO_TERM_PROGRESS_WHEN=always CARGO_TERM_PROGRESS_WIDTH=80 "$@" 2>&1 >&3 3>&- | progress_lines >&2 3>&-; } 3>&1
}

# Cargo draws its bar again and again in one line, each drawing closed by a carriage return. All else is passed on as it is.
progress_lines() {
  local line bar shown=0 built all
  local drawing=$'^ *Building \\[[^]]*\\] ([0-9]+)/([0-9]+)[^\r]*\r'
  while IFS= read -r line || [ -n "$line" ]; do
    while [[ $line =~ $drawing ]]; do
      bar=${BASH_REMATCH[0]} built=${BASH_REMATCH[1]} all=${BASH_REMATCH[2]}
      line=${line#"$bar"}
      if [ "$((built * 10 / all))" -gt "$shown" ]; then
        shown=$((built * 10 / all))
        echo "==> $built of $all crates are built"
      fi
    done
    printf '%s\n' "$line"
  done
}
