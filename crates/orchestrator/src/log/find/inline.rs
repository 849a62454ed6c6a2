//! A regular expression such that no match leaves its line: what it finds in many lines at once is then just what it
//! finds in each of them alone.

use regex_syntax::hir::{
    Capture, Class, ClassBytes, ClassBytesRange, ClassUnicode, ClassUnicodeRange, Hir, HirKind,
    Look, Repetition,
};

/// The expression without any way to match a newline, and with the ends of the text meaning those of a line.
pub(super) fn inline(hir: Hir) -> Hir {
    let boxed = |sub: Box<Hir>| Box::new(inline(*sub));
    match hir.into_kind() {
        HirKind::Empty => Hir::empty(),
        HirKind::Literal(literal) if literal.0.contains(&b'\n') => Hir::fail(),
        HirKind::Literal(literal) => Hir::literal(literal.0),
        HirKind::Class(class) => Hir::class(without_newline(class)),
        HirKind::Look(look) => Hir::look(of_line(look)),
        HirKind::Repetition(Repetition {
            min,
            max,
            greedy,
            sub,
        }) => Hir::repetition(Repetition {
            min,
            max,
            greedy,
            sub: boxed(sub),
        }),
        HirKind::Capture(Capture { index, name, sub }) => Hir::capture(Capture {
            index,
            name,
            sub: boxed(sub),
        }),
        HirKind::Concat(subs) => Hir::concat(subs.into_iter().map(inline).collect()),
        HirKind::Alternation(subs) => Hir::alternation(subs.into_iter().map(inline).collect()),
    }
}

fn without_newline(mut class: Class) -> Class {
    match &mut class {
        Class::Unicode(class) => {
            class.difference(&ClassUnicode::new([ClassUnicodeRange::new('\n', '\n')]));
        }
        Class::Bytes(class) => {
            class.difference(&ClassBytes::new([ClassBytesRange::new(b'\n', b'\n')]));
        }
    }
    class
}

fn of_line(look: Look) -> Look {
    match look {
        Look::Start | Look::StartCRLF => Look::StartLF,
        Look::End | Look::EndCRLF => Look::EndLF,
        other => other,
    }
}
