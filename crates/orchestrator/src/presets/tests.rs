use super::*;

fn forms<'a>(config: &'a Path, target: &'a str) -> Forms<'a> {
    Forms {
        config,
        folder: Path::new("/srv/app"),
        target,
    }
}

fn filled(value: &str) -> Filled {
    Filled {
        variables: vec![("ENV".into(), Some(value.into())), ("TOKEN".into(), None)],
        ..Filled::default()
    }
}

fn preset(name: &str) -> Preset {
    Preset {
        name: name.into(),
        filled: filled(name),
    }
}

#[test]
fn each_target_of_each_folder_has_its_own() {
    let config = tempfile::tempdir().unwrap();
    let deploy = forms(config.path(), "deploy");
    assert_eq!(deploy.read(), Presets::default());
    deploy.launched(filled("prod")).unwrap();
    deploy.save(preset("a")).unwrap();
    deploy.save(preset("b")).unwrap();
    let again = Preset {
        filled: filled("other"),
        ..preset("a")
    };
    let known = deploy.save(again).unwrap();
    assert_eq!(known.last, Some(filled("prod")));
    let named: Vec<_> = known.named.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(named, ["a", "b"]);
    assert_eq!(known.named[0].filled, filled("other"));
    assert_eq!(deploy.read(), known);
    assert_eq!(forms(config.path(), "test").read(), Presets::default());
    let elsewhere = Forms {
        folder: Path::new("/srv/b"),
        ..deploy
    };
    assert_eq!(elsewhere.read(), Presets::default());
    assert_eq!(deploy.forget("a").unwrap().named, [preset("b")]);
    assert_eq!(deploy.forget("none").unwrap().named, [preset("b")]);
}

#[test]
fn what_cannot_be_kept_is_refused() {
    let config = tempfile::tempdir().unwrap();
    let deploy = forms(config.path(), "deploy");
    for name in ["", "a\nb", &"x".repeat(61)] {
        let refused = deploy.save(preset(name)).unwrap_err();
        assert!(matches!(refused, PresetError::Name), "{name:?}");
    }
    let large = Preset {
        filled: filled(&"x".repeat(FORM_BYTES)),
        ..preset("a")
    };
    assert!(matches!(
        deploy.save(large.clone()),
        Err(PresetError::Large)
    ));
    deploy.launched(large.filled).unwrap();
    assert_eq!(deploy.read(), Presets::default());
    for number in 0..NAMED {
        deploy.save(preset(&number.to_string())).unwrap();
    }
    assert!(matches!(deploy.save(preset("z")), Err(PresetError::Full)));
    deploy.save(preset("0")).unwrap();
}

#[test]
fn the_oldest_without_presets_go_first_and_there_is_never_too_much() {
    let one = |number: usize, value: &str| Remembered {
        folder: "/srv/app".into(),
        target: format!("t{number}"),
        presets: Presets {
            last: Some(filled(value)),
            named: (number == 0).then(|| preset("kept")).into_iter().collect(),
        },
    };
    let mut kept = PresetFile::default();
    for number in 0..=TARGETS {
        kept.targets.push(one(number, "x"));
        kept.drop_oldest();
    }
    let known = |kept: &PresetFile, number: usize| {
        let name = format!("t{number}");
        kept.targets.iter().any(|one| one.target == name)
    };
    assert!(known(&kept, 0) && !known(&kept, 1) && known(&kept, 2) && known(&kept, TARGETS));
    let large = "x".repeat(FORM_BYTES - 200);
    kept.targets = (0..TARGETS).map(|number| one(number, &large)).collect();
    kept.drop_oldest();
    let length = size(&kept);
    assert!(
        (1 << 20..=ALL_BYTES + TARGETS).contains(&length),
        "{length}"
    );
    assert!(known(&kept, 0) && !known(&kept, 1) && known(&kept, TARGETS - 1));
}

#[test]
fn nobody_loses_what_another_writes() {
    let config = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let config = config.path();
            scope.spawn(move || {
                let deploy = forms(config, "deploy");
                deploy.save(preset(&number.to_string())).unwrap();
            });
        }
    });
    assert_eq!(forms(config.path(), "deploy").read().named.len(), 8);
}

#[test]
fn a_spoilt_file_is_reported_with_its_line_and_the_last_good_one_counts() {
    let config = tempfile::tempdir().unwrap();
    let deploy = forms(config.path(), "deploy");
    let known = deploy.save(preset("a")).unwrap();
    std::fs::write(file(config.path()), "{\n\n").unwrap();
    assert_eq!(deploy.read(), known);
    let message = problem(config.path()).unwrap().to_string();
    assert!(message.contains("presets.json:3: "), "{message}");
    assert!(deploy.launched(filled("x")).is_err());
}
