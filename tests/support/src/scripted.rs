//! A server that is scripted by a test, including misbehaviour.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::watch;

use crate::{Exchange, FakeServer, Received};

/// A server that passes the first request of each connection to a script.
pub struct ScriptedServer {
    server: FakeServer,
    received: watch::Receiver<Vec<Received>>,
}

impl ScriptedServer {
    /// Starts a server. The script is called with each request and the number of its connection, starting at 0.
    /// Dropping the exchange closes the connection.
    ///
    /// # Panics
    ///
    /// Panics if no port is free.
    pub async fn start<S, F>(script: S) -> Self
    where
        S: Fn(usize, Exchange) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let (log, received) = watch::channel(Vec::new());
        let shared = Arc::new((script, log));
        let server = FakeServer::start(1, move |number, socket| {
            let shared = Arc::clone(&shared);
            async move {
                let (script, log) = &*shared;
                if let Some(exchange) = Exchange::accept(socket).await {
                    log.send_modify(|log| log.push(exchange.request.clone()));
                    script(number, exchange).await;
                }
            }
        })
        .await;
        Self { server, received }
    }

    /// Returns the URL of the server.
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// Returns the requests so far, in order of arrival.
    pub fn received(&self) -> Vec<Received> {
        self.received.borrow().clone()
    }

    /// Waits until this many requests have arrived.
    ///
    /// # Panics
    ///
    /// Panics if the server has stopped.
    pub async fn arrived(&self, requests: usize) {
        let mut received = self.received.clone();
        let arrived = received.wait_for(|received| received.len() >= requests);
        arrived.await.expect("it listens");
    }

    /// Waits until the scripts of all connections have ended.
    pub async fn all_closed(&self) {
        self.server.all_closed().await;
    }
}
