//! `-j`, `-k`, `-B`, `-n`, raw text, reserved names, further words.

use super::home;

#[test]
fn make_is_asked_as_it_was_said_and_the_job_says_how() {
    let (postgres, home) = home("all: bad good\nbad: ; @false\ngood: ; @echo '[$(A)]'\nB = b\n");
    let args = [
        "run", "-j4", "-k", "-B", "--raw", "A", "--json", "all", "A=$(B)",
    ];
    let output = home.run(&args);
    assert_eq!(output.status.code(), Some(2));
    let job: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(job["command"], "make -j4 -k -B all A='$(B)'");
    let argv = ["make", "-j4", "-k", "-B", "--", "all", "A=$(B)"];
    assert_eq!(job["argv"], serde_json::json!(argv));
    let options = serde_json::json!({
        "jobs": 4, "keep_going": true, "always_make": true, "dry_run": false, "raw": ["A"], "reserved": false,
        "timeout": null,
    });
    assert_eq!(job["options"], options);
    assert!(home.text(&["log", "last", "--raw"]).contains("[b]\n"));
    let kept = postgres.psql("postgres", "select detail->'options'->>'jobs' from jobs");
    assert_eq!(kept.trim(), "4");
    let text = home.text(&["run", "-n", "good", "A=x"]);
    assert!(text.contains("echo '[x]'"), "{text}");
}

#[test]
fn make_starts_in_the_folder_as_a_person_does() {
    let (_postgres, home) = home(
        "all: ; @echo \"[$$PWD] [$(PWD)] [$(CURDIR)] [$(MAKELEVEL)]\"\nsub: ; @$(MAKE) -C below\n",
    );
    let below = home.work().join("below");
    std::fs::create_dir(&below).unwrap();
    std::fs::write(below.join("Makefile"), "all:\n\t@echo here; exit 7\n").unwrap();
    let work = home.work().canonicalize().unwrap().display().to_string();
    let plain = home.run(&["run", "all"]);
    let expected = format!("[{work}] [{work}] [{work}] [0]\n");
    assert_eq!(String::from_utf8_lossy(&plain.stdout), expected);
    // A make in another folder still says where it is, and its failure's file is found there.
    let sub = home.run(&["run", "sub"]);
    let stdout = String::from_utf8_lossy(&sub.stdout);
    let expected = format!(
        "make[1]: Entering directory '{work}/below'\nhere\nmake[1]: Leaving directory '{work}/below'\n"
    );
    assert_eq!(stdout, expected);
    let stderr = String::from_utf8_lossy(&sub.stderr);
    assert!(
        stderr.contains("below/Makefile:2") || stderr.contains("Makefile:2: all"),
        "{stderr}"
    );
}

#[test]
fn what_changes_make_itself_has_to_be_confirmed() {
    let (_postgres, home) = home("all: ; @echo here\n");
    let output = home.run(&["run", "all", "SHELL=/bin/bash"]);
    assert_eq!(output.status.code(), Some(255));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains("set 'SHELL': it changes how make"),
        "{stderr}"
    );
    home.text(&["run", "--reserved", "all", "SHELL=/bin/bash"]);
    let output = home.run(&["run", "-k", "--", "true"]);
    assert_eq!(output.status.code(), Some(255), "-k is for targets");
}

#[test]
fn words_behind_a_target_are_its_own_if_its_recipe_takes_them() {
    let (_postgres, home) =
        home("deploy: ; @echo 'to [$(filter-out $@,$(MAKECMDGOALS))]'\n%: ; @:\n");
    let text = home.text(&["run", "deploy", "./app", "-p", "."]);
    // make itself takes `./` off.
    assert!(text.contains("to [app]\n"), "{text}");
    let job = &home.json(&["jobs", "--json"])[0];
    assert_eq!(job["command"], "make deploy ./app");
}

#[test]
fn what_takes_too_long_is_ended_also_when_nobody_is_there() {
    let (_postgres, home) = home(
        "slow: ## Slow @timeout 300ms\n\t@echo begun; sleep 1081\nquick: ## Quick @timeout 10m\n\t@true\nlong: ; sleep 1082\n",
    );
    let output = home.run(&["run", "slow"]);
    assert_eq!(output.status.code(), Some(124));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("error: timed out after 300 ms"), "{stderr}");
    let job = &home.json(&["jobs", "--json"])[0];
    assert_eq!(
        (&job["status"], &job["exit_code"]),
        (&"error".into(), &().into())
    );
    home.text(&["run", "quick", "slow", "--timeout", "1h", "-n"]);
    assert_eq!(
        home.run(&["run", "long", "--timeout", "200ms"])
            .status
            .code(),
        Some(124)
    );
    assert_eq!(
        home.run(&["run", "long", "--timeout", "2d"]).status.code(),
        Some(2)
    );

    // A command of the shell has one, too.
    let output = home.run(&["run", "--timeout", "200ms", "--", "sleep 1083; true"]);
    assert_eq!(output.status.code(), Some(124));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("timed out after 200 ms"), "{stderr}");
    let in_time = home.run(&["run", "--timeout", "1h", "--", "exit 3"]);
    assert_eq!(in_time.status.code(), Some(3));

    let id = home.text(&["run", "--detach", "long", "--timeout", "300ms"]);
    crate::home::eventually("it is over with no engine there", || {
        home.job_folders().is_empty()
    });
    let over = home.json(&["jobs", "--json"]);
    assert_eq!(over[0]["id"], id.trim());
    let reason = over[0]["reason"].as_str().unwrap();
    assert!(reason.starts_with("timed out after 300 ms"), "{reason}");
}

#[test]
fn targets_that_are_hidden_are_counted_and_listed_by_all() {
    let (_postgres, home) = home(
        "build: a.o ## Build it\n\t@echo b\na.o: a.c ; @echo a\nb.o: ; @echo b\n.PHONY: build\n",
    );
    let names = |args: &[&str]| {
        let output = home.run(args);
        let stdout = String::from_utf8_lossy(&output.stdout);
        let rows = stdout.lines().map(|row| row.split_whitespace().next());
        let names: Vec<_> = rows.map(|name| name.unwrap().to_owned()).collect();
        (names, String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (shown, hint) = names(&["targets"]);
    assert_eq!(shown, ["build"]);
    assert!(
        hint.contains("2 more targets are listed by --all"),
        "{hint}"
    );
    let (all, hint) = names(&["targets", "--all"]);
    assert_eq!(all, ["build", "a.o", "b.o"]);
    assert!(!hint.contains("--all"), "{hint}");
}
