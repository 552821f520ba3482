//! A relay between client and server that can fail.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

/// The time after which TCP sends a lost segment again, for the first time.
const RETRANSMISSION: Duration = Duration::from_millis(200);

/// What the relay does with bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Pass,
    /// Passes nothing, and keeps the connections.
    Silent,
    /// Delays each fifth chunk, as TCP does for a lost segment; each further loss doubles the delay.
    Lossy,
    /// Delays each chunk.
    Slow(Duration),
    /// Answers each new connection with a page.
    Portal,
}

pub(crate) struct Relay {
    port: u16,
    mode: watch::Sender<Mode>,
    /// The number of cuts so far; a connection ends when it changes.
    cuts: watch::Sender<u64>,
}

impl Relay {
    pub(crate) async fn start(server: &str) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let server: Arc<str> = server.trim_start_matches("http://").into();
        let (mode, modes) = watch::channel(Mode::Pass);
        let (cuts, cut) = watch::channel(0);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(
                    client,
                    Arc::clone(&server),
                    modes.clone(),
                    cut.clone(),
                ));
            }
        });
        Ok(Self { port, mode, cuts })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// Resets all connections.
    pub(crate) fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }
}

async fn serve(
    mut client: TcpStream,
    server: Arc<str>,
    modes: watch::Receiver<Mode>,
    mut cut: watch::Receiver<u64>,
) -> io::Result<()> {
    cut.mark_unchanged();
    if *modes.borrow() == Mode::Portal {
        let mut request = [0; 4096];
        if client.read(&mut request).await? == 0 {
            return Ok(());
        }
        let page = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n<h1>Sign in</h1>";
        return client.write_all(page.as_bytes()).await;
    }
    let server = TcpStream::connect(&*server).await?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        ended = pass(from_client, to_server, modes.clone()) => ended,
        ended = pass(from_server, to_client, modes) => ended,
        _ = cut.changed() => Ok(()),
    }
}

/// Passes chunks in order, each not before its time.
async fn pass(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    mut modes: watch::Receiver<Mode>,
) -> io::Result<()> {
    let (sender, mut chunks) = mpsc::channel::<(Instant, Vec<u8>)>(1024);
    let reading = async {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let count = from.read(&mut buffer).await?;
            if count == 0 {
                return Ok::<_, io::Error>(());
            }
            let passing = modes.wait_for(|mode| *mode != Mode::Silent).await;
            let delay = passing.map_or(Duration::ZERO, |mode| match *mode {
                Mode::Slow(delay) => delay,
                Mode::Lossy => lost(),
                Mode::Pass | Mode::Silent | Mode::Portal => Duration::ZERO,
            });
            if sender
                .send((Instant::now() + delay, buffer[..count].to_vec()))
                .await
                .is_err()
            {
                return Ok(());
            }
        }
    };
    let writing = async {
        while let Some((due, chunk)) = chunks.recv().await {
            sleep_until(due).await;
            to.write_all(&chunk).await?;
        }
        Ok(())
    };
    tokio::select! {
        ended = reading => ended,
        ended = writing => ended,
    }
}

/// Returns the delay of a chunk of which each segment is lost with a probability of 20 %.
fn lost() -> Duration {
    let mut delay = Duration::ZERO;
    let mut next = RETRANSMISSION;
    while fastrand::u8(..5) == 0 {
        delay += next;
        next *= 2;
    }
    delay
}
