use std::{cell::Cell, fs, path::Path};

use ssh2::{KeyboardInteractivePrompt, Prompt};

use super::{typed::Dialog, *};
use crate::{
    ssh::{
        Config,
        login::ask::{Answer, Question},
    },
    visible::visible,
};
use parking_lot::Mutex;

/// Somebody who writes down what is asked.
#[derive(Default)]
struct Person(Mutex<Vec<String>>);

impl Ask for Person {
    fn ask(&self, _: &str, question: Question) -> Answer {
        if let Question::Secret { label, .. } = question {
            self.0.lock().push(label);
        }
        Answer::Text("x".to_owned().into())
    }
}

fn route() -> Route {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config");
    fs::write(&config, "Host bad\n HostName 10.0.0.1\n User root\n").unwrap();
    let read = Config::read(&config, Path::new("/nonexistent"));
    read.resolve("bad").unwrap()
}

#[test]
fn each_line_of_a_dialog_says_who_asks_and_is_words_alone() {
    let (route, person) = (route(), Person::default());
    let answered_at = Cell::new(None);
    let mut dialog = Dialog {
        ask: &person,
        route: &route,
        refused: false,
        answered_at: &answered_at,
    };
    let prompts = [
        Prompt {
            text: "[sudo] password for root: ".into(),
            echo: false,
        },
        Prompt {
            text: "\u{1b}]52;c;x\u{7}\u{1b}[2J\r\n\n(root@good) Password:\u{202e}".into(),
            echo: true,
        },
        Prompt {
            text: "".into(),
            echo: false,
        },
    ];
    dialog.prompt("", "", &prompts[..1]);
    dialog.prompt("", "Welcome\u{9b}\nto bad", &prompts[1..]);
    let questions = person.0.into_inner();
    assert_eq!(
        questions,
        [
            "(root@bad) [sudo] password for root:",
            "(root@bad) Welcome\\x9b\n(root@bad) to bad\n(root@bad) \\x1b]52;c;x\\x07\\x1b[2J\n\
             (root@bad) (root@good) Password:⟨U+202E⟩",
            "(root@bad) Welcome\\x9b\n(root@bad) to bad",
        ]
    );
}

#[test]
fn the_methods_that_a_server_lists_are_kept_clean() {
    let methods = [
        "pass\u{1b}]0;x\u{7}word\u{202e}".to_owned(),
        "b\nc".to_owned(),
    ];
    let tried = ["agent key \u{1b}[2J".to_owned()];
    let why = no_entry(&route(), &tried, &methods).why;
    assert_eq!(visible(&why), why);
    assert!(
        why.contains("pass\\x1b]0;x\\x07word⟨U+202E⟩, b\\nc"),
        "{why}"
    );
}
