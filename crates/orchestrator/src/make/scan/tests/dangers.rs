//! What asks before it runs, and what does not.

use super::*;

fn asks(makefile: &str) -> Option<String> {
    let found = scan(folder(makefile.as_bytes()).path());
    asks_first(found.targets.iter().find(|one| one.name == "a")?)
}

fn recipe(line: &str) -> Option<String> {
    let own = "own = $(if $(wildcard $1),$(shell find $1 -name '*.x'))\n\
               define remove\n\t-rm -rf \"$(1)\"\nendef";
    asks(&format!(
        "BY_UNKNOWN = $(UNKNOWN)\nPROGRAMS = sub/git$X sub/$Y\nBUILD = out\nOBJECTS = a.o sub/x.o $(shell find src -name '*.o')\nEMPTY =\n{own}\na:\n\t{line}\n"
    ))
}

#[test]
fn cleaning_inside_the_project_asks_nothing() {
    for line in [
        "rm -rf build dist",
        "-@rm -rf ./build/ *.egg-info .cache",
        "rm -rf $(BUILD)/bin $(CURDIR)/bin ${PWD}/x $(shell pwd)/y",
        "$(RM) -r build",
        "rm -rf $@",
        "rm -fr -- build",
        "sudo rm -rf build 2>/dev/null || true",
        "cd sub && rm -rf build",
        "for d in one two; do rm -rf $$d/build $${d}; done",
        "find . -name '*.pyc' -delete",
        "find src tests -name __pycache__ -type d -exec rm -rf {} +",
        "find . -name x | xargs rm -rf",
        "T=$$(mktemp -d) && cp x $$T && rm -rf $$T",
        "T=`mktemp -d`; rm -rf \"$${T}\"",
        "T=\"$$(mktemp -d)\"; rm -rf $$T/x",
        "$(eval T := $(shell mktemp -d))\n\trm -rf ${T}",
        "d=build/x; rm -rf $$d",
        "rm -rf $(addprefix include/,$(notdir $(shell find src -name '*.mib')))",
        "rm -rf $(addsuffix .d,one two) $(wildcard *.none) $(patsubst %.c,%.o,a.c)",
        "rm -rf $(shell find . -name '*.pyc')",
        "rm -rf $(addsuffix .depend,$(sort $(dir $(OBJECTS))))",
        "rm -rf $(call own,src)",
        "rm -rf $(addsuffix .depend,$(sort $(dir $(PROGRAMS))))",
        "rm -rf /tmp/of-this-project",
        "rm -rf build 2> /dev/null",
        "cd build && rm -rf *",
        "cd build && make x && rm -rf ./*",
        "cd build || exit 1; rm -rf *",
        "if true; then T=$$(mktemp -d) && rm -rf \"$$T\"; fi",
        "for i in a b; do T=\"$$(mktemp -d)\"; rm -rf $$T; done",
        "git clean -fdx bin share/man",
        "$(call remove,$(BUILD)/x)",
        "$(call remove,build dist)",
        "dd if=/dev/zero of=disk.img bs=1M count=4",
        "mkfs.ext4 -F disk.img",
        "rm -rf .//build ././dist",
        "psql -c 'delete from a where b = 1; delete from c where d = 2'",
    ] {
        assert_eq!(recipe(line), None, "{line}");
    }
}

#[test]
fn removing_what_is_not_the_projects_asks() {
    for line in [
        "rm -rf /srv/x",
        "rm -rf $(shell cat list)",
        "rm -rf $(dir $(OBJECTS))",
        "rm -rf $(addprefix /srv/,a b)",
        "rm -rf $(addprefix /srv/,$(shell find . -name x))",
        "rm -rf $(addprefix ../,$(shell find . -name x))",
        "rm -rf $(patsubst %,/srv/%,$(shell find . -name x))",
        "rm -rf $(patsubst %,$(UNKNOWN)/%,$(shell find . -name x))",
        "rm -rf $(subst a,/srv,$(shell find . -name x))",
        "rm -rf $(shell find / -name x)",
        "rm -rf $(call own,/srv)",
        "rm -rf /tmp/*",
        "rm -rf /tmp/",
        "rm -rf /tmp/x/../../srv",
        "d=/srv; rm -rf $$d",
        "T=$$(cat list); rm -rf $$T",
        "rm -rf ~/x",
        "rm -rf $(HOME)/x",
        "rm -rf $(UNKNOWN)",
        "rm -rf $(UNKNOWN)/bin",
        "rm -rf $(shell cat where)/x",
        "rm -rf $$DIR",
        "rm -rf ../x",
        "rm -rf build/../../x",
        "rm -rf .",
        "rm -rf *",
        "rm -rf ./*",
        "rm -rf .git",
        "cd build; rm -rf *",
        "cd build && ls; rm -rf *",
        "cd build && cd .. && rm -rf *",
        "cd /srv && rm -rf *",
        "docker compose exec redis redis-cli FLUSHDB",
        "docker compose run --rm php php artisan migrate:fresh",
        "terraform plan --destroy -out=.plan tests",
        "migrate -path db -database $(DB_URL) down 1",
        "git clean -fdx",
        "git clean -fdx ../other",
        "$(call remove,/srv/x)",
        "$(call remove,$(UNKNOWN)/x)",
        "rm -rf $(addsuffix x,$(dir $(UNKNOWN)))",
        "rm -rf $(addsuffix /bin,$(UNKNOWN))",
        "rm -rf $(patsubst %,%/x,$(BY_UNKNOWN))",
        "cd /tmp && rm -rf x",
        "cd .. && rm -rf x",
        "for d in /srv a; do rm -rf $$d; done",
        "ssh web-1 rm -rf x",
        "docker exec db rm -rf data",
        "find / -name x -delete",
        "find $(UNKNOWN) -delete",
        "cat list | xargs rm -rf",
        "dd if=a of=/dev/sda",
        "mkfs.ext4 /dev/sdb",
        "sudo mkfs -t ext4 $(DISK)",
        "rm -rf .//",
        "psql -c 'DELETE FROM a;' -c 'DELETE FROM b WHERE c = 1;'",
        "psql -c 'delete from a; delete from b where c = 1'",
        "psql -c 'delete from a' -c 'select b from c where d = 1'",
        "docker rm --force web",
        "docker rmi --force web",
    ] {
        assert!(recipe(line).is_some(), "{line}");
    }
    let unnamed = recipe("docker compose $(if $(wildcard o.yml),-f o.yml) down -v");
    assert_eq!(unnamed.as_deref(), Some("runs `docker compose … down -v`"));
    let elsewhere = recipe("docker rm -f db >/dev/null 2>&1");
    assert_eq!(elsewhere.as_deref(), Some("runs `docker rm -f db`"));
    // Each line is a shell of its own.
    assert_eq!(asks("a:\n\tcd /tmp && ls\n\trm -rf x\n"), None);
    // What a person types has no project.
    assert!(danger("rm -rf build").is_some() && danger_of_recipe("rm -rf build").is_none());
}

#[test]
fn a_word_that_runs_nothing_is_no_danger() {
    for line in [
        "docker run --rm golang go test -race -coverprofile=c",
        "docker-compose run --rm -f app",
        "mkfs/mkfs fs.img",
        "./scripts/reboot now",
        "if [[ $$s == shutdown ]]; then echo; fi",
        "[ \"$(MODE)\" = reboot ] || exit 1",
        "test $(MODE) = halt && echo",
        "erl -noshell -eval 'init:stop(), halt().'",
        "erl -eval $(call quote,x(), halt())",
        "systemd-run echo reboot",
        "npm run halt",
        "echo rm -rf /",
        "echo 'drop table users'",
        "printf 'truncate table x'",
        "kubectl get pods # delete",
    ] {
        assert_eq!(recipe(line), None, "{line}");
    }
    for line in [
        "reboot",
        "sudo shutdown -h now",
        "ssh web-1 sudo reboot",
        "sh -c 'reboot'",
        "timeout 5 reboot",
        "ansible -i hosts -b -m reboot",
        "if true; then poweroff; fi",
        "/sbin/halt",
        "docker compose down -v",
        "echo 'drop table users' | psql",
        "echo 'drop table users' > x.sql",
        "[ -n x ] && kubectl delete ns x",
        "dropdb app",
    ] {
        assert!(recipe(line).is_some(), "{line}");
    }
}

#[test]
fn a_side_that_is_not_taken_asks_only_if_a_value_could_take_it() {
    for (condition, expected) in [
        ("ifdef ALL", Some("runs `rm -rf /srv`, if ALL says so")),
        (
            "ifeq ($(ALL),1)",
            Some("runs `rm -rf /srv`, if ALL says so"),
        ),
        ("ifndef ALL", Some("runs `rm -rf /srv`")),
        ("ifneq ($(ALL),1)", Some("runs `rm -rf /srv`")),
        ("ifneq ($(shell uname),Linux)", Some("runs `rm -rf /srv`")),
        ("ifeq ($(OS),Windows_NT)", None),
        ("ifneq (,$(findstring MINGW,$(shell uname)))", None),
        (
            "ifeq (,$(findstring MINGW,$(shell uname)))",
            Some("runs `rm -rf /srv`"),
        ),
        ("ifneq ($(OS),Windows_NT)\nelse", None),
        ("ifeq (0,1)", None),
    ] {
        let inside = format!("a:\n{condition}\n\trm -rf /srv\nendif\n\techo\n");
        assert_eq!(asks(&inside).as_deref(), expected, "{inside}");
        let around = format!("a: ; echo\n{condition}\na: ; rm -rf /srv\nendif\n");
        assert_eq!(asks(&around).as_deref(), expected, "{around}");
    }
    // What runs anyway is the reason, however far it is.
    let both = "a: b\nifdef ALL\n\trm -rf /srv\nendif\nb: ; reboot\n";
    assert_eq!(asks(both).as_deref(), Some("b: runs `reboot`"));
}

#[test]
fn another_language_is_no_shell_code() {
    let python = "SHELL = /usr/bin/python3\n.SHELLFLAGS = -c\n.ONESHELL:\na:\n\tsudo = input('Name? ')\n\tif [ -z \"$(X)\" ]: exit(1)\n\
        \tprint('drop table users'); rm -rf /srv\n\tmake b $$Y\nb: ; print('$(Z)')\n";
    for makefile in [
        python.to_owned(),
        python.replace("SHELL = ", "SHELL := "),
        format!(
            "{}SHELL = /usr/bin/env python3\n",
            python.split_once('\n').unwrap().1
        ),
        format!("a: {python}"),
    ] {
        let found = scan(folder(makefile.as_bytes()).path());
        let a = found.target("a").unwrap();
        assert_eq!((&a.danger, a.pty), (&None, false), "{makefile}");
        assert!(a.guards.is_empty() && a.leads.is_empty(), "{makefile}");
        assert_eq!(found.hints, [], "{makefile}");
        assert!(a.recipe.len() == 4 && a.listed, "{makefile}");
        let summary = a.summary.as_ref().unwrap();
        assert_eq!(summary.text, "runs python3 code", "{makefile}");
    }
    // One target's own language is no other's.
    let own = "b: SHELL = python3\nb: ; rm -rf /srv\na: ; rm -rf /srv\n";
    assert_eq!(asks(own).as_deref(), Some("runs `rm -rf /srv`"));
    let sql = "a: SHELL = psql\na: ; DROP TABLE users;\n";
    assert_eq!(asks(sql).as_deref(), Some("runs `DROP TABLE users`"));
}

#[test]
fn one_shell_goes_through_all_lines() {
    for (recipe, expected) in [
        ("cd /srv\n\trm -rf x", Some("runs `rm -rf x`")),
        ("set -e\n\td=$$(mktemp -d)\n\tcp a $$d\n\trm -rf $$d", None),
        ("cat > notes <<EOF\n\trm -rf /srv\n\tEOF\n\techo", None),
        (
            "cat <<-'EOF' | psql\n\tdrop table x;\n\tEOF\n\techo",
            Some("runs `drop table x`"),
        ),
        ("# not yet: rm -rf /srv\n\techo", None),
        (
            "if true; then\n\t  rm -rf /srv\n\tfi",
            Some("runs `rm -rf /srv`"),
        ),
    ] {
        let makefile = format!("a:\n\t{recipe}\n.ONESHELL:\n");
        assert_eq!(asks(&makefile).as_deref(), expected, "{makefile}");
    }
    assert_eq!(asks("a:\n\tcd /srv\n\trm -rf x\n"), None);
}

#[test]
fn a_plain_make_is_followed() {
    for call in [
        "make b",
        "@make -s b",
        "cd . && make b",
        "$(MAKE) b",
        "sudo make b",
        "+make -j4 b",
    ] {
        let danger = asks(&format!("a:\n\t{call}\nb: ; rm -rf /x $(Y)\n"));
        assert_eq!(
            danger.as_deref(),
            Some("b: runs `rm -rf /x ${Y}`"),
            "{call}"
        );
    }
    for call in [
        "make -C sub b",
        "cd sub && make b",
        "echo make b",
        "cmake b",
        "make c",
    ] {
        assert_eq!(
            asks(&format!("a:\n\t{call}\nb: ; rm -rf /x\nc: ; echo\n")),
            None,
            "{call}"
        );
    }
    let all = asks("b: ; rm -rf /x\na: ; $(MAKE) -s\n");
    assert_eq!(all.as_deref(), Some("b: runs `rm -rf /x`"));
}
