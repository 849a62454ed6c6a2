#![allow(missing_docs, clippy::all, unused)]
use super::{Address, StoreError};
use std::{ffi::OsString, path::Path};
pub struct Embedded;
#[derive(Debug)]
pub struct Running {
    pub address: Address,
}
impl Embedded {
    pub fn start(d: &Path, g: &[OsString], p: impl Fn(&str)) -> Result<Running, StoreError> {
        Err(StoreError::Embedded { why: "stub".into() })
    }
}
pub fn guardian(d: &Path, a: &[OsString]) -> Result<(), StoreError> {
    Ok(())
}
