//! Configs as people have them, of clouds, forges, distributions and companies: each host of each is asked of `ssh -G` and of
//! us.

use super::{oracle::differences, *};

/// Files that some of them include.
const MORE: &[(&str, &str)] = &[
    (
        "ssh_config.d/50-redhat.conf",
        "Match final all\n GSSAPIAuthentication yes\n ForwardX11Trusted yes\n",
    ),
    ("ssh_config.d/20-systemd.conf", "Host .host\n User root\n"),
    (
        "crypto/openssh.config",
        "Ciphers aes256-gcm@openssh.com,aes256-ctr\n",
    ),
    (
        "colima/ssh_config",
        "Host colima\n  IdentityFile /home/me/.colima/_lima/_config/user\n  Hostname 127.0.0.1\n  Port 50022\n  User me\n",
    ),
];

/// What each is, its text, and the hosts that are asked for.
const CONFIGS: &[(&str, &str, &str)] = &[
    (
        "aws_bastion",
        "Host bastion\n HostName ec2-3-120-1-2.eu-central-1.compute.amazonaws.com\n User ec2-user\n IdentityFile ~/.ssh/aws.pem\n IdentitiesOnly yes\nHost 10.0.*\n ProxyJump bastion\n User ubuntu\n StrictHostKeyChecking no\n UserKnownHostsFile /dev/null\n",
        "bastion 10.0.4.17",
    ),
    (
        "aws_ssm",
        "host i-* mi-*\n    ProxyCommand sh -c \"aws ssm start-session --target %h --document-name AWS-StartSSHSession --parameters 'portNumber=%p'\"\n    User ec2-user\n",
        "i-0abc123def4567890 mi-01 other",
    ),
    (
        "aws_instance_connect",
        "Host i-*\n ProxyCommand aws ec2-instance-connect open-tunnel --instance-id %h\n User ec2-user\n IdentityFile ~/.ssh/eic\n",
        "i-0abc",
    ),
    (
        "gcloud",
        "# Google Compute Engine Section\n#\nHost compute.1234567890\n    HostName 34.90.1.2\n    IdentityFile ~/.ssh/google_compute_engine\n    UserKnownHostsFile=~/.ssh/google_compute_known_hosts\n    HostKeyAlias=compute.1234567890\n    IdentitiesOnly=yes\n    CheckHostIP=no\n# End of Google Compute Engine Section\n",
        "compute.1234567890",
    ),
    (
        "gcloud_iap",
        "Host gce-*\n ProxyCommand gcloud compute start-iap-tunnel %n %p --listen-on-stdin --zone=europe-west4-a --verbosity=warning\n ProxyUseFdpass no\n HostKeyAlias %n\n",
        "gce-web-1",
    ),
    (
        "azure_bastion",
        "Host azure-vm\n HostName 10.1.0.4\n User azureuser\n CertificateFile ~/.ssh/id_rsa.pub-aadcert.pub\n IdentityFile ~/.ssh/id_rsa\n",
        "azure-vm",
    ),
    (
        "github",
        "Host github.com\n  AddKeysToAgent yes\n  User git\n  IdentityFile ~/.ssh/id_ed25519\n",
        "github.com",
    ),
    (
        "github_two_accounts",
        "Host github.com-work\n HostName github.com\n User git\n IdentityFile ~/.ssh/id_work\n IdentitiesOnly yes\nHost github.com\n HostName ssh.github.com\n Port 443\n User git\n IdentityFile ~/.ssh/id_personal\n",
        "github.com github.com-work",
    ),
    (
        "github_macos",
        "IgnoreUnknown UseKeychain\nHost *\n  AddKeysToAgent yes\n  UseKeychain yes\n  IdentityFile ~/.ssh/id_ed25519\n",
        "github.com x",
    ),
    (
        "gitlab",
        "Host gitlab.com gitlab.example.org\n  Preferredauthentications publickey\n  IdentityFile ~/.ssh/gitlab_com_rsa\n  PubkeyAcceptedAlgorithms +ssh-rsa\n  HostkeyAlgorithms +ssh-rsa\n",
        "gitlab.com gitlab.example.org",
    ),
    (
        "bitbucket",
        "Host bitbucket.org\n  AddKeysToAgent yes\n  IdentityFile ~/.ssh/bb\n  KexAlgorithms curve25519-sha256,ecdh-sha2-nistp256\n",
        "bitbucket.org",
    ),
    (
        "debian_stock",
        "Include HERE/ssh_config.d/*.conf\nHost *\n#   ForwardAgent no\n    SendEnv LANG LC_*\n    HashKnownHosts yes\n    GSSAPIAuthentication yes\n",
        "any.example",
    ),
    (
        "fedora_stock",
        "Include HERE/ssh_config.d/*.conf\nMatch final all\n\tInclude HERE/crypto/openssh.config\n\tGSSAPIAuthentication yes\n\tForwardX11Trusted yes\n",
        "any.example",
    ),
    (
        "redhat_policies",
        "Host *\n Ciphers aes256-gcm@openssh.com,chacha20-poly1305@openssh.com,aes256-ctr,aes128-gcm@openssh.com,aes128-ctr\n MACs hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha2-256,hmac-sha2-512\n GSSAPIKexAlgorithms gss-curve25519-sha256-\n KexAlgorithms curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256\n PubkeyAcceptedAlgorithms ecdsa-sha2-nistp256,ssh-ed25519,rsa-sha2-256,rsa-sha2-512\n CASignatureAlgorithms ecdsa-sha2-nistp256,ssh-ed25519\n RequiredRSASize 2048\n",
        "any",
    ),
    ("arch_stock", "Include HERE/ssh_config.d/*.conf\n", "x"),
    (
        "tailscale",
        "Host *.tail1234.ts.net 100.*\n  UserKnownHostsFile ~/.ssh/tailscale_known_hosts\n  StrictHostKeyChecking accept-new\n",
        "box.tail1234.ts.net 100.64.0.9",
    ),
    (
        "tailscale_proxy",
        "Host ts-*\n  HostName %h.tail1234.ts.net\n  ProxyCommand tailscale nc %h %p\n",
        "ts-box",
    ),
    (
        "teleport",
        "# Begin generated Teleport configuration for teleport.example.com by tsh\n\nHost *.cluster.example.com teleport.example.com\n    UserKnownHostsFile \"~/.tsh/known_hosts\"\n    IdentityFile \"~/.tsh/keys/teleport.example.com/me\"\n    CertificateFile \"~/.tsh/keys/teleport.example.com/me-ssh/cluster-cert.pub\"\n    HostKeyAlgorithms rsa-sha2-512-cert-v01@openssh.com,rsa-sha2-256-cert-v01@openssh.com,ssh-ed25519\n\nHost *.cluster.example.com !teleport.example.com\n    Port 3022\n    ProxyCommand \"/usr/local/bin/tsh\" proxy ssh --cluster=cluster --proxy=teleport.example.com:443 %r@%h:%p\n# End generated Teleport configuration\n",
        "node.cluster.example.com teleport.example.com",
    ),
    (
        "cloudflare",
        "Host ssh.example.com\n  ProxyCommand /usr/local/bin/cloudflared access ssh --hostname %h\n",
        "ssh.example.com",
    ),
    (
        "cloudflare_short_lived",
        "Match host vm.example.com exec \"true --hostname %h\"\n    ProxyCommand cloudflared access ssh --hostname %h\n    IdentityFile ~/.cloudflared/%h-cf_key\n    CertificateFile ~/.cloudflared/%h-cf_key-cert.pub\n",
        "vm.example.com other.example.com",
    ),
    (
        "vagrant",
        "Host default\n  HostName 127.0.0.1\n  User vagrant\n  Port 2222\n  UserKnownHostsFile /dev/null\n  StrictHostKeyChecking no\n  PasswordAuthentication no\n  IdentityFile /home/me/project/.vagrant/machines/default/virtualbox/private_key\n  IdentitiesOnly yes\n  LogLevel FATAL\n  PubkeyAcceptedKeyTypes +ssh-rsa\n  HostKeyAlgorithms +ssh-rsa\n",
        "default",
    ),
    (
        "lima",
        "Host lima-default\n  IdentityFile \"/Users/me/.lima/_config/user\"\n  StrictHostKeyChecking no\n  UserKnownHostsFile /dev/null\n  NoHostAuthenticationForLocalhost yes\n  PreferredAuthentications publickey\n  Compression no\n  BatchMode yes\n  IdentitiesOnly yes\n  Ciphers \"^aes128-gcm@openssh.com,aes256-gcm@openssh.com\"\n  User me\n  ControlMaster auto\n  ControlPath \"/Users/me/.lima/default/ssh.sock\"\n  ControlPersist yes\n  Hostname 127.0.0.1\n  Port 60022\n",
        "lima-default",
    ),
    (
        "colima_include",
        "Include HERE/colima/ssh_config\nHost *\n ServerAliveInterval 60\n",
        "colima x",
    ),
    (
        "ci",
        "Host *\n\tStrictHostKeyChecking no\n\tUserKnownHostsFile=/dev/null\n\tLogLevel=ERROR\n\tConnectTimeout 10\n\tConnectionAttempts 3\n\tBatchMode yes\n",
        "deploy@target.example",
    ),
    (
        "ansible",
        "Host *\n ControlMaster auto\n ControlPersist 60s\n ControlPath ~/.ansible/cp/%C\n ServerAliveInterval 30\n ServerAliveCountMax 10\n PreferredAuthentications publickey,keyboard-interactive\n KbdInteractiveAuthentication no\n",
        "web1",
    ),
    (
        "corp_canonical",
        "CanonicalizeHostname no\nCanonicalDomains corp.example eng.corp.example\nCanonicalizeMaxDots 0\nHost *.corp.example\n User me.corp\n GSSAPIAuthentication yes\n GSSAPIDelegateCredentials yes\nMatch canonical host *.corp.example\n Port 2200\n",
        "db db.corp.example",
    ),
    (
        "corp_jump_pattern",
        "Host jump\n HostName jump.corp.example\n User jumper\n Port 2222\nHost *.internal !jump.internal\n ProxyJump jumper@jump:2222\n User app\nHost jump.internal\n User root\n",
        "a.internal jump.internal",
    ),
    (
        "corp_match_user",
        "Match user root\n IdentityFile ~/.ssh/root_key\nMatch host *.prod.example !user root\n IdentityFile ~/.ssh/prod\nMatch localuser nobody-here\n ProxyJump never\nHost *\n IdentityFile ~/.ssh/default\n",
        "root@a.prod.example ann@a.prod.example x",
    ),
    (
        "onepassword",
        "Host *\n\tIdentityAgent \"~/Library/Group Containers/2BUA8C4S2C.com.1password/t/agent.sock\"\nHost work\n HostName work.example\n IdentityFile ~/.ssh/work.pub\n IdentitiesOnly yes\n",
        "work home",
    ),
    (
        "secretive",
        "Host *\n\tIdentityAgent /Users/me/Library/Containers/com.maxgoedjen.Secretive.SecretAgent/Data/socket.ssh\n",
        "x",
    ),
    (
        "yubikey",
        "Host *\n PKCS11Provider none\n SecurityKeyProvider internal\n IdentityFile ~/.ssh/id_ed25519_sk\n IdentityFile ~/.ssh/id_ed25519\n",
        "x",
    ),
    (
        "agent_forwarding",
        "Host dev\n ForwardAgent yes\nHost stage\n ForwardAgent $SSH_AUTH_SOCK\nHost *\n ForwardAgent no\n",
        "dev stage prod",
    ),
    (
        "three_hops",
        "Host c\n ProxyJump a,b\n HostName 10.3.0.1\nHost a\n HostName a.example\nHost b\n HostName b.internal\n User bob\n",
        "c b",
    ),
    (
        "old_router",
        "Host router\n HostName 192.168.1.1\n User admin\n KexAlgorithms +diffie-hellman-group14-sha1\n HostKeyAlgorithms +ssh-rsa\n Ciphers +aes128-cbc\n MACs +hmac-sha1\n",
        "router",
    ),
    (
        "tor",
        "Host *.onion\n ProxyCommand nc -X 5 -x localhost:9050 %h %p\n CheckHostIP no\n Compression yes\n",
        "abcdef.onion",
    ),
    (
        "socks_quotes",
        "Host far\n ProxyCommand connect -H \"proxy.example:3128\" '%h' %p\n",
        "far",
    ),
    (
        "windows_crlf",
        "Host win\r\n  HostName 10.0.0.5\r\n  User Administrator\r\n  Port 22\r\n",
        "win",
    ),
    (
        "env_and_tokens",
        "Host tok-*\n HostName %h.example\n IdentityFile ~/.ssh/%r@%h:%p\n UserKnownHostsFile ~/.ssh/known_hosts.d/%k ~/.ssh/%n\n SetEnv TERM=xterm-256color LANG=C.UTF-8\n SendEnv -LANG\n",
        "tok-1",
    ),
    (
        "ipv6",
        "Host six\n HostName fe80::1%eth0\n AddressFamily inet6\nHost 2001:db8::*\n User v6\n",
        "six 2001:db8::7",
    ),
    (
        "home_lab",
        "Host nas nas.lan\n HostName 192.168.178.20\n Port 2222\n User admin\nHost pi*\n HostName %h.local\n User pi\n PreferredAuthentications password,publickey\n NumberOfPasswordPrompts 1\nHost *\n ServerAliveInterval 1m\n TCPKeepAlive no\n VisualHostKey yes\n",
        "nas nas.lan pi4 other",
    ),
    (
        "emacs_quirks",
        "host = \"a b\" c\n hostname=example.com\n port = 2022\n\tuser\t=\tx\n",
        "c",
    ),
    (
        "known_hosts_command_free",
        "Host kh\n KnownHostsCommand none\n VerifyHostKeyDNS yes\n UpdateHostKeys ask\n FingerprintHash sha256\n",
        "kh",
    ),
    (
        "remote_command",
        "Host tmux\n RemoteCommand tmux new -A -s main\n RequestTTY yes\n HostName dev.example\n",
        "tmux",
    ),
    (
        "forwardings",
        "Host db-tunnel\n HostName db.example\n LocalForward 5433 localhost:5432\n RemoteForward 9000 localhost:9000\n DynamicForward 1080\n ExitOnForwardFailure yes\n ClearAllForwardings no\n PermitLocalCommand no\n LocalCommand echo %h\n",
        "db-tunnel",
    ),
];

#[test]
fn real_configs_are_read_as_ssh_reads_them() {
    assert!(CONFIGS.len() >= 40);
    let mut problems = Vec::new();
    for (name, text, hosts) in CONFIGS {
        let mut files = MORE.to_vec();
        files.push((".ssh/config", text));
        let home = Home::new(&files);
        let config = home.read();
        for host in hosts.split(' ') {
            let different = differences(&home, &config, host);
            problems.extend(
                different
                    .into_iter()
                    .map(|what| format!("{name}, {host}: {what}")),
            );
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn algorithms_that_cannot_be_had_here_stop_the_host_with_their_place() {
    let home = Home::new(&[(
        ".ssh/config",
        "Host fine\n Ciphers +aes128-cbc\n MACs ^hmac-sha2-512\n KexAlgorithms -*nistp*\nHost old\n Port 22\n \
         MACs umac-64@openssh.com\nHost certs\n HostKeyAlgorithms ssh-ed25519-cert-v01@openssh.com\n",
    )]);
    let config = home.read();
    config.resolve("fine").unwrap();
    for (host, line) in [("old", "config:7"), ("certs", "config:9")] {
        let refusal = config.resolve(host).unwrap_err();
        assert_eq!(refusal.reason, Reason::Algorithms);
        assert_eq!(
            refusal.consent.as_ref().unwrap().command,
            format!("ssh -T {host}")
        );
        assert!(
            refusal.why.contains(line) && refusal.why.contains("can be used here"),
            "{refusal}"
        );
    }
}
