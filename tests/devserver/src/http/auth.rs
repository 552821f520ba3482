//! Bearer tokens.

use crate::store::{AccountId, Store};

/// Returns the account of the API key in the `Authorization` header, or the text of the 401.
pub(super) fn authenticate(
    authorization: Option<&[u8]>,
    store: &Store,
) -> Result<AccountId, &'static str> {
    let token = authorization
        .and_then(|value| value.strip_prefix(b"Bearer "))
        .ok_or("Missing or invalid Authorization header")?;
    let key = std::str::from_utf8(token)
        .ok()
        .and_then(|token| store.keys.get(token))
        .ok_or("Invalid API key")?;
    if !key.active {
        return Err("API key is inactive");
    }
    if key.expired {
        return Err("API key has expired");
    }
    Ok(key.account)
}
