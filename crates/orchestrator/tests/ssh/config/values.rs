//! Values that `ssh` refuses, or takes, also of keywords that change nothing here: it stops at a wrong one, and so do we.

use super::*;

/// Values that each keyword is tried with.
const EACH: &[&str] = &["foo", "yes no", "yes", "-1", "5", "a b c", "\"\"", "none x"];

/// Keywords of OpenSSH 9.2 and what distributions add; one that this `ssh` does not know is left out.
const KEYWORDS: &str = "AddKeysToAgent AddressFamily BatchMode BindAddress BindInterface CanonicalDomains \
    CanonicalizeFallbackLocal CanonicalizeHostname CanonicalizeMaxDots CanonicalizePermittedCNAMEs CASignatureAlgorithms \
    CertificateFile CheckHostIP Ciphers ClearAllForwardings Compression ConnectionAttempts ConnectTimeout ControlMaster \
    ControlPath ControlPersist DynamicForward EnableEscapeCommandline EnableSSHKeysign EscapeChar ExitOnForwardFailure \
    FingerprintHash ForkAfterAuthentication ForwardAgent ForwardX11 ForwardX11Timeout ForwardX11Trusted GatewayPorts \
    GlobalKnownHostsFile GSSAPIAuthentication GSSAPIClientIdentity GSSAPIDelegateCredentials GSSAPIKexAlgorithms \
    GSSAPIKeyExchange GSSAPIRenewalForcesRekey GSSAPIServerIdentity GSSAPITrustDns HashKnownHosts \
    HostbasedAcceptedAlgorithms HostbasedAuthentication HostKeyAlgorithms HostKeyAlias IdentitiesOnly IdentityAgent \
    IdentityFile IgnoreUnknown IPQoS KbdInteractiveAuthentication KbdInteractiveDevices KexAlgorithms LocalForward \
    LogLevel LogVerbose MACs NoHostAuthenticationForLocalhost NumberOfPasswordPrompts PasswordAuthentication \
    PermitLocalCommand PermitRemoteOpen PKCS11Provider Port PreferredAuthentications ProtocolKeepAlives ProxyUseFdpass \
    PubkeyAcceptedAlgorithms PubkeyAuthentication RekeyLimit RemoteForward RequestTTY RequiredRSASize RevokedHostKeys \
    SecurityKeyProvider SendEnv ServerAliveCountMax ServerAliveInterval SessionType SetEnv SetupTimeOut StdinNull \
    StreamLocalBindMask StreamLocalBindUnlink StrictHostKeyChecking SyslogFacility TCPKeepAlive Tunnel TunnelDevice \
    UpdateHostKeys User UserKnownHostsFile VerifyHostKeyDNS VisualHostKey XAuthLocation";

/// More values, right and wrong ones.
const MORE: &str = "\
Compression true
Compression YES
AddKeysToAgent confirm 5m
AddKeysToAgent ask
AddKeysToAgent yes 5m
AddKeysToAgent 5m
AddKeysToAgent true
AddKeysToAgent 5m x
AddKeysToAgent confirm foo
ControlMaster true
ControlMaster autoask
ControlMaster AUTO
ControlPersist true
ControlPersist YES
ControlPersist 10m
ControlPersist none
ForkAfterAuthentication true
EscapeChar ^c
EscapeChar ^
EscapeChar cc
EscapeChar NONE
FingerprintHash MD5
FingerprintHash sha384
ForwardX11Timeout none
ServerAliveInterval none
IPQoS af11
IPQoS AF11 0x10
IPQoS lowdelay throughput cs1
IPQoS 255
IPQoS 256
IPQoS le
IPQoS reliability
IPQoS ef none
IPQoS -1
IPQoS 010
LogLevel DEBUG3
LogLevel debug4
LogLevel Quiet
LogLevel FATAL
LogLevel INFO
LogLevel info x
LogVerbose a b
LogVerbose none
SyslogFacility user
SyslogFacility AUTHPRIV
SyslogFacility LOCAL7
SyslogFacility LOCAL8
SyslogFacility x y
RekeyLimit default
RekeyLimit default none
RekeyLimit 1G 1h
RekeyLimit 1.5M
RekeyLimit 16
RekeyLimit 15
RekeyLimit 0
RekeyLimit 1k 0
RekeyLimit 1G x
RekeyLimit 1G 1h x
RekeyLimit 1T
RekeyLimit 1X
RekeyLimit -1
RekeyLimit none
RekeyLimit 1P
RekeyLimit 1KB
RequiredRSASize 2048
RequiredRSASize +5
StreamLocalBindMask 0177
StreamLocalBindMask 0777
StreamLocalBindMask 1000
StreamLocalBindMask 8
StreamLocalBindMask 0x1
Tunnel ethernet
Tunnel point-to-point
Tunnel YES
TunnelDevice any
TunnelDevice any:1
TunnelDevice 1:any
TunnelDevice 1:2
TunnelDevice 1:
TunnelDevice a:b
TunnelDevice -1
DynamicForward 1080
DynamicForward localhost:1080
DynamicForward [::1]:1080
DynamicForward *:1080
DynamicForward :1080
DynamicForward a:b:c
DynamicForward abc
DynamicForward 0
DynamicForward /a/b
LocalForward 8080 localhost:80
LocalForward 8080 localhost
LocalForward localhost:8080 h:80
LocalForward abc
LocalForward 8080:h:80
LocalForward 8080 h:http
LocalForward http h:80
LocalForward 8080 /run/x.sock
LocalForward /run/y.sock h:80
LocalForward /run/y.sock /run/x.sock
LocalForward 8080 [::1]:80
LocalForward [::1]:8080 [::1]:80
LocalForward *:8080 h:80
LocalForward 8080 h:80 x
LocalForward 8080 abc:def
LocalForward 0 h:80
LocalForward 8080 h:0
LocalForward 70000 h:80
LocalForward ${HOME}/x h:80
LocalForward 8080 ${HOME}/x
LocalForward 8080/h/80
LocalForward 8080 h/80
RemoteForward 8080
RemoteForward 0
RemoteForward 8080 h:80
RemoteForward 0 h:80
RemoteForward 8080 h
RemoteForward /a/b
RemoteForward abc
RemoteForward /a/b h:80
RemoteForward 8080 %d/x
PermitRemoteOpen any
PermitRemoteOpen none
PermitRemoteOpen h:80 i:*
PermitRemoteOpen h
PermitRemoteOpen any h:80
PermitRemoteOpen h:x
PermitRemoteOpen [::1]:80
PermitRemoteOpen *:80
PermitRemoteOpen h:http
CanonicalDomains none
CanonicalDomains none a
CanonicalDomains a none
CanonicalDomains a_b.c.
CanonicalDomains a..b
CanonicalDomains .a
CanonicalDomains a!b
CanonicalizePermittedCNAMEs *
CanonicalizePermittedCNAMEs *:*
CanonicalizePermittedCNAMEs a:b c:d
CanonicalizePermittedCNAMEs a:
CanonicalizePermittedCNAMEs :b
CanonicalizePermittedCNAMEs none a:b
CanonicalizePermittedCNAMEs a:b none
CASignatureAlgorithms ssh-ed25519
CASignatureAlgorithms +ssh-*
CASignatureAlgorithms -foo
CASignatureAlgorithms ^foo
CASignatureAlgorithms ssh-ed25519,foo
CASignatureAlgorithms foo*
CASignatureAlgorithms !ssh-rsa
CASignatureAlgorithms *
CASignatureAlgorithms ssh-ed25519,
HostKeyAlgorithms ssh-ed25519,ssh-rsa
HostKeyAlgorithms rsa-sha2-512-cert-v01@openssh.com
Ciphers aes*
Ciphers aes128-ctr,foo
Ciphers +foo
Ciphers -foo
Ciphers ^aes128-ctr
Ciphers aes128-ctr,
Ciphers 3des-cbc
Ciphers none
Ciphers AES128-CTR
Ciphers +
MACs hmac-md5
MACs umac-64@openssh.com
MACs hmac-*
MACs +foo
KexAlgorithms curve25519-sha256
KexAlgorithms sntrup761x25519-sha512
KexAlgorithms diffie-hellman-group1-sha1
KexAlgorithms ext-info-c
KexAlgorithms gss-gex-sha1-x
KexAlgorithms +
PubkeyAcceptedAlgorithms +ssh-rsa
PubkeyAcceptedAlgorithms ssh-foo
GSSAPIKexAlgorithms gss-gex-sha1-,gss-group14-sha256-
GSSAPIKexAlgorithms gss-foo-
HostbasedAcceptedAlgorithms foo
IdentityAgent $FOO
IdentityAgent $1
ForwardAgent $FOO
ForwardAgent $1
ForwardAgent yes
KbdInteractiveDevices a,b
PreferredAuthentications foo,bar
StdinNull TRUE
SessionType SUBSYSTEM
UpdateHostKeys ask
UpdateHostKeys true
VerifyHostKeyDNS ask
RequestTTY force
PKCS11Provider none
ConnectionAttempts 0
ConnectionAttempts 010
ServerAliveCountMax x5
NumberOfPasswordPrompts 5x
UserKnownHostsFile a a
User \"a b\"
HostName a\\nb
EnableEscapeCommandline TRUE
GSSAPIAuthentication maybe
Tunnel foo
XAuthLocation a b
ControlPath a b
SecurityKeyProvider a b
BindInterface a b
KnownHostsCommand none x
LocalCommand none x
RemoteCommand none x
PubkeyAuthentication UNBOUND
CheckHostIP maybe";

#[test]
fn what_ssh_takes_as_a_value_is_taken_and_what_it_refuses_refused() {
    let each = KEYWORDS
        .split_ascii_whitespace()
        .flat_map(|keyword| EACH.iter().map(move |value| format!("{keyword} {value}")));
    let lines: Vec<String> = each.chain(MORE.lines().map(str::to_owned)).collect();
    let lines = &lines;
    let differences: Vec<String> = thread::scope(|scope| {
        let share = |at: usize| {
            move || {
                lines
                    .iter()
                    .skip(at)
                    .step_by(4)
                    .filter_map(|line| difference(line))
                    .collect()
            }
        };
        let threads: Vec<_> = (0..4).map(|at| scope.spawn(share(at))).collect();
        let found: Vec<Vec<String>> = threads.into_iter().map(|one| one.join().unwrap()).collect();
        found.concat()
    });
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn difference(line: &str) -> Option<String> {
    let text = format!("Host far\n {line}\nHost near\n Port 1\n");
    let home = Home::new(&[(".ssh/config", &text)]);
    let output = Command::new("ssh")
        .arg("-F")
        .arg(home.path(".ssh/config"))
        .args(["-G", "near"])
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    // An older ssh does not know the keyword; a newer one (from 10.0) knows no numbers for the kinds of service.
    if words.contains("Bad configuration option") || words.contains("Bad IPQoS value: 0x") {
        return None;
    }
    let ours = home.read().resolve("near");
    match (&ours, output.status.success()) {
        (Ok(_), false) => Some(format!("{line}: ssh refuses it: {}", words.trim())),
        (Err(refusal), true) => Some(format!("{line}: ssh takes it: {refusal}")),
        (Err(refusal), false) if !refusal.why.contains("~/.ssh/config:2") => {
            Some(format!("{line}: without its line: {refusal}"))
        }
        _ => None,
    }
}
