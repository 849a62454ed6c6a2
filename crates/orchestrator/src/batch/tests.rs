//! Whole batches, played without a host.

use super::*;

fn batch(hosts: usize, rules: Rules) -> Batch {
    let names = (0..hosts).map(|number| format!("h{number}")).collect();
    let command = ("true".to_owned(), false);
    Batch::new(Uuid::nil(), "ada@box".into(), command, names, rules)
}

fn start(batch: &mut Batch, hosts: &[usize]) {
    assert_eq!(batch.next(), Step::Start(hosts.to_vec()));
    for host in hosts {
        batch.apply(&Entry::Started {
            host: *host,
            job: JobId::new(),
        });
    }
}

fn end(batch: &mut Batch, hosts: &[usize], state: HostState) {
    for host in hosts {
        batch.apply(&Entry::ended(*host, End::new(state, None)));
    }
}

fn check(batch: &mut Batch, hosts: &[usize], why: Option<&str>) {
    assert_eq!(batch.next(), Step::Check(hosts.to_vec()));
    for host in hosts {
        let (host, job) = (*host, JobId::new());
        batch.apply(&Entry::Checking { host, job });
        assert_eq!(batch.status(), Status::Running);
        let why = why.map(str::to_owned);
        batch.apply(&Entry::Checked { host, why });
    }
}

#[test]
fn waves_cover_every_host_in_order() {
    let of = |waves: &str, hosts: usize| {
        let waves = Some(waves.parse().unwrap());
        let rules = Rules {
            waves,
            ..Rules::default()
        };
        let waves = rules.waves_of(hosts);
        let last = waves.last().map_or(0, |last| last + 1);
        let size = |wave| waves.iter().filter(|of| **of == wave).count();
        (0..last).map(size).collect::<Vec<_>>()
    };
    assert_eq!(of("1,10%,rest", 40), [1, 4, 35]);
    assert_eq!(of("1,10%", 40), [1, 4, 35]);
    assert_eq!(of("50%,50%", 5), [3, 2]);
    assert_eq!(of("10,10", 3), [3]);
    assert_eq!(of("rest", 2), [2]);
    for wrong in ["", "0", "1,,2", "101%", "0%", "rest,1", "-1", "1%%", "x"] {
        let why = wrong.parse::<Waves>().unwrap_err();
        assert!(why.contains("1,10%,rest"), "{wrong}: {why}");
    }
    let written: Waves = "1,10%".parse().unwrap();
    assert_eq!(written.to_string(), "1,10%,rest");
}

#[test]
fn as_many_at_once_as_the_limit_says_and_no_wave_before_the_last_is_checked() {
    let mut batch = batch(
        6,
        Rules {
            limit: Some(Share::Count(2)),
            waves: Some("3,rest".parse().unwrap()),
            check: Some("test -e ok".into()),
            ..Rules::default()
        },
    );
    start(&mut batch, &[0, 1]);
    assert_eq!(batch.next(), Step::Wait);
    end(&mut batch, &[1], HostState::Unreachable);
    start(&mut batch, &[2]);
    end(&mut batch, &[0, 2], HostState::Done);
    // The one that was not reached has nothing to check.
    check(&mut batch, &[0, 2], None);
    start(&mut batch, &[3, 4]);
    end(&mut batch, &[3, 4], HostState::Done);
    start(&mut batch, &[5]);
    end(&mut batch, &[5], HostState::Done);
    assert_eq!(batch.next(), Step::Rest);
    assert_eq!(batch.status(), Status::Partial);
}

#[test]
fn a_failed_check_is_an_error_of_its_host() {
    let mut batch = batch(
        2,
        Rules {
            waves: Some("1".parse().unwrap()),
            check: Some("false".into()),
            ..Rules::default()
        },
    );
    start(&mut batch, &[0]);
    end(&mut batch, &[0], HostState::Done);
    check(&mut batch, &[0], Some("exit code 1"));
    batch.apply(&Entry::Held {
        why: "the check failed".into(),
    });
    assert_eq!(batch.next(), Step::Rest);
    assert_eq!(batch.hosts[0].state, HostState::Error);
    assert_eq!(batch.status(), Status::Error);
    // Going on after it does not check it once more.
    batch.apply(&Entry::Released);
    start(&mut batch, &[1]);
}

#[test]
fn it_stops_at_the_failure_that_was_named_and_goes_on_if_a_person_says_so() {
    let mut batch = batch(
        10,
        Rules {
            limit: Some(Share::Count(2)),
            stop_after: Some(Share::Percent(20)),
            ..Rules::default()
        },
    );
    start(&mut batch, &[0, 1]);
    end(&mut batch, &[0], HostState::Error);
    assert_eq!(batch.stops(), None);
    end(&mut batch, &[1], HostState::Unreachable);
    let why = batch.stops().unwrap();
    assert_eq!(why, "2 hosts failed, and it stops after 20%");
    batch.apply(&Entry::Held { why });
    assert_eq!((batch.next(), batch.counts().held), (Step::Rest, 8));
    let kept: Batch = serde_json::from_value(serde_json::to_value(&batch).unwrap()).unwrap();
    assert_eq!(kept, batch);
    batch.apply(&Entry::Released);
    assert_eq!(batch.stops(), None, "those two are known");
    start(&mut batch, &[2, 3]);
    end(&mut batch, &[2, 3], HostState::Error);
    batch.apply(&Entry::Held {
        why: batch.stops().unwrap(),
    });
    batch.apply(&Entry::Dropped);
    assert_eq!(batch.counts().skipped, 6);
    assert_eq!(batch.status(), Status::Error);
}

#[test]
fn what_is_canceled_starts_nothing_more() {
    let rules = Rules {
        limit: Some(Share::Count(1)),
        ..Rules::default()
    };
    let mut batch = batch(3, rules);
    start(&mut batch, &[0]);
    batch.apply(&Entry::Canceled);
    assert_eq!(
        (batch.next(), batch.status()),
        (Step::Wait, Status::Running)
    );
    end(&mut batch, &[0], HostState::Done);
    assert_eq!(
        (batch.next(), batch.status()),
        (Step::Rest, Status::Canceled)
    );
    assert_eq!((batch.counts().done, batch.counts().canceled), (1, 2));
}

#[test]
fn a_canary_that_failed_is_the_reason_and_not_that_it_was_not_checked() {
    let hosts = ["a", "b"].map(str::to_owned).to_vec();
    let rules = Rules {
        waves: Some("1,rest".parse().unwrap()),
        check: Some("true".to_owned()),
        stop_after: Some("1".parse().unwrap()),
        ..Rules::default()
    };
    let what = ("true".to_owned(), false);
    let mut batch = Batch::new(Uuid::nil(), "ann@here".to_owned(), what, hosts, rules);
    start(&mut batch, &[0]);
    end(&mut batch, &[0], HostState::Error);
    assert_eq!(
        batch.stops().unwrap(),
        "1 host failed, and it stops after 1"
    );
}

#[test]
fn a_wave_of_which_no_host_could_be_checked_holds_the_rest() {
    let hosts = ["a", "b", "c"].map(str::to_owned).to_vec();
    let rules = Rules {
        waves: Some("1,rest".parse().unwrap()),
        check: Some("true".to_owned()),
        ..Rules::default()
    };
    let what = ("true".to_owned(), false);
    let mut batch = Batch::new(Uuid::nil(), "ann@here".to_owned(), what, hosts, rules);
    start(&mut batch, &[0]);
    assert_eq!(batch.stops(), None);
    end(&mut batch, &[0], HostState::Unreachable);
    let why = batch.stops().unwrap();
    assert_eq!(why, "no host of the wave before could be checked");
    batch.apply(&Entry::Held { why });
    assert_eq!(batch.next(), Step::Rest);
    // A person has seen it, and goes on.
    batch.apply(&Entry::Released);
    assert_eq!(batch.stops(), None);
    start(&mut batch, &[1, 2]);
}
