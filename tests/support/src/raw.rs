//! A raw HTTP client, which opens a new connection for each request.

use http_body_util::{BodyExt as _, Full};
use hyper::{
    HeaderMap,
    body::{Bytes, Incoming},
    client::conn::http1,
    header::HeaderName,
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, task::JoinSet};

/// A request, sent verbatim.
pub struct Request<'a> {
    /// The method.
    pub method: &'a str,
    /// The path with its query.
    pub path: &'a str,
    /// The headers except `Host` and `Content-Length`.
    pub headers: Vec<(&'a str, &'a str)>,
    /// The body.
    pub body: Vec<u8>,
}

/// The head of a response, and its unread body.
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    body: Incoming,
    /// The task of the connection. Dropping it closes the socket.
    _driver: JoinSet<()>,
}

impl Reply {
    /// Returns the value of a header, or `None` if it is absent.
    ///
    /// # Panics
    ///
    /// Panics if the value is not text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .get(name)
            .map(|value| value.to_str().expect("header values are text"))
    }

    /// Reads the rest of the body. Returns it and whether it ended properly.
    pub async fn read(mut self) -> (Vec<u8>, bool) {
        let mut bytes = Vec::new();
        loop {
            match self.chunk().await {
                Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
                Ok(None) => return (bytes, true),
                Err(()) => return (bytes, false),
            }
        }
    }

    /// Reads the next chunk of the body. Returns `None` at the end.
    ///
    /// # Errors
    ///
    /// Fails if the body is truncated.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, ()> {
        loop {
            match self.body.frame().await {
                None => return Ok(None),
                Some(Err(_)) => return Err(()),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
            }
        }
    }
}

/// Sends a request to the server at `url`.
///
/// # Panics
///
/// Panics if there is no response.
pub async fn send(url: &str, request: Request<'_>) -> Reply {
    let address = url
        .strip_prefix("http://")
        .expect("the development server speaks http");
    let socket = TcpStream::connect(address)
        .await
        .expect("the server listens");
    let (mut sender, connection) = http1::handshake(TokioIo::new(socket))
        .await
        .expect("a connection");
    let mut driver = JoinSet::new();
    driver.spawn(async move {
        // The response reports its errors.
        let _ = connection.await;
    });
    let mut sent = hyper::Request::builder()
        .method(request.method)
        .uri(request.path)
        .header("host", address);
    for (name, value) in request.headers {
        sent = sent.header(name.parse::<HeaderName>().expect("a header name"), value);
    }
    let sent = sent
        .body(Full::new(Bytes::from(request.body)))
        .expect("a request");
    let (head, body) = sender
        .send_request(sent)
        .await
        .expect("a response")
        .into_parts();
    Reply {
        status: head.status.as_u16(),
        headers: head.headers,
        body,
        _driver: driver,
    }
}
