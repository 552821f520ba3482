//! Starting, serving and stopping.

use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use axum::{Extension, Router};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{Notify, watch},
    task::{JoinHandle, JoinSet},
};

use crate::{
    clock::Clock,
    control::{self, Control},
    faults::FaultPlan,
    generation::Generation,
    http,
    script::{Scripts, gates::Gates},
    stats::Counters,
    store::Store,
};

/// Everything that connections, scripts and the control interface share.
pub(crate) struct Shared {
    pub(crate) generation: Generation,
    pub(crate) token: String,
    pub(crate) clock: Clock,
    pub(crate) gates: Gates,
    pub(crate) stats: Counters,
    store: Mutex<Store>,
    scripts: Mutex<Scripts>,
    faults: Mutex<FaultPlan>,
}

impl Shared {
    // A panic of one request must not take the others down, so poisoning is passed over.
    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn scripts(&self) -> MutexGuard<'_, Scripts> {
        self.scripts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, FaultPlan> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a server is started with.
#[derive(Clone)]
pub struct DevServerBuilder {
    generation: Generation,
    token: String,
    port: u16,
}

impl DevServerBuilder {
    /// The generation to speak; S0 unless said otherwise.
    #[must_use]
    pub fn generation(mut self, generation: Generation) -> Self {
        self.generation = generation;
        self
    }

    /// The API key of the main account; `aod_dev` unless said otherwise.
    #[must_use]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = token.into();
        self
    }

    /// The port on loopback; 0, which is the default, takes a free one.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Starts serving on the current tokio runtime.
    ///
    /// # Errors
    ///
    /// The port cannot be bound.
    pub async fn start(self) -> io::Result<DevServer> {
        let listener =
            TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared {
            generation: self.generation,
            clock: Clock::new(),
            gates: Gates::new(),
            stats: Counters::new(),
            store: Mutex::new(Store::new(&self.token)),
            scripts: Mutex::default(),
            faults: Mutex::default(),
            token: self.token,
        });
        let (stop, stopped) = watch::channel(());
        let serving = tokio::spawn(accept(listener, Arc::clone(&shared), stopped));
        Ok(DevServer {
            url,
            shared,
            stop,
            serving,
        })
    }
}

/// A running server. It stops when it is dropped, or by [`DevServer::stop`].
///
/// ```
/// use aod_devserver::DevServer;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let server = DevServer::builder().start().await?;
/// assert!(server.url().starts_with("http://127.0.0.1:"));
/// assert_eq!(server.token(), "aod_dev");
/// server.stop().await;
/// # Ok(())
/// # }
/// ```
pub struct DevServer {
    url: String,
    shared: Arc<Shared>,
    stop: watch::Sender<()>,
    serving: JoinHandle<()>,
}

impl DevServer {
    /// Settings for a new server.
    #[must_use]
    pub fn builder() -> DevServerBuilder {
        DevServerBuilder {
            generation: Generation::April21,
            token: "aod_dev".to_owned(),
            port: 0,
        }
    }

    /// The base URL, `http://127.0.0.1:<port>`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The API key of the main account.
    pub fn token(&self) -> &str {
        &self.shared.token
    }

    /// The control interface, for tests in the same process.
    pub fn control(&self) -> Control {
        Control::new(Arc::clone(&self.shared))
    }

    /// Closes the port and every connection; what was created is gone.
    pub async fn stop(mut self) {
        self.stop.send_replace(());
        // A panic of the accept loop has nothing left to tell.
        let _ = (&mut self.serving).await;
    }
}

impl Drop for DevServer {
    fn drop(&mut self) {
        self.serving.abort();
        // Ends the scripts and streams that hold on to sessions.
        self.shared.store().sessions.clear();
    }
}

impl fmt::Debug for DevServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DevServer")
            .field("url", &self.url)
            .field("generation", &self.shared.generation)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for DevServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DevServerBuilder")
            .field("generation", &self.generation)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, mut stopped: watch::Receiver<()>) {
    let router = Router::new()
        .nest("/__dev", control::routes())
        .fallback(http::serve)
        .with_state(Arc::clone(&shared));
    // Dropped with this task, and every connection with it.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = stopped.changed() => return,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => {
                // A client that is gone before it is accepted concerns nobody.
                if let Ok((socket, _)) = accepted {
                    connections.spawn(serve(socket, router.clone(), Arc::clone(&shared)));
                }
            }
        }
    }
}

async fn serve(socket: TcpStream, router: Router, shared: Arc<Shared>) {
    let _open = shared.stats.open_connection();
    // Chunks are to leave as they are written; a failure costs only that.
    let _ = socket.set_nodelay(true);
    let connection = Arc::new(Connection::default());
    let socket = Socket {
        inner: socket,
        connection: Arc::clone(&connection),
    };
    let service = TowerToHyperService::new(router.layer(Extension(Arc::clone(&connection))));
    let served =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(socket), service);
    tokio::select! {
        // How a connection ends is the client's matter, or a fault's.
        _ = served => {}
        () = connection.close_asked.notified() => {}
    }
}

/// What a request can do to its own connection.
#[derive(Default)]
pub(crate) struct Connection {
    reset: AtomicBool,
    close_asked: Notify,
}

impl Connection {
    /// Makes the coming close a reset.
    pub(crate) fn reset_on_close(&self) {
        self.reset.store(true, Ordering::Relaxed);
    }

    /// Closes the connection under the request, which therefore never returns.
    pub(crate) async fn close(&self, reset: bool) {
        if reset {
            self.reset_on_close();
        }
        self.close_asked.notify_one();
        std::future::pending::<()>().await;
    }
}

/// A socket that closes with a reset when it was told to.
struct Socket {
    inner: TcpStream,
    connection: Arc<Connection>,
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.connection.reset.load(Ordering::Relaxed) {
            // Zero linger is what makes a close a reset; if it cannot be set, the close is an ordinary one.
            let _ = self.inner.set_zero_linger();
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
