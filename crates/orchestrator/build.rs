//! Refuses a build whose SSH library is not the vendored one: the system's has known holes.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=LIBSSH2_SYS_USE_PKG_CONFIG");
    assert!(
        std::env::var_os("LIBSSH2_SYS_USE_PKG_CONFIG").is_none(),
        "LIBSSH2_SYS_USE_PKG_CONFIG is set: it would link the system's libssh2, which lacks the fixes of the vendored \
         one. Unset it."
    );
}
