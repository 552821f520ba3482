//! The table of endpoints, and calls whose bodies are JSON text on both sides.

use bytes::Bytes;
use http::Method;
use uuid::Uuid;

use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::http::Request;

/// Defines the endpoints, each with its method and route.
macro_rules! operations {
    ($($name:ident = $method:ident $route:literal,)+) => {
        /// An endpoint of the API; see [`Client::call_json`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Operation {
            $(#[doc = concat!("`", stringify!($method), " ", $route, "`")] $name,)+
        }

        impl Operation {
            /// Every endpoint.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The HTTP method.
            pub fn method(self) -> Method {
                match self { $(Self::$name => Method::$method,)+ }
            }

            /// The path, with `{id}` where an id belongs.
            pub fn route(self) -> &'static str {
                match self { $(Self::$name => $route,)+ }
            }
        }
    };
}

operations! {
    Health = GET "/health",
    ListAgents = GET "/agents",
    CreateAgent = POST "/agents",
    GetAgent = GET "/agents/{id}",
    UpdateAgent = PUT "/agents/{id}",
    ArchiveAgent = POST "/agents/{id}/archive",
    ListAgentVersions = GET "/agents/{id}/versions",
    ListEnvironments = GET "/environments",
    CreateEnvironment = POST "/environments",
    GetEnvironment = GET "/environments/{id}",
    UpdateEnvironment = PUT "/environments/{id}",
    ArchiveEnvironment = POST "/environments/{id}/archive",
    DeleteEnvironment = DELETE "/environments/{id}/delete",
    ListEnvironmentVersions = GET "/environments/{id}/versions",
    ListSessions = GET "/sessions",
    CreateSession = POST "/sessions",
    GetSession = GET "/sessions/{id}",
    PromptSession = POST "/sessions/{id}/prompt",
    ListSessionTurns = GET "/sessions/{id}/turns",
    TerminateSession = POST "/sessions/{id}/terminate",
    InterruptSession = POST "/sessions/{id}/interrupt",
    DeleteSession = DELETE "/sessions/{id}/delete",
    StreamSession = GET "/sessions/{id}/stream",
}

impl Client {
    /// Calls an endpoint with a body of JSON text, and returns the text of the answer as the server sent it.
    ///
    /// For callers with models of their own. Deadlines, retries and errors are those of the typed methods; what is sent
    /// is not checked.
    ///
    /// ```no_run
    /// # async fn demo(client: aod::Client) -> aod::Result<()> {
    /// use aod::Operation;
    ///
    /// let body = r#"{"name": "ci", "packages": {"pip": ["pytest"]}}"#;
    /// let answer = client.call_json(Operation::CreateEnvironment, None, Some(body.into())).await?;
    /// assert!(answer.starts_with(b"{"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn call_json(
        &self,
        operation: Operation,
        id: Option<Uuid>,
        body: Option<Bytes>,
    ) -> Result<Bytes> {
        if operation == Operation::StreamSession {
            return Err(invalid(
                "an event stream is no JSON answer: open it by sessions().stream",
            ));
        }
        let mut request = Request::new(operation);
        if operation.route().contains("{id}") {
            request = request.id(id.ok_or_else(|| invalid("this endpoint needs an id"))?);
        }
        request.body = body;
        self.call_raw(request).await
    }
}

fn invalid(summary: &'static str) -> Error {
    Error::new(ErrorKind::InvalidRequest, summary)
}
