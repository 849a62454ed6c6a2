//! The same types for the page: `src/lib/wire.ts`, one committed file. `VMO_WRITE_TS=1 cargo test wire` writes it anew.

use std::{
    any::TypeId,
    collections::{BTreeMap, HashSet},
    fs,
    path::Path,
};

use ts_rs::{Config, TS, TypeVisitor};

use super::{Call, Message};

const HEAD: &str = "// Generated from crates/orchestrator/src/wire.rs by `make wire`; `make test` fails where the two differ.\n";

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
    let made = format!(
        "{HEAD}\n{}\n",
        all.text.into_values().collect::<Vec<_>>().join("\n\n")
    );
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../src/lib/wire.ts");
    if std::env::var_os("VMO_WRITE_TS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &made).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == made,
        "src/lib/wire.ts is not what wire.rs says: run `make wire` and commit it"
    );
}
