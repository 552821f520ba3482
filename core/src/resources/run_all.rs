//! Running many prompts, each in a session of its own.

use std::future::IntoFuture;

use futures::future::BoxFuture;
use futures::stream::{self, StreamExt as _};

use super::follow::{OnAbandon, RunRequest, RunResult};
use crate::error::Result;
use crate::models::CreateSession;
use crate::transport::Transport;

/// The default limit of sessions that run at the same time.
const MAX_CONCURRENT: usize = 4;

/// Prompts to run in new sessions, from [`Sessions::run_all`](super::Sessions::run_all). Await the request to run them.
///
/// The results are in the order of the requests. A prompt that fails does not affect the others: its result is an error
/// of [`RunRequest`]. Dropping the future stops following all sessions, and starts no further one.
#[derive(Debug, Clone)]
#[must_use = "prompts are run by awaiting the request"]
pub struct RunAllRequest<'a> {
    transport: &'a Transport,
    requests: Vec<CreateSession>,
    max_concurrent: usize,
    on_abandon: OnAbandon,
}

impl<'a> RunAllRequest<'a> {
    pub(super) fn new(transport: &'a Transport, requests: Vec<CreateSession>) -> Self {
        Self {
            transport,
            requests,
            max_concurrent: MAX_CONCURRENT,
            on_abandon: OnAbandon::Continue,
        }
    }

    /// Sets how many of the sessions run at the same time; 0 counts as 1. If the server's quota is lower, the quota is
    /// the limit. Default 4.
    pub fn max_concurrent(mut self, sessions: usize) -> Self {
        self.max_concurrent = sessions.max(1);
        self
    }

    /// Sets what happens to a session if following it fails, or the future of this request is dropped, before its turn
    /// has ended; see [`FollowRequest::on_abandon`](super::FollowRequest::on_abandon). Default
    /// [`Continue`](OnAbandon::Continue).
    pub fn on_abandon(mut self, action: OnAbandon) -> Self {
        self.on_abandon = action;
        self
    }

    async fn run_all(self) -> Vec<Result<RunResult>> {
        let runs = self
            .requests
            .into_iter()
            .enumerate()
            .map(async |(place, request)| {
                let run = RunRequest::new(self.transport, request).wait_for_quota(true);
                (place, run.on_abandon(self.on_abandon).await)
            });
        // `buffered` would start no further session while an earlier one is still running.
        let runs = stream::iter(runs).buffer_unordered(self.max_concurrent);
        let mut results: Vec<_> = runs.collect().await;
        results.sort_unstable_by_key(|(place, _)| *place);
        results.into_iter().map(|(_, result)| result).collect()
    }
}

impl<'a> IntoFuture for RunAllRequest<'a> {
    type Output = Vec<Result<RunResult>>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run_all())
    }
}
