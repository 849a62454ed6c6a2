//! The programs that ask, and with which words.

/// Programs, and words that must follow in this order; a `*` at the end stands for any rest.
pub(super) type Rule = (&'static [&'static str], &'static [&'static [&'static str]]);

pub(super) const RULES: &[Rule] = &[
    (
        &["terraform", "tofu", "terragrunt", "pulumi", "cdk"],
        &[
            &["destroy"],
            &["-destroy"],
            &["--destroy"],
            &["run-all", "destroy"],
            &["apply", "-auto-approve"],
            &["apply", "--auto-approve"],
            &["state", "rm"],
            &["workspace", "delete"],
            &["stack", "rm"],
        ],
    ),
    (
        &["kubectl", "oc", "k3s"],
        &[&["delete"], &["drain"], &["replace", "--force"]],
    ),
    (&["helm"], &[&["uninstall"], &["delete"], &["del"]]),
    (
        &["git"],
        &[
            &["push", "-f*"],
            &["push", "--force*"],
            &["push", "--mirror"],
            &["push", "--delete"],
            &["push", ":*"],
            &["push", "+*"],
            &["reset", "--hard"],
            &["clean", "-f*"],
            &["clean", "-xf*"],
            &["clean", "-df*"],
            &["clean", "-dxf*"],
            &["clean", "-xdf*"],
            &["filter-branch"],
        ],
    ),
    (
        &["systemctl"],
        &[
            &["stop"],
            &["disable"],
            &["mask"],
            &["kill"],
            &["poweroff"],
            &["reboot"],
            &["halt"],
        ],
    ),
    (&["service", "rc-service"], &[&["stop"]]),
    (
        &["docker", "podman", "docker-compose", "nerdctl"],
        &[
            &["prune"],
            &["volume", "rm"],
            &["down", "-v"],
            &["down", "--volumes"],
            &["rm", "-f*"],
            &["rm", "--force"],
            &["rmi", "-f*"],
            &["rmi", "--force"],
        ],
    ),
    (
        &["aws"],
        &[
            &["delete-*"],
            &["terminate-*"],
            &["rb"],
            &["rm", "--recursive"],
        ],
    ),
    (
        &[
            "gcloud",
            "az",
            "doctl",
            "hcloud",
            "openstack",
            "eksctl",
            "multipass",
            "gsutil",
        ],
        &[&["delete"], &["rm", "-r"]],
    ),
    (&["virsh"], &[&["destroy"], &["undefine"]]),
    (&["vagrant", "docker-machine"], &[&["destroy"], &["rm"]]),
    (
        &["redis-cli"],
        &[&["flushall"], &["flushdb"], &["FLUSHALL"], &["FLUSHDB"]],
    ),
    (
        &["rake", "rails"],
        &[&["db:drop*"], &["db:reset*"], &["db:rollback*"]],
    ),
    (
        &["artisan"],
        &[
            &["migrate:fresh*"],
            &["migrate:refresh*"],
            &["migrate:reset*"],
            &["migrate:rollback*"],
            &["db:wipe*"],
        ],
    ),
    (
        &["console"],
        &[&["doctrine:database:drop"], &["doctrine:schema:drop"]],
    ),
    (&["manage.py"], &[&["flush"], &["reset_db"]]),
    (&["alembic"], &[&["downgrade"]]),
    (&["flask"], &[&["db", "downgrade"]]),
    (
        &["mix"],
        &[&["ecto.drop"], &["ecto.reset"], &["ecto.rollback"]],
    ),
    (
        &["sequelize", "sequelize-cli"],
        &[&["db:drop"], &["db:migrate:undo*"]],
    ),
    (&["knex"], &[&["migrate:rollback"]]),
    (
        &["sqlx", "diesel"],
        &[
            &["database", "drop"],
            &["database", "reset"],
            &["migrate", "revert"],
            &["migration", "revert"],
        ],
    ),
    (
        &["goose", "dbmate"],
        &[&["down*"], &["reset"], &["drop"], &["rollback"]],
    ),
    (
        &["migrate"],
        &[&["-database", "down"], &["-database", "drop"]],
    ),
    (
        &["prisma"],
        &[&["migrate", "reset"], &["db", "push", "--force-reset"]],
    ),
    (
        &["heroku"],
        &[&["apps:destroy"], &["pg:reset"], &["addons:destroy"]],
    ),
    (&["fly", "flyctl"], &[&["destroy"]]),
    (&["npm"], &[&["unpublish"]]),
    (&["crontab"], &[&["-r"]]),
    (&["zfs", "zpool"], &[&["destroy"]]),
    (&["find"], &[&["-delete"]]),
    (&["dd"], &[&["of=*"]]),
    (
        &[
            "dropdb", "dropuser", "shutdown", "reboot", "poweroff", "halt", "mkfs", "wipefs",
            "shred", "lvremove", "vgremove",
        ],
        &[&[]],
    ),
];
