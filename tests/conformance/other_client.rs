//! The event source with another HTTP client: a connector over a plain socket, with the public API of `aod-sse` only.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aod::sse::{
    Attempt, ConnectError, Connection, ConnectionState, Error, EventSource, ReadyState, Reconnect,
};
use aod_test_support::ScriptedServer;
use bytes::Bytes;
use futures::{Stream, StreamExt};
use http::response::Parts;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

type Socket = BufReader<TcpStream>;

/// Sends the request of an attempt, and reads the head of the response.
async fn request(address: &str, last_event_id: &str) -> std::io::Result<(Parts, Socket)> {
    let mut socket = BufReader::new(TcpStream::connect(address).await?);
    let mut head =
        format!("GET /feed HTTP/1.1\r\nhost: {address}\r\naccept: text/event-stream\r\n");
    if !last_event_id.is_empty() {
        head.push_str(&format!("last-event-id: {last_event_id}\r\n"));
    }
    socket.write_all(format!("{head}\r\n").as_bytes()).await?;
    let mut response = http::Response::builder();
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if socket.read_line(&mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    for line in &lines[1..] {
        let (name, value) = line.split_once(": ").expect("a header");
        response = response.header(name, value);
    }
    let status = lines[0].split(' ').nth(1).expect("a status");
    let response = response.status(status).body(()).expect("a response");
    Ok((response.into_parts().0, socket))
}

fn body(socket: Socket) -> impl Stream<Item = Result<Bytes, Error>> {
    futures::stream::unfold(socket, |mut socket| async move {
        let mut chunk = vec![0; 16];
        match socket.read(&mut chunk).await {
            Ok(0) => None,
            Ok(length) => Some((Ok(Bytes::copy_from_slice(&chunk[..length])), socket)),
            Err(error) => Some((Err(Error::connection(error)), socket)),
        }
    })
}

async fn connect(address: String, id: String) -> Result<Connection, Error> {
    let (head, socket) = request(&address, &id).await.map_err(Error::connection)?;
    match head.status.as_u16() {
        200 if head.headers["content-type"] == "text/event-stream" => {
            Ok(Connection::body(body(socket)).with_response(head))
        }
        200 => Err(Error::protocol("not an event stream")),
        204 => Ok(Connection::no_content()),
        status @ 500.. => {
            let delay = head.headers.get("retry-after");
            let delay = delay.and_then(|delay| delay.to_str().ok()?.parse().ok());
            Err(Error::status(status, delay.map(Duration::from_secs)).retryable())
        }
        status => Err(Error::status(status, None)),
    }
}

/// The facts of an attempt: last event id, number, reconnection time.
type Facts = (String, u32, Option<Duration>);

#[tokio::test]
async fn a_source_reads_through_another_http_client() {
    let server = ScriptedServer::start(|number, mut exchange| async move {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n";
        match number {
            0 => {
                exchange
                    .send(format!("{head}x-request-id: r0\r\n\r\n"))
                    .await;
                exchange
                    .send("retry: 1\n: hello\nid: 7\ndata: a\n\ndata: cut")
                    .await;
                exchange.close().await;
            }
            1 => exchange.respond(503, &[("retry-after", "0")], "").await,
            2 => exchange.reset(),
            3 => {
                exchange
                    .send(format!("{head}x-request-id: r3\r\n\r\n"))
                    .await;
                exchange.send(": again\nid: 8\ndata: b\n\n").await;
                exchange.close().await;
            }
            _ => exchange.respond(410, &[], "").await,
        }
    })
    .await;
    let attempts: Arc<Mutex<Vec<Facts>>> = Arc::default();
    let seen = Arc::clone(&attempts);
    let address = server.url().replace("http://", "");
    let connector = move |attempt: Attempt<'_>| {
        let id = attempt.last_event_id.to_owned();
        let facts = (id.clone(), attempt.number, attempt.retry);
        seen.lock().unwrap().push(facts);
        Box::pin(connect(address.clone(), id))
    };
    let comments: Arc<Mutex<Vec<String>>> = Arc::default();
    let commented = Arc::clone(&comments);
    let causes: Arc<Mutex<Vec<String>>> = Arc::default();
    let recorder = Arc::clone(&causes);
    let mut source = EventSource::new(connector)
        .reconnect(Reconnect::new().base_delay(Duration::ZERO))
        .on_comment(move |text| commented.lock().unwrap().push(text.trim().to_owned()))
        .on_state(move |state| {
            if let ConnectionState::Resuming { cause, .. } = state {
                recorder.lock().unwrap().push(cause.to_string());
            }
        });
    assert_eq!(source.ready_state(), ReadyState::Connecting);
    assert!(source.response().is_none());
    for (data, id, request_id) in [("a", "7", "r0"), ("b", "8", "r3")] {
        let event = source.next().await.unwrap().unwrap();
        assert_eq!((event.data.as_str(), event.id.as_str()), (data, id));
        assert_eq!(source.ready_state(), ReadyState::Open);
        let head = source.response().unwrap();
        assert_eq!(
            (head.status.as_u16(), &head.headers["x-request-id"]),
            (200, &request_id.parse().unwrap())
        );
    }
    let error = source.next().await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Status { status: 410, .. }) && !error.is_retryable());
    assert_eq!(source.ready_state(), ReadyState::Closed);
    assert!(source.response().is_none() && source.next().await.is_none());

    assert_eq!(*comments.lock().unwrap(), ["hello", "again"]);
    let retry = Some(Duration::from_millis(1));
    let expected: Vec<Facts> = [
        ("", 0, None),
        ("7", 1, retry),
        ("7", 2, retry),
        ("7", 3, retry),
        ("8", 1, retry),
    ]
    .map(|(id, number, retry)| (id.to_owned(), number, retry))
    .into();
    assert_eq!(*attempts.lock().unwrap(), expected);
    let causes = causes.lock().unwrap();
    assert_eq!(causes.len(), 4);
    assert!(causes[1].contains("503"), "{causes:?}");
}
