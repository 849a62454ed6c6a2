//! Settings, variables and keys of the program are in the docs.

use std::{collections::BTreeSet, fs};

use orchestrator::settings::Settings;
use serde_json::Value;

use super::top;

fn file(path: &str) -> String {
    fs::read_to_string(top().join(path)).unwrap()
}

/// What is between two texts, each time.
fn between<'a>(text: &'a str, start: &str, end: &str) -> Vec<&'a str> {
    let parts = text.split(start).skip(1);
    parts
        .filter_map(|part| Some(part.split_once(end)?.0))
        .collect()
}

#[test]
fn every_setting_is_on_the_page_of_the_settings() {
    let page = file("docs/settings.md");
    let Value::Object(settings) = serde_json::to_value(Settings::default()).unwrap() else {
        panic!("settings are an object");
    };
    let retention = settings["retention"].as_object().unwrap().keys();
    let keep = settings["retention"]["keep"].as_object().unwrap().keys();
    for key in settings.keys().chain(retention).chain(keep) {
        assert!(page.contains(&format!("`{key}`")), "{key} is not there");
    }
}

#[test]
fn every_section_and_field_of_the_settings_is_on_their_page() {
    let page = file("docs/settings.md");
    let folder = "src/lib/components/settings";
    let sections = file(&format!("{folder}/SettingsPage.svelte"));
    let sections = between(&sections, "const SECTIONS = [", "];")[0].to_owned();
    let titles = between(&sections, "', '", "'");
    assert!(titles.len() > 5, "{titles:?}");
    for title in titles {
        assert!(page.contains(&format!("\n## {title}\n")), "## {title}");
    }
    for entry in fs::read_dir(top().join(folder)).unwrap().flatten() {
        let path = entry.path();
        let text = fs::read_to_string(&path).unwrap();
        for label in between(&text, " label=\"", "\"") {
            if label.contains('{') {
                continue;
            }
            assert!(
                page.contains(label),
                "{}: the field “{label}” is not there",
                path.display()
            );
        }
    }
}

/// Those that a person has no use for: tests set them, or programs of ours give them to each other.
const NOT_FOR_A_PERSON: [&str; 10] = [
    "VMO_ASKPASS",
    "VMO_FOR_ITSELF",
    "VMO_JOB",
    "VMO_LOG_INDEX",
    "VMO_MASK_",
    "VMO_POSTGRES_LINGER_MS",
    "VMO_SECRET_TOKEN",
    "VMO_WRITE_TS",
    "VMO_X",
    "VMO_Y",
];

#[test]
fn every_variable_that_is_read_is_on_the_page_of_the_settings() {
    let page = file("docs/settings.md");
    let mut read = BTreeSet::new();
    for crate_ in [
        "crates/orchestrator/src",
        "crates/supervisor/src",
        "src-tauri/src",
    ] {
        collect(&top().join(crate_), &mut read);
    }
    assert!(read.contains("VMO_DATA_DIR"));
    for name in read {
        assert!(
            NOT_FOR_A_PERSON.contains(&name.as_str()) || page.contains(&format!("`{name}`")),
            "{name} is read, and docs/settings.md does not have it"
        );
    }
}

/// The names of variables in the code of a folder.
fn collect(folder: &std::path::Path, into: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, into);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let names = between(&text, "\"VMO_", "\"");
            let are_names = |name: &&str| {
                !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
            };
            into.extend(
                names
                    .into_iter()
                    .filter(are_names)
                    .map(|name| format!("VMO_{name}")),
            );
        }
    }
}

/// A key as the docs have it: `Ctrl Shift H` for `Mod+Shift+H`; a text of TypeScript writes a backslash twice.
fn key_words(key: &str) -> String {
    let key = key.replace("\\\\", "\\");
    key.replace("Mod+", "Ctrl ").replace("Shift+", "Shift ")
}

/// The fields of an object in TypeScript, each between quotes behind its name.
fn field<'a>(object: &'a str, name: &str) -> &'a str {
    between(object, &format!("{name}: '"), "'")[0]
}

#[test]
fn every_key_is_on_the_page_of_the_keys() {
    let page = file("docs/keys.md");
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.split(" | ").collect())
        .collect();
    let has = |key: &str, what: &str| {
        rows.iter().any(|row| {
            row[0].contains(&format!("`{key}`"))
                && row[1].to_lowercase().contains(&what.to_lowercase())
        })
    };
    let keymap = file("src/lib/state/keymap.svelte.ts");
    let actions = between(&keymap, "ACTIONS: Action[] = [", "];")[0];
    let actions = between(actions, "{", "}");
    assert!(actions.len() > 10);
    for action in actions {
        let (key, name) = (key_words(field(action, "key")), field(action, "name"));
        assert!(has(&key, name), "| `{key}` | {name} |");
    }
    // The rest, that no setting changes, as the window lists it.
    let dialog = file("src/lib/components/ShortcutsDialog.svelte");
    let listed = listed_keys(&dialog);
    assert!(listed.len() > 20, "{listed:?}");
    for (keys, what) in listed {
        for key in keys.split("  ").flat_map(|key| key.split(", ")) {
            assert!(has(key, &what), "| `{key}` | {what} |");
        }
    }
}

/// The rows of the window's own list, each a key and what it does: `[mod('K'), 'Go to …'],` is one.
fn listed_keys(dialog: &str) -> Vec<(String, String)> {
    let rows = between(dialog, "KEYS: ", "];\n</script>")[0].lines();
    let rows = rows.filter_map(|row| row.trim().strip_prefix('[')?.strip_suffix("'],"));
    rows.filter_map(|row| {
        let (key, what) = row.rsplit_once(", '")?;
        let key = key.replace("${mod('", "Ctrl ").replace("mod('", "Ctrl ");
        let key = key.replace("')}", "").replace("')", "");
        let key = key.replace(['\'', '`'], "").replace("\\\\", "\\");
        Some((key, what.to_owned()))
    })
    .collect()
}
