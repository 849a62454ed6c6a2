//! What is taken for an example, and what is not.

use super::*;

fn found(read: impl Fn(&mut Examples)) -> Vec<(String, String)> {
    let mut examples = Examples::default();
    read(&mut examples);
    let all = examples.0.into_iter();
    all.map(|one| (one.name, one.value)).collect()
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    list.iter().map(own).collect()
}

#[test]
fn what_a_variable_is_compared_with() {
    for (text, expected) in [
        ("($(ENV),prod)", &[("ENV", "prod")][..]),
        ("(prod, ${ENV})", &[("ENV", "prod")]),
        (r#""$(ENV)" "prod""#, &[("ENV", "prod")]),
        ("'$(strip $(ENV))' 'prod'", &[("ENV", "prod")]),
        ("($(ENV),)", &[]),
        ("(x$(ENV),xprod)", &[("ENV", "prod")]),
        ("($(ENV),$(OTHER))", &[]),
        (
            "($(filter dev prod,$(ENV)),)",
            &[("ENV", "dev"), ("ENV", "prod")],
        ),
        ("(,$(filter $(ENV),dev %))", &[("ENV", "dev")]),
    ] {
        assert_eq!(found(|all| all.compared(text)), pairs(expected), "{text}");
    }
    for (text, expected) in [
        (
            r#"if [ "$(ENV)" = prod ]; then a; fi"#,
            &[("ENV", "prod")][..],
        ),
        (
            r#"[[ "$${ENV}" == "dev" || x$(B) = xon ]] && a"#,
            &[("ENV", "dev"), ("B", "on")],
        ),
        (r#"test "$(ENV)" != dev"#, &[("ENV", "dev")]),
        (r#"test -z "$(ENV)""#, &[]),
        (
            "case \"$(ENV)\" in \\\n  dev|prod) a;; \\\n  (live) b;; *) exit 1;; esac",
            &[("ENV", "dev"), ("ENV", "prod"), ("ENV", "live")],
        ),
        ("case $(ENV) in esac", &[]),
        (r"make b X=1", &[]),
    ] {
        assert_eq!(found(|all| all.in_recipe(text)), pairs(expected), "{text}");
    }
}

#[test]
fn what_comments_and_messages_give_as_examples() {
    for (text, expected) in [
        (
            "# usage: make deploy ENV=staging",
            &[("ENV", "staging")][..],
        ),
        ("# TOPIC=bar make create-topic", &[("TOPIC", "bar")]),
        (
            "up: ## Start it (SERVICE=web to filter)",
            &[("SERVICE", "web")],
        ),
        (
            "# make ship ENV=dev|prod, MSG=\"one\".",
            &[("ENV", "dev"), ("ENV", "prod"), ("MSG", "one")],
        ),
        ("# e.g. `make x TAG=v1.2.3`.", &[("TAG", "v1.2.3")]),
        ("# make test PKG=./api/... (N=n).", &[("PKG", "./api/...")]),
        ("# make x ANSWER=y|n", &[("ANSWER", "y"), ("ANSWER", "n")]),
        ("# CFLAGS=-O2", &[]),
        ("# make x ENV=<env> B=... C=NAME VERSION=version D=xxx", &[]),
        ("X = a # not Y = b", &[]),
        (
            "$(error ENV is missing: make x ENV=prod)",
            &[("ENV", "prod")],
        ),
    ] {
        assert_eq!(found(|all| all.in_line(text)), pairs(expected), "{text}");
    }
    let text = r#"@echo "usage: make x ENV=prod"; exit 1"#;
    assert_eq!(found(|all| all.in_recipe(text)), pairs(&[("ENV", "prod")]));
}
