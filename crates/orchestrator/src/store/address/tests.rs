use super::*;

fn mode(url: &str) -> String {
    format!(
        "{:?}",
        Address::parse(url, None).unwrap().options.get_ssl_mode()
    )
}

#[test]
fn tls_is_needed_only_if_the_way_leaves_this_machine() {
    assert_eq!(mode("postgres://localhost/x"), "Prefer");
    assert_eq!(mode("postgres://127.0.0.3:5433/x"), "Prefer");
    assert_eq!(mode("postgres://[::1]/x"), "Prefer");
    assert_eq!(mode("postgres:///x?host=/run/postgresql"), "Disable");
    assert_eq!(
        mode("postgres://%2Frun%2Fpostgresql/x?sslmode=require"),
        "Disable"
    );
    assert_eq!(mode("postgres://db.example.com/x"), "VerifyFull");
    assert_eq!(mode("postgres://x?hostaddr=10.0.0.1"), "VerifyFull");
}

#[test]
fn a_written_sslmode_is_honoured() {
    assert_eq!(
        mode("postgres://db.example.com/x?sslmode=disable"),
        "Disable"
    );
    assert_eq!(
        mode("postgres://db.example.com/x?sslmode=require"),
        "Require"
    );
    assert_eq!(
        mode("postgres://db.example.com/x?a=b&sslmode=verify-ca"),
        "VerifyCa"
    );
    assert_eq!(mode("postgres://db.example.com/x?sslmode=allow"), "Prefer");
    assert_eq!(
        mode("postgres://localhost/x?sslmode=verify-full"),
        "VerifyFull"
    );
    let wrong = Address::parse("postgres://localhost/x?sslmode=maybe", None).unwrap_err();
    assert!(wrong.to_string().contains("maybe"), "{wrong}");
}

#[test]
fn the_password_is_shown_nowhere() {
    let address = Address::parse(
        "postgres://ann:s3cret@db.example.com:6000/ci?sslmode=require",
        None,
    )
    .unwrap();
    assert_eq!(address.shown(), "ann@db.example.com:6000/ci");
    assert!(!format!("{address:?}").contains("s3cret"));
    assert!(address.exposure().unwrap().contains("sslmode=require"));
}

/// Each of these passwords is read by a parser of URLs as a host, a port, a database or a parameter.
#[test]
fn no_part_of_a_password_that_was_not_written_as_it_has_to_be_is_shown() {
    for sign in ['#', '/', '?', '@', '%', ':', '[', ' ', '\\', '&', '='] {
        for url in [
            format!("postgres://ann:s3cr{sign}3t@db/ci"),
            format!("postgres://ann:12{sign}s3cr3t@db/ci"),
            format!("postgres://ann:12{sign}s3cr=3t@db:5432/ci?sslmode=require"),
            format!("postgres://ann:{sign}s3cr{sign}3t{sign}@db/ci"),
        ] {
            let shown = match Address::parse(&url, None) {
                Ok(address) => format!("{} {address:?} {}", address.shown(), address.uri().0),
                Err(error) => error.to_string(),
            };
            let part = ["s3cr", "3t@", "12@", ":12"]
                .into_iter()
                .find(|part| shown.contains(part));
            assert_eq!(part, None, "{url}: {shown}");
        }
    }
    for whole in [
        "postgres://db:5432/ci?user=me@corp&password=p@w",
        "postgres:///ci?host=/run/x@y:1",
        "postgres://me%40corp:x@db:5432/ci",
    ] {
        Address::parse(whole, None).unwrap();
    }
}

#[test]
fn psql_is_given_no_password_in_its_arguments() {
    let uri = |url: &str| Address::parse(url, None).unwrap().uri();
    let bare = "postgres://ann@db/ci?sslmode=require";
    for (url, password) in [
        (
            "postgres://ann:s3cr%40t%2F1@db/ci?sslmode=require",
            "s3cr@t/1",
        ),
        ("postgres://ann@db/ci?sslmode=require&password=a%20b", "a b"),
        (
            "postgres://ann@db/ci?password=100%&sslmode=require&sslpassword=key",
            "100%",
        ),
        ("postgres://ann:a:b@db/ci?sslmode=require", "a:b"),
    ] {
        assert_eq!(
            uri(url),
            (bare.to_owned(), Some(password.to_owned())),
            "{url}"
        );
    }
    assert_eq!(uri(bare), (bare.to_owned(), None));
    assert_eq!(uri("postgres://ann:@db").0, "postgres://ann@db");
    let socket = "postgres:///ci?host=/run/x@y:1";
    assert_eq!(uri(socket), (socket.to_owned(), None));
}

#[test]
fn a_schema_is_part_of_what_psql_is_given() {
    let address = Address::parse("postgres://db/ci?sslmode=disable", Some("vmo")).unwrap();
    assert!(
        address.uri().0.ends_with("&options=-c%20search_path%3Dvmo"),
        "{:?}",
        address.uri()
    );
}

#[test]
fn what_is_no_address_says_so() {
    for url in [
        "",
        "mysql://x/y",
        "host=localhost dbname=x",
        "postgres://host:port/x",
    ] {
        assert!(
            matches!(
                Address::parse(url, None),
                Err(StoreError::BadAddress { .. })
            ),
            "{url}"
        );
    }
}
