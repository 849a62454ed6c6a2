//! Logging in with a key or a certificate whose signature somebody else makes: libssh2's `userauth_publickey`, which
//! neither crate binds. The host is asked first whether it would take the key; only then is it signed for.

use std::{
    ffi::{CString, c_char, c_int, c_uchar, c_void},
    ptr,
};

use ssh2::{Error, ErrorCode, Session};

use super::public_key::string;

type Raw = libssh2_sys::LIBSSH2_SESSION;
type Callback = extern "C" fn(
    *mut Raw,
    *mut *mut c_uchar,
    *mut usize,
    *const c_uchar,
    usize,
    *mut *mut c_void,
) -> c_int;

#[expect(
    unsafe_code,
    reason = "libssh2-sys binds no way to log in by a signature of our own; the version is pinned and checked at start"
)]
unsafe extern "C" {
    fn libssh2_userauth_publickey(
        session: *mut Raw,
        user: *const c_char,
        key: *const c_uchar,
        key_length: usize,
        sign: Callback,
        context: *mut *mut c_void,
    ) -> c_int;
}

/// Makes the signature: of the method that is named, for these bytes. None if it is not to be had.
pub(super) type Sign<'a> = &'a mut dyn FnMut(&str, &[u8]) -> Option<Vec<u8>>;

/// Logs in as `user` with a public key or a certificate. Repeated until it is done, like every call of a session that does
/// not block; `sign` is called once at most.
///
/// # Errors
/// libssh2's own: `AUTHENTICATION_FAILED` if the host does not know the key, `PUBLICKEY_UNVERIFIED` if there was no
/// signature or the host did not take it.
#[expect(
    unsafe_code,
    reason = "the session is locked during the call, and everything that is passed lives until it returns"
)]
pub(super) fn userauth(
    session: &Session,
    user: &str,
    key: &[u8],
    mut sign: Sign<'_>,
) -> Result<(), Error> {
    let Ok(user) = CString::new(user) else {
        return Err(Error::from_errno(ErrorCode::Session(
            libssh2_sys::LIBSSH2_ERROR_INVAL,
        )));
    };
    let mut context = (&raw mut sign).cast::<c_void>();
    let code = {
        let mut raw = session.raw();
        unsafe {
            libssh2_userauth_publickey(
                &raw mut *raw,
                user.as_ptr(),
                key.as_ptr(),
                key.len(),
                call,
                &raw mut context,
            )
        }
    };
    match code {
        0 => Ok(()),
        code => Err(Error::from_session_error(session, code)),
    }
}

/// The method's name in what is to be signed (RFC 4252, section 7).
fn method(data: &[u8]) -> Option<&str> {
    let mut rest = data;
    string(&mut rest)?;
    rest.split_off(..1)?;
    for _ in ["user", "service", "publickey"] {
        string(&mut rest)?;
    }
    rest.split_off(..1)?;
    std::str::from_utf8(string(&mut rest)?).ok()
}

#[expect(
    unsafe_code,
    reason = "libssh2 calls it during the call above, with the context given there; the signature is freed by its allocator, which is malloc's"
)]
extern "C" fn call(
    _: *mut Raw,
    signature: *mut *mut c_uchar,
    length: *mut usize,
    data: *const c_uchar,
    data_length: usize,
    context: *mut *mut c_void,
) -> c_int {
    let sign = unsafe { &mut *(*context).cast::<Sign<'_>>() };
    let data = unsafe { std::slice::from_raw_parts(data, data_length) };
    let Some(bytes) = method(data).and_then(|method| sign(method, data)) else {
        return libssh2_sys::LIBSSH2_ERROR_AGENT_PROTOCOL;
    };
    unsafe {
        let place = libc::malloc(bytes.len().max(1)).cast::<c_uchar>();
        if place.is_null() {
            return libssh2_sys::LIBSSH2_ERROR_ALLOC;
        }
        ptr::copy_nonoverlapping(bytes.as_ptr(), place, bytes.len());
        *signature = place;
        *length = bytes.len();
    }
    0
}
