//! Accounts and their API keys.

/// The index of an account in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AccountId(pub(crate) usize);

/// A user of the server: the owner of everything its keys create.
pub(crate) struct Account {
    pub(crate) name: String,
    /// Whether the account has credentials for the model providers.
    pub(crate) model_key: bool,
    /// Whether the account has credentials for the sandbox.
    pub(crate) sandbox_key: bool,
    /// The account's limit of concurrent sessions.
    pub(crate) session_limit: Option<i64>,
}

impl Account {
    /// Creates an account with all credentials and the default session limit.
    pub(crate) fn full(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            model_key: true,
            sandbox_key: true,
            session_limit: None,
        }
    }
}

/// An API key.
pub(crate) struct Key {
    pub(crate) account: AccountId,
    pub(crate) active: bool,
    pub(crate) expired: bool,
}

impl Key {
    pub(crate) fn active(account: AccountId) -> Self {
        Self {
            account,
            active: true,
            expired: false,
        }
    }
}
