//! A server and a client in one thread, reused for all inputs.

use std::future::Future;
use std::time::Duration;

use aod::{Client, RetryPolicy};
use aod_test_support::{Exchange, Received};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

thread_local! {
    static LOOPBACK: Loopback = Loopback::new();
}

pub(crate) struct Loopback {
    runtime: Runtime,
    listener: TcpListener,
    pub(crate) client: Client,
}

impl Loopback {
    fn new() -> Self {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let listener = runtime
            .block_on(TcpListener::bind("127.0.0.1:0"))
            .expect("a free port");
        let address = listener.local_addr().expect("a bound socket");
        let client = Client::builder()
            .base_url(format!("http://{address}"))
            .token("token")
            .no_proxy()
            .retry(RetryPolicy::none())
            .pool_max_idle(0)
            .timeout(Duration::from_secs(60))
            .build()
            .expect("a client");
        Self {
            runtime,
            listener,
            client,
        }
    }

    /// Runs a client with a server that sends the same response to every request and closes the connection. Not a
    /// `FakeServer`, so that the response can be borrowed.
    pub(crate) fn run<T, F: Future<Output = T>>(
        mut answer: impl FnMut(&Received) -> Vec<u8>,
        client: impl FnOnce(Client) -> F,
    ) -> T {
        LOOPBACK.with(|loopback| {
            let serve = async {
                loop {
                    let (socket, _) = loopback.listener.accept().await.expect("a connection");
                    if let Some(mut exchange) = Exchange::accept(socket).await {
                        let answer = answer(&exchange.request);
                        // A client may disconnect before the end of the response.
                        exchange.send(answer).await;
                        exchange.close().await;
                    }
                }
            };
            loopback.runtime.block_on(async {
                tokio::select! {
                    () = serve => unreachable!("it serves until it is dropped"),
                    outcome = client(loopback.client.clone()) => outcome,
                }
            })
        })
    }
}
