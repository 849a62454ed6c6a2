//! What a target takes over from all that it leads to, however many these are.

use super::*;
use crate::project::Target;

fn target<'a>(scan: &'a Scan, name: &str) -> &'a Target {
    let mut targets = scan.targets.iter();
    targets.find(|target| target.name == name).unwrap()
}

#[test]
fn nothing_is_left_out_however_far_it_is() {
    let mut makefile =
        String::from("everything: many chain\nmany: $(NAMES)\nother: ## @exclusive @grace 1s\n");
    makefile.push_str("last: ## @exclusive @grace 30s 2s\n\trm -rf /srv/data\n");
    let names: Vec<String> = (0..500).map(|index| format!("n{index}")).collect();
    makefile.insert_str(0, &format!("NAMES := {}\n", names.join(" ")));
    makefile.push_str("$(NAMES): ; touch $@\nn499: other\nchain: c0\n");
    for index in 0..300 {
        makefile.push_str(&format!("c{index}: c{}\n", index + 1));
    }
    makefile.push_str("c300: c0 last\n");
    let found = scan(folder(makefile.as_bytes()).path());
    let exclusive = |name| target(&found, name).exclusive.clone();
    assert_eq!(exclusive("many"), ["other"]);
    for name in ["chain", "c0", "c150", "c300", "last"] {
        assert_eq!(exclusive(name), ["last"], "{name}");
        assert_eq!(target(&found, name).graces, [30_000, 2_000], "{name}");
    }
    let everything = target(&found, "everything");
    assert_eq!(everything.exclusive, ["other", "last"]);
    assert_eq!(everything.graces, [30_000, 2_000]);
    assert_eq!(
        asks_first(everything).as_deref(),
        Some("last: runs `rm -rf /srv/data`")
    );
    assert_eq!(exclusive("n0"), [] as [&str; 0]);
    assert_eq!(target(&found, "many").graces, [1_000]);
    assert_eq!(target(&found, "many").danger, None);
}

#[test]
fn the_nearest_danger_is_reported_and_the_longest_of_each_time() {
    let found = scan(
        folder(
            b"a: b c\nb: d ## @grace 5s 1s\nc: ## @danger is slow\nd: ## @danger is far @grace 2s 9s\n\
              self: self ## @exclusive\nround: about\nabout: round self\n",
        )
        .path(),
    );
    assert_eq!(
        asks_first(target(&found, "a")).as_deref(),
        Some("c: is slow")
    );
    assert_eq!(
        asks_first(target(&found, "b")).as_deref(),
        Some("d: is far")
    );
    assert_eq!(target(&found, "a").graces, [5_000, 9_000]);
    assert_eq!(target(&found, "round").exclusive, ["self"]);
}

#[test]
fn many_that_lead_to_many_take_no_time() {
    let names: Vec<String> = (0..5_000).map(|index| format!("n{index}")).collect();
    let list = names.join(" ");
    let each = |line: &dyn Fn(usize) -> String| (0..5_000).map(line).collect::<String>();
    for (shape, makefile) in [
        (
            "each needs all, all exclusive",
            format!("N := {list}\n## @exclusive @grace 1s\n$(N): $(N)\n"),
        ),
        (
            "a chain of exclusive ones with times",
            each(&|index| {
                format!(
                    "n{index}: n{} ## @exclusive @grace {}ms @danger\n",
                    index + 1,
                    5_000 - index
                )
            }),
        ),
        (
            "one target on many lines",
            each(&|index| format!("all: n{index}\nn{index}: all\n")) + "all: ## @exclusive\n",
        ),
        (
            "one value of many targets",
            format!("N := {list}\n") + &"$(N): X += more\n".repeat(40) + "$(N):\n",
        ),
    ] {
        let folder = folder(makefile.as_bytes());
        let start = processor_ms();
        let found = scan(folder.path());
        let took = processor_ms() - start;
        println!("{shape}: {took} ms, {:?}", problems(&found));
        assert!(found.targets.len() >= 5_000, "{shape}");
        assert!(took < 5_000, "{shape}: {took} ms");
    }
}

#[test]
fn a_call_of_make_for_one_of_a_family_is_followed() {
    let found = scan(
        folder(
            b"all:\n\t$(MAKE) test-api\nci:\n\t@make out/x\ntest-%:\n\trm -rf /srv/$*\nout/%:\n\tdropdb $(DB)\n",
        )
        .path(),
    );
    let all = target(&found, "all");
    assert_eq!(all.leads, ["test-api"]);
    assert_eq!(
        asks_first(all).as_deref(),
        Some("test-%: runs `rm -rf /srv/%`")
    );
    let ci = target(&found, "ci");
    assert_eq!(
        asks_first(ci).as_deref(),
        Some("out/%: runs `dropdb ${DB}`")
    );
    assert_eq!(ci.uses, ["DB"]);
}
