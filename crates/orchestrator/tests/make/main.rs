//! Makefiles: what is read of them, compared with make itself.

mod make_corpus;
mod make_demo;
