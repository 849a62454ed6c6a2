//! The files that are ours: what comes of broken ones, and who may read them.

mod broken;
mod damaged;
mod private;
mod strangers;
