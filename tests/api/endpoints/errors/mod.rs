//! Every error that a caller can receive: its cause, and its details.

mod agents;
mod auth;
mod conflicts;
mod environments;
mod lookups;
mod pages;
mod quota;
mod sessions;
mod tools;

use std::fmt::Debug;

use aod::{Client, ConflictReason, Detail, Error, ErrorKind};

use crate::endpoints::world::World;

/// The server's response according to an error.
#[derive(Debug, PartialEq)]
struct ErrorResponse {
    status: u16,
    kind: ErrorKind,
    body: Body,
    conflict: Option<ConflictReason>,
}

#[derive(Debug, PartialEq)]
enum Body {
    /// `{"detail": "…"}`.
    Text(String),
    /// The paths and descriptions of a 422 list, in order.
    Fields(Vec<(String, String)>),
    /// An HTML page.
    Page,
    Empty,
}

impl ErrorResponse {
    fn of(error: &Error) -> Self {
        let body = match error.detail() {
            Some(Detail::Text(text)) => {
                assert_eq!(error.detail_text(), Some(text.as_str()));
                Body::Text(text.clone())
            }
            Some(Detail::Fields(fields)) => Body::Fields(
                fields
                    .iter()
                    .map(|field| (field.path(), field.description.clone()))
                    .collect(),
            ),
            Some(Detail::Body(body)) if body.starts_with("<!doctype html>") => Body::Page,
            Some(other) => panic!("an unexpected detail: {other:?}"),
            None => Body::Empty,
        };
        Self {
            status: error.status().expect("the server responded"),
            kind: error.kind(),
            body,
            conflict: error.conflict(),
        }
    }

    fn new(status: u16, body: Body) -> Self {
        let kind = match status {
            400 => ErrorKind::BadRequest,
            401 | 403 => ErrorKind::Auth,
            404 => ErrorKind::NotFound,
            405 => ErrorKind::Status,
            409 => ErrorKind::Conflict,
            422 => ErrorKind::Validation,
            429 => ErrorKind::RateLimit,
            500 | 503 => ErrorKind::Server,
            other => panic!("unexpected status {other}"),
        };
        Self {
            status,
            kind,
            body,
            conflict: None,
        }
    }
}

/// A response with a text.
fn text(status: u16, text: impl Into<String>) -> ErrorResponse {
    ErrorResponse::new(status, Body::Text(text.into()))
}

/// A 409 with a text and its reason.
fn conflict(detail: &str, reason: ConflictReason) -> ErrorResponse {
    ErrorResponse {
        conflict: Some(reason),
        ..text(409, detail)
    }
}

/// A 422 that lists fields, with their paths and descriptions.
fn fields<const COUNT: usize>(entries: [(&str, &str); COUNT]) -> ErrorResponse {
    let entries = entries.map(|(path, description)| (path.to_owned(), description.to_owned()));
    ErrorResponse::new(422, Body::Fields(entries.into()))
}

/// A 422 with one violated rule.
fn rule(path: &str, detail: &str) -> ErrorResponse {
    fields([(path, &format!("Value error, {detail}"))])
}

/// A response with an HTML page.
fn page(status: u16) -> ErrorResponse {
    ErrorResponse::new(status, Body::Page)
}

/// Compares errors with the expected responses.
#[track_caller]
fn assert_responses(rows: impl IntoIterator<Item = (Error, ErrorResponse)>) {
    for (row, (error, expected)) in rows.into_iter().enumerate() {
        assert_eq!(ErrorResponse::of(&error), expected, "row {row}");
    }
}

/// The fields that the client's validation refused.
fn refused_by_client(error: &Error) -> Vec<String> {
    assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
    assert_eq!((error.status(), error.attempts()), (None, 0), "{error}");
    let Some(Detail::Fields(fields)) = error.detail() else {
        panic!("no fields: {error:?}")
    };
    fields.iter().map(aod::FieldError::path).collect()
}

/// An invalid request: the fields that the client refuses, and the response of the server without the client's
/// validation.
struct Invalid<R> {
    request: R,
    client: Vec<&'static str>,
    server: ErrorResponse,
}

/// A request that the client and the server refuse.
fn both<R>(request: R, client: impl Into<Vec<&'static str>>, server: ErrorResponse) -> Invalid<R> {
    Invalid {
        request,
        client: client.into(),
        server,
    }
}

/// A request that only the server refuses.
fn server_only<R>(request: R, server: ErrorResponse) -> Invalid<R> {
    both(request, [], server)
}

/// Makes each call twice, with and without the client's validation.
async fn assert_refused<R: Clone + Debug, T: Debug>(
    world: &World,
    rows: impl IntoIterator<Item = Invalid<R>>,
    call: impl AsyncFn(&Client, R) -> aod::Result<T>,
) {
    let unchecked = world.unchecked();
    for (number, row) in rows.into_iter().enumerate() {
        let shown = format!("row {number}: {:.200?}", row.request);
        world.control.forget_requests();
        let checked = call(&world.client, row.request.clone()).await;
        let checked = checked.expect_err(&shown);
        if row.client.is_empty() {
            assert_eq!(ErrorResponse::of(&checked), row.server, "{shown}");
        } else {
            assert_eq!(refused_by_client(&checked), row.client, "{shown}");
            assert_eq!(world.control.requests().len(), 0, "{shown}");
        }
        let error = call(&unchecked, row.request).await.expect_err(&shown);
        assert_eq!(ErrorResponse::of(&error), row.server, "{shown}");
    }
}
