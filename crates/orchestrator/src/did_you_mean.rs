//! Names that come near a mistyped one. It imports no module of ours.

/// Names of which a person may have meant one, nearest first, at most three.
pub(crate) fn near<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let typed = typed.to_lowercase();
    let mut near: Vec<(usize, &str)> = known
        .into_iter()
        .filter_map(|name| {
            let lower = name.to_lowercase();
            let distance = strsim::damerau_levenshtein(&typed, &lower);
            // Up to a third of the letters may differ; part of a longer name is near as well.
            let is_near = distance <= 1.max(lower.chars().count() / 3)
                || (typed.len() > 1 && lower.contains(&typed));
            is_near.then_some((distance, name))
        })
        .collect();
    near.sort();
    near.truncate(3);
    near.into_iter().map(|(_, name)| name.to_owned()).collect()
}

/// `; did you mean web-1 or web-2?`, and empty if no name is near.
pub(crate) fn hint(near: &[String]) -> String {
    if near.is_empty() {
        String::new()
    } else {
        format!("; did you mean {}?", near.join(" or "))
    }
}
