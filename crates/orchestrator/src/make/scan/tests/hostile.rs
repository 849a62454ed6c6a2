//! A makefile that would act when it is only read.

use std::{os::unix::fs::PermissionsExt, process::Command};

use super::*;

/// Every way in which asking make itself would run something; each writes `MARK`.
const HOSTILE: &str = "\
MARK := $(shell touch MARK)
OTHER != touch MARK
$(shell touch MARK)
$(file >MARK,x)
override SHELL := ./evil
SHELL = ./evil
.SHELLFLAGS = -c 'touch MARK'
include $(shell touch MARK; echo x.mk)
include made.mk
-include $(file >MARK)
load ./evil.so
$(guile (system \"touch MARK\"))
$(eval $(shell touch MARK):)
LIST = $(foreach x,a b,$(shell touch MARK)$(x))
$(LIST): ; touch MARK
all: ## Harmless
\t+touch MARK
\t$(MAKE) -C . x; touch MARK
made.mk: ; touch MARK
%: ; touch MARK
.DEFAULT: ; touch MARK
Makefile: force ; touch MARK
force:
";

#[test]
fn a_hostile_makefile_runs_nothing() {
    let folder = folder(HOSTILE.as_bytes());
    let evil = folder.path().join("evil");
    fs::write(&evil, "#!/bin/sh\ntouch MARK\n").unwrap();
    fs::set_permissions(&evil, fs::Permissions::from_mode(0o755)).unwrap();
    let files = || {
        let mut files: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        files.sort();
        files
    };
    let found = scan(folder.path());
    assert_eq!(files(), ["Makefile", "evil"]);
    assert_eq!(names(&found), ["all", "made.mk", "Makefile", "force"]);

    // The test can fail: make itself, asked only for a list, does run it.
    let listing = Command::new("make")
        .args(["-n", "all"])
        .current_dir(folder.path())
        .output();
    listing.unwrap();
    assert!(files().iter().any(|name| name == "MARK"));
}
