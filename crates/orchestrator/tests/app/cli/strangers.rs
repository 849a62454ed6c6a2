//! What a stranger wrote: nothing of it is an instruction to a terminal, and no row can be forged.

use std::{
    ffi::OsStr,
    fs,
    os::unix::{ffi::OsStrExt, fs::PermissionsExt},
    process::Command,
};

use orchestrator::visible::visible_log;

use super::home;

/// A title, the clipboard, a cleared screen, an override of direction, a name with nothing in it, a forged row.
const HOSTILE: &str = "\u{1b}]0;x\u{7}\u{1b}]52;c;ZXZpbA==\u{7}\u{1b}[2J\u{9b}1A\u{202e}\u{2066}pr\u{200b}od\u{7f}\r\u{e0061}";

/// Output that a terminal only shows, and an eye sees as it is.
fn harmless(what: &str, output: &[u8]) -> String {
    let text = String::from_utf8(output.to_vec()).unwrap();
    for line in text.lines() {
        // Columns are laid out by blanks.
        assert_eq!(visible_log(line), line, "{what}");
    }
    text
}

#[test]
fn a_makefile_writes_nothing_to_the_terminal_but_its_words() {
    let (_postgres, home) = home();
    home.makefile(&format!(
        "## {HOSTILE} up\nup:\n\t@echo up\npr\u{200b}od: ; @exit 3\n"
    ));
    for args in [
        &["targets"][..],
        &["targets", "--json"],
        &["run", "--json", "pr\u{200b}od"],
        &["run", "--json", &format!("gone{HOSTILE}")],
        &["jobs"],
        &["log", "gone\u{1b}[2J"],
        &["run", "--preset", "\u{202e}x", "up"],
    ] {
        let output = home.run(args);
        harmless(&format!("{args:?}"), &output.stdout);
        harmless(&format!("{args:?}"), &output.stderr);
    }
    let listed = harmless("targets", &home.run(&["targets"]).stdout);
    assert!(
        listed.contains("\\x1b]52;c;ZXZpbA==\\x07\\x1b[2J\\x9b1A⟨U+202E⟩"),
        "{listed}"
    );
    assert!(listed.contains("pr⟨U+200B⟩od"), "{listed}");
    // The value is the same to a script.
    let json = home.json(&["targets", "--json"]);
    assert!(json.to_string().contains("pr\u{200b}od"), "{json}");
}

#[test]
fn a_row_of_a_shared_database_is_one_row() {
    let (postgres, home) = home();
    assert!(home.run(&["run", "--", "true"]).status.success());
    let command = format!(
        "true\n00000000-0000-7000-8000-000000000000  11-28 10:00:00  0.1 s  here  done  forged{HOSTILE}"
    );
    postgres.psql(
        "postgres",
        &format!(
            "update jobs set command = $a${command}$a$, host = $a$h{HOSTILE}$a$, status = 'error', \
             exit_code = null, reason = $a$why\nvmo: {HOSTILE}$a$, detail = detail || jsonb_build_object('argv', jsonb_build_array())"
        ),
    );
    let listed = harmless("jobs", &home.run(&["jobs"]).stdout);
    assert_eq!(listed.lines().count(), 1, "{listed}");
    assert!(listed.contains("true\\n00000000"), "{listed}");
    let json = home.run(&["jobs", "--json"]);
    harmless("jobs --json", &json.stdout);
    let value = home.json(&["jobs", "--json"]);
    assert_eq!(value[0]["command"], command);
}

#[test]
fn a_log_is_shown_with_marks_and_kept_as_it_was_written() {
    let (_postgres, home) = home();
    let written = "a\u{202e}b\u{200b}c می\u{200c}خ 👩\u{200d}🚀\n";
    fs::write(home.work().join("text"), written).unwrap();
    assert!(home.run(&["run", "--", "cat text"]).status.success());
    assert_eq!(home.text(&["log", "last", "--raw"]), written);
    let shown = harmless("log", &home.run(&["log", "last"]).stdout);
    assert_eq!(shown, "a⟨U+202E⟩b⟨U+200B⟩c می\u{200c}خ 👩\u{200d}🚀\n");
}

#[test]
fn what_vmo_says_of_its_folders_and_files_is_harmless() {
    let (_postgres, home) = home();
    let folder = home.work().join("p\u{202e}\u{1b}[2J\nvmo: forged");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("Makefile"), "x:\n\t@true\n").unwrap();
    let folder = folder.to_str().unwrap();
    for args in [
        &["projects", "add", folder][..],
        &["projects"],
        &["projects", "--json"],
        &["doctor"],
        &["projects", "add", &format!("{folder}/gone")],
        &["run", "--json", "-p", folder, "no\u{9b}2J"],
        &["projects", "rm", "no\u{1b}[2J"],
    ] {
        let output = home.run(args);
        let out = harmless(&format!("{args:?}"), &output.stdout);
        let err = harmless(&format!("{args:?}"), &output.stderr);
        assert!(
            !format!("{out}\n{err}").contains("\nvmo: forged"),
            "{args:?}"
        );
    }
}

/// An argument is a stranger's too: a script hands it on, or a person pastes it.
#[test]
fn what_is_wrong_with_the_arguments_is_said_in_visible_words() {
    let (_postgres, home) = home();
    let forged = format!("x{HOSTILE}\nvmo: forged");
    for args in [
        &[&*forged][..],
        &["jobs", "--status", &forged],
        &["jobs", "--limit", &forged],
        &[&format!("--{forged}")],
        &["log", "last", "--lines", &forged],
        &["hosts", "web", &forged],
        &["db", &forged],
    ] {
        // As to a terminal, with colors, which clap takes out of a pipe together with all other sequences.
        let output = home.vmo(args).env("CLICOLOR_FORCE", "1").output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {output:?}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        // The name of an option ends at its "=".
        assert!(stderr.contains("\\x1b]52;c;ZXZpbA"), "{args:?}: {stderr}");
        for raw in [
            "\u{1b}]",
            "\u{1b}[2J",
            "\u{9b}",
            "\u{202e}",
            "\nvmo: forged",
        ] {
            assert!(!stderr.contains(raw), "{args:?}: {stderr:?}");
        }
    }
}

/// `PATH` with an empty or relative place in it: what we run of our own accord is not looked for in the folder one is in.
#[test]
fn no_program_of_the_folder_one_is_in_runs_unasked() {
    let (_postgres, home) = home();
    home.makefile("all:\n\t@echo all\n");
    fs::create_dir(home.work().join(".git")).unwrap();
    fs::write(home.work().join(".envrc"), "").unwrap();
    let ran = home.data().join("ran");
    for name in [
        "git",
        "direnv",
        "make",
        "psql",
        "postgres",
        "ps",
        "ssh",
        "ssh-keygen",
        "vmo",
        "vmo-supervisor",
    ] {
        let program = home.work().join(name);
        fs::write(
            &program,
            format!("#!/bin/sh\necho $0 $* >>{}\n", ran.display()),
        )
        .unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let usual = std::env::var("PATH").unwrap();
    for path in [
        format!(":{usual}"),
        format!(".:{usual}"),
        format!("../work/.:{usual}"),
    ] {
        for args in [
            &["targets"][..],
            &["jobs"],
            &["doctor"],
            &["run", "--", "true"],
            &["db", "--", "-c", "select 1"],
        ] {
            home.vmo(args).env("PATH", &path).output().unwrap();
            let ran = fs::read_to_string(&ran).unwrap_or_default();
            assert_eq!(ran, "", "{path}: {args:?}");
        }
    }
}

/// A folder that is gone, and one whose name is no text: nothing runs there, and what is said of it is true.
#[test]
fn where_nothing_can_run_is_said_as_it_is() {
    let (_postgres, home) = home();
    let no_text = home.work().join(OsStr::from_bytes(b"d\xff"));
    let gone = home.work().join("gone");
    for (folder, said) in [
        (&no_text, "is not UTF-8"),
        (&gone, "that this was started in is gone"),
    ] {
        for args in ["run -- true", "make all"] {
            fs::create_dir_all(folder).unwrap();
            fs::write(folder.join("Makefile"), "all: ; @echo all\n").unwrap();
            let leave = if *folder == gone {
                "rm -r \"$0\"; "
            } else {
                ""
            };
            let line = format!("cd \"$0\" && {leave}exec \"$VMO\" {args}");
            let vmo = home.vmo(&[]);
            let mut shell = Command::new("sh");
            shell.args(["-c", &line]).arg(folder);
            crate::home::same_variables(&vmo, &mut shell);
            let output = shell.env("VMO", vmo.get_program()).output().unwrap();
            let words = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(255), "{args}: {words}");
            assert!(words.contains(said), "{args}: {words}");
        }
    }
}
