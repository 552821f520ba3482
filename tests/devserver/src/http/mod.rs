//! HTTP handling of all requests except those under `/__dev/`.

mod auth;
mod reply;
mod route;

pub(crate) use reply::{Refusal, json};

use std::sync::Arc;

use axum::{
    Extension,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header},
    response::{IntoResponse, Response},
};

use crate::{
    api,
    connection::{Connection, Head},
    faults::{self, StreamFaults},
    server::Shared,
    store::AccountId,
};
use route::Methods;
pub(crate) use route::Route;

/// The maximum size of bodies that are read. The limit of the API is much lower.
const READ_LIMIT: usize = 64 << 20;

/// An authenticated API call.
pub(crate) struct Call {
    pub(crate) shared: Arc<Shared>,
    pub(crate) account: AccountId,
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) head: Head,
    pub(crate) body: Bytes,
    pub(crate) connection: Arc<Connection>,
    pub(crate) stream_faults: StreamFaults,
}

impl Call {
    /// Returns a header as the real server reads it.
    pub(crate) fn header(&self, name: &HeaderName) -> Option<Vec<u8>> {
        self.head.header(&self.headers, name)
    }
}

/// Handles a request and applies its faults.
pub(crate) async fn serve(
    State(shared): State<Arc<Shared>>,
    Extension(connection): Extension<Arc<Connection>>,
    request: Request,
) -> Response {
    let head = connection.take_head();
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, READ_LIMIT).await else {
        return Refusal::Html(400).into_response();
    };
    let arrived = shared.clock.now();
    let effects = shared.faults().take(&parts.method, parts.uri.path());
    // A test that waits for this count may then advance the clock or change the faults.
    shared.stats.record(&parts, &body);
    if let Some(response) = faults::echo(&effects, &parts, &body) {
        return response;
    }
    if let Some(response) = faults::instead(&effects, &shared, &connection, arrived).await {
        return response;
    }
    let call = Call {
        account: AccountId(0),
        method: parts.method,
        uri: parts.uri,
        headers: parts.headers,
        head,
        body,
        stream_faults: StreamFaults::from(&effects),
        connection: Arc::clone(&connection),
        shared: Arc::clone(&shared),
    };
    let cross_origin = call.headers.contains_key(header::ORIGIN);
    let mut response = answer(call);
    let headers = response.headers_mut();
    if cross_origin {
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_ORIGIN,
            HeaderValue::from_static("*"),
        );
    }
    headers
        .entry(header::VARY)
        .or_insert(HeaderValue::from_static("Cookie, origin"));
    faults::tamper(response, effects, &connection).await
}

fn answer(mut call: Call) -> Response {
    if is_preflight(&call) {
        return preflight();
    }
    let Some(route) = Route::parse(call.uri.path(), call.shared.generation) else {
        return Refusal::Html(404).into_response();
    };
    if let Some(refused) = refuse_method(route.methods(), &call.method) {
        return refused;
    }
    if !matches!(route, Route::Health) {
        let authorization = call.header(&header::AUTHORIZATION);
        match auth::authenticate(authorization.as_deref(), &call.shared.store()) {
            Ok(account) => call.account = account,
            Err(text) => return Refusal::detail(401, text).into_response(),
        }
    }
    api::handle(route, call).unwrap_or_else(Refusal::into_response)
}

/// Returns the refusals before authentication: the CSRF check of forms, then the method.
fn refuse_method(methods: Methods, method: &Method) -> Option<Response> {
    let safe = matches!(
        *method,
        Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE
    );
    let allowed = match methods {
        Methods::Get if !safe => return Some(Refusal::Html(403).into_response()),
        Methods::Get => Method::GET,
        Methods::Post => Method::POST,
        Methods::Several => return None,
    };
    (*method != allowed).then(|| {
        let headers = [
            (header::ALLOW, allowed.as_str()),
            (header::CONTENT_TYPE, reply::HTML),
        ];
        (
            axum::http::StatusCode::METHOD_NOT_ALLOWED,
            headers,
            Body::empty(),
        )
            .into_response()
    })
}

fn is_preflight(call: &Call) -> bool {
    call.method == Method::OPTIONS
        && call.headers.contains_key(header::ORIGIN)
        && call
            .headers
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

fn preflight() -> Response {
    [
        (header::CONTENT_TYPE, reply::HTML),
        (header::VARY, "origin"),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "accept, authorization, content-type, user-agent, x-csrftoken, x-requested-with",
        ),
        (
            header::ACCESS_CONTROL_ALLOW_METHODS,
            "DELETE, GET, OPTIONS, PATCH, POST, PUT",
        ),
        (header::ACCESS_CONTROL_MAX_AGE, "86400"),
    ]
    .into_response()
}
