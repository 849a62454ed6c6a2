use super::*;

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// A head that is let in; each test changes one thing of it.
struct Head {
    method: Method,
    uri: &'static str,
    version: Version,
    headers: Vec<(&'static str, String)>,
}

fn guard() -> Guard {
    Guard::new(
        7000,
        vec!["tauri://localhost".into(), "http://127.0.0.1:7000".into()],
        Token::new(),
    )
}

impl Head {
    fn good(guard: &Guard) -> Self {
        let protocols = format!("vmo.v1, auth.{}", guard.token.expose());
        let headers = [
            ("host", "127.0.0.1:7000"),
            ("origin", "http://127.0.0.1:7000"),
            ("connection", "keep-alive, Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", KEY),
            ("sec-websocket-protocol", &protocols),
        ];
        Self {
            method: Method::GET,
            uri: "/ws",
            version: Version::HTTP_11,
            headers: headers.map(|(name, value)| (name, value.to_owned())).into(),
        }
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(own, _)| *own != name);
        self
    }

    fn and(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn with(self, name: &'static str, value: impl Into<String>) -> Self {
        self.without(name).and(name, value)
    }

    /// The status of the refusal, or 101.
    fn status(&self, guard: &Guard) -> u16 {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            headers.append(*name, value.parse().unwrap());
        }
        guard
            .upgrade(
                &self.method,
                &self.uri.parse().unwrap(),
                self.version,
                &headers,
            )
            .map_or_else(|refusal| refusal.status.as_u16(), |_| 101)
    }
}

#[test]
fn the_right_head_is_let_in() {
    let guard = guard();
    let good = || Head::good(&guard);
    assert_eq!(good().status(&guard), 101);
    assert_eq!(good().with("host", "localhost:7000").status(&guard), 101);
    assert_eq!(
        good().with("origin", "tauri://localhost").status(&guard),
        101
    );
    assert_eq!(good().with("upgrade", "WebSocket").status(&guard), 101);
    let token = format!("auth.{}", guard.token.expose());
    let apart = good()
        .with("sec-websocket-protocol", token)
        .and("sec-websocket-protocol", "vmo.v1");
    assert_eq!(apart.status(&guard), 101);
}

#[test]
fn another_host_is_misdirected() {
    let guard = guard();
    let good = || Head::good(&guard);
    assert_eq!(good().without("host").status(&guard), 421);
    for host in [
        "",
        "127.0.0.1",
        "127.0.0.1:7001",
        "127.0.0.1:07000",
        "127.1:7000",
        "LOCALHOST:7000",
        "localhost",
        "localhost.:7000",
        "[::1]:7000",
        "evil.example:7000",
        "127.0.0.1:7000,evil.example",
        "user@127.0.0.1:7000",
    ] {
        assert_eq!(good().with("host", host).status(&guard), 421, "{host}");
    }
    assert_eq!(
        good().and("host", "127.0.0.1:7000").status(&guard),
        421,
        "doubled"
    );
    let whole = Head {
        uri: "http://evil.example/ws",
        ..good()
    };
    assert_eq!(whole.status(&guard), 421);
}

#[test]
fn another_origin_is_forbidden() {
    let guard = guard();
    let good = || Head::good(&guard);
    assert_eq!(good().without("origin").status(&guard), 403);
    for origin in [
        "",
        "null",
        "http://127.0.0.1",
        "http://127.0.0.1:7001",
        "https://127.0.0.1:7000",
        "http://127.0.0.1:7000/",
        "http://localhost:7000",
        "http://127.0.0.1:7000.evil.example",
        "HTTP://127.0.0.1:7000",
        "tauri://localhos",
        "http://localhost:5173",
        "http://127.0.0.1:7000, http://127.0.0.1:7000",
    ] {
        assert_eq!(
            good().with("origin", origin).status(&guard),
            403,
            "{origin}"
        );
    }
    assert_eq!(
        good().and("origin", "http://127.0.0.1:7000").status(&guard),
        403,
        "doubled"
    );
}

#[test]
fn a_wrong_token_is_unauthorized() {
    let guard = guard();
    let token = guard.token.expose();
    let last = if token.ends_with('A') { "B" } else { "A" };
    let status = |protocols: String| {
        Head::good(&guard)
            .with("sec-websocket-protocol", protocols)
            .status(&guard)
    };
    assert_eq!(
        Head::good(&guard)
            .without("sec-websocket-protocol")
            .status(&guard),
        401
    );
    for protocols in [
        String::new(),
        "vmo.v1".into(),
        "vmo.v1, auth.".into(),
        format!("auth.{token}"),
        format!("vmo.v2, auth.{token}"),
        format!("vmo.v1, {token}"),
        format!("vmo.v1, AUTH.{token}"),
        format!("vmo.v1, auth.{}{last}", &token[..42]),
        format!("vmo.v1, auth.{}", &token[..42]),
        format!("vmo.v1, auth.{token}A"),
        format!("vmo.v1, auth.{token}, auth.{token}"),
        format!("vmo.v1, auth.wrong, auth.{token}"),
    ] {
        assert_eq!(status(protocols.clone()), 401, "{protocols}");
    }
}

#[test]
fn another_handshake_is_refused() {
    let guard = guard();
    let good = || Head::good(&guard);
    let post = Head {
        method: Method::POST,
        ..good()
    };
    assert_eq!(post.status(&guard), 405);
    let old = Head {
        version: Version::HTTP_10,
        ..good()
    };
    assert_eq!(old.status(&guard), 426);
    for name in ["upgrade", "connection", "sec-websocket-version"] {
        assert_eq!(good().without(name).status(&guard), 426, "{name}");
    }
    assert_eq!(
        good().with("sec-websocket-version", "8").status(&guard),
        426
    );
    assert_eq!(
        good().and("sec-websocket-version", "13").status(&guard),
        426
    );
    assert_eq!(good().with("upgrade", "h2c").status(&guard), 426);
    for key in [
        "",
        "short",
        "dGhlIHNhbXBsZSBub25jZQ",
        "dGhlIHNhbXBsZSBub25jZSB0b28gbG9uZw==",
    ] {
        assert_eq!(
            good().with("sec-websocket-key", key).status(&guard),
            400,
            "{key}"
        );
    }
    assert_eq!(good().and("sec-websocket-key", KEY).status(&guard), 400);
}
