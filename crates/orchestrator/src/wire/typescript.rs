//! The same types for the page: `src/lib/wire.ts`, one committed file. `VMO_WRITE_TS=1 cargo test wire` writes it again.

use std::{
    any::TypeId,
    collections::{BTreeMap, HashSet},
};

use ts_rs::{Config, TS, TypeVisitor};

use super::{Call, Message};
use crate::committed::is_current;

const HEAD: &str = "// Generated from crates/orchestrator/src/wire.rs by `make wire`; `make test` fails if the two differ.\n";

/// Declarations of a type and everything it names, each once.
#[derive(Default)]
struct Declarations {
    config: Config,
    seen: HashSet<TypeId>,
    /// By name: the derive macro names dependencies in another order at each compilation.
    text: BTreeMap<String, String>,
}

impl TypeVisitor for Declarations {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        if !self.seen.insert(TypeId::of::<T>()) {
            return;
        }
        if T::output_path().is_some() {
            let docs = T::docs().unwrap_or_default();
            let declared = format!("{docs}export {}", T::decl(&self.config));
            self.text.insert(T::ident(&self.config), declared);
        }
        T::visit_dependencies(self);
    }
}

#[test]
fn typescript_is_current() {
    let mut all = Declarations {
        config: Config::new().with_large_int("number"),
        ..Declarations::default()
    };
    all.visit::<Call>();
    all.visit::<Message>();
    let text = format!(
        "{HEAD}\n{}\n",
        all.text.into_values().collect::<Vec<_>>().join("\n\n")
    );
    is_current("src/lib/wire.ts", &text);
}
