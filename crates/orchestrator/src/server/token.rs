//! The secret that opens the socket, and the random words it and the codes are made of.

use data_encoding::BASE64URL_NOPAD;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

/// A launch's secret: its holder may open the socket. 256 random bits as base64url, 43 characters.
/// It is never printed by `Debug`.
#[derive(Clone, Debug)]
pub struct Token(SecretString);

impl Token {
    pub(super) fn new() -> Self {
        Self(random_word().into())
    }

    /// The token itself, to be handed to the page or to a script. It belongs in no URL, log or argument list.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether `guess` is this token, in a time that does not tell how much of it was right.
    pub(super) fn is(&self, guess: &[u8]) -> bool {
        self.expose().as_bytes().ct_eq(guess).into()
    }
}

/// 256 random bits as base64url.
pub(super) fn random_word() -> String {
    let mut bytes = [0; 32];
    // Without randomness there is no telling friend from foe, and no sensible way to go on.
    getrandom::fill(&mut bytes).expect("the system has random bytes");
    BASE64URL_NOPAD.encode(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_long_its_own_and_silent() {
        let token = Token::new();
        assert_eq!(token.expose().len(), 43);
        assert_ne!(token.expose(), Token::new().expose());
        assert!(!format!("{token:?}").contains(token.expose()));
        assert!(token.is(token.expose().as_bytes()));
        assert!(!token.is(&token.expose().as_bytes()[..42]));
        assert!(!token.is(b""));
    }
}
