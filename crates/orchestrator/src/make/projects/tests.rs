use super::*;

struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        let home = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        home.project("demo");
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(name)
    }

    fn project(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join("Makefile"), "all:\n").unwrap();
        path
    }

    fn projects(&self) -> Projects {
        Projects::new(Folders {
            registry: self.path("registry"),
            config_dir: self.path("config/vmo"),
            demo: Some(self.path("demo")),
            home: self.path(""),
        })
    }
}

fn names(projects: &[Project]) -> Vec<&str> {
    projects
        .iter()
        .map(|project| project.name.as_str())
        .collect()
}

#[test]
fn fresh_folders_hold_the_trusted_demo_alone() {
    let home = Home::new();
    let (projects, problems) = home.projects().read();
    assert_eq!(names(&projects), ["vm"]);
    assert!(projects[0].trusted);
    assert_eq!(projects[0].source, ProjectSource::Demo);
    assert_eq!(problems, Vec::<String>::new());
}

#[test]
fn names_are_unique_and_mkcli_goes_first() {
    let home = Home::new();
    let (a, b, gone) = (
        home.project("a/app"),
        home.project("b/app"),
        home.path("gone"),
    );
    let registry = format!(
        "vm {} 1\ngone {} 1\n",
        home.project("own").display(),
        gone.display()
    );
    fs::write(home.path("registry"), registry).unwrap();
    let list = home.projects();
    assert_eq!(list.add(&a).unwrap().name, "app");
    assert_eq!(list.add(Path::new("~/b/app")).unwrap().path, b);
    let (projects, _) = list.read();
    assert_eq!(names(&projects), ["vm", "gone", "app", "app-2", "vm-2"]);
    assert_eq!(projects[1].problem.as_deref(), Some("the folder is gone"));
    assert!(matches!(list.add(&a), Err(ProjectError::Known { name, .. }) if name == "app"));
    assert!(matches!(list.remove("vm"), Err(ProjectError::OfMkcli(_))));
    assert!(matches!(list.remove("vm-2"), Err(ProjectError::OfDemo(_))));
    list.remove("app").unwrap();
    assert_eq!(names(&list.read().0), ["vm", "gone", "app-2", "vm-2"]);
}

#[test]
fn trust_goes_by_the_canonical_path() {
    let home = Home::new();
    let path = home.project("real");
    let link = home.path("link");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let registry = format!("one {} 1\ntwo {} 1\n", path.display(), link.display());
    fs::write(home.path("registry"), registry).unwrap();
    let list = home.projects();
    assert!(list.read().0.iter().take(2).all(|project| !project.trusted));
    list.trust(&link, "now").unwrap();
    list.trust(&path, "later").unwrap();
    assert!(list.read().0.iter().take(2).all(|project| project.trusted));
    let kept = fs::read_to_string(home.path("config/vmo/trusted.json")).unwrap();
    assert_eq!(
        kept.matches("real").count(),
        2,
        "the folder, and what was in it"
    );
    assert_eq!(
        list.contents_trusted().values().collect::<Vec<_>>(),
        ["later"]
    );
}

#[test]
fn a_spoilt_file_is_named_and_what_was_last_written_is_kept() {
    let home = Home::new();
    let list = home.projects();
    list.add(&home.project("app")).unwrap();
    let file = home.path("config/vmo/projects.json");
    fs::write(&file, "{\n  \"projects\": [\n    {\"na").unwrap();
    let (projects, problems) = list.read();
    assert_eq!(names(&projects), ["app", "vm"]);
    assert!(
        problems[0].starts_with(&format!("{}:3: ", file.display())),
        "{problems:?}"
    );
    let refused = list.add(&home.project("other"));
    assert!(matches!(refused, Err(ProjectError::File(_))), "{refused:?}");
    assert!(fs::read_to_string(&file).unwrap().ends_with("{\"na"));
    fs::remove_file(&file).unwrap();
    list.add(&home.project("other")).unwrap();
    assert_eq!(names(&list.read().0), ["other", "vm"]);
}

#[test]
fn two_who_add_at_once_both_stay() {
    let home = Home::new();
    let paths: Vec<_> = (0..8).map(|n| home.project(&format!("p{n}"))).collect();
    std::thread::scope(|scope| {
        for path in &paths {
            let list = home.projects();
            scope.spawn(move || list.add(path).unwrap());
        }
    });
    assert_eq!(home.projects().read().0.len(), paths.len() + 1);
}

#[test]
fn finds_by_name_then_by_folder_and_names_what_is_near() {
    let home = Home::new();
    let list = home.projects();
    let app = home.project("web-shop");
    list.add(&app).unwrap();
    let (projects, _) = list.read();
    assert_eq!(
        find(&projects, "web-shop", Path::new("/")).unwrap().path,
        app
    );
    assert_eq!(find(&projects, ".", &app).unwrap().name, "web-shop");
    assert_eq!(
        find(&projects, "../web-shop", &app).unwrap().name,
        "web-shop"
    );
    let stranger = find(&projects, ".", &home.project("x/vm")).unwrap();
    assert_eq!((stranger.name.as_str(), stranger.trusted), ("vm-2", false));
    let empty = home.path("empty");
    fs::create_dir(&empty).unwrap();
    let problem = find(&projects, ".", &empty).unwrap().problem;
    assert_eq!(problem.as_deref(), Some("no makefile in it"));

    let error = find(&projects, "webshop", Path::new("/")).unwrap_err();
    assert_eq!(error.near, ["web-shop"]);
    assert_eq!(
        error.to_string(),
        "find 'webshop': no project and no folder is called so; did you mean web-shop?"
    );
    assert_eq!(
        find(&projects, "zzz", &app).unwrap_err().near,
        Vec::<String>::new()
    );
}

#[test]
fn adding_needs_a_folder_with_a_makefile() {
    let home = Home::new();
    let list = home.projects();
    let empty = home.path("empty");
    fs::create_dir(&empty).unwrap();
    assert!(matches!(list.add(&empty), Err(ProjectError::NoMakefile(_))));
    let gone = list.add(&home.path("gone"));
    assert!(matches!(gone, Err(ProjectError::Folder { .. })), "{gone:?}");
}
