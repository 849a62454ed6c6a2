//! The keywords of ssh_config(5). What is none of them is a mistake, and a mistake may have been meant as the way to a
//! host: `ProxyJmp bastion` must not connect past the bastion.

/// Keywords by which a route is made, those that are refused included. Whatever else a config says leads nowhere here.
const ROUTE: &[&str] = &[
    "addressfamily",
    "batchmode",
    "bindaddress",
    "bindinterface",
    "canonicalizehostname",
    "challengeresponseauthentication",
    "connecttimeout",
    "globalknownhostsfile",
    "hashknownhosts",
    "hostkeyalias",
    "hostname",
    "identitiesonly",
    "identityagent",
    "identityfile",
    "kbdinteractiveauthentication",
    "passwordauthentication",
    "port",
    "proxycommand",
    "proxyjump",
    "pubkeyauthentication",
    "refuseconnection",
    "sendenv",
    "setenv",
    "stricthostkeychecking",
    "user",
    "userknownhostsfile",
];

/// All others that OpenSSH takes, up to 10.2: also the deprecated ones, and those that distributions add.
const OTHERS: &[&str] = &[
    "addkeystoagent",
    "afstokenpassing",
    "canonicaldomains",
    "canonicalizefallbacklocal",
    "canonicalizemaxdots",
    "canonicalizepermittedcnames",
    "casignaturealgorithms",
    "certificatefile",
    "channeltimeout",
    "checkhostip",
    "cipher",
    "ciphers",
    "clearallforwardings",
    "compression",
    "compressionlevel",
    "connectionattempts",
    "controlmaster",
    "controlpath",
    "controlpersist",
    "dsaauthentication",
    "dynamicforward",
    "enableescapecommandline",
    "enablesshkeysign",
    "escapechar",
    "exitonforwardfailure",
    "fallbacktorsh",
    "fingerprinthash",
    "forkafterauthentication",
    "forwardagent",
    "forwardx11",
    "forwardx11timeout",
    "forwardx11trusted",
    "gatewayports",
    "globalknownhostsfile2",
    "gssapiauthentication",
    "gssapiclientidentity",
    "gssapidelegatecredentials",
    "gssapikexalgorithms",
    "gssapikeyexchange",
    "gssapirenewalforcesrekey",
    "gssapiserveridentity",
    "gssapitrustdns",
    "hostbasedacceptedalgorithms",
    "hostbasedauthentication",
    "hostbasedkeytypes",
    "hostkeyalgorithms",
    "identityfile2",
    "ignoreunknown",
    "ipqos",
    "kbdinteractivedevices",
    "kerberosauthentication",
    "kerberostgtpassing",
    "kexalgorithms",
    "knownhostscommand",
    "localcommand",
    "localforward",
    "loglevel",
    "logverbose",
    "macs",
    "nohostauthenticationforlocalhost",
    "numberofpasswordprompts",
    "obscurekeystroketiming",
    "permitlocalcommand",
    "permitremoteopen",
    "pkcs11provider",
    "preferredauthentications",
    "protocol",
    "protocolkeepalives",
    "proxyusefdpass",
    "pubkeyacceptedalgorithms",
    "pubkeyacceptedkeytypes",
    "rekeylimit",
    "remotecommand",
    "remoteforward",
    "requesttty",
    "requiredrsasize",
    "revokedhostkeys",
    "rhostsauthentication",
    "rhostsrsaauthentication",
    "rsaauthentication",
    "securitykeyprovider",
    "serveralivecountmax",
    "serveraliveinterval",
    "sessiontype",
    "setuptimeout",
    "skeyauthentication",
    "smartcarddevice",
    "stdinnull",
    "streamlocalbindmask",
    "streamlocalbindunlink",
    "syslogfacility",
    "tag",
    "tcpkeepalive",
    "tisauthentication",
    "tunnel",
    "tunneldevice",
    "updatehostkeys",
    "useblacklistedkeys",
    "useprivilegedport",
    "userknownhostsfile2",
    "useroaming",
    "usersh",
    "verifyhostkeydns",
    "versionaddendum",
    "visualhostkey",
    "warnweakcrypto",
    "xauthlocation",
];

/// A keyword in lower case by the name that this code uses: OpenSSH has older names for some.
pub(super) fn without_alias(keyword: String) -> String {
    let newer = match &*keyword {
        "challengeresponseauthentication" | "skeyauthentication" | "tisauthentication" => {
            "kbdinteractiveauthentication"
        }
        "dsaauthentication" => "pubkeyauthentication",
        "hostbasedkeytypes" => "hostbasedacceptedalgorithms",
        "identityfile2" => "identityfile",
        "pubkeyacceptedkeytypes" => "pubkeyacceptedalgorithms",
        "smartcarddevice" => "pkcs11provider",
        _ => return keyword,
    };
    newer.to_owned()
}

/// Whether a keyword in lower case says something of the way to a host, or of how it is let in there.
pub(in crate::ssh) fn is_of_route(keyword: &str) -> bool {
    ROUTE.contains(&keyword)
}

/// Whether OpenSSH takes a keyword in lower case; Apple's takes one more.
pub(in crate::ssh) fn is_known(keyword: &str) -> bool {
    is_of_route(keyword)
        || OTHERS.binary_search(&keyword).is_ok()
        || (cfg!(target_os = "macos") && keyword == "usekeychain")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_others_can_be_searched() {
        assert!(OTHERS.is_sorted());
        assert!(is_known("loglevel") && is_known("warnweakcrypto") && is_known("proxyjump"));
        assert!(!is_known("proxyjmp") && !is_known("\u{feff}host"));
    }
}
