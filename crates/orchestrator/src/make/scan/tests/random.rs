//! No text makes the scan panic or takes it long, be it random or a makefile with mistakes in it.

use proptest::prelude::*;

use super::*;

/// Pieces that mean something to make, so that random texts reach deep.
fn piece() -> impl Strategy<Value = String> {
    let fixed: Vec<&str> = vec![
        "$(",
        "${",
        ")",
        "}",
        "$$",
        "$",
        ":",
        "::",
        ":=",
        "=",
        "?=",
        "+=",
        "!=",
        "&:",
        ";",
        "#",
        "##",
        "##@ ",
        "\\",
        "\n",
        "\n\t",
        "\r\n",
        " ",
        "\t",
        "%",
        ",",
        "|",
        "define ",
        "endef",
        "ifeq (",
        "ifdef ",
        "else",
        "else ifeq (",
        "endif",
        "include ",
        "-include ",
        "export ",
        "override ",
        ".PHONY: ",
        ".RECIPEPREFIX = ",
        "if ",
        "foreach ",
        "call ",
        "eval ",
        "or ",
        "subst ",
        "patsubst ",
        "wildcard ",
        "word ",
        "error ",
        "@param ",
        "@choice ",
        "@danger ",
        "\"",
        "'",
        "`",
        "rm -rf ",
        "drop table ",
        "Makefile",
        "*",
        "[",
        "é",
        "\u{feff}",
        "\0",
    ];
    prop_oneof![
        4 => proptest::sample::select(fixed).prop_map(str::to_owned),
        1 => "[a-zA-Z_.]{1,4}",
        1 => any::<char>().prop_map(String::from),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let found = scan(folder(&bytes).path());
        prop_assert!(found.targets.iter().all(|target| target.place.line > 0));
    }

    #[test]
    fn no_makefile_makes_it_panic(pieces in proptest::collection::vec(piece(), 0..120)) {
        let found = scan(folder(pieces.concat().as_bytes()).path());
        for target in &found.targets {
            prop_assert!(!target.name.is_empty() && target.place.line > 0);
        }
    }

    #[test]
    fn no_mistake_in_a_makefile_makes_it_panic(
        which in any::<prop::sample::Index>(),
        mistakes in proptest::collection::vec(mistake(), 1..12),
    ) {
        let makefiles = corpus();
        let mut text = makefiles[which.index(makefiles.len())].clone();
        for mistake in mistakes {
            mistake.make_in(&mut text);
        }
        let folder = folder(&text);
        let start = processor_ms();
        let found = scan(folder.path());
        for target in found.targets.iter().take(3) {
            let words = [".".to_owned()];
            let lines = super::preview(folder.path(), &target.name, &words, &[]);
            prop_assert!(lines.len() <= 500);
        }
        let took = processor_ms() - start;
        prop_assert!(took < 2_000, "{took} ms");
    }
}

/// The makefiles of the corpus.
fn corpus() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/makefiles");
    let mut projects: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    projects.sort();
    let makefile = |project: &std::path::PathBuf| fs::read(project.join("Makefile")).unwrap();
    projects.iter().map(makefile).collect()
}

/// A place in a text, from 0 to 1, and what goes wrong there.
#[derive(Debug, Clone)]
struct Mistake {
    at: prop::sample::Index,
    length: usize,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Left,
    Doubled,
    Written(String),
    Swapped,
}

fn mistake() -> impl Strategy<Value = Mistake> {
    let kind = prop_oneof![
        Just(Kind::Left),
        Just(Kind::Doubled),
        Just(Kind::Swapped),
        piece().prop_map(Kind::Written),
    ];
    (any::<prop::sample::Index>(), 1..60_usize, kind).prop_map(|(at, length, kind)| Mistake {
        at,
        length,
        kind,
    })
}

impl Mistake {
    fn make_in(&self, text: &mut Vec<u8>) {
        if text.is_empty() {
            return;
        }
        let at = self.at.index(text.len());
        let end = text.len().min(at + self.length);
        match &self.kind {
            Kind::Left => drop(text.drain(at..end)),
            Kind::Doubled => {
                let part = text[at..end].repeat(3);
                drop(text.splice(at..at, part));
            }
            Kind::Written(piece) => drop(text.splice(at..at, piece.bytes())),
            Kind::Swapped => text[at..end].reverse(),
        }
    }
}
