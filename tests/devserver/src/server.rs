//! Starts, runs and stops the server.

use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{Extension, Router};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
};

use crate::{
    clock::Clock,
    connection::{Connection, Socket},
    control::{self, Control, ControlError},
    faults::{Fault, FaultPlan},
    generation::Generation,
    http,
    script::{Script, Scripts, gates::Gates},
    stats::Counters,
    store::Store,
};

/// The state shared by connections, scripts and the control interface.
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
    // Poisoning is ignored, so that a panic of one request does not affect the others.
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

/// The settings of a new server.
#[derive(Clone)]
pub struct DevServerBuilder {
    generation: Generation,
    token: String,
    port: u16,
}

impl DevServerBuilder {
    /// Sets the generation. Default `2026-04-30`, which has all four runtimes.
    #[must_use]
    pub fn generation(mut self, generation: Generation) -> Self {
        self.generation = generation;
        self
    }

    /// Sets the API key of the main account, which clients send as their token. Default `aod_dev`.
    #[must_use]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = token.into();
        self
    }

    /// Sets the port on loopback. Default 0, which picks a free port.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Starts the server on the current tokio runtime.
    ///
    /// # Errors
    ///
    /// Fails if the port cannot be bound.
    pub async fn start(self) -> io::Result<DevServer> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let listener = TcpListener::bind(address).await.map_err(|error| {
            io::Error::new(error.kind(), format!("cannot listen at {address}: {error}"))
        })?;
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

/// A running server. [`DevServer::stop`] or dropping it stops the server.
///
/// See [Testing a program](https://ravi-hq.github.io/agent-on-demand/latest/testing/).
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
    /// Returns the settings of a new server.
    #[must_use]
    pub fn builder() -> DevServerBuilder {
        DevServerBuilder {
            generation: Generation::default(),
            token: "aod_dev".to_owned(),
            port: 0,
        }
    }

    /// Returns the base URL, `http://127.0.0.1:<port>`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the API key of the main account, the token for clients.
    pub fn token(&self) -> &str {
        &self.shared.token
    }

    /// Returns the whole control interface, for tests in the same process. The other methods of this type call it.
    pub fn control(&self) -> Control {
        Control::new(Arc::clone(&self.shared))
    }

    /// Sets the script of sessions, from their next turn on: a [`Turn`](crate::Turn) for every turn, or a list with one
    /// for each. The next turn of a session plays the first one, also if the session has had turns before.
    ///
    /// ```
    /// use aod_devserver::{DevServer, ToolCall, Turn};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let server = DevServer::builder().start().await?;
    /// server.script([
    ///     Turn::new().tool(ToolCall::new("Bash", [("command", "ls")]).output("src")).message("There is a folder."),
    ///     Turn::new().fail("out of tokens"),
    /// ]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn script(&self, script: impl Into<Script>) {
        self.control().set_script(script);
    }

    /// Removes all scripts except those of single sessions. The other sessions run the built-in script again: a short
    /// turn that succeeds.
    pub fn clear_scripts(&self) {
        self.control().clear_scripts();
    }

    /// Injects faults into the next matching requests. If several match a request, all of them apply to it.
    ///
    /// ```
    /// use aod_devserver::{DevServer, Fault};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = DevServer::builder().start().await?;
    /// server.faults([Fault::cut(3), Fault::status(503).matching("POST", "/sessions")])?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Fails at the first fault that cannot be applied, for example because of its status code.
    pub fn faults(&self, faults: impl IntoIterator<Item = Fault>) -> Result<(), ControlError> {
        let control = self.control();
        faults
            .into_iter()
            .try_for_each(|fault| control.plan_fault(fault))
    }

    /// Removes the pending faults.
    pub fn clear_faults(&self) {
        self.control().clear_faults();
    }

    /// Freezes the server's clock, by which it measures delays, heartbeats and timeouts.
    pub fn freeze_clock(&self) {
        self.control().freeze_clock();
    }

    /// Advances the clock, whether it is frozen or not.
    pub fn advance_clock(&self, by: Duration) {
        self.control().advance(by);
    }

    /// Unfreezes the clock at its current time.
    pub fn run_clock(&self) {
        self.control().run_clock();
    }

    /// Releases the hold with this name: scripts that wait at it continue, and scripts that reach it later do not wait.
    pub fn release(&self, hold: &str) {
        self.control().release(hold);
    }

    /// Waits until a script waits at the hold with this name.
    pub async fn hold_reached(&self, hold: &str) {
        self.control().hold_reached(hold).await;
    }

    /// Stops the server and closes all connections. All data is lost.
    pub async fn stop(mut self) {
        self.stop.send_replace(());
        // A panic of the accept loop is ignored.
        let _ = (&mut self.serving).await;
    }
}

impl Drop for DevServer {
    fn drop(&mut self) {
        self.serving.abort();
        // Ends the scripts and streams that hold sessions.
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
    // Dropped with this task, which closes all connections.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = stopped.changed() => return,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => {
                // A client that disconnects before it is accepted is ignored.
                if let Ok((socket, _)) = accepted {
                    connections.spawn(serve(socket, router.clone(), Arc::clone(&shared)));
                }
            }
        }
    }
}

async fn serve(socket: TcpStream, router: Router, shared: Arc<Shared>) {
    let _open = shared.stats.open_connection();
    // Sends chunks without delay. Failures are ignored.
    let _ = socket.set_nodelay(true);
    let connection = Arc::new(Connection::default());
    let socket = Socket::new(socket, Arc::clone(&connection));
    let service = TowerToHyperService::new(router.layer(Extension(Arc::clone(&connection))));
    let served =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(socket), service);
    tokio::select! {
        // Errors of a connection are expected from clients and faults.
        _ = served => {}
        () = connection.close_asked() => {}
    }
}
