//! Who and where we are ourselves, as OpenSSH asks it.

use std::{ffi::CStr, ptr, sync::OnceLock};

/// The name of the account that runs us; `$USER` where the system has none for it.
pub(in crate::ssh) fn user() -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| {
        looked_up()
            .or_else(|| std::env::var("USER").ok())
            .unwrap_or_else(|| "root".to_owned())
    })
}

/// The machine's name.
pub(in crate::ssh) fn machine() -> String {
    rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned()
}

#[expect(
    unsafe_code,
    reason = "getpwuid_r has no safe binding here; it writes into buffers that outlive the call and says whether it did"
)]
fn looked_up() -> Option<String> {
    let mut entry = std::mem::MaybeUninit::<libc::passwd>::uninit();
    let mut buffer = vec![0; 16 << 10];
    let mut found = ptr::null_mut();
    unsafe {
        let code = libc::getpwuid_r(
            libc::getuid(),
            entry.as_mut_ptr(),
            buffer.as_mut_ptr(),
            buffer.len(),
            &raw mut found,
        );
        if code != 0 || found.is_null() {
            return None;
        }
        let name = CStr::from_ptr((*found).pw_name);
        Some(name.to_str().ok()?.to_owned())
    }
}
