//! What the wrapper around a command runs on a host, as parts of one line of `sh`.

/// Becomes the command. `$1` and `$2` are the halves, `$3` the command or `-` if it comes over the channel, `$4` the mode,
/// `$5` the job, `$6` its mark; `$7` is not empty if it is started by `setsid`, which waits for it. 5, 6 and 7 are the
/// standard streams.
pub(super) const RUN: &[&str] = &[
    // A host whose output does not begin with that has not run the command.
    "printf +; vmo_t=- vmo_z=- vmo_o=-;",
    "if [ -r /proc/self/stat ]; then read -r vmo_x </proc/self/stat; vmo_p=${vmo_x%% *};",
    "vmo_f() { vmo_z=$4 vmo_t=${20}; }; vmo_f ${vmo_x##*\\) };",
    "if [ -n \"$7\" ]; then read -r vmo_x </proc/$PPID/stat; vmo_f() { vmo_z=$4; }; vmo_f ${vmo_x##*\\) }; fi;",
    "vmo_f() { vmo_o=; for vmo_x; do case $vmo_x in pipe:*|socket:*) vmo_o=${vmo_o:+$vmo_o,}$vmo_x;; esac; done; };",
    // Linux before 5.14 does not say in `fdinfo` which pipe it is, and only a program can read a link.
    "vmo_o=; for vmo_w in 6 7; do vmo_x=; if [ -p /proc/self/fd/$vmo_w ]; then vmo_x=pipe;",
    "elif [ -S /proc/self/fd/$vmo_w ]; then vmo_x=socket; else continue; fi;",
    "vmo_y=; while read -r vmo_c vmo_i; do [ $vmo_c = ino: ] && vmo_y=$vmo_i; done </proc/self/fdinfo/$vmo_w;",
    "if [ -n \"$vmo_y\" ]; then vmo_o=${vmo_o:+$vmo_o,}$vmo_x:[$vmo_y];",
    "else vmo_f $(exec ls -ln /proc/self/fd/6 /proc/self/fd/7 2>/dev/null); break; fi; done;",
    r#"elif [ -n "$7" ]; then vmo_p=$$;"#,
    r#"else vmo_p=$(exec /bin/sh -c "$(printf "echo \044PPID")"); fi;"#,
    // By its bare name if PATH leads to it, because that is what sshd has as its argv[0].
    "vmo_s=${SHELL:-/bin/sh} vmo_n=${SHELL##*/};",
    r#"IFS=:; for vmo_w in $PATH; do if [ -x "$vmo_w/$vmo_n" ]; then"#,
    r#"[ "$vmo_w/$vmo_n" -ef "$vmo_s" ] && vmo_s=$vmo_n; break; fi; done; unset IFS;"#,
    // The login shell has read its start files and printed what they print; once is enough.
    "case $vmo_n in bash) vmo_f=--norc;; zsh|csh|tcsh) vmo_f=-f;; fish) vmo_f=--no-config;; *) vmo_f=;; esac;",
    r#"vmo_c=$3; if [ "$vmo_c" = - ]; then vmo_c= vmo_i=; while IFS= read -r vmo_x; do"#,
    r#"[ "$vmo_x" = . ] && vmo_i=x && break; vmo_c=$vmo_c${vmo_x#:}; done <&5;"#,
    // The link broke in the middle of it: half a command is none.
    r#"[ -n "$vmo_i" ] || exit 1; fi;"#,
    // Bytes apart take no process to be put together again.
    r#"case $vmo_c in [,:@^]*) set -f; IFS=${vmo_c%"${vmo_c#?}"}; vmo_f() { IFS=; vmo_c="$*"; }; vmo_f $vmo_c; unset IFS; set +f;;"#,
    r#"*) vmo_c=$(printf "$vmo_c"); vmo_c=${vmo_c#x}; vmo_c=${vmo_c%x};; esac;"#,
    "vmo_w=; [ $4$7 = own ] && vmo_w=setsid; VMO_JOB=$5; export VMO_JOB;",
    // bash has another letter for it than dash and busybox.
    "vmo_i=; [ -r /proc/self/limits ] && { ulimit -S -x $6 || ulimit -S -w $6; } 2>/dev/null && vmo_i=limits;",
    // The last process that was started on the host and where its mark is, for [`REPORT`]; a file that is not of this moment
    // says an older one.
    "vmo_y=-; [ -r /proc/loadavg ] && read -r vmo_x </proc/loadavg &&",
    r#"[ "${vmo_x##* }" -ge $vmo_p ] 2>/dev/null && vmo_y=${vmo_x##* }; printf "%s;%s %s;" $vmo_p $vmo_y ${vmo_i:-environ};"#,
];

/// Becomes it as who we are.
pub(super) const AS_OURSELVES: &[&str] = &[
    r#"printf "\036%s%ss%s %s %s %s %s\036" $2 $1 $vmo_p $4 "$vmo_t" $vmo_z "${vmo_o:--}" >&6;"#,
    r#"[ $4 = pty ] || printf "\036%s%ss\036" $2 $1 >&7;"#,
    r#"exec $vmo_w "$vmo_s" $vmo_f -c "$vmo_c" <&5 >&6 2>&7 5<&- 6>&- 7>&-"#,
];

/// Becomes it by `sudo`, which asks with a mark for a prompt; `vmo_u` is what root's shell is given, [`ROOT`].
pub(super) const BY_SUDO: &[&str] = &[
    r#"command -v sudo >/dev/null || { echo "sudo: command not found" >&7; exit 127; };"#,
    r#"vmo_a=$(printf "\036%s%sp\036" $2 $1); [ -n "$SHELL" ] && vmo_s=$SHELL;"#,
    r#"exec $vmo_w sudo -S -p "$vmo_a" -- /bin/sh -c "$vmo_u" sh $2 $1"#,
    r#""$vmo_p $4 $vmo_t $vmo_z ${vmo_o:--}" $5 $6 "$VMO_HOST" "$VMO_RANK" "$VMO_COUNT" "$VMO_BATCH""#,
    r#""$vmo_s" $vmo_f -c "$vmo_c" <&5 >&6 2>&7 5<&- 6>&- 7>&-"#,
];

/// What root's shell does: the start mark says that `sudo` has let it in. The environment is `sudo`'s own, so the job's
/// variables come as arguments.
pub(super) const ROOT: &str = r#"printf "\036%s%ss%s\036" "$1" "$2" "$3"; printf "\036%s%ss\036" "$1" "$2" >&2
VMO_JOB=$4; export VMO_JOB; [ -r /proc/self/limits ] && { ulimit -S -x $5 || ulimit -S -w $5; } 2>/dev/null
if [ -n "$9" ]; then VMO_HOST=$6 VMO_RANK=$7 VMO_COUNT=$8 VMO_BATCH=$9
export VMO_HOST VMO_RANK VMO_COUNT VMO_BATCH; fi
shift 9; exec "$@""#;

/// Has it run and reports its end. `vmo_k` is what is to be run; `vmo_m` gets what the waiting program has to say, and after
/// `=` the status.
pub(super) const REPORT: &[&str] = &[
    "trap : HUP INT QUIT TERM; exec 5<&0 6>&1 7>&2 </dev/null 2>/dev/null; vmo_m= vmo_e=x;",
    // What has killed `setsid` is said by the shell around it alone, which so has to wait for it; where, depends on the shell.
    r#"[ $4 = own ] && vmo_m=$( (exec 2>&1; setsid -fw /bin/sh -c "$vmo_k" sh "$@" x; echo "=$?") );"#,
    "case $vmo_m in +*) ;; *) vmo_e=;",
    r#"[ $4 = own ] && { command -v setsid >/dev/null || set -- $1 $2 "$3" shared $5 $6; };"#,
    // dash has its words where the child's redirections point, unless they are made in a subshell.
    r#"vmo_x="trap : HUP INT QUIT TERM; exec 2>&1; ( $vmo_k ); echo =\$?";"#,
    r#"if [ -n "$BASH_VERSION" ];"#,
    r#"then vmo_m=$(trap : HUP INT QUIT TERM; printf %s "$vmo_x" | /bin/sh -s "$@");"#,
    r#"else vmo_m=$(eval "$vmo_x"); fi;; esac;"#,
    // The shell that waits was killed.
    "case $vmo_m in *=*) ;; *) exit 1;; esac;",
    "vmo_r=${vmo_m##*=} vmo_m=${vmo_m%=*} vmo_n=- vmo_q=-; vmo_m=${vmo_m#+};",
    "vmo_p=${vmo_m%%;*} vmo_m=${vmo_m#*;}; vmo_y=${vmo_m%%;*} vmo_m=${vmo_m#*;};",
    r#"if [ -n "$vmo_m" ]; then"#,
    // It has been killed itself, and what became of the command is not known.
    "if [ -n \"$vmo_e\" ]; then case $vmo_m in *setsid:*) ;; *) exit 1;; esac;",
    "[ $vmo_r -gt 128 ] && vmo_q=core vmo_r=$((vmo_r - 128)); vmo_r=$((vmo_r + 128)); fi;",
    "[ $vmo_r -gt 128 ] && vmo_n=$(kill -l $vmo_r);",
    r#"elif [ -z "$vmo_e" ]; then case $vmo_r in 130|141) vmo_n="?";; esac;"#,
    // No shell has words for a waiting program that SIGINT or SIGPIPE has ended, and some have none at all; a command that was
    // waited for is gone.
    r#"elif [ $vmo_r -gt 128 ] && [ -d "/proc/$vmo_p" ]; then exit 1; fi;"#,
    r#"[ -z "$vmo_e" ] && case $vmo_m in *core*) vmo_q=core;; esac;"#,
    // Whether anything of the job's goes on; who that is is asked for only then. Nothing can, if no process was started on
    // the host since the command became one: to know that takes no look at all of them.
    "vmo_l=- vmo_x=; if [ -r /proc/self/stat ]; then read -r vmo_x </proc/loadavg;",
    "vmo_x=${vmo_x##* } vmo_f=${vmo_y% *} vmo_y=${vmo_y#* } vmo_i=/proc/[0-9]*/$vmo_y;",
    // Numbers go up. Of few, those that are still there are found without a program, and mostly none is.
    r#"if [ "$vmo_x" -ge "$vmo_f" ] && [ $((vmo_x - vmo_f)) -le 500 ]; then vmo_i=; while [ $vmo_f -lt $vmo_x ];"#,
    r#"do vmo_f=$((vmo_f + 1)); [ -r /proc/$vmo_f/$vmo_y ] && vmo_i="$vmo_i /proc/$vmo_f/$vmo_y"; done; fi;"#,
    r#"[ -z "$vmo_i" ] || for vmo_w in $(grep -ls -e "VMO_JOB=$5" -e "^Max file locks  *$6 " $vmo_i);"#,
    // One that has ended has a mark until its parent has asked for its end.
    r#"do vmo_x=; read -r vmo_x <${vmo_w%/*}/stat; case ${vmo_x##*\) } in Z*|X*|"") ;; *) vmo_l=left; break;; esac; done; fi;"#,
    r#"printf "\036%s%se%s %s %s %s\036" $2 $1 "$vmo_r" "$vmo_n" $vmo_q $vmo_l >&6"#,
];
