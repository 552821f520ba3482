//! A request as the resources describe it.

use bytes::Bytes;
use http::Method;
use serde::Serialize;
use url::Url;
use uuid::Uuid;

use crate::error::{Error, ErrorKind, Result};

/// A request, ready to be sent any number of times.
pub(crate) struct Request {
    pub(crate) method: Method,
    /// The path with `{id}` in the place of the id: what logs and spans show.
    pub(crate) route: &'static str,
    id: Option<Uuid>,
    pub(crate) body: Option<Bytes>,
    pub(crate) streams: bool,
    since: Option<i64>,
}

impl Request {
    pub(crate) fn new(method: Method, route: &'static str) -> Self {
        Self {
            method,
            route,
            id: None,
            body: None,
            streams: false,
            since: None,
        }
    }

    pub(crate) fn get(route: &'static str) -> Self {
        Self::new(Method::GET, route)
    }

    pub(crate) fn post(route: &'static str) -> Self {
        Self::new(Method::POST, route)
    }

    pub(crate) fn put(route: &'static str) -> Self {
        Self::new(Method::PUT, route)
    }

    pub(crate) fn delete(route: &'static str) -> Self {
        Self::new(Method::DELETE, route)
    }

    pub(crate) fn id(mut self, id: Uuid) -> Self {
        self.id = Some(id);
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

    /// Makes this a request for an event stream, from after `since` where it is given.
    pub(crate) fn streaming(mut self, since: Option<i64>) -> Self {
        self.streams = true;
        self.since = since;
        self
    }

    /// The cursor of an event stream, which also goes into `Last-Event-ID`.
    pub(crate) fn since(&self) -> Option<i64> {
        self.since
    }

    pub(crate) fn url(&self, base: &Url) -> Url {
        let mut url = base.clone();
        let prefix = base.path().trim_end_matches('/');
        let path = match self.id {
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
    use super::*;

    #[test]
    fn keeps_the_prefix_of_the_base_url() {
        let base = Url::parse("https://h/api/v%201/").unwrap();
        let request = Request::get("/agents/{id}/versions").id(Uuid::nil());
        assert_eq!(
            request.url(&base).as_str(),
            "https://h/api/v%201/agents/00000000-0000-0000-0000-000000000000/versions"
        );
    }

    #[test]
    fn puts_the_cursor_into_the_query() {
        let base = Url::parse("http://h").unwrap();
        let request = Request::get("/sessions/{id}/stream")
            .id(Uuid::nil())
            .streaming(Some(7));
        assert_eq!(request.url(&base).query(), Some("since=7"));
    }
}
