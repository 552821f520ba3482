//! A request and its response, on the server's side of a connection.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// A received request.
#[derive(Debug, Clone)]
pub struct Received {
    /// The method.
    pub method: String,
    /// The path with its query.
    pub target: String,
    /// The headers in order, with lower-case names.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Received {
    /// Returns the value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(header, _)| header == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// A connection with its latest request, to which the test responds. Data for a disconnected client is discarded.
pub struct Exchange<S = TcpStream> {
    /// The request.
    pub request: Received,
    stream: BufReader<S>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Exchange<S> {
    /// Reads the first request of a connection. Returns `None` if the client closes the connection first.
    pub async fn accept(stream: S) -> Option<Self> {
        let mut stream = BufReader::new(stream);
        let request = read_request(&mut stream).await?;
        Some(Self { request, stream })
    }

    /// Reads the next request of the connection. Returns `None` if the client closes the connection first.
    pub async fn next(mut self) -> Option<Self> {
        self.request = read_request(&mut self.stream).await?;
        Some(self)
    }

    /// Sends raw bytes.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.try_send(bytes).await;
    }

    /// Sends raw bytes.
    ///
    /// # Errors
    ///
    /// Fails if the client has disconnected.
    pub async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.write_all(bytes.as_ref()).await?;
        self.stream.flush().await
    }

    /// Sends a complete response and closes the connection.
    pub async fn respond(mut self, status: u16, headers: &[(&str, &str)], body: &str) {
        let mut head = format!(
            "HTTP/1.1 {status} Scripted\r\nconnection: close\r\ncontent-length: {}\r\n",
            body.len()
        );
        for (name, value) in headers {
            head = format!("{head}{name}: {value}\r\n");
        }
        self.send(format!("{head}\r\n{body}")).await;
        self.close().await;
    }

    /// Sends a JSON response and closes the connection.
    pub async fn respond_json(self, status: u16, body: &str) {
        self.respond(status, &[("content-type", "application/json")], body)
            .await;
    }

    /// Sends the head of an event stream whose body ends with the connection.
    pub async fn start_stream(&mut self) {
        self.send(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n",
        )
        .await;
    }

    /// Closes the connection.
    pub async fn close(mut self) {
        let _ = self.stream.shutdown().await;
    }

    /// Waits until the client has closed its side.
    pub async fn until_closed(mut self) {
        let mut rest = Vec::new();
        let _ = self.stream.read_to_end(&mut rest).await;
    }
}

impl Exchange<TcpStream> {
    /// Resets the connection.
    pub fn reset(self) {
        // With a linger time of zero, closing sends RST.
        let _ = self.stream.get_ref().set_zero_linger();
    }
}

/// Reads a request with its body. Returns `None` if the client closes the connection first.
async fn read_request<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut BufReader<S>,
) -> Option<Received> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let mut parts = lines.first()?.split(' ').map(str::to_owned);
    let (method, target) = (parts.next()?, parts.next()?);
    let headers: Vec<(String, String)> = lines[1..]
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let mut request = Received {
        method,
        target,
        headers,
        body: Vec::new(),
    };
    let length = request
        .header("content-length")
        .map_or(Ok(0), str::parse)
        .ok()?;
    request.body.resize(length, 0);
    stream.read_exact(&mut request.body).await.ok()?;
    Some(request)
}
