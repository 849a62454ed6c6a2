//! Who may come in. Pure: a request's head goes in, a yes or a refusal comes out, without reading or writing.
//!
//! Any page in any browser on this machine can send requests to a port on it, so each wall holds by itself: `Host`
//! keeps out names that were rebound to 127.0.0.1, `Origin` keeps out other pages, the token keeps out everyone else.

use hyper::{
    HeaderMap, Method, StatusCode, Uri, Version,
    header::{
        CONNECTION, HOST, HeaderName, ORIGIN, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
        SEC_WEBSOCKET_VERSION, UPGRADE,
    },
};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::token::Token;

/// The one subprotocol that is spoken, and answered.
pub(super) const PROTOCOL: &str = "vmo.v1";

/// What a request is measured against.
#[derive(Debug)]
pub(super) struct Guard {
    hosts: [String; 2],
    origins: Vec<String>,
    token: Token,
}

/// Why a request is turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The answer's status.
    pub(super) status: StatusCode,
    /// A sentence for a person, without any text of the request.
    pub(super) why: &'static str,
}

impl Guard {
    pub(super) fn new(port: u16, origins: Vec<String>, token: Token) -> Self {
        Self {
            hosts: [format!("127.0.0.1:{port}"), format!("localhost:{port}")],
            origins,
            token,
        }
    }

    pub(super) fn token(&self) -> &Token {
        &self.token
    }

    /// Whether the request means this server: exactly one `Host`, and it is ours. Else 421.
    pub(super) fn host(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
        // Only a proxy is sent a whole URL, and a URL's host would go before the header (RFC 9112 §3.2.2).
        let host = only(headers, &HOST).filter(|_| uri.authority().is_none());
        if host.is_some_and(|host| self.hosts.iter().any(|own| own.as_bytes() == host)) {
            return Ok(());
        }
        refuse(
            StatusCode::MISDIRECTED_REQUEST,
            "This server answers to 127.0.0.1 and localhost with its own port, and to no other name.",
        )
    }

    /// Whether the request comes from our page: exactly one `Origin`, byte for byte an allowed one. Else 403.
    pub(super) fn origin(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let origin = only(headers, &ORIGIN);
        if origin.is_some_and(|origin| self.origins.iter().any(|own| own.as_bytes() == origin)) {
            return Ok(());
        }
        refuse(
            StatusCode::FORBIDDEN,
            "Only the app's own page may ask for this. In a browser, open the address exactly as it was printed.",
        )
    }

    /// Whether the request may become a socket: the `Sec-WebSocket-Accept` of the answer (RFC 6455 §4.2).
    pub(super) fn upgrade(
        &self,
        method: &Method,
        uri: &Uri,
        version: Version,
        headers: &HeaderMap,
    ) -> Result<String, Refusal> {
        self.host(uri, headers)?;
        if method != Method::GET {
            return refuse(
                StatusCode::METHOD_NOT_ALLOWED,
                "A socket is opened with GET.",
            );
        }
        self.origin(headers)?;
        self.protocols(headers)?;
        handshake(version, headers)
    }

    /// Whether the subprotocols hold ours and exactly one token, the right one. Else 401.
    fn protocols(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let offered = || {
            headers
                .get_all(SEC_WEBSOCKET_PROTOCOL)
                .iter()
                .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
                .map(<[u8]>::trim_ascii)
        };
        let mut tokens = offered().filter_map(|word| word.strip_prefix(b"auth."));
        let right =
            tokens.next().is_some_and(|token| self.token.is(token)) && tokens.next().is_none();
        if right && offered().any(|word| word == PROTOCOL.as_bytes()) {
            return Ok(());
        }
        refuse(
            StatusCode::UNAUTHORIZED,
            "The subprotocols have to be vmo.v1 and auth. with the token of this launch.",
        )
    }
}

/// The WebSocket handshake's own rules.
fn handshake(version: Version, headers: &HeaderMap) -> Result<String, Refusal> {
    let upgrades = version == Version::HTTP_11
        && has_word(headers, &CONNECTION, "upgrade")
        && has_word(headers, &UPGRADE, "websocket");
    if !upgrades || only(headers, &SEC_WEBSOCKET_VERSION) != Some(b"13") {
        return refuse(
            StatusCode::UPGRADE_REQUIRED,
            "This address speaks WebSocket, version 13.",
        );
    }
    let key = only(headers, &SEC_WEBSOCKET_KEY).filter(|key| {
        data_encoding::BASE64
            .decode(key)
            .is_ok_and(|key| key.len() == 16)
    });
    key.map(derive_accept_key).ok_or(Refusal {
        status: StatusCode::BAD_REQUEST,
        why: "Sec-WebSocket-Key has to be 16 bytes in base64.",
    })
}

/// The header's value if it is there exactly once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a [u8]> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    values.next().is_none().then_some(first.as_bytes())
}

/// Whether a header that holds a list of words holds this one, in any case.
fn has_word(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .any(|one| one.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
}

fn refuse<T>(status: StatusCode, why: &'static str) -> Result<T, Refusal> {
    Err(Refusal { status, why })
}

#[cfg(test)]
mod tests;
