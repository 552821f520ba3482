//! Accepts and counts connections.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A listener on loopback that passes each connection to a handler. Dropping it stops listening; open connections
/// continue.
pub struct FakeServer {
    addresses: Vec<SocketAddr>,
    connections: watch::Receiver<Connections>,
    _accepting: JoinSet<()>,
}

#[derive(Clone, Copy, Default)]
struct Connections {
    accepted: usize,
    open: usize,
}

impl FakeServer {
    /// Starts listening on a number of ports. The handler is called with each connection and its number, starting at 0.
    /// A connection counts as open until its handler returns.
    ///
    /// # Panics
    ///
    /// Panics if no port is free.
    pub async fn start<H, F>(ports: usize, handler: H) -> Self
    where
        H: Fn(usize, TcpStream) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let handler = Arc::new(handler);
        let (count, connections) = watch::channel(Connections::default());
        let count = Arc::new(count);
        let mut addresses = Vec::new();
        let mut accepting = JoinSet::new();
        for _ in 0..ports {
            let listener = TcpListener::bind("127.0.0.1:0")
                .await
                .expect("loopback has a free port");
            addresses.push(listener.local_addr().expect("a listener has an address"));
            accepting.spawn(accept(listener, Arc::clone(&handler), Arc::clone(&count)));
        }
        Self {
            addresses,
            connections,
            _accepting: accepting,
        }
    }

    /// Returns the address of the first port.
    pub fn address(&self) -> SocketAddr {
        self.addresses[0]
    }

    /// Returns the URL of each port.
    pub fn urls(&self) -> Vec<String> {
        let url = |address| format!("http://{address}");
        self.addresses.iter().map(url).collect()
    }

    /// Returns the number of connections accepted so far.
    pub fn accepted(&self) -> usize {
        self.connections.borrow().accepted
    }

    /// Waits until no connection is open.
    ///
    /// # Panics
    ///
    /// Panics if the server has stopped.
    pub async fn all_closed(&self) {
        let mut connections = self.connections.clone();
        let closed = connections.wait_for(|connections| connections.open == 0);
        closed.await.expect("it listens");
    }
}

async fn accept<H, F>(
    listener: TcpListener,
    handler: Arc<H>,
    connections: Arc<watch::Sender<Connections>>,
) where
    H: Fn(usize, TcpStream) -> F + Send + Sync + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    while let Ok((socket, _)) = listener.accept().await {
        let mut number = 0;
        connections.send_modify(|connections| {
            number = connections.accepted;
            connections.accepted += 1;
            connections.open += 1;
        });
        let (handler, connections) = (Arc::clone(&handler), Arc::clone(&connections));
        tokio::spawn(async move {
            handler(number, socket).await;
            connections.send_modify(|connections| connections.open -= 1);
        });
    }
}

/// A bound port that refuses all connections.
pub struct ClosedPort(TcpSocket);

impl ClosedPort {
    /// Binds a port.
    ///
    /// # Panics
    ///
    /// Panics if no port is free.
    pub fn new() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        socket.bind(any).expect("loopback has a free port");
        Self(socket)
    }

    /// Returns the URL of the port.
    ///
    /// # Panics
    ///
    /// Panics if the address is not available.
    pub fn url(&self) -> String {
        let address = self.0.local_addr().expect("a bound socket has an address");
        format!("http://{address}")
    }
}

impl Default for ClosedPort {
    fn default() -> Self {
        Self::new()
    }
}
