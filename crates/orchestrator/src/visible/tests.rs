use proptest::prelude::*;
use serde::Deserialize;

use super::{
    unicode::{is_mark, is_unseen},
    *,
};

/// One of those that the page is tried with too.
#[derive(Deserialize)]
struct Case {
    what: String,
    text: String,
    row: String,
}

#[test]
fn each_case_is_shown_as_it_is_for_the_page() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("cases.json")).unwrap();
    assert!(cases.len() > 40);
    for Case { what, text, row } in cases {
        assert_eq!(visible(&text), row, "{what}");
        let is_borrowed = matches!(visible(&text), Cow::Borrowed(_));
        assert_eq!(is_borrowed, text == row, "{what}");
    }
}

#[test]
fn lines_stay_lines_if_wanted() {
    assert_eq!(visible_lines("a\nb\r\nc\u{202e}"), "a\nb\\r\nc⟨U+202E⟩");
    assert_eq!(visible("a\nb"), "a\\nb");
}

/// What Unicode, and no table of ours, calls invisible or a control of direction.
fn is_forbidden(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{61c}' | '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202f}')
        || matches!(
            char,
            '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{ad}' | '\u{a0}' | '\u{3164}' | '\u{ffa0}'
        )
        || matches!(
            char,
            '\u{115f}' | '\u{1160}' | '\u{34f}' | '\u{2800}' | '\u{fff0}'..='\u{fffc}'
        )
        || matches!(char, '\u{e0000}'..='\u{e001f}' | '\u{1d173}'..='\u{1d17a}' | '\u{1bca0}'..='\u{1bca3}')
}

#[test]
fn no_character_alone_is_unseen() {
    for char in (0..=u32::from(char::MAX)).filter_map(char::from_u32) {
        let text = format!("a{char}b");
        let shown = visible(&text);
        assert!(
            !shown
                .chars()
                .any(|char| is_forbidden(char) || is_unseen(char)),
            "{:04X}",
            u32::from(char)
        );
    }
}

/// What is done with the characters that stay in some places.
const PIECES: [&str; 44] = [
    "a",
    "1",
    " ",
    "#",
    "\n",
    "\x1b[2J",
    "\u{9b}",
    "\u{202e}",
    "\u{2066}",
    "\u{200b}",
    "\u{200c}",
    "\u{200d}",
    "\u{200d}\u{200d}",
    "\u{fe0f}",
    "\u{fe0e}",
    "\u{20e3}",
    "\u{301}",
    "\u{94d}",
    "क",
    "ي",
    "د",
    "ه",
    "ـ",
    "ܒ",
    "👩",
    "🏽",
    "❤",
    "🏴",
    "\u{e0067}",
    "\u{e007f}",
    "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
    "漢",
    "\u{e0100}",
    "\u{3000}",
    "ᠮ",
    "\u{180b}",
    "\u{180e}",
    "\u{feff}",
    "\u{a0}",
    "⟨",
    "⟩",
    "×",
    "\u{34f}",
    "\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, ..ProptestConfig::default() })]

    #[test]
    fn nothing_shown_is_an_instruction_or_out_of_sight(text in any::<String>()) {
        let shown = visible(&text);
        prop_assert!(!shown.chars().any(is_forbidden), "{:?}", shown);
    }

    #[test]
    fn what_is_shown_is_shown_as_it_is(
        pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..12)
    ) {
        let text = pieces.concat();
        let shown = visible(&text).into_owned();
        prop_assert!(!shown.chars().any(is_forbidden), "{:?}", shown);
        prop_assert_eq!(visible(&shown).into_owned(), shown.clone(), "{:?}", text);
        // No letter has more on it than can be drawn.
        let mut stacked = 0;
        for char in shown.chars() {
            stacked = if is_mark(char) || is_unseen(char) { stacked + 1 } else { 0 };
            prop_assert!(stacked <= MOST_STACKED + 6);
        }
    }

    #[test]
    fn plain_text_of_any_script_is_itself(text in "[\\p{L}\\p{N}\\p{P}\\p{S} --⠀𝅙\u{3164}\u{ffa0}\u{115f}\u{1160}\u{fffc}]{0,40}") {
        prop_assert!(matches!(visible(&text), Cow::Borrowed(_)));
    }
}
