//! What a person is asked before a host is used: to allow a command of the config, and to touch a security key.

use std::{
    fs,
    io::{self, Read, Write},
    os::unix::net::{UnixListener, UnixStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
};

use data_encoding::BASE64;
use orchestrator::{
    job::Status,
    launch::Start,
    wire::{CatalogRequest, Event, FailureCode, LaunchRequest, Question, Reply},
};

use super::{
    home::{Home, eventually},
    page::App,
    with_host,
};

/// A command for the host `box`.
fn on_box() -> Start {
    Start::Command {
        command: "echo hi".into(),
        hosts: vec!["box".into()],
        cwd: None,
        pty: false,
        confirmed: Vec::new(),
        rules: orchestrator::batch::Rules::default(),
    }
}

#[tokio::test]
async fn a_command_of_the_config_is_named_to_the_letter_and_runs_once_it_is_allowed() {
    let (sshd, _postgres, home) = with_host();
    let command =
        "bash -c 'exec 3<>/dev/tcp/127.0.0.1/%p; cat <&3 & cat >&3; kill $!' # %% to the letter";
    let lines = format!("Host box\n  ProxyCommand {command}");
    fs::copy(sshd.config(&lines), home.ssh_config()).unwrap();
    let app = App::start(home);
    let mut page = app.page().await;
    let Ok(Reply::Preview(preview)) = page.ask(LaunchRequest::Preview(on_box())).await else {
        panic!()
    };
    // It can be started: what is missing is asked for then.
    assert_eq!(preview.refusal, None);
    assert!(preview.notes[0].contains("ProxyCommand"), "{preview:?}");
    let refused = page
        .try_ask(LaunchRequest::Start(on_box()))
        .await
        .unwrap_err();
    assert_eq!(refused.code, FailureCode::NeedsConsent);
    assert!(refused.message.contains("vmo trust"), "{refused:?}");
    let consent = refused.consent.unwrap();
    assert_eq!(
        (consent.host.as_str(), consent.keyword.as_str()),
        ("box", "ProxyCommand")
    );
    assert_eq!(consent.command, command);
    assert!(consent.place.ends_with(":2"), "{consent:?}");
    let command = consent.command;
    page.ask(CatalogRequest::AllowCommand { command })
        .await
        .unwrap();
    let Ok(Reply::Started { jobs }) = page.ask(LaunchRequest::Start(on_box())).await else {
        panic!()
    };
    let job = page.over(jobs[0].id).await;
    assert_eq!((job.status, job.reason), (Status::Done, None));
}

#[tokio::test]
async fn a_security_key_is_asked_for_until_it_was_touched() {
    let (sshd, _postgres, home) = with_host();
    let key = security_key();
    let line = format!("sk-ssh-ed25519@openssh.com {} mine\n", BASE64.encode(&key));
    fs::write(sshd.path("authorized_keys"), line).unwrap();
    let socket = sshd.path("agent");
    let touch = agent(&socket, key);
    let config = sshd.config("");
    let text = fs::read_to_string(&config).unwrap();
    let agent = format!("IdentityAgent {}", socket.display());
    fs::write(
        home.ssh_config(),
        text.replace("IdentityAgent none", &agent),
    )
    .unwrap();
    let app = App::start(home);
    let mut page = app.page().await;
    let Ok(Reply::Started { jobs }) = page.ask(LaunchRequest::Start(on_box())).await else {
        panic!()
    };
    let prompt = page
        .until(|event| match event {
            Event::Asked(prompt) => Some(prompt.clone()),
            _ => None,
        })
        .await;
    let Question::Touch { key } = &prompt.question else {
        panic!("{prompt:?}")
    };
    assert!(key.contains("mine"), "{prompt:?}");
    assert_eq!((prompt.host.as_str(), prompt.job), ("box", jobs[0].id));
    // A page that comes now is told of it too.
    let mut other = app.page().await;
    let Ok(Reply::Overview(overview)) = other.ask(CatalogRequest::Overview).await else {
        panic!()
    };
    assert_eq!(overview.prompts.len(), 1);
    touch.send(()).unwrap();
    page.until(|event| match event {
        Event::Answered { prompt: over } if *over == prompt.id => Some(()),
        _ => None,
    })
    .await;
    page.over(jobs[0].id).await;
}

/// The public half of a key in a piece of hardware.
fn security_key() -> Vec<u8> {
    [&b"sk-ssh-ed25519@openssh.com"[..], &[7; 32], b"ssh:"]
        .iter()
        .flat_map(|part| string(part))
        .collect()
}

// Requests and answers of the agent's protocol, by their numbers.
const FAILURE: u8 = 5;
const IDENTITIES: u8 = 11;
const THEIR_ANSWER: u8 = 12;
const SIGN: u8 = 13;

/// A string of the agent's protocol.
fn string(bytes: &[u8]) -> Vec<u8> {
    let mut all = u32::try_from(bytes.len()).unwrap().to_be_bytes().to_vec();
    all.extend(bytes);
    all
}

/// An agent with one key in hardware, which it signs nothing with: each time it is to be touched, it waits for that, and
/// then the touch has come too late.
fn agent(socket: &Path, key: Vec<u8>) -> Sender<()> {
    let listener = UnixListener::bind(socket).unwrap();
    let (touch, touched) = channel();
    let touched = Arc::new(Mutex::new(touched));
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let (key, touched) = (key.clone(), Arc::clone(&touched));
            thread::spawn(move || serve(client, &key, &touched).ok());
        }
    });
    touch
}

fn serve(mut client: UnixStream, key: &[u8], touched: &Mutex<Receiver<()>>) -> io::Result<()> {
    loop {
        let mut length = [0; 4];
        client.read_exact(&mut length)?;
        let mut request = vec![0; u32::from_be_bytes(length) as usize];
        client.read_exact(&mut request)?;
        let answer = match request[0] {
            IDENTITIES => {
                let mut answer = vec![THEIR_ANSWER, 0, 0, 0, 1];
                answer.extend(string(key));
                answer.extend(string(b"mine"));
                answer
            }
            SIGN => {
                touched.lock().unwrap().recv().ok();
                vec![FAILURE]
            }
            _ => vec![FAILURE],
        };
        client.write_all(&string(&answer))?;
    }
}

/// `vmo run` on hosts at a terminal, which `script` gives it; what is typed goes to its standard input.
fn at_terminal(home: &Home, on: &str) -> Child {
    let vmo = home.vmo(&[]);
    let mut at_terminal = Command::new("script");
    let line = format!("exec $VMO run --on {on} -- echo hi");
    at_terminal
        .args(["-qec", &line, "/dev/null"])
        .env("VMO", vmo.get_program());
    crate::home::same_variables(&vmo, &mut at_terminal);
    at_terminal.stdin(Stdio::piped()).stdout(Stdio::piped());
    at_terminal.spawn().unwrap()
}

fn until(child: &mut Child, words: &str) {
    let (mut seen, mut byte) = (String::new(), [0; 1]);
    let stdout = child.stdout.as_mut().unwrap();
    while !seen.contains(words) {
        assert_ne!(stdout.read(&mut byte).unwrap(), 0, "{seen}");
        seen.push(char::from(byte[0]));
    }
}

#[test]
fn a_question_whose_terminal_was_closed_goes_to_who_waits_for_the_same_host() {
    let (sshd, _postgres, home) = with_host();
    fs::remove_file(sshd.path("known_hosts")).unwrap();
    let mut closed = at_terminal(&home, "box");
    until(&mut closed, "type yes to trust it");
    // Its terminal goes with it.
    closed.kill().unwrap();
    closed.wait().unwrap();
    let mut second = at_terminal(&home, "box");
    until(&mut second, "type yes to trust it");
    second.stdin.as_mut().unwrap().write_all(b"yes\n").unwrap();
    until(&mut second, "hi\r\n");
    assert!(second.wait().unwrap().success());
}

#[test]
fn a_login_whose_terminal_was_closed_says_what_it_waits_for_and_asks_the_next_batch_there() {
    let (sshd, _postgres, home) = with_host();
    let blocks = [sshd.block("one"), sshd.block("two")].concat();
    fs::write(home.ssh_config(), blocks).unwrap();
    fs::remove_file(sshd.path("known_hosts")).unwrap();
    let mut closed = at_terminal(&home, "one");
    until(&mut closed, "type yes to trust it");
    closed.kill().unwrap();
    closed.wait().unwrap();
    let words = "queued, waiting: a person who says whether ssh-ed25519 SHA256:";
    eventually("the list says it", || home.text(&["jobs"]).contains(words));
    // Both hosts are one, and wait for the login that asks.
    let mut batch = at_terminal(&home, "one,two");
    until(&mut batch, "type yes to trust it");
    batch.stdin.as_mut().unwrap().write_all(b"yes\n").unwrap();
    until(&mut batch, "2 done");
    assert!(batch.wait().unwrap().success());
    let jobs = home.json(&["jobs", "--json"]);
    let done = |job: &serde_json::Value| job["status"] == "done";
    assert_eq!(
        jobs.as_array()
            .unwrap()
            .iter()
            .filter(|job| done(job))
            .count(),
        3
    );
}
