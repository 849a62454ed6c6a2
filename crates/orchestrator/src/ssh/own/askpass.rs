//! What the user's own `ssh` asks: it starts our program in the place of `ssh-askpass`, which passes the question on to the
//! socket of the process that started `ssh`, and prints the answer.

use std::{
    env,
    io::{self, Read, Write},
    net::Shutdown,
    os::{
        fd::{AsFd, BorrowedFd},
        unix::net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
    time::Duration,
};

use secrecy::ExposeSecret;

use crate::ssh::{
    config::route::Route,
    login::ask::{Answer, Ask, Hint, Question},
};

/// The variable with the socket's path.
pub(super) const SOCKET: &str = "VMO_ASKPASS";
/// What `ssh` says of the kind of a question: `confirm`, or `none` if it takes no answer.
const KIND: &str = "SSH_ASKPASS_PROMPT";
/// Bytes of a question.
const LONGEST: u64 = 64 << 10;
/// How long the program may take to pass its question on: it has it before it starts.
const PATIENCE: Duration = Duration::from_secs(5);

/// The socket that questions come to.
pub(in crate::ssh) struct Askpass {
    listener: UnixListener,
    socket: PathBuf,
}

impl Askpass {
    pub(super) fn listen(folder: &Path) -> io::Result<Self> {
        let socket = folder.join("ask");
        let listener = UnixListener::bind(&socket)?;
        listener.set_nonblocking(true)?;
        Ok(Self { listener, socket })
    }

    pub(super) fn socket(&self) -> &Path {
        &self.socket
    }

    /// What to poll for a question.
    pub(in crate::ssh) fn fd(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }

    /// Passes the questions that have come on to a person, and waits for the answers; whether there was one.
    pub(in crate::ssh) fn serve(&self, route: &Route, ask: &dyn Ask) -> bool {
        let mut served = false;
        while let Ok((connection, _)) = self.listener.accept() {
            served = true;
            if let Err(error) = answer(connection, route, ask) {
                tracing::debug!(%error, "a question of the user's own ssh went unanswered");
            }
        }
        served
    }
}

fn answer(mut connection: UnixStream, route: &Route, ask: &dyn Ask) -> io::Result<()> {
    connection.set_nonblocking(false)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    let mut request = String::new();
    (&connection).take(LONGEST).read_to_string(&mut request)?;
    let (kind, words) = request.split_once('\n').unwrap_or(("", &request));
    if kind == "none" {
        ask.hint(&route.name, Hint::Touch(words.trim().to_owned()));
        return Ok(());
    }
    let echo = kind == "confirm" || words.contains("yes/no");
    let question = Question::Secret {
        label: route.label(words),
        echo,
    };
    match ask.ask(&route.name, question) {
        Answer::Text(text) => connection.write_all(format!("+{}", text.expose_secret()).as_bytes()),
        Answer::Accept => connection.write_all(b"+yes"),
        Answer::Refuse => Ok(()),
    }
}

/// Lives as `ssh-askpass`, if this program was started as that: the answer to print, or none if there is none.
///
/// # Errors
/// No process listens at the socket.
#[must_use]
pub fn answer_as_askpass() -> Option<io::Result<Option<String>>> {
    let socket = env::var_os(SOCKET)?;
    let words = env::args().nth(1).unwrap_or_default();
    Some(pass_on(Path::new(&socket), &words))
}

fn pass_on(socket: &Path, words: &str) -> io::Result<Option<String>> {
    let mut connection = UnixStream::connect(socket)?;
    let kind = env::var(KIND).unwrap_or_default();
    connection.write_all(format!("{kind}\n{words}").as_bytes())?;
    connection.shutdown(Shutdown::Write)?;
    let mut answer = String::new();
    connection.take(LONGEST).read_to_string(&mut answer)?;
    Ok(answer.strip_prefix('+').map(str::to_owned))
}
