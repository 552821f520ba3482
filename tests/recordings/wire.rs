//! A client that sends exactly what it is given, on a connection of its own for each request.

use http_body_util::{BodyExt as _, Full};
use hyper::{
    HeaderMap, Request,
    body::{Bytes, Incoming},
    client::conn::http1,
    header::HeaderName,
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, task::JoinSet};

/// One request, byte for byte.
pub(crate) struct Exchange<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) headers: Vec<(&'a str, &'a str)>,
    pub(crate) body: Vec<u8>,
}

/// The head of a response whose body is still to be read.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    body: Incoming,
    /// Drives the connection; dropped, it closes the socket.
    _driver: JoinSet<()>,
}

impl Reply {
    /// A header's value as text; `None` when it is absent.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .get(name)
            .map(|value| value.to_str().expect("header values are text"))
    }

    /// The body up to its end, and whether that end was proper.
    pub(crate) async fn read(mut self) -> (Vec<u8>, bool) {
        let mut bytes = Vec::new();
        loop {
            match self.chunk().await {
                Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
                Ok(None) => return (bytes, true),
                Err(()) => return (bytes, false),
            }
        }
    }

    /// The next chunk of the body, nothing at its end, an error when it breaks off.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, ()> {
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
pub(crate) async fn send(url: &str, exchange: Exchange<'_>) -> Reply {
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
        // Its errors come out of the response as well.
        let _ = connection.await;
    });
    let mut request = Request::builder()
        .method(exchange.method)
        .uri(exchange.path)
        .header("host", address);
    for (name, value) in exchange.headers {
        request = request.header(name.parse::<HeaderName>().expect("a header name"), value);
    }
    let request = request
        .body(Full::new(Bytes::from(exchange.body)))
        .expect("a request");
    let (head, body) = sender
        .send_request(request)
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
