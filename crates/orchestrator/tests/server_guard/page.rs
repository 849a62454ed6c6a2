//! The page and the exchange of a code for the token.

use data_encoding::BASE64;
use orchestrator::server::{Limits, Server};
use sha2::{Digest, Sha256};

use crate::support::{Plain, exchange, start};

async fn get(server: &Server, path: &str) -> Plain {
    let port = server.port();
    exchange(
        port,
        &format!("GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n"),
    )
    .await
}

fn fresh_code(server: &Server) -> String {
    let url = server.url_with_code();
    let (page, code) = url.split_once("/#code=").unwrap();
    assert_eq!(page, server.origin());
    assert!(!url.contains(server.token().expose()));
    code.to_owned()
}

async fn post(server: &Server, origin: Option<&str>, body: &str) -> Plain {
    let port = server.port();
    let origin = origin.map_or(String::new(), |origin| format!("Origin: {origin}\r\n"));
    let length = body.len();
    let head = format!(
        "POST /session HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{origin}Content-Length: {length}\r\n\r\n"
    );
    exchange(port, &format!("{head}{body}")).await
}

#[tokio::test]
async fn a_code_buys_the_token_once() {
    let (server, _) = start(Limits::default()).await;
    let own = server.origin();
    let code = fresh_code(&server);
    let bought = post(&server, Some(&own), &code).await;
    assert_eq!(bought.status, 200);
    assert_eq!(bought.header("content-type"), Some("application/json"));
    assert_eq!(bought.header("cache-control"), Some("no-store"));
    let json: serde_json::Value = serde_json::from_slice(&bought.body).unwrap();
    assert_eq!(
        json,
        serde_json::json!({ "token": server.token().expose() })
    );

    let again = post(&server, Some(&own), &code).await;
    assert_eq!(again.status, 401);
    assert!(again.text().contains("has been used"), "{}", again.text());
    assert_eq!(post(&server, Some(&own), "").await.status, 401);
    assert_eq!(
        post(&server, Some(&own), server.token().expose())
            .await
            .status,
        401
    );
}

#[tokio::test]
async fn no_other_page_can_spend_a_code() {
    let (server, _) = start(Limits::default()).await;
    let own = server.origin();
    let code = fresh_code(&server);
    for origin in [
        None,
        Some("null"),
        Some("http://evil.example"),
        Some("http://localhost:1"),
    ] {
        let refused = post(&server, origin, &code).await;
        assert_eq!(refused.status, 403, "{origin:?}");
        assert_eq!(refused.header("access-control-allow-origin"), None);
    }
    assert_eq!(
        post(&server, Some(&own), &"x".repeat(2000)).await.status,
        413
    );
    assert_eq!(get(&server, "/session").await.status, 405);
    assert_eq!(
        post(&server, Some(&own), &code).await.status,
        200,
        "it was not spent by any of those"
    );
}

#[tokio::test]
async fn the_page_comes_with_its_policy() {
    let (server, _) = start(Limits::default()).await;
    let index = get(&server, "/").await;
    assert_eq!(index.status, 200);
    assert_eq!(
        index.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(index.header("cache-control"), Some("no-store"));
    for path in ["/", "/no/such.js", "/jobs/1"] {
        let answer = get(&server, path).await;
        assert_eq!(
            answer.header("x-content-type-options"),
            Some("nosniff"),
            "{path}"
        );
        assert_eq!(
            answer.header("referrer-policy"),
            Some("no-referrer"),
            "{path}"
        );
        assert_eq!(
            answer.header("cross-origin-opener-policy"),
            Some("same-origin"),
            "{path}"
        );
        let policy = answer.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'"),
            "{policy}"
        );
        assert!(policy.contains(&format!(
            "connect-src 'self' ws://127.0.0.1:{};",
            server.port()
        )));
        assert!(policy.ends_with("frame-ancestors 'none'"));
    }
    // Whatever page was built in, its own inline scripts run and nothing else does.
    let policy = index.header("content-security-policy").unwrap();
    let scripts: Vec<_> = index.text().split("<script>").skip(1).collect();
    for script in &scripts {
        let script = script.split("</script>").next().unwrap();
        let hash = BASE64.encode(&Sha256::digest(script));
        assert!(policy.contains(&format!("'sha256-{hash}'")), "{script}");
    }
    let (_, rest) = policy.split_once("script-src").unwrap();
    let sources = rest.split(';').next().unwrap();
    assert!(!sources.contains("unsafe"), "{sources}");
}

#[tokio::test]
async fn places_show_the_index_and_missing_files_are_missing() {
    let (server, _) = start(Limits::default()).await;
    let index = get(&server, "/").await;
    assert_eq!(get(&server, "/jobs/0199?x=1").await.body, index.body);
    for path in [
        "/nothing.js",
        "/../../Cargo.toml",
        "/..%2f..%2fCargo.toml",
        "//etc/x.conf",
    ] {
        assert_eq!(get(&server, path).await.status, 404, "{path}");
    }
    let port = server.port();
    let head = exchange(
        port,
        &format!("HEAD / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"),
    )
    .await;
    assert_eq!(head.status, 200);
    assert_eq!(
        head.header("content-length"),
        Some(index.body.len().to_string().as_str())
    );
    assert!(head.body.is_empty());
    let put = exchange(
        port,
        &format!("PUT / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"),
    )
    .await;
    assert_eq!(put.status, 405);
}
