use super::{
    super::{merge, written},
    Home, lines,
};
use crate::ssh;

#[test]
fn vm_config_names_machines_by_environment() {
    let home = Home::new();
    home.write(
        "shop/environments/prod/config.yml",
        "vms:\n  web: {host: 10.0.0.1, ansible_user: deploy}\n  db:\n    host: 10.0.0.2\n    ansible_port: 2222\nsecret: hunter2\n",
    );
    home.write(
        "shop/environments/dev/config.yml",
        "vms:\n  web:\n    host: 10.9.0.1\n",
    );
    home.write("shop/environments/empty/config.yml", "");
    let read = home.read();
    assert_eq!(read.problems, Vec::<String>::new());
    assert_eq!(
        lines(&read),
        [
            "db 10.0.0.2:2222 #prod",
            // One name for two machines.
            "web-dev 10.9.0.1 #dev",
            "web-prod deploy@10.0.0.1 #prod",
        ]
    );
}

#[test]
fn a_terraform_state_names_its_machines_and_nothing_else() {
    let home = Home::new();
    home.source(
        "infra/terraform.tfstate",
        r#"{"version": 4, "terraform_version": "1.9.0", "resources": [
          {"mode": "managed", "type": "aws_instance", "name": "app", "instances": [
            {"index_key": 0, "attributes": {"private_ip": "10.0.0.1", "public_ip": "1.2.3.4", "instance_state": "running", "tags": {"Name": "web-1", "Environment": "prod"}, "password_data": "hunter2"}},
            {"index_key": 1, "attributes": {"private_ip": "10.0.0.2", "public_ip": ""}}]},
          {"mode": "managed", "type": "google_compute_instance", "name": "g", "instances": [
            {"attributes": {"name": "g-1", "network_interface": [{"network_ip": "10.1.0.1", "access_config": [{"nat_ip": "5.6.7.8"}]}]}}]},
          {"mode": "managed", "type": "digitalocean_droplet", "name": "d", "instances": [
            {"attributes": {"name": "drop", "ipv4_address": "9.9.9.9", "status": "off", "tags": ["edge"]}}]},
          {"mode": "managed", "type": "hcloud_server", "name": "h", "instances": [
            {"index_key": "a b", "attributes": {"ipv6_address": "2001:db8::1/64"}}]},
          {"mode": "managed", "type": "aws_eip", "name": "e", "instances": [{"attributes": {"public_ip": "1.1.1.1"}}]},
          {"mode": "managed", "type": "aws_db_instance", "name": "p", "instances": [{"attributes": {"ip_address": "1.1.1.2"}}]},
          {"mode": "data", "type": "aws_instance", "name": "x", "instances": [{"attributes": {"public_ip": "1.1.1.3"}}]}
        ]}"#,
    );
    let read = home.read();
    assert_eq!(read.problems, Vec::<String>::new());
    assert_eq!(
        lines(&read),
        [
            // By its resource and index.
            "app-1 10.0.0.2",
            "drop 9.9.9.9 #edge",
            "g-1 5.6.7.8",
            "h-a-b 2001:db8::1",
            "web-1 1.2.3.4 #prod",
        ]
    );
    let mut is_on: Vec<_> = read
        .machines
        .iter()
        .map(|one| (&*one.name, one.is_on))
        .collect();
    is_on.retain(|(_, is_on)| is_on.is_some());
    assert_eq!(is_on, [("web-1", Some(true)), ("drop", Some(false))]);
}

const INI: &str = "\
# An inventory
mail.example.org ansible_user='post master'
bastion:2222

[web]
web[01:03] ansible_user=deploy   # all of them
[1:2].front.example.org

[db]
db-[a:b].example.org ansible_host=10.0.0.5 ansible_password=hunter2

[prod:children]
web
db

[prod:vars]
ansible_user=root
ansible_ssh_private_key_file=\"~/.ssh/prod key\"
ansible_become_password=hunter2

[far]
far-1 ansible_ssh_common_args='-o StrictHostKeyChecking=no -o ProxyJump=jump@bastion:2222'
far-2 ansible_ssh_common_args='-o ProxyCommand=\"nc -x proxy %h %p\"'
here ansible_connection=local
win ansible_connection=winrm
";

#[test]
fn an_ansible_inventory_is_no_ini() {
    let home = Home::new();
    home.source(
        "inventory/hosts",
        &INI.replace("'post master'", "postmaster"),
    );
    let read = home.read();
    assert_eq!(read.problems, Vec::<String>::new());
    assert_eq!(
        lines(&read),
        [
            "1.front.example.org root@- #prod #web",
            "2.front.example.org root@- #prod #web",
            "bastion -:2222",
            "db-a.example.org root@10.0.0.5 #db #prod",
            "db-b.example.org root@10.0.0.5 #db #prod",
            "far-1 - #far",
            "far-2 - #far",
            "mail.example.org postmaster@-",
            "web01 deploy@- #prod #web",
            "web02 deploy@- #prod #web",
            "web03 deploy@- #prod #web",
        ]
    );
    let of = |name: &str| read.machines.iter().find(|one| one.name == name).unwrap();
    assert_eq!(of("web01").key.as_deref(), Some("~/.ssh/prod key"));
    assert_eq!(of("far-1").jump.as_deref(), Some("jump@bastion:2222"));
    assert_eq!(of("far-2").proxy.as_deref(), Some("nc -x proxy %h %p"));
    // All of it can be looked up, and the way of each is the one that was meant.
    let text = written(&merge(&[], read.machines, &|_| None));
    let config = ssh::Config::read_behind((&text, "x"), &[], &[], home.0.path());
    assert_eq!(config.problems(), Vec::<String>::new());
    let web = config
        .hosts()
        .into_iter()
        .find(|host| host.name == "web01")
        .unwrap();
    assert_eq!(
        (web.user.as_str(), web.hostname.as_str(), web.port),
        ("deploy", "web01", 22)
    );
    let never = |_: &str| false;
    let purpose = ssh::Purpose::new(Some("true"), &never);
    let refused = config.resolve_for("far-2", &purpose).unwrap_err();
    assert_eq!(refused.consent.unwrap().command, "nc -x proxy %h %p");
}

#[test]
fn an_ansible_inventory_in_yaml_and_in_json() {
    let home = Home::new();
    home.source(
        "inv/a.yml",
        "all:\n  vars: {ansible_user: ops}\n  hosts:\n    lone:\n  children:\n    web:\n      hosts:\n        web[1:2].example.org:\n          ansible_port: 2200\n        locked:\n          ansible_host: !vault |\n            $ANSIBLE_VAULT;1.1\n      vars:\n        ansible_user: deploy\n    east:\n      children:\n        web:\n",
    );
    home.source(
        "inv/b.json",
        r#"{"_meta": {"hostvars": {"c1": {"ansible_host": "10.3.0.1", "api_key": "hunter2", "state": {"code": 80, "name": "stopped"}}}},
            "cloud": {"hosts": ["c1", "c2"], "vars": {"ansible_user": "ec2-user"}}, "top": {"children": ["cloud"]}, "bare": ["c2"]}"#,
    );
    let read = home.read();
    assert_eq!(
        lines(&read),
        [
            "c1 ec2-user@10.3.0.1 #cloud #top",
            "c2 ec2-user@- #bare #cloud #top",
            "lone ops@-",
            "web1.example.org deploy@-:2200 #east #web",
            "web2.example.org deploy@-:2200 #east #web",
        ]
    );
    let off = read.machines.iter().filter(|one| one.is_on == Some(false));
    assert_eq!(off.map(|one| &*one.name).collect::<Vec<_>>(), ["c1"]);
    assert_eq!(read.problems.len(), 1, "{:?}", read.problems);
    assert!(
        read.problems[0].ends_with("locked: its address is not a valid one; the host is left out"),
        "{:?}",
        read.problems
    );
}

#[test]
fn docker_contexts_by_ssh_are_machines() {
    let home = Home::new();
    let context = |name: &str, host: &str| {
        format!(r#"{{"Name":"{name}","Endpoints":{{"docker":{{"Host":"{host}"}}}}}}"#)
    };
    home.write(
        ".docker/contexts/meta/a/meta.json",
        &context("build", "ssh://ci:hunter2@build.example.org:2222/x"),
    );
    home.write(
        ".docker/contexts/meta/b/meta.json",
        &context("six", "ssh://[fe80::1]:22"),
    );
    home.write(
        ".docker/contexts/meta/c/meta.json",
        &context("local", "unix:///var/run/docker.sock"),
    );
    home.write(".docker/contexts/meta/d/meta.json", "{}");
    let read = home.read();
    assert_eq!(read.problems, Vec::<String>::new());
    assert_eq!(
        lines(&read),
        [
            "build ci@build.example.org:2222 #docker",
            "six fe80::1:22 #docker"
        ]
    );
}
