//! A server that does on each connection exactly what a test tells it, misbehaviour included.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::watch;

use crate::{Exchange, FakeServer, Received};

/// Takes one request from each connection and hands it to the test's script.
pub struct ScriptedServer {
    server: FakeServer,
    received: watch::Receiver<Vec<Received>>,
}

impl ScriptedServer {
    /// Starts. The script is called for each connection with its number, from 0, once its request has arrived; the
    /// connection closes when the script drops it.
    ///
    /// # Panics
    ///
    /// If loopback has no free port.
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

    /// Returns its URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// Returns the requests so far, in the order of their arrival.
    pub fn received(&self) -> Vec<Received> {
        self.received.borrow().clone()
    }

    /// Waits until so many requests have arrived.
    ///
    /// # Panics
    ///
    /// If it has stopped.
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
