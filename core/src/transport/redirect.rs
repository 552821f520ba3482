//! Redirects: followed within the origin, refused beyond it.

use http::header::LOCATION;
use http::{Method, StatusCode};
use url::Url;

use super::response::transport_error;
use crate::error::{Error, ErrorKind, Result};

/// How many redirects one attempt follows.
const LIMIT: usize = 20;

/// Sends what `prepare` makes for a URL, and for those it is redirected to.
pub(crate) async fn send(
    http: &reqwest::Client,
    mut url: Url,
    prepare: impl Fn(Url) -> reqwest::Request,
) -> Result<reqwest::Response> {
    for _ in 0..=LIMIT {
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

/// Where the response redirects to; `None` when it does not, or not in a way that keeps the request what it is.
/// A redirect to another scheme, host or port is an error: the token would go with it.
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
        .ok_or_else(|| refused("the redirect's Location is not a URL", status))?;
    if target.origin() != response.url().origin() {
        return Err(refused("a redirect to another origin was refused", status));
    }
    Ok(Some(target))
}

/// 301, 302 and 303 may turn a write into a GET, so writes follow only the statuses that keep the method.
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
