//! What make writes of a recipe's lines before it runs them, with a gap wherever only running it could show the text.

use super::{super::syntax::text::closing, preview::Previewed};

/// The texts that make writes for the lines of a recipe, each cut into the pieces that are known; between two of them may be
/// anything. A line that is silent (`@`) has none. Of one that goes on behind a `\\` it is the first that is written.
#[must_use]
pub fn echoed(recipe: &Previewed) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    let mut goes_on = false;
    for line in &recipe.lines {
        let is_rest = goes_on;
        goes_on = line.trim_end_matches('\r').ends_with('\\');
        let start = line.trim_start_matches([' ', '\t', '-', '+', '@']);
        let before = &line[..line.len() - start.len()];
        if is_rest || start.is_empty() || (recipe.at_once && !all.is_empty()) {
            continue;
        }
        match before.contains('@') {
            // Of all lines at once it is the first that says whether they are silent.
            true if recipe.at_once => return all,
            true => {}
            false => all.push(pieces(start)),
        }
    }
    all
}

/// A text without the references that stay in it, and without what a preview leaves out by `…`.
fn pieces(text: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut rest = text;
    while let Some(at) = rest.find(['$', '…']) {
        if let Some(piece) = all.last_mut() {
            piece.push_str(&rest[..at]);
        }
        rest = &rest[at..];
        let end = match rest.as_bytes() {
            [b'$', b'(' | b'{', ..] => {
                closing(rest.as_bytes(), 1).map_or(rest.len(), |end| end + 1)
            }
            // `$$` is the `$` of the shell's by now, and so may this be one.
            [b'$', ..] => rest.char_indices().nth(2).map_or(rest.len(), |(at, _)| at),
            _ => '…'.len_utf8(),
        };
        all.push(String::new());
        rest = &rest[end..];
    }
    if let Some(piece) = all.last_mut() {
        piece.push_str(rest);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[&str], at_once: bool) -> Vec<String> {
        let lines = lines.iter().map(|line| (*line).to_owned()).collect();
        let recipe = Previewed {
            lines,
            at_once,
            ..Previewed::default()
        };
        let all = echoed(&recipe).into_iter();
        all.map(|pieces| pieces.join("·")).collect()
    }

    #[test]
    fn silent_lines_and_the_rest_of_long_ones_are_not_written_first() {
        let recipe = [
            "\t cc -o app a.c",
            "@echo quiet",
            "-@+rm x",
            "- rm $(X)y $@",
            "for x in $${x}; do \\",
            "  echo $$x; \\",
            "@done",
            "",
            "login --token=… now",
            "$(unclosed",
        ];
        let expected = [
            "cc -o app a.c",
            "rm ·y ·",
            "for x in ·; do \\",
            "login --token=· now",
            "·",
        ];
        let shell: Vec<String> = recipe.iter().map(|line| line.replace("$$", "$")).collect();
        let shell: Vec<&str> = shell.iter().map(String::as_str).collect();
        assert_eq!(of(&shell, false), expected);
    }

    #[test]
    fn of_all_lines_at_once_the_first_is_written_first() {
        assert_eq!(of(&["", "one", "two"], true), ["one"]);
        assert_eq!(of(&["@one", "two"], true), Vec::<String>::new());
    }
}
