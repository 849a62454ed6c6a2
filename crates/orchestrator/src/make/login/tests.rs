use std::{
    fs,
    os::unix::{ffi::OsStrExt, fs::PermissionsExt},
    time::Instant,
};

use super::*;

const LONG: Duration = Duration::from_secs(30);

/// A shell whose start-up files are these lines, which runs its last argument.
fn shell(folder: &tempfile::TempDir, name: &str, lines: &str) -> OsString {
    let path = folder.path().join(name);
    let script = format!("#!/bin/bash\n{lines}\nexec /bin/sh -c \"${{@: -1}}\"\n");
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.into()
}

fn ask_in(folder: &tempfile::TempDir, shell: &OsStr, limit: Duration) -> Login {
    let file = folder.path().join("login.json");
    Login::ask_shell(Some(shell.to_owned()), file, limit)
}

#[test]
fn finds_the_path_among_what_start_up_files_print() {
    let folder = tempfile::tempdir().unwrap();
    let lines = "echo Welcome; echo --vmo >&2; export PATH=\"/opt/my tools/bin:$PATH\" TWO_LINES=\"a\nb=c\"";
    let shell = shell(&folder, "shell", lines);
    let Reply { path, environment } = reply_of(&shell, LONG).unwrap();
    assert!(path.as_bytes().starts_with(b"/opt/my tools/bin:"));
    assert!(!path.as_bytes().ends_with(b"\n"));
    let two_lines = ("TWO_LINES".into(), "a\nb=c".into());
    assert!(environment.contains(&two_lines), "{environment:?}");
}

/// Each real shell that is there, with the file of its own in which a person sets something, and the line that does.
#[test]
fn every_shell_is_asked_in_its_own_words() {
    let posix = "export FROM_A_FILE='a b' PATH=\"/opt/of-a-file:$PATH\"\n";
    let csh = "setenv FROM_A_FILE 'a b'\nset path = (/opt/of-a-file $path)\n";
    let fish = "set -gx FROM_A_FILE 'a b'\nset -gx PATH /opt/of-a-file $PATH\n";
    let nu = "$env.FROM_A_FILE = 'a b'\n$env.PATH = ($env.PATH | prepend '/opt/of-a-file')\n";
    let mut shells = 0;
    for (shell, file, lines) in [
        ("bash", ".bash_profile", posix),
        ("zsh", ".zshrc", posix),
        ("zsh", ".zprofile", posix),
        ("ksh", ".profile", posix),
        ("dash", ".profile", posix),
        ("tcsh", ".tcshrc", csh),
        ("tcsh", ".login", csh),
        ("fish", ".config/fish/config.fish", fish),
        ("nu", ".config/nushell/env.nu", nu),
    ] {
        let programs = ["/bin", "/usr/bin", "/usr/local/bin"].map(|at| Path::new(at).join(shell));
        let Some(program) = programs.into_iter().find(|program| program.exists()) else {
            continue;
        };
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, lines).unwrap();
        // A shell's home is its user's; here it is told by a program between.
        let set_home = format!(
            "#!/bin/sh\nHOME={0} XDG_CONFIG_HOME={0}/.config ZDOTDIR={0}; export HOME XDG_CONFIG_HOME ZDOTDIR\nexec {1} \"$@\"\n",
            home.path().display(),
            match shell {
                "tcsh" => format!("bash -c 'exec -a -tcsh {} \"$@\"' -", program.display()),
                _ => program.display().to_string(),
            }
        );
        let between = home.path().join(shell);
        fs::write(&between, set_home).unwrap();
        fs::set_permissions(&between, fs::Permissions::from_mode(0o755)).unwrap();
        let reply = reply_of(between.as_os_str(), LONG);
        let Reply { path, environment } = reply.unwrap_or_else(|why| panic!("{shell}: {why}"));
        let first = env::split_paths(&path).next();
        assert_eq!(
            first.as_deref(),
            Some(Path::new("/opt/of-a-file")),
            "{shell}"
        );
        let pair = ("FROM_A_FILE".into(), "a b".into());
        assert!(environment.contains(&pair), "{shell}: {environment:?}");
        shells += 1;
    }
    assert!(shells >= 2, "bash and dash at least are there");
}

#[test]
fn a_shell_that_hangs_fails_or_is_not_there_is_said_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let begun = Instant::now();
    let hanging = shell(&folder, "hanging", "sleep 60 & wait");
    let failing = shell(&folder, "failing", "exit 3");
    for (shell, limit, words) in [
        (
            hanging.as_os_str(),
            Duration::from_millis(300),
            "within 0.3 s",
        ),
        (failing.as_os_str(), LONG, "ended with 3"),
        (OsStr::new("/bin/true"), LONG, "did not say"),
        (OsStr::new("/no/shell"), LONG, "could not be asked"),
    ] {
        let login = ask_in(&folder, shell, limit);
        let known = login.known();
        let problem = known.problem.unwrap();
        assert!(
            problem.contains(words) && problem.contains("own environment"),
            "{problem}"
        );
        assert!(problem.starts_with(&*shell.to_string_lossy()), "{problem}");
        assert_eq!((known.path, known.environment), (None, Vec::new()));
        assert_eq!(login.problem().as_ref(), Some(&problem));
    }
    assert!(begun.elapsed() < Duration::from_secs(20));
    let login = Login::ask_shell(None, folder.path().join("login.json"), LONG);
    assert!(login.known().problem.unwrap().contains("SHELL"));
}

#[test]
fn what_it_last_reply_counts_meanwhile_and_no_secret_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let lines =
        "export PATH=/opt/x:$PATH LANG=de_DE.UTF-8 PLACE=/tmp:/usr TOKEN=/s3cret/t0ken KEY=s3cret";
    let quick = shell(&folder, "one", lines);
    let known = ask_in(&folder, &quick, LONG).known();
    assert!(known.is_fresh && known.problem.is_none());
    assert!(known.environment.contains(&("KEY".into(), "s3cret".into())));
    let kept = fs::read_to_string(folder.path().join("login.json")).unwrap();
    assert!(!kept.contains("s3cret") && kept.contains("de_DE"), "{kept}");

    let gate = folder.path().join("gate");
    let slow = format!(
        "while [ ! -e {} ]; do sleep 0.02; done; {lines}; export MORE=1",
        gate.display()
    );
    let shell = shell(&folder, "one", &slow);
    let login = ask_in(&folder, &shell, LONG);
    let known = login.known();
    assert!(!known.is_fresh && known.problem.is_none());
    assert!(known.path.unwrap().as_bytes().starts_with(b"/opt/x:"));
    let place = ("PLACE".into(), "/tmp:/usr".into());
    assert!(
        known.environment.contains(&place),
        "{:?}",
        known.environment
    );
    fs::write(gate, "").unwrap();
    login.wait();
    let known = login.known();
    assert!(known.is_fresh && known.environment.contains(&("MORE".into(), "1".into())));
    // Another shell has said nothing yet.
    assert_eq!(
        last_reply(&folder.path().join("login.json"), OsStr::new("/bin/other")),
        None
    );
}
