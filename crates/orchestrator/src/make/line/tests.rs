use super::*;

#[test]
fn words_go_as_they_are_and_secrets_by_environment() {
    let args = ["-j4", "deploy", "ENV=a b", "TOKEN:=s3cret$$x", "-k"].map(str::to_owned);
    let line = line(Path::new("/here"), &args, |name| name == "TOKEN").unwrap();
    let words = [
        "-j4",
        "deploy",
        "ENV=a b",
        "TOKEN:=$(value VMO_SECRET_TOKEN)",
        "-k",
    ];
    assert_eq!(line.command.args, words);
    assert_eq!(
        line.command.shown,
        "make -j4 deploy 'ENV=a b' 'TOKEN:=…' -k"
    );
    let carried = ("VMO_SECRET_TOKEN".to_owned(), "s3cret$x".to_owned());
    assert_eq!(line.command.env, [carried]);
    assert_eq!(line.targets, ["deploy"]);
    let kept = [
        ("ENV".to_owned(), Some("a b".to_owned())),
        ("TOKEN".to_owned(), None),
    ];
    assert_eq!(line.variables, kept);
    assert!(!line.elsewhere);
    let refers = ["TOKEN=a$(B)".to_owned()];
    let refers = super::line(Path::new("/here"), &refers, |_| true).unwrap();
    assert_eq!(refers.command.args, ["TOKEN=$(VMO_SECRET_TOKEN)"]);
    assert_eq!(refers.command.env[0].1, "a$(B)");
    let nul = ["a\0b".to_owned()];
    assert!(super::line(Path::new("/here"), &nul, |_| false).is_none());
}

#[test]
fn options_and_what_they_take_are_no_targets() {
    let read = |words: &str| {
        let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
        let line = line(Path::new("/here"), &words, |_| false).unwrap();
        assert_eq!(line.command.args, words);
        (line.targets.join(" "), line.elsewhere)
    };
    for (words, targets, elsewhere) in [
        ("-j 4 all", "all", false),
        ("-j all", "all", false),
        ("-kj 2 all -l 1.5", "all", false),
        ("-jk all", "all", false),
        ("-C sub all", "all", true),
        ("-kCsub all", "all", true),
        ("-Bf other.mk all", "all", true),
        ("--dir sub all", "all", true),
        ("--file=x.mk all", "all", true),
        ("-I inc all -W new.c", "all", false),
        ("-Oline all --no-print-directory", "all", false),
        ("-- -C all", "-C all", false),
        ("--eval x: all", "all", false),
    ] {
        assert_eq!(read(words), (targets.to_owned(), elsewhere), "{words}");
    }
}
