//! A proxy that interrupts event streams.

use std::{
    collections::HashMap,
    fmt, io,
    num::NonZeroUsize,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::{JoinHandle, JoinSet},
};

/// The maximum size of the head of a request or response.
const MAX_HEAD_SIZE: usize = 64 * 1024;

/// How a [`CuttingProxy`] passes on a response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConnectionPlan {
    /// The number of bytes per write. Default: as received from the server.
    pub slice: Option<NonZeroUsize>,
    /// Where and how the response is cut; `None` for a complete response.
    pub cut: Option<Cut>,
}

/// Where and how a response is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The number of bytes to pass on, including those of the head.
    pub after: u64,
    /// How the connection is interrupted.
    pub by: CutBy,
}

/// How a connection is interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CutBy {
    /// It is closed.
    Close,
    /// It is reset.
    Reset,
    /// It stays open, but nothing more is sent until the client closes it.
    Stall,
}

impl ConnectionPlan {
    /// A response that is passed on unchanged.
    pub const WHOLE: Self = Self {
        slice: None,
        cut: None,
    };

    /// Returns a random cut within the first `longest` bytes, and a random size of the writes. The result is determined
    /// by the seed and the connection.
    pub fn drawn(seed: u64, connection: usize, longest: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut random = fastrand::Rng::with_seed(random.u64(..) ^ connection as u64);
        let slice = match random.u8(..8) {
            0 => Some(1),
            1 | 2 => Some(random.usize(2..64)),
            _ => None,
        };
        let by = match random.u8(..8) {
            0 => CutBy::Stall,
            1..4 => CutBy::Reset,
            _ => CutBy::Close,
        };
        Self {
            slice: slice.and_then(NonZeroUsize::new),
            cut: Some(Cut {
                after: random.u64(..=longest),
                by,
            }),
        }
    }
}

/// A TCP proxy on loopback in front of an AoD server, which interrupts event streams according to a plan.
///
/// Each connection to the proxy carries one request and its response. For each event stream, the plan is called with
/// the path, without the query, and the number of earlier streams with that path, so that streams are independent of
/// each other. Dropping the proxy stops it and closes all connections.
///
/// ```
/// use aod_devserver::{Cut, CutBy, CuttingProxy, DevServer, ConnectionPlan};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let server = DevServer::builder().start().await?;
/// // Each stream is reset after 500 bytes, three times.
/// let proxy = CuttingProxy::start(server.url(), |_path, connection| ConnectionPlan {
///     cut: (connection < 3).then_some(Cut { after: 500, by: CutBy::Reset }),
///     ..ConnectionPlan::WHOLE
/// })
/// .await?;
/// println!("AOD_API_URL={}", proxy.url());
/// # Ok(())
/// # }
/// ```
pub struct CuttingProxy {
    url: String,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

/// The number of connections that a [`CuttingProxy`] has interrupted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cuts {
    /// Closed connections.
    pub closes: usize,
    /// Reset connections.
    pub resets: usize,
    /// Connections that were left open without data.
    pub stalls: usize,
}

impl Cuts {
    /// Returns the total.
    pub fn total(&self) -> usize {
        self.closes + self.resets + self.stalls
    }
}

type Plan = dyn Fn(&str, usize) -> ConnectionPlan + Send + Sync;

struct Shared {
    upstream: String,
    plan: Box<Plan>,
    /// The number of event streams so far, by path.
    streams: Mutex<HashMap<String, usize>>,
    closes: AtomicUsize,
    resets: AtomicUsize,
    stalls: AtomicUsize,
}

impl CuttingProxy {
    /// Starts a proxy in front of the server at `upstream`, an `http` URL without a path.
    ///
    /// # Errors
    ///
    /// Fails if `upstream` is not an `http` URL without a path, or if no port is free.
    pub async fn start(
        upstream: &str,
        plan: impl Fn(&str, usize) -> ConnectionPlan + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let authority = upstream
            .strip_prefix("http://")
            .map(|rest| rest.trim_end_matches('/'))
            .filter(|authority| !authority.contains('/'))
            .ok_or_else(|| {
                io::Error::new(
                    io::ErrorKind::InvalidInput,
                    "the upstream is not an http URL without a path",
                )
            })?;
        let shared = Arc::new(Shared {
            upstream: authority.to_owned(),
            plan: Box::new(plan),
            streams: Mutex::default(),
            closes: AtomicUsize::new(0),
            resets: AtomicUsize::new(0),
            stalls: AtomicUsize::new(0),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self {
            url,
            shared,
            accepting,
        })
    }

    /// Returns the base URL for the client.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the number of connections interrupted so far.
    pub fn cuts(&self) -> Cuts {
        Cuts {
            closes: self.shared.closes.load(Ordering::Relaxed),
            resets: self.shared.resets.load(Ordering::Relaxed),
            stalls: self.shared.stalls.load(Ordering::Relaxed),
        }
    }
}

impl Drop for CuttingProxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl fmt::Debug for CuttingProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CuttingProxy")
            .field("url", &self.url)
            .field("cuts", &self.cuts())
            .finish_non_exhaustive()
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // Dropped with this task, which closes all connections.
    let mut exchanges = JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = exchanges.join_next() => {}
            accepted = listener.accept() => {
                // A client that disconnects before it is accepted is ignored.
                if let Ok((client, _)) = accepted {
                    let shared = Arc::clone(&shared);
                    exchanges.spawn(async move {
                        // If an exchange fails, the client's connection is closed.
                        let _ = exchange(&shared, client).await;
                    });
                }
            }
        }
    }
}

async fn exchange(shared: &Shared, client: TcpStream) -> io::Result<()> {
    client.set_nodelay(true)?;
    let (mut from_client, mut to_client) = client.into_split();
    let Some(request) = Head::read(&mut from_client).await? else {
        return Ok(());
    };
    let server = TcpStream::connect(&shared.upstream).await?;
    server.set_nodelay(true)?;
    let (mut from_server, mut to_server) = server.into_split();
    to_server.write_all(&request.closing()).await?;

    let response = async {
        let Some(head) = Head::read(&mut from_server).await? else {
            return Ok(None);
        };
        let plan = if head.is_event_stream() {
            shared.plan_for(request.path())
        } else {
            ConnectionPlan::WHOLE
        };
        pass(head.bytes, &mut from_server, &mut to_client, plan).await
    };
    let cut = tokio::select! {
        cut = response => cut?,
        // The client has closed its connection; close that to the server too.
        _ = tokio::io::copy(&mut from_client, &mut to_server) => return Ok(()),
    };
    match cut {
        None => {}
        Some(CutBy::Close) => _ = shared.closes.fetch_add(1, Ordering::Relaxed),
        Some(CutBy::Reset) => {
            shared.resets.fetch_add(1, Ordering::Relaxed);
            // With a linger time of zero, closing sends RST.
            return to_client.as_ref().set_zero_linger();
        }
        Some(CutBy::Stall) => {
            shared.stalls.fetch_add(1, Ordering::Relaxed);
            tokio::io::copy(&mut from_client, &mut tokio::io::sink()).await?;
        }
    }
    to_client.shutdown().await
}

impl Shared {
    fn plan_for(&self, path: &str) -> ConnectionPlan {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = streams.entry(path.to_owned()).or_default();
        let plan = (self.plan)(path, *connection);
        *connection += 1;
        plan
    }
}

/// Passes on a response, of which `bytes` have been read, and returns how it was cut, if it was.
async fn pass(
    mut bytes: Vec<u8>,
    from: &mut OwnedReadHalf,
    to: &mut OwnedWriteHalf,
    plan: ConnectionPlan,
) -> io::Result<Option<CutBy>> {
    let mut sent = 0;
    loop {
        if let Some(cut) = plan.cut {
            let left = usize::try_from(cut.after - sent).unwrap_or(usize::MAX);
            bytes.truncate(left);
        }
        for piece in bytes.chunks(plan.slice.map_or(usize::MAX, NonZeroUsize::get)) {
            to.write_all(piece).await?;
        }
        sent += bytes.len() as u64;
        if let Some(cut) = plan.cut.filter(|cut| cut.after == sent) {
            return Ok(Some(cut.by));
        }
        bytes.resize(16 * 1024, 0);
        let read = from.read(&mut bytes).await?;
        bytes.truncate(read);
        if read == 0 {
            return Ok(None);
        }
    }
}

/// The head of a request or response, and the bytes that were read after it.
struct Head {
    bytes: Vec<u8>,
    /// The length of the head, including its empty line.
    length: usize,
}

impl Head {
    /// Reads a head. Returns `None` if the peer closes the connection before it is complete.
    async fn read(from: &mut OwnedReadHalf) -> io::Result<Option<Self>> {
        const END: &[u8] = b"\r\n\r\n";
        let mut bytes = Vec::with_capacity(4096);
        loop {
            if from.read_buf(&mut bytes).await? == 0 {
                return Ok(None);
            }
            if let Some(end) = bytes.windows(END.len()).position(|window| window == END) {
                let length = end + END.len();
                return Ok(Some(Self { bytes, length }));
            }
            if bytes.len() > MAX_HEAD_SIZE {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "the head is too long",
                ));
            }
        }
    }

    fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes[..self.length - 4]
            .split(|byte| *byte == b'\n')
            .map(<[u8]>::trim_ascii_end)
    }

    /// Returns the path of a request, without the query.
    fn path(&self) -> &str {
        let target = self
            .lines()
            .next()
            .and_then(|line| line.split(|byte| *byte == b' ').nth(1));
        let target = target.and_then(|target| std::str::from_utf8(target).ok());
        let target = target.unwrap_or_default();
        target.split_once('?').map_or(target, |(path, _)| path)
    }

    fn is_event_stream(&self) -> bool {
        self.lines()
            .any(|line| is_header(line, b"content-type: text/event-stream"))
    }

    /// Returns the request with `connection: close`, so that the connection ends after its response.
    fn closing(&self) -> Vec<u8> {
        let kept = self.lines().filter(|line| !is_header(line, b"connection:"));
        let mut request = Vec::with_capacity(self.bytes.len() + 32);
        for line in kept.chain([b"connection: close".as_slice()]) {
            request.extend_from_slice(line);
            request.extend_from_slice(b"\r\n");
        }
        request.extend_from_slice(b"\r\n");
        request.extend_from_slice(&self.bytes[self.length..]);
        request
    }
}

fn is_header(line: &[u8], start: &[u8]) -> bool {
    line.get(..start.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_determines_the_plans_of_all_kinds() {
        let draw = || (0..200).map(|connection| ConnectionPlan::drawn(7, connection, 1000));
        assert!(draw().eq(draw()));
        assert!(draw().ne((0..200).map(|connection| ConnectionPlan::drawn(8, connection, 1000))));
        for kind in [CutBy::Close, CutBy::Reset, CutBy::Stall] {
            assert!(draw().any(|plan| plan.cut.is_some_and(|cut| cut.by == kind)));
        }
        assert!(draw().any(|plan| plan.slice == NonZeroUsize::new(1)));
        assert!(draw().all(|plan| plan.cut.is_some_and(|cut| cut.after <= 1000)));
    }
}
