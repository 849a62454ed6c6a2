//! What runs, in the desktop's tray: an item of org.kde.StatusNotifierItem, which is out of sight while nothing runs. A
//! click shows the window. It is never the only way: a desktop without a tray misses nothing.

use orchestrator::wire::Job;
use tauri::{AppHandle, async_runtime};
use zbus::{Connection, fdo, interface, object_server::SignalEmitter, zvariant::ObjectPath};

use crate::windows;

/// Where the item is; the specification has this path for items that are registered by a name.
const PATH: &str = "/StatusNotifierItem";
const WATCHER: &str = "org.kde.StatusNotifierWatcher";
/// Jobs that are named in it.
const NAMED: usize = 6;

/// A picture: width, height, and bytes of alpha, red, green and blue.
type Pixels = (i32, i32, Vec<u8>);

/// The tray's item, once it is there.
#[derive(Debug, Clone)]
pub(crate) struct Tray(Connection);

/// What the desktop reads.
struct Item {
    app: AppHandle,
    icon: Vec<Pixels>,
    shown: Shown,
}

/// What it says.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    /// `2 jobs running`.
    title: String,
    /// A line for each.
    text: String,
    status: &'static str,
}

impl Shown {
    /// What is said of the jobs that are not over, each by its name.
    pub(crate) fn of(jobs: &[Job], name: impl Fn(&Job) -> String) -> Self {
        let waiting = jobs.iter().filter(|job| job.prompt.is_some()).count();
        let title = match (jobs.len(), waiting) {
            (0, _) => "Nothing runs".to_owned(),
            (1, 0) => "1 job running".to_owned(),
            (all, 0) => format!("{all} jobs running"),
            (all, waiting) => format!("{all} running, {waiting} waiting for input"),
        };
        let mut lines: Vec<String> = jobs.iter().take(NAMED).map(name).collect();
        if jobs.len() > NAMED {
            lines.push(format!("and {} more", jobs.len() - NAMED));
        }
        Self {
            title,
            text: orchestrator::visible::visible_lines(&lines.join("\n")).into_owned(),
            status: match (jobs.is_empty(), waiting) {
                (true, _) => "Passive",
                (false, 0) => "Active",
                (false, _) => "NeedsAttention",
            },
        }
    }
}

impl Tray {
    /// Puts an item into the tray; none if the desktop has no such thing.
    pub(crate) async fn put(app: &AppHandle) -> Option<Self> {
        match register(app).await {
            Ok(connection) => Some(Self(connection)),
            Err(error) => {
                tracing::debug!("there is no tray: {error}");
                None
            }
        }
    }

    /// Says what runs, if it says something else.
    pub(crate) async fn show(&self, shown: Shown) {
        if let Err(error) = self.change(shown).await {
            tracing::debug!("the tray cannot be told: {error}");
        }
    }

    async fn change(&self, shown: Shown) -> zbus::Result<()> {
        let item = self.0.object_server().interface::<_, Item>(PATH).await?;
        {
            let mut held = item.get_mut().await;
            if held.shown == shown {
                return Ok(());
            }
            held.shown = shown.clone();
        }
        let to = item.signal_emitter();
        Item::new_title(to).await?;
        Item::new_tool_tip(to).await?;
        Item::new_status(to, shown.status).await
    }
}

async fn register(app: &AppHandle) -> zbus::Result<Connection> {
    let icon = app.default_window_icon().map(|icon| {
        let argb = icon
            .rgba()
            .chunks_exact(4)
            .flat_map(|pixel| [pixel[3], pixel[0], pixel[1], pixel[2]]);
        (
            i32::try_from(icon.width()).unwrap_or_default(),
            i32::try_from(icon.height()).unwrap_or_default(),
            argb.collect(),
        )
    });
    let item = Item {
        app: app.clone(),
        icon: icon.into_iter().collect(),
        shown: Shown::of(&[], |_| String::new()),
    };
    let name = format!("org.kde.StatusNotifierItem-{}-1", std::process::id());
    let connection = zbus::connection::Builder::session()?
        .name(name.as_str())?
        .serve_at(PATH, item)?
        .build()
        .await?;
    let register = connection
        .call_method(
            Some(WATCHER),
            "/StatusNotifierWatcher",
            Some(WATCHER),
            "RegisterStatusNotifierItem",
            &name,
        )
        .await;
    register.map(|_| connection)
}

#[interface(name = "org.kde.StatusNotifierItem")]
impl Item {
    #[zbus(property)]
    fn category(&self) -> &'static str {
        "ApplicationStatus"
    }

    #[zbus(property)]
    fn id(&self) -> &'static str {
        "vm-orchestrator"
    }

    #[zbus(property)]
    fn title(&self) -> String {
        format!("VM Orchestrator: {}", self.shown.title)
    }

    #[zbus(property)]
    fn status(&self) -> &'static str {
        self.shown.status
    }

    #[zbus(property)]
    fn icon_name(&self) -> &'static str {
        ""
    }

    #[zbus(property)]
    fn icon_pixmap(&self) -> Vec<Pixels> {
        self.icon.clone()
    }

    #[zbus(property)]
    fn attention_icon_pixmap(&self) -> Vec<Pixels> {
        self.icon.clone()
    }

    #[zbus(property)]
    fn tool_tip(&self) -> (&'static str, Vec<Pixels>, String, String) {
        (
            "",
            Vec::new(),
            self.shown.title.clone(),
            self.shown.text.clone(),
        )
    }

    #[zbus(property)]
    fn item_is_menu(&self) -> bool {
        false
    }

    /// There is no menu: what could be in it is in the window.
    #[zbus(property)]
    fn menu(&self) -> ObjectPath<'static> {
        ObjectPath::from_static_str_unchecked("/NO_DBUSMENU")
    }

    fn context_menu(&self, x: i32, y: i32) -> fdo::Result<()> {
        self.activate(x, y)
    }

    fn activate(&self, _x: i32, _y: i32) -> fdo::Result<()> {
        let app = self.app.clone();
        async_runtime::spawn_blocking(move || windows::show(&app));
        Ok(())
    }

    fn secondary_activate(&self, x: i32, y: i32) -> fdo::Result<()> {
        self.activate(x, y)
    }

    #[zbus(signal)]
    async fn new_title(to: &SignalEmitter<'_>) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn new_tool_tip(to: &SignalEmitter<'_>) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn new_status(to: &SignalEmitter<'_>, status: &str) -> zbus::Result<()>;
}
