//! Recipes that ask for a terminal: what fails without one, or asks a person something.

mod asking;

use asking::asking;

use super::shell::{Command, Lead, commands};

/// Programs that run another one with a terminal, if they are told to.
const CONTAINERS: [&str; 6] = [
    "docker",
    "docker-compose",
    "kubectl",
    "nerdctl",
    "oc",
    "podman",
];
/// Programs that a person talks to, unless they are given something to run.
const SHELLS: [&str; 7] = [
    "mongo",
    "mongosh",
    "mysql",
    "psql",
    "rails",
    "redis-cli",
    "sqlite3",
];
/// Programs that a person talks to if they are given nothing at all.
const BARE: [&str; 16] = [
    "bash", "bpython", "fish", "ghci", "iex", "ipython", "irb", "julia", "lua", "node", "pry",
    "python", "python3", "sh", "utop", "zsh",
];
/// Programs that start another one, and their word for it.
const STARTING: [(&str, &str); 6] = [
    ("bundle", "exec"),
    ("hatch", "run"),
    ("pdm", "run"),
    ("pipenv", "run"),
    ("poetry", "run"),
    ("uv", "run"),
];
/// Programs that ask for a password by `login`, and the options that give one.
const LOGINS: [&str; 6] = ["docker", "helm", "nerdctl", "npm", "oras", "podman"];
const GIVEN: [&str; 4] = ["-p", "--password", "--password-stdin", "--help"];
/// What Django asks or opens a shell for.
const OF_DJANGO: [&str; 4] = ["changepassword", "createsuperuser", "dbshell", "shell"];
/// Programs that fill a screen.
const SCREENS: [&str; 16] = [
    "btop",
    "dialog",
    "emacs",
    "fzf",
    "htop",
    "k9s",
    "lazydocker",
    "less",
    "mconf",
    "nano",
    "nconf",
    "top",
    "vi",
    "vim",
    "watch",
    "whiptail",
];
/// Options of `ssh` that take a value from the next word.
const SSH_VALUES: &str = "BbcDEeFIiJLlmOopQRSWw";

/// Why a recipe that was made readable asks for a terminal, if it does.
pub(in crate::make::scan) fn reason(readable: &str) -> Option<String> {
    // What functions work on follows on lines of its own; an option alone is no program.
    let lines = readable.lines().filter(|line| !line.starts_with("--"));
    let text = lines.collect::<Vec<_>>().join("\n");
    commands(&text).iter().find_map(of_command)
}

fn of_command(command: &Command) -> Option<String> {
    let words: Vec<&str> = command.words[command.start()..]
        .iter()
        .map(String::as_str)
        .collect();
    let words = match words.as_slice() {
        [program, word, rest @ ..] if STARTING.contains(&(*program, *word)) => rest,
        words => words,
    };
    let (first, rest) = words.split_first()?;
    let name = first.rsplit('/').next().unwrap_or(first);
    let name = name
        .strip_prefix("${")
        .and_then(|name| name.strip_suffix('}'))
        .map_or_else(|| name.to_owned(), str::to_lowercase);
    let is_fed = command.lead == Lead::Pipe || rest.iter().any(|word| word.starts_with('<'));
    let has = |wanted: &[&str]| rest.iter().any(|word| wanted.contains(word));
    if let Some(word) = of_django(words).filter(|_| !is_fed) {
        return Some(format!("manage.py {word} is talked to"));
    }
    let why = match name.as_str() {
        // With these it fails or reads its input, and never asks at a terminal.
        "sudo" if !has(&["-n", "--non-interactive", "-S", "--stdin"]) => {
            "sudo may ask for a password"
        }
        name if LOGINS.contains(&name) && rest.contains(&"login") => {
            let is_given = |word: &&str| GIVEN.iter().any(|option| word.starts_with(option));
            let asks = !is_fed && !rest.iter().any(is_given);
            return asks.then(|| format!("{name} login asks for a password"));
        }
        "passwd" if !is_fed => "passwd asks for a password",
        name if CONTAINERS.contains(&name) => return container(name, rest, is_fed),
        name if BARE.contains(&name) && !is_fed && rest.is_empty() => {
            return Some(format!("{name} is talked to"));
        }
        "read" if !is_fed && !command.has("while") && !command.has("until") => {
            "read asks for a line"
        }
        "ssh" if !is_fed && asks_a_shell(rest) => "ssh opens a shell there",
        "ssh" if has(&["-t", "-tt"]) => "ssh -t asks for a terminal",
        "terraform" | "tofu" | "terragrunt" if asks_to_approve(rest) => {
            return Some(format!("{name} asks before it goes on"));
        }
        name if SHELLS.contains(&name) && !is_fed && is_talked_to(name, rest) => {
            return Some(format!("{name} is talked to"));
        }
        name if SCREENS.contains(&name) && !first.starts_with('$') => {
            return Some(format!("{name} fills the screen"));
        }
        "select" if has(&["in"]) && !is_fed => "select asks for a choice",
        name if !is_fed => return asking(name, rest),
        _ => return None,
    };
    Some(why.to_owned())
}

/// The word behind `manage.py` that is for a person at a terminal.
fn of_django<'w>(words: &[&'w str]) -> Option<&'w str> {
    let at = words.iter().position(|word| word.ends_with("manage.py"))?;
    let word = words.get(at + 1).filter(|word| OF_DJANGO.contains(word))?;
    let is_given = |word: &&str| matches!(*word, "-c" | "--command" | "--noinput" | "--no-input");
    (!words[at..].iter().any(is_given)).then_some(*word)
}

/// `docker run -it`, `kubectl exec -ti`; compose's `exec` and `run` take one by themselves.
fn container(name: &str, rest: &[&str], is_fed: bool) -> Option<String> {
    let at = rest
        .iter()
        .position(|word| matches!(*word, "run" | "exec" | "attach" | "debug" | "edit"))?;
    if rest[at] == "attach" && !rest.contains(&"--no-stdin") {
        return Some(format!("{name} attach takes the terminal"));
    }
    if rest[at] == "edit" {
        return asking(name, rest);
    }
    let is_composed = name.ends_with("compose") || rest[..at].contains(&"compose");
    let options = rest[at + 1..]
        .iter()
        .take_while(|word| word.starts_with('-'));
    // An option's own value may be between options.
    let all = || rest[at + 1..].iter();
    let short = |letter: char| {
        move |word: &&&str| {
            word.starts_with('-')
                && !word.starts_with("--")
                && word.len() <= 4
                && word[1..].bytes().all(|byte| byte.is_ascii_alphabetic())
                && word.contains(letter)
        }
    };
    let with = |letter: char, long: &str| all().any(|word| short(letter)(&word) || *word == long);
    let takes_one =
        with('t', "--tty") && with('i', "--interactive") || with('t', "--tty") && !is_composed;
    let goes_without = options
        .clone()
        .any(|word| matches!(*word, "-T" | "--no-tty" | "--no-TTY" | "-d" | "--detach"));
    let is_shell = rest.last().is_some_and(|last| BARE.contains(last));
    let by_itself = is_composed && !goes_without && !is_fed && (rest[at] == "exec" || is_shell);
    let composed = if is_composed && !name.ends_with("compose") {
        " compose"
    } else {
        ""
    };
    let line = format!("{name}{composed} {}", rest[at]);
    if takes_one {
        return Some(format!("{line} -t asks for a terminal"));
    }
    by_itself.then(|| format!("{line} takes a terminal unless -T is given"))
}

/// Whether an `ssh` is given no command.
fn asks_a_shell(rest: &[&str]) -> bool {
    let mut words = rest.iter();
    let mut hosts = 0;
    while let Some(word) = words.next() {
        if let Some(letters) = word.strip_prefix('-') {
            if letters.contains('N') || letters.contains('f') {
                return false;
            }
            if letters.len() == 1 && SSH_VALUES.contains(letters) {
                words.next();
            }
        } else if !word.contains(['>', '&']) {
            hosts += 1;
        }
    }
    hosts == 1
}

/// Whether terraform asks: without what approves before, for `apply` without a plan and `destroy`.
fn asks_to_approve(rest: &[&str]) -> bool {
    let approved = |word: &&str| {
        let word = word.trim_start_matches('-');
        word.starts_with("auto-approve") && !word.ends_with("false")
            || word == "input=false"
            || word.starts_with("terragrunt-non-interactive")
    };
    let Some(at) = rest
        .iter()
        .position(|word| matches!(*word, "apply" | "destroy" | "login"))
    else {
        return false;
    };
    let plan = rest[at + 1..]
        .iter()
        .find(|word| !word.starts_with('-') && !word.contains(['=', '>', '|']));
    !rest.iter().any(approved) && (rest[at] != "apply" || plan.is_none())
}

/// Whether a program's own shell is opened: no command is given to run.
fn is_talked_to(name: &str, rest: &[&str]) -> bool {
    let given = |word: &&str| {
        [
            "-c",
            "-f",
            "-e",
            "--command",
            "--file",
            "--execute",
            "--eval",
            "-l",
            "--list",
            "--version",
            "--help",
        ]
        .iter()
        .any(|option| *word == *option || word.starts_with(&format!("{option}=")))
            || (word.starts_with("-e") && name == "mysql")
            || (word.starts_with("-c") && name == "psql")
    };
    match name {
        "rails" => rest
            .first()
            .is_some_and(|word| matches!(*word, "console" | "c" | "dbconsole" | "db")),
        "sqlite3" | "redis-cli" => {
            rest.iter().filter(|word| !word.starts_with('-')).count()
                <= usize::from(name == "sqlite3")
        }
        _ => !rest.iter().any(given),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::make::scan::{reader::Reader, recipes::danger::readable};

    fn asks(line: &str) -> bool {
        let reader = Reader::new(Path::new("/nowhere"));
        reason(&readable(line, &reader.expander())).is_some()
    }

    #[test]
    fn what_asks_for_a_terminal_is_known() {
        for line in [
            "docker run -it alpine sh",
            "@docker exec -ti db bash",
            "docker run --rm -i -t alpine",
            "docker run --interactive --tty alpine",
            "kubectl exec -n x -it pod -- sh",
            "docker compose exec db psql",
            "docker-compose exec db sh",
            "read -p 'Sure? ' x; echo $$x",
            "@echo -n 'Sure? ' && read x && [ \"$$x\" = y ]",
            "ssh web-1",
            "ssh -p 22 -i key root@web-1",
            "ssh -t web-1 top",
            "sudo systemctl restart x",
            "terraform apply",
            "terraform -chdir=infra destroy",
            "psql -h db app",
            "vim notes",
            "if true; then sudo ls; fi",
            "docker login",
            "docker login ghcr.io -u me",
            "npm login",
            "python manage.py shell",
            "poetry run ./manage.py createsuperuser",
            "bundle exec rails console",
            "ipython",
            ".venv/bin/python",
            "passwd me",
            "scripts/mconf Kconfig",
            "$(MAKE) -C linux menuconfig",
            "select x in a b; do break; done",
            "gdb ./app",
            "git add -p",
            "git commit",
            "git rebase -i main",
            "gh auth login",
            "ansible-vault decrypt vars/vault.yml",
            "openssl enc -aes-256-cbc -d -in x",
            "ssh-add",
            "ansible-playbook -kK site.yml",
            "ansible-playbook -K site.yml",
            "ssh-keygen -t ed25519",
            "docker attach db",
            "docker-compose run --rm app bash",
            "kubectl edit deployment/x",
            "crontab -e",
            "minicom -D /dev/ttyUSB0",
            "iex -S mix",
        ] {
            assert!(asks(line), "{line}");
        }
    }

    #[test]
    fn what_needs_none_gets_none() {
        for line in [
            "docker run --rm alpine ls",
            "docker run -d -p 80:80 nginx",
            "docker compose exec -T db psql -c 'select 1'",
            "cat x.sql | docker compose exec db psql",
            "docker compose up -d",
            "cat list | while read x; do echo $$x; done",
            "while read x; do echo; done < list",
            "echo y | read x",
            "ssh web-1 uptime",
            "ssh -N -L 1:a:2 web-1",
            "sudo -n ls",
            "echo sudo",
            "terraform plan",
            "terraform apply -auto-approve",
            "terraform apply plan.out",
            "terraform apply -input=false",
            "psql -c 'select 1'",
            "psql < x.sql",
            "psql -f x.sql app",
            "docker build -t app .",
            "npx vitest run $(if $(WATCH),--watch)",
            "# docker run -it x",
            "docker login -u me --password-stdin",
            "echo x | docker login -u me --password-stdin",
            "docker login -u me -p $(X)",
            "python manage.py migrate",
            "python manage.py shell -c 'print(1)'",
            "manage.py createsuperuser --noinput",
            "python -m build",
            "echo 'print(1)' | python",
            "bash run.sh",
            "sh < script",
            "bundle exec rake",
            "gdb -batch -x cmds ./app",
            "git commit -m x",
            "git commit --message=x",
            "git commit -am 'x y'",
            "git add -A",
            "git config rebase -i",
            "gh auth status",
            "ansible-vault decrypt x --vault-password-file p",
            "ssh-add -l",
            "openssl enc -base64 -in x",
            "openssl enc -aes-256-cbc -pass env:PASS -in x",
            "gh auth login --with-token",
            "ansible-playbook site.yml",
            "ssh-keygen -t rsa -N '' -f key",
            "docker-compose run --rm app pytest",
            "echo select one in the list",
            "crontab -l",
            "grep menuconfig README",
            "kubectl get pods",
        ] {
            assert!(!asks(line), "{line}");
        }
    }
}
