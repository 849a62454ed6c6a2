//! What a server says of a try that did not let us in: which methods may go on, and whether it took that one. libssh2 drops
//! it, and to ask again is a try of its own, which servers count. So its reply is looked at while it waits in libssh2's
//! queue, and is put back for the call that waits for it.

use std::{
    ffi::{c_int, c_uchar},
    ptr, slice,
};

use ssh2::{Error, ErrorCode, Session};

use super::public_key::string;

type Raw = libssh2_sys::LIBSSH2_SESSION;

/// `SSH_MSG_USERAUTH_FAILURE` (RFC 4252, section 5.1).
const FAILURE: c_uchar = 51;
/// `SSH2_MAC_CONFIRMED` of libssh2: nothing was wrong with its checksum.
const CONFIRMED: c_int = 0;

#[expect(
    unsafe_code,
    reason = "libssh2 has no public way to the reply; the version is pinned, and another one without these does not link"
)]
unsafe extern "C" {
    fn ssh2_transport_read(session: *mut Raw) -> c_int;
    fn ssh2_packet_ask(
        session: *mut Raw,
        kind: c_uchar,
        data: *mut *mut c_uchar,
        length: *mut usize,
        offset: c_int,
        wanted: *const c_uchar,
        wanted_length: usize,
    ) -> c_int;
    fn ssh2_packet_add(
        session: *mut Raw,
        data: *mut c_uchar,
        length: usize,
        mac_state: c_int,
        sequence: u32,
    ) -> c_int;
}

/// A try did not let us in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// The methods that may go on.
    pub(super) methods: Vec<String>,
    /// Whether the server took it, and wants one of these as well.
    pub(super) is_partial: bool,
}

impl Failure {
    fn parse(packet: &[u8]) -> Option<Self> {
        let mut rest = packet.strip_prefix(&[FAILURE])?;
        let methods = String::from_utf8_lossy(string(&mut rest)?);
        let methods = methods.split(',').filter(|method| !method.is_empty());
        Some(Self {
            methods: methods.map(str::to_owned).collect(),
            is_partial: rest.first().is_some_and(|byte| *byte != 0),
        })
    }
}

/// Reads what has come, up to such a reply.
///
/// # Errors
/// The host hung up, or the connection broke.
#[expect(
    unsafe_code,
    reason = "the session is locked during the calls; the packet is libssh2's, which takes it back"
)]
pub(super) fn read(session: &Session) -> Result<Option<Failure>, Error> {
    let code = {
        let mut raw = session.raw();
        let raw = &raw mut *raw;
        let code = loop {
            let code = unsafe { ssh2_transport_read(raw) };
            if code <= 0 || code == c_int::from(FAILURE) {
                break code;
            }
        };
        let (mut data, mut length) = (ptr::null_mut(), 0);
        let found = code == c_int::from(FAILURE)
            && unsafe {
                ssh2_packet_ask(
                    raw,
                    FAILURE,
                    &raw mut data,
                    &raw mut length,
                    0,
                    ptr::null(),
                    0,
                )
            } == 0;
        if found {
            let failure = Failure::parse(unsafe { slice::from_raw_parts(data, length) });
            match unsafe { ssh2_packet_add(raw, data, length, CONFIRMED, 0) } {
                0 => return Ok(failure),
                code => code,
            }
        } else {
            code
        }
    };
    match code {
        0.. | libssh2_sys::LIBSSH2_ERROR_EAGAIN => Ok(None),
        code => Err(Error::new(
            ErrorCode::Session(code),
            "the connection was closed",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_has_its_methods_and_whether_it_took_the_last() {
        let packet = b"\x33\0\0\0\x12publickey,password\x01";
        let failure = Failure {
            methods: vec!["publickey".to_owned(), "password".to_owned()],
            is_partial: true,
        };
        assert_eq!(Failure::parse(packet), Some(failure));
        assert_eq!(Failure::parse(b"\x33\0\0\0\x12public"), None);
        let none = Failure::parse(b"\x33\0\0\0\0\0").unwrap();
        assert!(none.methods.is_empty() && !none.is_partial);
    }
}
