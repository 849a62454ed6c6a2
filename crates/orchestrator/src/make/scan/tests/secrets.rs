//! Which variables are secret, and what is shown of them.

use super::*;
use crate::project::{Need, SetBy, Variable};

fn read(makefile: &str) -> Scan {
    scan(folder(makefile.as_bytes()).path())
}

fn variable<'a>(scan: &'a Scan, name: &str) -> Option<&'a Variable> {
    scan.variables.iter().find(|one| one.name == name)
}

#[test]
fn what_takes_a_secret_makes_it_one() {
    for recipe in [
        "docker login -u me -p $(X)",
        "deploy --password \"$(X)\"",
        "deploy --api-key=$(X)",
        "PGPASSWORD=$(X) psql -c 'select 1'",
        "docker run -e DB_PASSWORD=$(X) db",
        "kubectl create secret generic s --from-literal=db-password=$(X)",
        "npm config set //npm.example.org/:_authToken=$(X)",
        "curl -u \"me:$(X)\" https://example.org",
        "curl -H \"Authorization: Bearer $(X)\" https://example.org",
        "echo $(X) | docker login -u me --password-stdin",
        "openssl genrsa -passout pass:$(X) 2048",
        "mysqldump -u root -p$(X) shop",
        "openssl enc -d -aes-256-cbc -pass env:X -in a # $(X)",
    ] {
        let found = read(&format!("X ?= hunter2\na:\n\t{recipe}\n"));
        let known = variable(&found, "X").unwrap();
        assert_eq!(
            (known.secret, known.default.as_deref()),
            (true, None),
            "{recipe}"
        );
    }
    let found = read("DB_PASSWORD = $(X)\na: ; psql $(DB_PASSWORD) $(X)\n");
    assert!(variable(&found, "X").unwrap().secret);
    for recipe in [
        "mkdir -p $(X)",
        "deploy --token-file $(X) --user=$(X)",
        "curl -u me:$(Y) https://$(X)",
        "docker run -p $(X) web",
        "[ \"$$TOKEN\" = $(X) ]",
        "echo $(X)",
    ] {
        let found = read(&format!("X ?= 1\na:\n\t{recipe}\n"));
        assert!(!variable(&found, "X").unwrap().secret, "{recipe}");
    }
    // The author knows better.
    let found = read("# none @secret no\nX ?= 1\na: ; deploy --password $(X)\n");
    assert!(!variable(&found, "X").unwrap().secret);
}

#[test]
fn values_of_secrets_and_dotenv_files_stay_where_they_are() {
    let folder = folder(
        b"include .env\nAPI_TOKEN = abc1\nPLAIN = $(DB_HOST)\nMAX_TOKEN = 9 ## @secret no\n\
          a: APP_SECRET = abc2\na: DB_HOST += more\n\
          a:\n\trm -rf /srv/$(DB_HOST)\n\techo $(API_TOKEN) $(POSTGRES_PASSWORD) $(APP_SECRET) $(MAX_TOKEN)\n",
    );
    fs::write(
        folder.path().join(".env"),
        "POSTGRES_PASSWORD=abc3\nDB_HOST=abc4\n",
    )
    .unwrap();
    let found = scan(folder.path());
    let all = |name| {
        let one = variable(&found, name).unwrap();
        (
            one.secret,
            one.default.as_deref(),
            one.set_by.clone(),
            one.need,
        )
    };
    let file = || {
        Some(SetBy::File {
            file: ".env".to_owned(),
        })
    };
    assert_eq!(all("POSTGRES_PASSWORD"), (true, None, file(), Need::Met));
    assert_eq!(all("DB_HOST"), (false, None, file(), Need::Met));
    assert_eq!(
        all("API_TOKEN"),
        (true, None, Some(SetBy::Makefile), Need::Met)
    );
    assert_eq!(all("MAX_TOKEN"), (false, Some("9"), None, Need::Met));
    let text = serde_json::to_string(&found).unwrap();
    let shown = preview(folder.path(), "a", &[], &[]);
    assert!(
        !text.contains("abc") && !shown.concat().contains("abc"),
        "{text} {shown:?}"
    );
    assert_eq!(
        shown[1],
        "echo $(API_TOKEN) $(POSTGRES_PASSWORD) $(APP_SECRET) 9"
    );
}

#[test]
fn what_a_text_gives_a_secret_is_not_shown() {
    let folder = folder(
        b"TOKEN!=echo hunter1\nAPI_KEY != echo hunter2\na: PASSWORD!=echo hunter3\ndefine login\nDB_PASSWORD=hunter4 ./login\nendef\n\
          # As in make a TOKEN=hunter5\n\
          a:\n\tTOKEN=hunter6 ./x $(TOKEN) $(API_KEY) $(PASSWORD)\n\t$(eval A_TOKEN != echo hunter7)$(eval B_TOKEN := hunter8)\n\t$(login)\n\
          b:\n\tdocker run -e DB_PASSWORD=hunter9 --token='hunter10' db && rm -rf /srv\n",
    );
    fs::write(
        folder.path().join("README.md"),
        "Run `make b`: logs in with TOKEN=hunter11\n",
    )
    .unwrap();
    let found = scan(folder.path());
    let text = serde_json::to_string(&found).unwrap();
    let shown = ["a", "b"].map(|name| preview(folder.path(), name, &[], &[]).concat());
    assert!(!text.contains("hunter"), "{text}");
    assert!(!shown.concat().contains("hunter"), "{shown:?}");
    assert!(shown[0].contains("TOKEN=… ./x $(TOKEN)"), "{shown:?}");
}
