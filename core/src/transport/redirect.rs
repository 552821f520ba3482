//! Redirects: followed within the origin, refused to other origins.

use http::header::LOCATION;
use http::{Method, StatusCode};
use url::Url;

use super::response::transport_error;
use crate::error::{Error, ErrorKind, Result};

/// The maximum number of redirects of one attempt.
const MAX_REDIRECTS: usize = 20;

/// Sends the request that `prepare` returns for the URL, and follows redirects.
pub(crate) async fn send(
    http: &reqwest::Client,
    mut url: Url,
    prepare: impl Fn(Url) -> reqwest::Request,
) -> Result<reqwest::Response> {
    for _ in 0..=MAX_REDIRECTS {
        let request = prepare(url);
        let method = request.method().clone();
        let response = http.execute(request).await.map_err(transport_error)?;
        match target(&method, &response)? {
            Some(target) => url = target,
            None => return Ok(response),
        }
    }
    Err(Error::new(ErrorKind::Protocol, "too many redirects"))
}

/// Returns the redirect target of a response; `None` if it is not a redirect, or would change the request.
/// A redirect to another scheme, host or port is an error, because it would leak the token.
fn target(method: &Method, response: &reqwest::Response) -> Result<Option<Url>> {
    if !keeps_request(method, response.status()) {
        return Ok(None);
    }
    let Some(location) = response.headers().get(LOCATION) else {
        return Ok(None);
    };
    let status = response.status().as_u16();
    let target = location
        .to_str()
        .ok()
        .and_then(|location| response.url().join(location).ok())
        .ok_or_else(|| refused("the Location of the redirect is not a valid URL", status))?;
    if target.origin() != response.url().origin() {
        return Err(refused("a redirect to another origin was refused", status));
    }
    Ok(Some(target))
}

/// Returns whether a redirect keeps the request. 301, 302 and 303 may change a write into a GET, so writes follow only
/// the statuses that keep the method.
fn keeps_request(method: &Method, status: StatusCode) -> bool {
    match status {
        StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => true,
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND | StatusCode::SEE_OTHER => {
            method == Method::GET
        }
        _ => false,
    }
}

fn refused(summary: &'static str, status: u16) -> Error {
    Error::new(ErrorKind::Protocol, summary).with_status(status)
}
