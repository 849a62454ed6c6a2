//! Which variables are secret by their names.

/// How such names end.
const ENDS: [&str; 12] = [
    "ACCESS_KEY",
    "API_KEY",
    "APIKEY",
    "CREDENTIALS",
    "CREDS",
    "PASSPHRASE",
    "PASSWD",
    "PASSWORD",
    "PRIVATE_KEY",
    "SECRET",
    "SECRET_KEY",
    "TOKEN",
];

/// Whether the value of a variable of this name is not to be shown or kept, unless the makefile says otherwise
/// (`@secret no`).
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ENDS.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::is_secret_name;

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
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "PASSWORD_FILE",
            "TOKENS_PER_RUN",
            "AWS_ACCESS_KEY_ID",
            "SECRET_NAME",
            "KEY",
            "",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
