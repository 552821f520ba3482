//! The endpoints of the API.

use http::Method;

/// Defines the endpoints, each with its method and route.
macro_rules! operations {
    ($($name:ident = $method:ident $route:literal,)+) => {
        /// An endpoint of the API; see [`Client::call_json`](crate::Client::call_json).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Operation {
            $(#[doc = concat!("`", stringify!($method), " ", $route, "`")] $name,)+
        }

        impl Operation {
            /// All endpoints.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Returns the HTTP method.
            pub fn method(self) -> Method {
                match self { $(Self::$name => Method::$method,)+ }
            }

            /// Returns the path below the base URL, with the placeholder `{id}` if the endpoint has an id.
            ///
            /// # Examples
            ///
            /// ```
            /// assert_eq!(aod::Operation::GetAgent.route(), "/agents/{id}");
            /// ```
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
