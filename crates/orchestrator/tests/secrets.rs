//! Variables marked secret: nowhere on disk, nowhere in Postgres, nowhere in a log.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

#[path = "support/home.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod home;
#[path = "support/postgres.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod postgres;

use std::{fs, path::Path};

use home::{Home, appears};
use postgres::Postgres;

const SECRET: &str = "s3cr3t-$HOME/value";

/// It prints its secret plainly, in base64 and in two halves, and waits.
const MAKEFILE: &str = r#"## The way in @secret
TOKEN ?=
login: ## Log in
	echo "token: $$TOKEN" '$(TOKEN)'
	@printf '%s' "$$TOKEN" | base64 >&2
	@printf 's3cr3t-$$HOME'; printf '/value\n'
	@printf 'Password: s'; touch asked; while [ ! -e go ]; do sleep 0.02; done
export TOKEN
"#;

fn holds(folder: &Path, text: &str) -> Option<std::path::PathBuf> {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let found = if entry.file_type().unwrap().is_dir() {
            holds(&path, text)
        } else {
            let bytes = fs::read(&path).unwrap_or_default();
            let holds = bytes
                .windows(text.len())
                .any(|part| part == text.as_bytes());
            holds.then_some(path)
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

fn a_secret_stays_out(args: &[&str]) {
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    home.makefile(&MAKEFILE.replace("\\t", "\t"));
    let mut job = home.start(args);
    appears(&home.work().join("asked"));
    // A prompt that ends as a secret begins is seen all the same.
    let mut log = String::new();
    home::eventually("the prompt is seen", || {
        log = home.text(&["log", "last", "--raw"]);
        log.contains("Password: s")
    });
    assert_eq!(holds(&home.data(), SECRET), None);
    fs::write(home.work().join("go"), "").unwrap();
    assert!(job.child.wait().unwrap().success());
    let log = home.text(&["log", "last", "--raw"]);
    assert_eq!(log.matches("***").count(), 5, "{log}");
    assert!(!log.contains("s3cr3t"), "{log}");
    let kept = home.json(&["jobs", "--json"])[0].to_string();
    assert!(kept.contains("TOKEN") && !kept.contains("s3cr3t"), "{kept}");
}

#[test]
fn given_to_run() {
    a_secret_stays_out(&["run", "login", &format!("TOKEN={SECRET}")]);
}

#[test]
fn given_to_make_itself() {
    // Make would expand what follows a `$`.
    let value = SECRET.replace('$', "$$");
    a_secret_stays_out(&["make", "login", &format!("TOKEN={value}")]);
}
