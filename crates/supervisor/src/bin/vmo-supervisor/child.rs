//! Starting the child.

use std::{
    env,
    ffi::OsString,
    io::{self, PipeReader},
    os::{
        fd::{AsFd, OwnedFd},
        unix::{ffi::OsStrExt, process::CommandExt},
    },
    process::{Command, Stdio},
};

use rustix::{fs::Mode, process::Pid};
use supervisor::{
    clock,
    exec::{DATABASE, Exec, MASKED},
    exit::Exit,
    mask::Secrets,
    spool::Stream,
};

use crate::{
    direnv_secrets::{self, Handover},
    input::Input,
    outputs::Outputs,
    pty, session, words,
};

/// Bytes each pipe is asked to hold, so that the child seldom waits for us. Many jobs share the user's allowance.
#[cfg(target_os = "linux")]
const PIPE: usize = 256 * 1024;

/// The child's process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Child {
    /// Its process id, and its process group's.
    pub(crate) pid: Pid,
    /// When it was started, by the wall's clock and by the boot's.
    pub(crate) started_at: i64,
    pub(crate) started_boot: u64,
}

/// A started child and our ends of its pipes or its terminal.
#[derive(Debug)]
pub(crate) struct StartedChild {
    pub(crate) child: Child,
    pub(crate) outputs: Outputs,
    pub(crate) input: Input,
    /// The terminal, for its size.
    pub(crate) terminal: Option<OwnedFd>,
    /// Its pipes, as `/proc/PID/fd` shows them.
    pub(crate) pipes: Vec<String>,
    /// Where the values of secrets come from that only a program in between brings.
    pub(crate) handover: Option<Handover>,
}

/// Starts what `exec` says, with the environment that is ours and the umask that was.
pub(crate) fn start(exec: &Exec, umask: Mode) -> Result<StartedChild, Exit> {
    start_in_folder(exec, umask).map_err(|why| Exit::CouldNotStart { why })
}

fn start_in_folder(exec: &Exec, umask: Mode) -> Result<StartedChild, String> {
    // We go there ourselves, so that "no such folder" and "no such program" are two errors; the child stays.
    rustix::process::chdir(&exec.cwd).map_err(|error| words::no_folder(&exec.cwd, error))?;
    rustix::process::umask(umask);
    let mut command = Command::new(&exec.program);
    // Those words were for us.
    command.env_remove("VMO_DISK_FLOOR");
    command.env_remove(DATABASE);
    for name in exec.secrets.iter().filter(|name| name.starts_with(MASKED)) {
        command.env_remove(name);
    }
    let secrets = secrets(exec, &[]);
    let handover = direnv_secrets::prepare(exec, &mut command);
    let mut start = match exec.pty {
        Some(size) => in_terminal(command, size, secrets.as_ref()),
        None => on_pipes(command, secrets.as_ref()),
    };
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    // A file system with that folder must not be kept from being unmounted by us.
    rustix::process::chdir("/").map_err(|error| error.to_string())?;
    if let Ok(start) = &mut start {
        start.handover = handover.map(Handover::begun);
    }
    start.map_err(|error| words::no_program(&exec.program, &error))
}

/// The job's secrets: they came in our environment, which is the child's too; and `more` of them, which a program in
/// between has brought.
pub(crate) fn secrets(exec: &Exec, more: &[OsString]) -> Option<Secrets> {
    let mut values: Vec<_> = exec.secrets.iter().filter_map(env::var_os).collect();
    values.extend_from_slice(more);
    Secrets::of(values.iter().map(|value| value.as_bytes()))
}

fn on_pipes(mut command: Command, secrets: Option<&Secrets>) -> io::Result<StartedChild> {
    let (stdin, our_stdin) = io::pipe()?;
    let (our_stdout, stdout) = io::pipe()?;
    let (our_stderr, stderr) = io::pipe()?;
    for pipe in [&our_stdout, &our_stderr] {
        enlarge(pipe);
        rustix::io::ioctl_fionbio(pipe, true)?;
    }
    rustix::io::ioctl_fionbio(&our_stdin, true)?;
    command
        .stdin(stdin)
        .stdout(stdout)
        .stderr(stderr)
        .process_group(0);
    let child = spawn(command)?;
    Ok(StartedChild {
        child,
        pipes: [our_stdin.as_fd(), our_stdout.as_fd(), our_stderr.as_fd()]
            .into_iter()
            .filter_map(|pipe| Some(format!("pipe:[{}]", rustix::fs::fstat(pipe).ok()?.st_ino)))
            .collect(),
        handover: None,
        outputs: Outputs::of(
            [
                (Stream::Stdout, our_stdout.into()),
                (Stream::Stderr, our_stderr.into()),
            ],
            secrets,
        ),
        input: Input::to_pipe(our_stdin.into()),
        terminal: None,
    })
}

#[expect(
    unsafe_code,
    reason = "the child must lead a session before it runs, which has no safe call"
)]
fn in_terminal(
    mut command: Command,
    size: supervisor::exec::Window,
    secrets: Option<&Secrets>,
) -> io::Result<StartedChild> {
    let (master, terminal) = pty::open(size)?;
    rustix::io::ioctl_fionbio(&master, true)?;
    command
        .stdin(Stdio::from(terminal.try_clone()?))
        .stdout(Stdio::from(terminal.try_clone()?))
        .stderr(Stdio::from(terminal));
    // SAFETY: it makes two system calls and does not allocate.
    unsafe { command.pre_exec(session::lead_terminal) };
    let child = spawn(command)?;
    Ok(StartedChild {
        child,
        outputs: Outputs::of([(Stream::Stdout, master.try_clone()?)], secrets),
        input: Input::to_terminal(master.try_clone()?),
        terminal: Some(master),
        pipes: Vec::new(),
        handover: None,
    })
}

/// Spawns and lets go of the child's ends of the pipes, which would keep them open.
fn spawn(mut command: Command) -> io::Result<Child> {
    let (started_at, started_boot) = (clock::wall_us(), clock::boot_us());
    let id = command.spawn()?.id();
    let pid = i32::try_from(id).ok().and_then(Pid::from_raw);
    Ok(Child {
        pid: pid.ok_or(io::ErrorKind::InvalidData)?,
        started_at,
        started_boot,
    })
}

/// Asks for a larger pipe; if the user's allowance is used up, the usual size must do.
fn enlarge(pipe: &PipeReader) {
    #[cfg(target_os = "linux")]
    rustix::pipe::fcntl_setpipe_size(pipe, PIPE).ok();
    #[cfg(not(target_os = "linux"))]
    let _ = pipe;
}
