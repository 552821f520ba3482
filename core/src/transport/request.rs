//! A request to an endpoint.

use bytes::Bytes;
use http::Method;
use serde::Serialize;
use url::Url;

use super::operation::Operation;
use super::record_id::RecordId;
use crate::error::{Error, ErrorKind, Result};

/// A request that can be sent any number of times.
pub(crate) struct Request {
    pub(crate) method: Method,
    /// The path with `{id}` instead of the id, for logs and spans.
    pub(crate) route: &'static str,
    id: Option<RecordId>,
    pub(crate) body: Option<Bytes>,
    pub(crate) streams: bool,
    /// Whether older servers do not have the endpoint.
    pub(crate) recent: bool,
    since: Option<i64>,
}

impl Request {
    pub(crate) fn new(operation: Operation) -> Self {
        Self {
            method: operation.method(),
            route: operation.route(),
            id: None,
            body: None,
            streams: operation == Operation::StreamSession,
            recent: operation == Operation::InterruptSession,
            since: None,
        }
    }

    pub(crate) fn id(mut self, id: impl Into<RecordId>) -> Self {
        self.id = Some(id.into());
        self
    }

    pub(crate) fn json(mut self, body: &impl Serialize) -> Result<Self> {
        let json = serde_json::to_vec(body).map_err(|error| {
            Error::new(
                ErrorKind::InvalidRequest,
                "the request cannot be written as JSON",
            )
            .with_source(error)
        })?;
        self.body = Some(json.into());
        Ok(self)
    }

    /// Sets the cursor of an event stream.
    pub(crate) fn after(mut self, since: Option<i64>) -> Self {
        self.since = since;
        self
    }

    /// Returns the cursor of an event stream, which is also sent as `Last-Event-ID`.
    pub(crate) fn since(&self) -> Option<i64> {
        self.since
    }

    pub(crate) fn url(&self, base: &Url) -> Url {
        let mut url = base.clone();
        let prefix = base.path().trim_end_matches('/');
        let path = match &self.id {
            Some(id) => self.route.replace("{id}", &id.to_string()),
            None => self.route.to_owned(),
        };
        url.set_path(&format!("{prefix}{path}"));
        if let Some(since) = self.since {
            url.query_pairs_mut()
                .append_pair("since", &since.to_string());
        }
        url
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn keeps_the_prefix_of_the_base_url() {
        let base = Url::parse("https://h/api/v%201/").unwrap();
        let request = Request::new(Operation::ListAgentVersions).id(Uuid::nil());
        assert_eq!(
            request.url(&base).as_str(),
            "https://h/api/v%201/agents/00000000-0000-0000-0000-000000000000/versions"
        );
    }

    #[test]
    fn puts_the_cursor_into_the_query() {
        let base = Url::parse("http://h").unwrap();
        let request = Request::new(Operation::StreamSession)
            .id(Uuid::nil())
            .after(Some(7));
        assert_eq!(request.url(&base).query(), Some("since=7"));
    }
}
