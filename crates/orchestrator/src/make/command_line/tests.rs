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
    assert_eq!(line.elsewhere, None);
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
        (line.targets.join(" "), line.elsewhere.is_some())
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

#[test]
fn a_secret_goes_by_environment_however_it_is_given() {
    let read = |words: &[&str]| {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let line = line(Path::new("/here"), &words, |name| name == "TOKEN").unwrap();
        let text = format!(
            "{:?} {} {:?}",
            line.command.args, line.command.shown, line.variables
        );
        assert!(!text.contains("s3cret"), "{text}");
        let carried: Vec<_> = line
            .command
            .env
            .iter()
            .map(|(_, value)| value.clone())
            .collect();
        (line.command.args.join("|"), carried.join("|"))
    };
    for (words, args, carried) in [
        (
            &["override TOKEN=s3cret"][..],
            "override TOKEN=$(value VMO_SECRET_TOKEN)",
            "s3cret",
        ),
        (
            &["TOKEN ::= s3cret"],
            "TOKEN ::=$(value VMO_SECRET_TOKEN)",
            " s3cret",
        ),
        (
            &["--", "TOKEN=s3cret#1"],
            "--|TOKEN=$(value VMO_SECRET_TOKEN)",
            "s3cret#1",
        ),
        (
            &["--eval=TOKEN=s3cret # x"],
            "--eval=TOKEN=$(value VMO_SECRET_TOKEN)",
            "s3cret",
        ),
        (
            &["--ev", "export TOKEN := s3cret", "x"],
            "--ev|export TOKEN :=$(value VMO_SECRET_TOKEN)|x",
            "s3cret",
        ),
        (
            &["-kE", "login: TOKEN=s3cret"],
            "-kE|login: TOKEN=$(value VMO_SECRET_TOKEN)",
            "s3cret",
        ),
        (
            &["-ETOKEN=s3cret$$"],
            "-ETOKEN=$(value VMO_SECRET_TOKEN)",
            "s3cret$",
        ),
        (
            &["--eval=A=1\ndefine TOKEN\ns3cret-1\ns3cret-2\nendef\nB=2"],
            "--eval=A=1\ndefine TOKEN\n$(value VMO_SECRET_TOKEN)\nendef\nB=2",
            "s3cret-1\ns3cret-2",
        ),
        (
            &["TOKEN=s3cret-1", "TOKEN+=s3cret-$(2)"],
            "TOKEN=$(value VMO_SECRET_TOKEN)|TOKEN+=$(VMO_SECRET_TOKEN.1)",
            "s3cret-1|s3cret-$(2)",
        ),
    ] {
        assert_eq!(
            read(words),
            (args.to_owned(), carried.to_owned()),
            "{words:?}"
        );
    }
}

#[test]
fn where_make_is_sent_is_known() {
    let sent = |words: &str| {
        let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
        let line = line(Path::new("/here"), &words, |_| false).unwrap();
        line.elsewhere
            .map(|it| (it.dir.display().to_string(), it.files.join(" ")))
    };
    let to = |dir: &str, files: &str| Some((dir.to_owned(), files.to_owned()));
    assert_eq!(sent("all"), None);
    assert_eq!(sent("-C sub -kCdeep all"), to("/here/sub/deep", ""));
    assert_eq!(
        sent("--dir=/there -f a.mk --makefile b.mk all"),
        to("/there", "a.mk b.mk")
    );
    assert_eq!(sent("-Bfa.mk all"), to("/here", "a.mk"));
}
