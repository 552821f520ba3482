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
struct Answer {
    status: u16,
    kind: ErrorKind,
    says: Says,
    conflict: Option<ConflictReason>,
}

#[derive(Debug, PartialEq)]
enum Says {
    /// `{"detail": "…"}`.
    Text(String),
    /// The paths and descriptions of a 422 list, in order.
    Fields(Vec<(String, String)>),
    /// An HTML page.
    Page,
    Nothing,
}

impl Answer {
    fn of(error: &Error) -> Self {
        let says = match error.detail() {
            Some(Detail::Text(text)) => {
                assert_eq!(error.detail_text(), Some(text.as_str()));
                Says::Text(text.clone())
            }
            Some(Detail::Fields(fields)) => Says::Fields(
                fields
                    .iter()
                    .map(|field| (field.path(), field.description.clone()))
                    .collect(),
            ),
            Some(Detail::Body(body)) if body.starts_with("<!doctype html>") => Says::Page,
            Some(other) => panic!("an unexpected detail: {other:?}"),
            None => Says::Nothing,
        };
        Self {
            status: error.status().expect("the server responded"),
            kind: error.kind(),
            says,
            conflict: error.conflict(),
        }
    }

    fn new(status: u16, says: Says) -> Self {
        let kind = match status {
            400 => ErrorKind::BadRequest,
            401 | 403 => ErrorKind::Auth,
            404 => ErrorKind::NotFound,
            405 => ErrorKind::Status,
            409 => ErrorKind::Conflict,
            422 => ErrorKind::Validation,
            429 => ErrorKind::RateLimit,
            500 | 503 => ErrorKind::Server,
            other => panic!("no server answers {other}"),
        };
        Self {
            status,
            kind,
            says,
            conflict: None,
        }
    }
}

/// A response with a text.
fn text(status: u16, text: impl Into<String>) -> Answer {
    Answer::new(status, Says::Text(text.into()))
}

/// A 409 with a text and its reason.
fn conflict(words: &str, reason: ConflictReason) -> Answer {
    Answer {
        conflict: Some(reason),
        ..text(409, words)
    }
}

/// A 422 that lists fields, with their paths and descriptions.
fn fields<const COUNT: usize>(entries: [(&str, &str); COUNT]) -> Answer {
    let entries = entries.map(|(path, description)| (path.to_owned(), description.to_owned()));
    Answer::new(422, Says::Fields(entries.into()))
}

/// A 422 with one violated rule.
fn rule(path: &str, words: &str) -> Answer {
    fields([(path, &format!("Value error, {words}"))])
}

/// A response with an HTML page.
fn page(status: u16) -> Answer {
    Answer::new(status, Says::Page)
}

/// Compares errors with the expected responses.
#[track_caller]
fn assert_answers(rows: impl IntoIterator<Item = (Error, Answer)>) {
    for (row, (error, expected)) in rows.into_iter().enumerate() {
        assert_eq!(Answer::of(&error), expected, "row {row}");
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
    server: Answer,
}

/// A request that the client and the server refuse.
fn both<R>(request: R, client: impl Into<Vec<&'static str>>, server: Answer) -> Invalid<R> {
    Invalid {
        request,
        client: client.into(),
        server,
    }
}

/// A request that only the server refuses.
fn server_only<R>(request: R, server: Answer) -> Invalid<R> {
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
            assert_eq!(Answer::of(&checked), row.server, "{shown}");
        } else {
            assert_eq!(refused_by_client(&checked), row.client, "{shown}");
            assert_eq!(world.control.requests().len(), 0, "{shown}");
        }
        let error = call(&unchecked, row.request).await.expect_err(&shown);
        assert_eq!(Answer::of(&error), row.server, "{shown}");
    }
}
