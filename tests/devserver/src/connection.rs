//! The connection of a request: closes or resets it, and keeps the headers as they were sent.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::Notify,
};

/// The maximum size of a head that is kept.
const MAX_HEAD: usize = 64 << 10;

/// The control of a request over its connection.
#[derive(Default)]
pub(crate) struct Connection {
    reset: AtomicBool,
    close_asked: Notify,
    head: Mutex<Head>,
}

impl Connection {
    /// Resets the connection when it is closed.
    pub(crate) fn reset_on_close(&self) {
        self.reset.store(true, Ordering::Relaxed);
    }

    /// Closes the connection of the request. Never returns.
    pub(crate) async fn close(&self, reset: bool) {
        if reset {
            self.reset_on_close();
        }
        self.close_asked.notify_one();
        std::future::pending::<()>().await;
    }

    /// Waits until a request closes the connection.
    pub(crate) async fn close_asked(&self) {
        self.close_asked.notified().await;
    }

    /// Returns the head of the current request. It is incomplete if the client did not wait for the response before.
    pub(crate) fn take_head(&self) -> Head {
        std::mem::take(&mut *self.head())
    }

    fn head(&self) -> MutexGuard<'_, Head> {
        self.head.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The request line and the headers of a request, as they were sent.
#[derive(Default)]
pub(crate) struct Head {
    bytes: Vec<u8>,
    complete: bool,
}

impl Head {
    fn receive(&mut self, bytes: &[u8]) {
        if self.complete {
            return;
        }
        // The end can begin in the bytes received before.
        let from = self.bytes.len().saturating_sub(3);
        self.bytes.extend_from_slice(bytes);
        let end = self.bytes[from..]
            .windows(4)
            .position(|window| window == b"\r\n\r\n");
        if let Some(end) = end {
            self.bytes.truncate(from + end);
        }
        self.complete = end.is_some() || self.bytes.len() > MAX_HEAD;
    }

    /// Returns a header as the real server reads it: with the blanks at its end, which this server's HTTP parser
    /// removes, and repeated headers joined by commas.
    pub(crate) fn header(&self, parsed: &HeaderMap, name: &HeaderName) -> Option<Vec<u8>> {
        let parsed: Vec<&[u8]> = parsed
            .get_all(name)
            .iter()
            .map(HeaderValue::as_bytes)
            .collect();
        let sent: Vec<&[u8]> = self
            .bytes
            .split(|byte| *byte == b'\n')
            .filter_map(|line| {
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                let colon = line.iter().position(|byte| *byte == b':')?;
                let (found, value) = (&line[..colon], &line[colon + 1..]);
                found
                    .eq_ignore_ascii_case(name.as_str().as_bytes())
                    .then(|| value.trim_ascii_start())
            })
            .collect();
        let trimmed = sent.iter().map(|value| value.trim_ascii_end());
        let values = if trimmed.eq(parsed.iter().copied()) {
            sent
        } else {
            parsed
        };
        (!values.is_empty()).then(|| values.join(&b','))
    }
}

/// A socket that can be closed with a reset.
pub(crate) struct Socket {
    inner: TcpStream,
    connection: Arc<Connection>,
}

impl Socket {
    pub(crate) fn new(inner: TcpStream, connection: Arc<Connection>) -> Self {
        Self { inner, connection }
    }

    /// A response is sent after its request was received, so the next bytes to receive begin a request.
    fn begin_head(&self) {
        self.connection.take_head();
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.connection.reset.load(Ordering::Relaxed) {
            // With a linger time of zero, closing resets the connection. If it cannot be set, the connection is closed
            // normally.
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
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(cx, buf);
        if polled.is_ready() {
            self.connection.head().receive(&buf.filled()[before..]);
        }
        polled
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.begin_head();
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.begin_head();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_blanks_at_the_end_of_a_header_however_the_head_arrives() {
        let request = b"GET / HTTP/1.1\r\nhost: x\r\nAuthorization:\t Bearer x \r\n\r\nauthorization: body\r\n";
        let name = HeaderName::from_static("authorization");
        let mut parsed = HeaderMap::new();
        parsed.insert(&name, HeaderValue::from_static("Bearer x"));
        for cut in 0..request.len() {
            let mut head = Head::default();
            head.receive(&request[..cut]);
            head.receive(&request[cut..]);
            let value = head.header(&parsed, &name);
            assert_eq!(value.as_deref(), Some(&b"Bearer x "[..]), "cut at {cut}");
        }
        let value = Head::default().header(&parsed, &name);
        assert_eq!(value.as_deref(), Some(&b"Bearer x"[..]), "no head");
    }
}
