//! Programs that ask something by some of their words alone, open an editor, or are talked to.

/// Programs that a person talks to, whatever they are given, but for what ends them at once.
const TALKING: [&str; 11] = [
    "ftp",
    "gdb",
    "ghci",
    "iex",
    "lldb",
    "minicom",
    "mysql_secure_installation",
    "picocom",
    "sftp",
    "telnet",
    "visudo",
];
/// Options by which these ask nobody.
const UNASKED: &str = "-b -batch --batch -e -h --help -v --version";
/// Options that tell `ansible-vault` its password.
const OF_VAULT: &str = "--vault-password-file --vault-pass-file --vault-id";
/// Options by which docker removes without a question.
const FORCED: &str = "-f --force -af -fa";
/// Programs with the words by which they ask or open an editor, what they do then, and options by which they do not.
const ASKING: [(&str, &str, &str); 34] = [
    ("ansible-playbook -K", "asks for a password", ""),
    ("ansible-playbook -k", "asks for a password", ""),
    ("ansible-playbook -kK", "asks for a password", ""),
    ("ansible-playbook -Kk", "asks for a password", ""),
    (
        "ansible-playbook --ask-become-pass",
        "asks for a password",
        "",
    ),
    ("ansible-playbook --ask-pass", "asks for a password", ""),
    (
        "ansible-playbook --ask-vault-pass",
        "asks for a password",
        "",
    ),
    ("ansible-vault create", "opens an editor", ""),
    ("ansible-vault decrypt", "asks for a password", OF_VAULT),
    ("ansible-vault edit", "opens an editor", ""),
    ("ansible-vault encrypt", "asks for a password", OF_VAULT),
    ("ansible-vault rekey", "asks for a password", ""),
    ("ansible-vault view", "shows it in a pager", ""),
    ("cargo login", "asks for a token", ""),
    ("crontab -e", "opens an editor", ""),
    ("docker system prune", "asks before it removes", FORCED),
    ("docker volume prune", "asks before it removes", FORCED),
    ("docker image prune", "asks before it removes", FORCED),
    ("docker container prune", "asks before it removes", FORCED),
    ("docker network prune", "asks before it removes", FORCED),
    ("gh auth login", "asks how to log in", "--with-token"),
    ("git add -i", "asks about each change", ""),
    ("git add -p", "asks about each change", ""),
    ("git add --patch", "asks about each change", ""),
    (
        "git commit",
        "opens an editor",
        "--message --file --no-edit --dry-run --fixup --reuse-message -[mFC]",
    ),
    ("git rebase -i", "opens an editor", ""),
    ("git rebase --interactive", "opens an editor", ""),
    ("kubectl edit", "opens an editor", ""),
    ("npm init", "asks about the package", "-y --yes"),
    (
        "openssl enc",
        "asks for a password",
        "-pass -k -kfile -K -a -base64",
    ),
    ("ssh-add", "asks for a passphrase", "-l -L -d -D -k -x"),
    ("ssh-keygen -t", "asks for a passphrase", "-N"),
    ("systemctl edit", "opens an editor", ""),
    ("tmux attach", "fills the screen", ""),
];
/// What opens Linux's configuration on a screen, as a goal of make's.
const MENUS: [&str; 2] = ["menuconfig", "nconfig"];

/// Why a program asks for a terminal by what it is given.
pub(super) fn asking(name: &str, rest: &[&str]) -> Option<String> {
    let has = |option: &str| rest.iter().any(|word| is_option(word, option));
    if matches!(name, "make" | "gmake") && rest.iter().any(|word| MENUS.contains(word)) {
        return Some("its menu fills the screen".to_owned());
    }
    let is_debugger = name.ends_with("-gdb");
    if (TALKING.contains(&name) || is_debugger) && !UNASKED.split(' ').any(has) {
        return Some(format!("{name} is talked to"));
    }
    let known = ASKING.iter().find(|(line, _, spared)| {
        let mut wanted = line.split(' ');
        let mut words = rest.iter();
        // A command of the program is its first word that is no option.
        let command = rest.iter().find(|word| !word.starts_with('-'));
        let is_command =
            |word: &str| word.starts_with('-') || command.is_some_and(|own| *own == word);
        wanted.next() == Some(name)
            && wanted.clone().next().is_none_or(is_command)
            && wanted.all(|wanted| words.any(|word| *word == wanted))
            && !spared.split(' ').any(has)
    });
    known.map(|(line, why, _)| format!("{line} {why}"))
}

/// Whether a word is an option, perhaps with its value; `-[mF]` is a group of letters with one of these.
fn is_option(word: &str, option: &str) -> bool {
    if let Some(letters) = option.strip_prefix("-[") {
        let group = word
            .strip_prefix('-')
            .filter(|group| !group.starts_with('-'));
        return group.is_some_and(|group| group.contains(|c| c != ']' && letters.contains(c)));
    }
    !option.is_empty() && word.split('=').next() == Some(option)
}
