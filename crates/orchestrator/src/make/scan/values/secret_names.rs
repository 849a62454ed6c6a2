//! Which variables are secret by their names, and texts without what they give to these.

use std::borrow::Cow;

use super::super::syntax::text::{is_blank, is_name};

/// How such names end.
const ENDS: [&str; 17] = [
    "ACCESS_KEY",
    "API_KEY",
    "APIKEY",
    "CREDENTIALS",
    "CREDS",
    "ENC_KEY",
    "ENCRYPTION_KEY",
    "MASTER_KEY",
    "PASSPHRASE",
    "PASSWD",
    "PASSWORD",
    "PRIVATE_KEY",
    "SECRET",
    "SECRET_KEY",
    "TOKEN",
    // Where a service is, with how one logs in there.
    "_DSN",
    "_PASS",
];

/// What a pass is called that is one of several and no password.
const PASSES: [&str; 12] = [
    "DOUBLE", "EXTRA", "FINAL", "FIRST", "LAST", "MULTI", "NEXT", "ONE", "SECOND", "SINGLE",
    "TEST", "TWO",
];

/// Whether the value of a variable of this name is not to be shown or kept, unless the makefile says otherwise
/// (`@secret no`).
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let is_pass_of_several = name.strip_suffix("_PASS").is_some_and(|before| {
        let word = before.rsplit('_').next().unwrap_or(before);
        PASSES.contains(&word)
    });
    !is_pass_of_several && ENDS.iter().any(|end| name.ends_with(end))
}

/// Whether a value is an address with a password: `postgres://ann:secret@db/shop`. A reference in its place shows none.
pub(in crate::make::scan) fn has_password(value: &str) -> bool {
    value.split("://").skip(1).any(|rest| {
        let place = rest
            .split(['/', '?', '#', '"', '\''])
            .next()
            .unwrap_or(rest);
        let login = place
            .rsplit_once('@')
            .and_then(|(login, _)| login.split_once(':'));
        login.is_some_and(|(_, password)| {
            !password.is_empty() && !password.starts_with(['$', '<', '*'])
        })
    })
}

/// A text that is shown, without the values that it gives to secrets: `TOKEN=…` where `TOKEN=abc` is. References stay, since
/// they show no secret.
pub(in crate::make::scan) fn concealed<'t>(
    text: &'t str,
    is_secret: &dyn Fn(&str) -> bool,
) -> Cow<'t, str> {
    let mut out = String::new();
    let (mut from, mut at) = (0, 0);
    while let Some(equals) = text[at..].find('=').map(|found| at + found) {
        at = equals + 1;
        let Some((start, end)) = value_given(text, equals, is_secret) else {
            continue;
        };
        out.push_str(&text[from..start]);
        out.push('…');
        (from, at) = (end, end);
    }
    match from {
        0 => Cow::Borrowed(text),
        from => Cow::Owned(out + &text[from..]),
    }
}

/// Whether a text ends with an option that is called as secrets are: `--api-key`.
fn is_secret_option(text: &str) -> bool {
    let is_word = |c: char| matches!(c, '_' | '-') || c.is_ascii_alphanumeric();
    let option = &text[text.trim_end_matches(is_word).len()..];
    option.starts_with("--") && is_secret_name(&option.replace('-', "_"))
}

/// Where the value begins and ends that the `=` at a place gives to a secret, if it shows one.
fn value_given(
    text: &str,
    equals: usize,
    is_secret: &dyn Fn(&str) -> bool,
) -> Option<(usize, usize)> {
    let before = &text[..equals];
    let bare = before.trim_end_matches([':', '?', '+', '!']);
    // Blanks around it are make's, which takes all that follows.
    let is_of_make = bare.len() < before.len() || bare.ends_with(is_blank);
    let bare = bare.trim_end_matches(is_blank);
    let is_word = |c: char| c == '_' || c.is_ascii_alphanumeric();
    let name = &bare[bare.trim_end_matches(is_word).len()..];
    // `[ $$TOKEN = x ]` and `"$(TOKEN)" == x` compare.
    let is_compared = bare[..bare.len() - name.len()].ends_with(['$', '!']);
    let rest = &text[equals + 1..];
    let is_one = is_name(name) && (is_secret(name) || is_secret_option(bare));
    if is_compared || rest.starts_with('=') || !is_one {
        return None;
    }
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    if blanks > 0 && !is_of_make {
        return None;
    }
    let value = &rest[blanks..];
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    let opened = usize::from(quote.is_some());
    let ends = |c: char| match quote {
        Some(quote) => c == quote || c == '\n',
        None if is_of_make => matches!(c, ')' | '}' | '\n'),
        None => is_blank(c) || "\"'`;&|)}>,".contains(c),
    };
    let end = value[opened..].find(ends).unwrap_or(value.len() - opened);
    let shown = &value[opened..opened + end];
    // A placeholder and a reference show no secret; `$$(…)` may hold blanks.
    let is_open = shown.is_empty() || shown.starts_with(['$', '<', '[', '…', '.']);
    let start = equals + 1 + blanks + opened;
    (!is_open).then_some((start, start + end))
}

#[cfg(test)]
mod tests {
    use super::{concealed, has_password, is_secret_name};

    #[test]
    fn a_value_given_to_a_secret_is_not_shown() {
        for (text, expected) in [
            ("TOKEN=abc ./x", "TOKEN=… ./x"),
            ("export API_KEY='a b' && x", "export API_KEY='…' && x"),
            (
                "docker run -e DB_PASSWORD=abc db",
                "docker run -e DB_PASSWORD=… db",
            ),
            ("./x --token=abc,1", "./x --token=…,1"),
            ("./x --api-key=abc -v", "./x --api-key=… -v"),
            ("$(eval T_TOKEN := a b)x", "$(eval T_TOKEN := …)x"),
            ("$(eval TOKEN!=echo abc)", "$(eval TOKEN!=…)"),
            ("TOKEN=a TOKEN=b", "TOKEN=… TOKEN=…"),
            ("curl 'x?api_key=abc&y=1'", "curl 'x?api_key=…&y=1'"),
        ] {
            assert_eq!(concealed(text, &is_secret_name), expected, "{text}");
        }
        for text in [
            "TOKEN=$(TOKEN) ./x",
            "TOKEN=$$(cat token) ./x",
            "TOKEN= ./x",
            "TOKEN=<yours> make x",
            "[ \"$(TOKEN)\" = x ]",
            "[ $$TOKEN = x ] || [ $$TOKEN != y ]",
            "[[ $$TOKEN == x ]]",
            "TOKENS=3 KEY=4",
        ] {
            assert_eq!(concealed(text, &is_secret_name), text);
        }
    }

    #[test]
    fn an_address_may_hold_a_password() {
        for value in [
            "postgresql://postgres:pw@localhost/x",
            "redis://:pw@cache:6379",
            "--db=mysql://a:b@c/d --x",
        ] {
            assert!(has_password(value), "{value}");
        }
        for value in [
            "postgres://localhost:5432/x",
            "postgres://ann@db/x",
            "postgres://ann:$(PW)@db/x",
            "postgres://ann:<password>@db/x",
            "https://example.org/a:b@c",
            "git@example.org:a/b",
        ] {
            assert!(!has_password(value), "{value}");
        }
    }

    #[test]
    fn a_name_says_it_by_its_end() {
        for name in [
            "PASSWORD",
            "DB_ROOT_PASSWORD",
            "db_password",
            "MYSQL_PASSWD",
            "KEY_PASSPHRASE",
            "GITHUB_TOKEN",
            "CLIENT_SECRET",
            "OPENAI_API_KEY",
            "AWS_SECRET_ACCESS_KEY",
            "DEPLOY_PRIVATE_KEY",
            "GOOGLE_CREDENTIALS",
            "REGISTRY_CREDS",
            "RAILS_MASTER_KEY",
            "SMTP_PASS",
            "SENTRY_DSN",
            "FIRMWARE_ENC_KEY",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "PASSWORD_FILE",
            "TOKENS_PER_RUN",
            "AWS_ACCESS_KEY_ID",
            "SECRET_NAME",
            "BYPASS",
            "CONFIG_KALLSYMS_EXTRA_PASS",
            "first_pass",
            "KEY",
            "",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
