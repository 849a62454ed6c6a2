//! The HTTP in front of the socket: the page, the exchange of a code for the token, and the upgrade.

use std::{
    collections::VecDeque,
    convert::Infallible,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{self, HeaderMap, HeaderName, HeaderValue},
    server::conn::http1,
    service::service_fn,
    upgrade::OnUpgrade,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use parking_lot::Mutex;
use tokio::{
    net::TcpStream,
    sync::{Notify, OwnedSemaphorePermit, Semaphore, oneshot},
    time::{sleep, timeout},
};

use super::{
    Limits,
    codes::Codes,
    guard::{Guard, PROTOCOL, Refusal},
    liveness::{Felt, Pulse},
    page::Page,
    responses::plain,
};

/// A connection that has not become a socket by then is closed.
const HTTP_LIFE: Duration = Duration::from_secs(60);

/// Connections that are sent a page, at most: for a further one the oldest ends. A page is read in an instant.
pub(super) const PAGES: usize = 64;

/// A wrong code is answered this late. With the bound on connections that bounds how fast anyone can guess.
const WRONG_CODE_WAIT: Duration = Duration::from_millis(250);

/// Bytes of a request's head.
const HEAD: usize = 16 * 1024;

/// Bytes of a request's body.
const BODY: usize = 1024;

/// The headers of every answer: it may not be guessed at, framed, referred from or read by another page.
const ALWAYS: [(HeaderName, &str); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// What all connections share.
#[derive(Debug)]
pub(super) struct Walls {
    pub(super) guard: Guard,
    pub(super) codes: Mutex<Codes>,
    /// None if only the socket is served.
    pub(super) page: Option<Page>,
    /// One permit for each socket that may be open.
    pub(super) sockets: Arc<Semaphore>,
    pub(super) limits: Limits,
    pub(super) pages: Pages,
}

/// The connections that are sent a page, oldest first: dropping what is kept of one ends it.
#[derive(Debug, Default)]
pub(super) struct Pages(Mutex<VecDeque<oneshot::Sender<()>>>);

impl Pages {
    /// A place for one more; what it waits for comes when others need the place.
    fn enter(&self) -> oneshot::Receiver<()> {
        let (place, ends) = oneshot::channel();
        let mut pages = self.0.lock();
        pages.retain(|page| !page.is_closed());
        if pages.len() == PAGES {
            pages.pop_front();
        }
        pages.push_back(place);
        ends
    }
}

/// A connection that passed every wall, with what it sent ahead.
pub(super) struct Admitted {
    pub(super) stream: TcpStream,
    pub(super) ahead: Bytes,
    pub(super) place: OwnedSemaphorePermit,
}

/// The extension through which an answer says what becomes of its connection.
type Upgrade = Arc<Mutex<Option<(OnUpgrade, OwnedSemaphorePermit)>>>;

/// Answers a connection's requests until it is closed or becomes a socket.
pub(super) async fn serve(stream: TcpStream, walls: &Arc<Walls>) -> Option<Admitted> {
    let upgrade = Upgrade::default();
    let is_page = Notify::new();
    let answers = service_fn(|request: Request<Incoming>| {
        let (walls, upgrade) = (walls.clone(), upgrade.clone());
        if request.uri().path() != "/ws" {
            is_page.notify_one();
        }
        async move { Ok::<_, Infallible>(answer(&walls, request, &upgrade).await) }
    });
    let needed = async {
        is_page.notified().await;
        let _needed = walls.pages.enter().await.is_err();
    };
    let pulse = Pulse::new();
    let io = TokioIo::new(Felt::new(stream, pulse.clone()));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(walls.limits.handshake)
        .max_buf_size(HEAD)
        .serve_connection(io, answers)
        .with_upgrades();
    tokio::select! {
        ended = timeout(HTTP_LIFE, connection) => match ended {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "a connection ended early"),
            Err(_) => return None,
        },
        () = pulse.stuck_for(walls.limits.stuck) => return None,
        () = needed => return None,
    }
    let (upgrade, place) = upgrade.lock().take()?;
    let parts = upgrade.await.ok()?.downcast::<TokioIo<Felt>>().ok()?;
    Some(Admitted {
        stream: parts.io.into_inner().into_stream(),
        ahead: parts.read_buf,
        place,
    })
}

async fn answer(
    walls: &Walls,
    request: Request<Incoming>,
    upgrade: &Upgrade,
) -> Response<Full<Bytes>> {
    let answer = match request.uri().path() {
        "/ws" => socket(walls, request, upgrade),
        "/session" if walls.page.is_some() => session(walls, request).await,
        path => page(walls, &request, path),
    };
    let mut response = answer.unwrap_or_else(|refusal| {
        tracing::debug!(
            status = refusal.status.as_u16(),
            why = refusal.why,
            "a request was refused"
        );
        plain(refusal.status, refusal.why)
    });
    for (name, value) in ALWAYS {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

fn page(
    walls: &Walls,
    request: &Request<Incoming>,
    path: &str,
) -> Result<Response<Full<Bytes>>, Refusal> {
    walls.guard.host(request.uri(), request.headers())?;
    let nothing = Refusal {
        status: StatusCode::NOT_FOUND,
        why: "There is nothing here.",
    };
    let page = walls.page.as_ref().ok_or(nothing)?;
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return Err(Refusal {
            status: StatusCode::METHOD_NOT_ALLOWED,
            why: "The page is only to be read.",
        });
    }
    Ok(page.get(path))
}

/// Exchanges a code, the body, for the token.
async fn session(
    walls: &Walls,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Refusal> {
    walls.guard.host(request.uri(), request.headers())?;
    if request.method() != Method::POST {
        return Err(Refusal {
            status: StatusCode::METHOD_NOT_ALLOWED,
            why: "A code is exchanged with POST.",
        });
    }
    walls.guard.origin(request.headers())?;
    let code = body(request, walls.limits.handshake).await?;
    let good = walls.codes.lock().spend(code.trim(), Instant::now());
    if !good {
        sleep(WRONG_CODE_WAIT).await;
        return Err(Refusal {
            status: StatusCode::UNAUTHORIZED,
            why: "This link has been used or is older than ten minutes. Press Enter in the terminal of vmo serve for a new one.",
        });
    }
    let token = serde_json::json!({ "token": walls.guard.token().expose() });
    let mut response = plain(StatusCode::OK, token.to_string());
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    Ok(response)
}

async fn body(request: Request<Incoming>, within: Duration) -> Result<String, Refusal> {
    let body = timeout(within, Limited::new(request.into_body(), BODY).collect());
    let body = body.await.map_err(|_| Refusal {
        status: StatusCode::REQUEST_TIMEOUT,
        why: "The code did not come in time.",
    })?;
    let body = body.map_err(|_| Refusal {
        status: StatusCode::PAYLOAD_TOO_LARGE,
        why: "A code is much shorter than that.",
    })?;
    Ok(String::from_utf8_lossy(&body.to_bytes()).into_owned())
}

/// Lets a request that passes every wall become a socket.
fn socket(
    walls: &Walls,
    mut request: Request<Incoming>,
    upgrade: &Upgrade,
) -> Result<Response<Full<Bytes>>, Refusal> {
    let accept = walls.guard.upgrade(
        request.method(),
        request.uri(),
        request.version(),
        request.headers(),
    )?;
    let place = walls
        .sockets
        .clone()
        .try_acquire_owned()
        .map_err(|_| Refusal {
            status: StatusCode::SERVICE_UNAVAILABLE,
            why: "As many windows as may be open are open: close one.",
        })?;
    *upgrade.lock() = Some((hyper::upgrade::on(&mut request), place));
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    fill(response.headers_mut(), &accept);
    Ok(response)
}

fn fill(headers: &mut HeaderMap, accept: &str) {
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(
        header::SEC_WEBSOCKET_PROTOCOL,
        HeaderValue::from_static(PROTOCOL),
    );
    let accept = HeaderValue::from_str(accept).expect("base64 is a header's value");
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
}
