//! Variables marked secret: nowhere on disk, nowhere in Postgres, nowhere in a log.

use crate::{home, postgres};
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
        let holder = if entry.file_type().unwrap().is_dir() {
            holds(&path, text)
        } else {
            let bytes = fs::read(&path).unwrap_or_default();
            let holds = bytes
                .windows(text.len())
                .any(|part| part == text.as_bytes());
            holds.then_some(path)
        };
        if holder.is_some() {
            return holder;
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
        // What came on the other stream meanwhile stands before what was held back.
        log.contains("Password: ") && log.ends_with('s')
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

/// Starts make in the folder to work in and gives the log and the row.
fn log_and_row(home: &Home, args: &[&str]) -> (String, String) {
    let _code = home.run(args);
    let row = home.json(&["jobs", "--json"])[0].to_string();
    (home.text(&["log", "last", "--raw"]), row)
}

#[test]
fn how_make_is_asked_changes_nothing() {
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    let sub = home.work().join("sub");
    fs::create_dir(&sub).unwrap();
    let makefile = "## @secret\nTOKEN ?=\n## @exclusive @timeout 1s\nlogin: ; @echo 'token: $(TOKEN)'\nslow: ## @timeout 1s\n\t@sleep 30\n";
    fs::write(sub.join("Makefile"), makefile).unwrap();
    fs::write(sub.join("other.mk"), makefile).unwrap();
    for args in [
        &["make", "-C", "sub", "login", "TOKEN=hunter2-hunter2"][..],
        &["make", "--directory=sub", "login", "TOKEN=hunter2-hunter2"],
        &[
            "make",
            "-f",
            "sub/other.mk",
            "login",
            "TOKEN=hunter2-hunter2",
        ],
        &[
            "make",
            "-Csub",
            "-fother.mk",
            "login",
            "TOKEN:=hunter2-hunter2",
        ],
        &["make", "-C", "sub", "login", "--eval=TOKEN=hunter2-hunter2"],
        &[
            "make",
            "-C",
            "sub",
            "login",
            "--eval",
            "override TOKEN = hunter2-hunter2",
        ],
        &[
            "make",
            "-C",
            "sub",
            "login",
            "--eval",
            "login: TOKEN = hunter2-hunter2",
        ],
    ] {
        let (log, row) = log_and_row(&home, args);
        assert!(log.contains("token: ***\n"), "{args:?}: {log}");
        assert!(!row.contains("hunter2"), "{args:?}: {row}");
    }
    let (log, row) = log_and_row(
        &home,
        &["make", "-C", "sub", "override TOKEN=hunter2-hunter2"],
    );
    assert!(
        !log.contains("hunter2") && !row.contains("hunter2"),
        "{log} {row}"
    );
    let (_log, row) = log_and_row(&home, &["make", "-C", "sub", "slow"]);
    assert!(row.contains("timed out"), "{row}");
    assert_eq!(holds(&home.data(), "hunter2"), None);
}

#[test]
fn what_the_makefile_and_env_files_bring_is_masked() {
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    fs::write(home.work().join(".env"), "A=value-of-a-in-env\n").unwrap();
    fs::write(home.work().join("more.env"), "export B=value-of-b\n").unwrap();
    home.makefile(
        "include more.env\n## @secret\nexport A\n## @secret\nexport B\n## @secret\nC := $(B)-and-c\n\
         show: ; @. ./.env; echo \"$$A $(B) $(C)\" shown\n",
    );
    for args in [&["run", "show"][..], &["make", "show"]] {
        let (log, _row) = log_and_row(&home, args);
        assert!(log.contains("*** *** *** shown\n"), "{args:?}: {log}");
    }
    assert_eq!(holds(&home.data(), "value-of"), None);
}

#[test]
fn what_direnv_brings_is_masked() {
    let direnv = std::process::Command::new("direnv").arg("version").output();
    if direnv.is_err() {
        return;
    }
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    fs::write(
        home.work().join(".envrc"),
        "export TOKEN=hunter2-of-envrc\n",
    )
    .unwrap();
    home.makefile("## @secret\nTOKEN ?=\nshow: ; @echo \"token: $$TOKEN\" '$(TOKEN)'\n");
    let allowed = std::process::Command::new("direnv")
        .args(["allow", "."])
        .current_dir(home.work())
        .env("HOME", home.work())
        .env_remove("XDG_DATA_HOME")
        .env_remove("XDG_CONFIG_HOME")
        .output()
        .unwrap();
    assert!(allowed.status.success());
    let (log, row) = log_and_row(&home, &["run", "show"]);
    assert!(
        log.contains("token: *** ***\n") && !log.contains("hunter2"),
        "{log} {row}"
    );
    assert!(row.contains("\"done\""), "{row}");
}

/// In the place of psql: what it is given, where everybody can read it and where only its user can.
#[test]
fn psql_gets_the_password_by_its_environment() {
    use std::os::unix::fs::PermissionsExt;

    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.tcp_url("postgres", "postgres")));
    let folder = home.work().join("bin");
    fs::create_dir(&folder).unwrap();
    let psql = folder.join("psql");
    fs::write(&psql, "#!/bin/sh\necho \"$@\"; echo \"$PGPASSWORD\"\n").unwrap();
    fs::set_permissions(&psql, fs::Permissions::from_mode(0o700)).unwrap();
    let with_path = |path: &str, args: &[&str]| {
        let output = home.vmo(args).env("PATH", path).output().unwrap();
        let all = [output.stdout, output.stderr].concat();
        String::from_utf8(all).unwrap()
    };
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let printed = with_path(&path, &["db", "--", "-c", "select 1"]);
    let lines: Vec<&str> = printed.lines().collect();
    let [args, password] = lines[..] else {
        panic!("{printed}");
    };
    assert!(
        args.starts_with("postgres://postgres@127.0.0.1") && args.ends_with(" -c select 1"),
        "{printed}"
    );
    assert_eq!(password, "not-asked-for");
    // Without psql a statement is run by us, and whatever else psql is wanted for has the address.
    let printed = with_path("/nowhere", &["db", "--", "-c", "select 1"]);
    assert!(printed.contains("(1 row)"), "{printed}");
    for args in [&["db", "--", "-l"][..], &["db"]] {
        let printed = with_path("/nowhere", args);
        assert!(
            printed.contains("postgres://postgres@127.0.0.1"),
            "{printed}"
        );
        assert!(!printed.contains("not-asked-for"), "{printed}");
    }
}

#[test]
fn a_secret_that_is_too_short_to_be_masked_is_said_to_be_shown() {
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    home.makefile("## @secret\nPIN ?=\nshow: ## Show\n\t@echo $(PIN)\n");
    let output = home.run(&["run", "show", "PIN=1234"]);
    let printed = String::from_utf8(output.stderr).unwrap();
    assert!(
        printed.contains("PIN") && printed.contains("shorter than 6"),
        "{printed}"
    );
    let job = home.json(&["jobs", "--json"])[0]["environment"].to_string();
    assert!(
        job.contains("shorter than 6") && !job.contains("1234"),
        "{job}"
    );
    let output = home.run(&["run", "show", "PIN=123456"]);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    // The makefile's own, one of a file, and one that is inherited are no better masked.
    let shows = |words: &[&str], pin: Option<&str>| {
        let mut vmo = home.vmo(words);
        vmo.env_remove("PIN");
        vmo.envs(pin.map(|pin| ("PIN", pin)));
        String::from_utf8(vmo.output().unwrap().stderr).unwrap()
    };
    for words in [&["run", "show"][..], &["make", "show"]] {
        assert!(shows(words, Some("1234")).contains("PIN"), "{words:?}");
        assert_eq!(shows(words, Some("123456")), "", "{words:?}");
        assert_eq!(shows(words, None), "", "{words:?}");
    }
    assert!(shows(&["make", "show", "PIN=12"], None).contains("PIN"));
    fs::write(home.work().join(".env"), "PIN=12\n").unwrap();
    assert!(shows(&["run", "show"], None).contains("PIN"));
    fs::remove_file(home.work().join(".env")).unwrap();
    home.makefile("## @secret\nPIN ?= abc\nshow: ## Show\n\t@echo $(PIN)\n");
    assert!(shows(&["run", "show"], None).contains("PIN"));
    assert!(shows(&["make", "show"], None).contains("PIN"));
}
