//! Which characters have no look of their own, and where they are part of plain text all the same: Unicode's properties.

use icu_properties::{
    CodePointMapData, CodePointMapDataBorrowed, CodePointSetData, CodePointSetDataBorrowed,
    props::{
        CanonicalCombiningClass, DefaultIgnorableCodePoint, Emoji, ExtendedPictographic,
        GeneralCategory, Ideographic, JoiningType, NoncharacterCodePoint,
        PrependedConcatenationMark,
    },
};

type Set = CodePointSetDataBorrowed<'static>;
type Map<T> = CodePointMapDataBorrowed<'static, T>;

const CATEGORY: Map<GeneralCategory> = CodePointMapData::<GeneralCategory>::new();
const JOINING: Map<JoiningType> = CodePointMapData::<JoiningType>::new();
const CLASS: Map<CanonicalCombiningClass> = CodePointMapData::<CanonicalCombiningClass>::new();
const IGNORABLE: Set = CodePointSetData::new::<DefaultIgnorableCodePoint>();
const NO_CHARACTER: Set = CodePointSetData::new::<NoncharacterCodePoint>();
const SIGN: Set = CodePointSetData::new::<PrependedConcatenationMark>();
const EMOJI: Set = CodePointSetData::new::<Emoji>();
const PICTURE: Set = CodePointSetData::new::<ExtendedPictographic>();
const HAN: Set = CodePointSetData::new::<Ideographic>();

/// Whether a character has no look of its own, or that of the usual blank.
pub(super) fn is_unseen(char: char) -> bool {
    if matches!(char, ' '..='~') {
        return false;
    }
    // A blank of Braille, the place of an embedded object, and a note's head of music that is not drawn.
    matches!(char, '\u{2800}' | '\u{fffc}' | '\u{1d159}')
        || IGNORABLE.contains(char)
        || NO_CHARACTER.contains(char)
        || match CATEGORY.get(char) {
            GeneralCategory::Control
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
            | GeneralCategory::SpaceSeparator => true,
            // Signs that go around numbers are drawn.
            GeneralCategory::Format => !SIGN.contains(char),
            _ => false,
        }
}

/// Whether a character is drawn over, under or around the one before it.
pub(super) fn is_mark(char: char) -> bool {
    !char.is_ascii()
        && matches!(
            CATEGORY.get(char),
            GeneralCategory::NonspacingMark
                | GeneralCategory::SpacingMark
                | GeneralCategory::EnclosingMark
        )
}

/// Whether an unseen character changes what is seen where it is.
pub(super) fn belongs(char: char, before: &str, after: &str) -> bool {
    let (last, next) = (before.chars().next_back(), after.chars().next());
    match char {
        '\u{200c}' => last.is_some_and(is_virama) || (joins_on(before) && joins_back(after)),
        '\u{200d}' => joiner_belongs(before, after),
        '\u{fe0e}' | '\u{fe0f}' => match last {
            Some('0'..='9' | '#' | '*') => next == Some('\u{20e3}'),
            Some(last) => EMOJI.contains(last),
            None => false,
        },
        '\u{fe00}'..='\u{fe02}' | '\u{e0100}'..='\u{e01ef}' => {
            last.is_some_and(|last| HAN.contains(last))
        }
        '\u{180b}'..='\u{180d}' | '\u{180f}' => last.is_some_and(is_mongolian),
        '\u{180e}' => last.is_some_and(is_mongolian) && next.is_some_and(is_mongolian),
        '\u{3000}' => last.is_some_and(is_wide) || next.is_some_and(is_wide),
        _ => false,
    }
}

fn joiner_belongs(before: &str, after: &str) -> bool {
    let (last, next) = (before.chars().next_back(), after.chars().next());
    if last.is_some_and(is_virama) || next.is_some_and(is_virama) && last.is_some_and(is_letter) {
        return true;
    }
    // The picture before it may have a selector or a colour of skin.
    let changes = |char: &char| matches!(char, '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}');
    let picture = before.chars().rev().take(3).find(|char| !changes(char));
    if picture.is_some_and(|char| PICTURE.contains(char))
        && next.is_some_and(|char| PICTURE.contains(char))
    {
        return true;
    }
    // Two letters that are joined anyhow, or never, look the same with it.
    joins_on(before) != joins_back(after) && !next.is_some_and(is_unseen)
}

/// Whether the last letter would be joined to one after it.
pub(super) fn is_dual(char: char) -> bool {
    let joins = JOINING.get(char);
    [
        JoiningType::DualJoining,
        JoiningType::LeftJoining,
        JoiningType::JoinCausing,
    ]
    .contains(&joins)
        && !is_unseen(char)
}

/// Whether a letter would be joined to one before it.
pub(super) fn is_joined(char: char) -> bool {
    is_dual(char) || JOINING.get(char) == JoiningType::RightJoining
}

pub(super) fn is_virama(char: char) -> bool {
    CLASS.get(char) == CanonicalCombiningClass::Virama
}

fn joins_on(before: &str) -> bool {
    let letter = before
        .chars()
        .rev()
        .find(|char| !is_mark(*char) || is_unseen(*char));
    letter.is_some_and(is_dual)
}

fn joins_back(after: &str) -> bool {
    after.chars().next().is_some_and(is_joined)
}

/// A letter of another script than Latin, of which no mark of another script makes a syllable.
fn is_letter(char: char) -> bool {
    CATEGORY.get(char) == GeneralCategory::OtherLetter
}

fn is_mongolian(char: char) -> bool {
    matches!(char, '\u{1820}'..='\u{18aa}')
}

/// Roughly the characters of East Asian scripts, which are as wide as the ideographic blank.
fn is_wide(char: char) -> bool {
    matches!(char,
        '\u{2e80}'..='\u{2fff}' | '\u{3001}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}'
        | '\u{ff01}'..='\u{ff60}' | '\u{20000}'..='\u{3ffff}')
        && !is_unseen(char)
}
