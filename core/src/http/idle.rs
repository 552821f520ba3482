//! A body that must not be silent for long.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use futures::stream::BoxStream;
use tokio::time::{Instant, Sleep, sleep};

use crate::error::{Error, ErrorKind, Result};
use crate::http::response::transport_error;

/// The chunks of a response, or an error of kind [`Timeout`](ErrorKind::Timeout) when none comes within the limit.
///
/// Only the time spent waiting counts: what the caller spends between two chunks does not.
pub(crate) struct IdleLimited {
    chunks: BoxStream<'static, reqwest::Result<Bytes>>,
    limit: Duration,
    timer: Pin<Box<Sleep>>,
    waiting: bool,
}

impl IdleLimited {
    pub(crate) fn new(response: reqwest::Response, limit: Duration) -> Self {
        Self {
            chunks: Box::pin(response.bytes_stream()),
            limit,
            timer: Box::pin(sleep(limit)),
            waiting: false,
        }
    }
}

impl Stream for IdleLimited {
    type Item = Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if let Poll::Ready(chunk) = this.chunks.as_mut().poll_next(context) {
            this.waiting = false;
            return Poll::Ready(chunk.map(|chunk| chunk.map_err(transport_error)));
        }
        if !this.waiting {
            this.waiting = true;
            this.timer.as_mut().reset(Instant::now() + this.limit);
        }
        this.timer.as_mut().poll(context).map(|()| {
            Some(Err(Error::new(
                ErrorKind::Timeout,
                "the stream was silent for too long",
            )))
        })
    }
}
