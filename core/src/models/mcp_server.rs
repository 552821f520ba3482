//! The MCP servers of an agent.

use std::fmt;

use std::collections::HashSet;

use super::validate::Problems;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::{Extra, SecretMap};

/// An MCP server that an agent can use.
///
/// # Examples
///
/// ```
/// use aod::models::McpServer;
///
/// let remote = McpServer::url("issues", "https://mcp.example.com").header("Authorization", "Bearer abc");
/// let local = McpServer::stdio("files", "mcp-files").arg("--root").arg("/workspace").env("LEVEL", "debug");
/// assert_eq!(serde_json::to_value(local).unwrap()["args"][1], "/workspace");
/// # let _ = remote;
/// ```
#[derive(Clone, PartialEq)]
pub enum McpServer {
    /// A remote server. An entry without a `type` counts as a remote server, and is sent with the type.
    Url(UrlMcpServer),
    /// A local server: a program in the sandbox that uses its standard streams.
    Stdio(StdioMcpServer),
    /// An entry of another type or form, verbatim.
    Unknown(Value),
}

/// An MCP server with a URL. `Debug` omits the URL and the unknown fields, which may contain secrets.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct UrlMcpServer {
    /// The name, unique within the agent.
    pub name: String,
    /// The URL of the server.
    pub url: String,
    /// The headers of every request to the server.
    #[serde(default, skip_serializing_if = "SecretMap::is_empty")]
    pub headers: SecretMap,
    /// Fields unknown to this version of the crate.
    #[serde(flatten)]
    pub extra: Extra,
}

/// An MCP server that is a program in the sandbox. `Debug` omits the arguments and the unknown fields, which may contain
/// secrets.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct StdioMcpServer {
    /// The name, unique within the agent.
    pub name: String,
    /// The command that starts the program.
    pub command: String,
    /// The arguments of the program.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// The environment variables of the program.
    #[serde(default, skip_serializing_if = "SecretMap::is_empty")]
    pub env: SecretMap,
    /// Fields unknown to this version of the crate.
    #[serde(flatten)]
    pub extra: Extra,
}

impl McpServer {
    /// Creates an MCP server with a URL.
    pub fn url(name: impl Into<String>, url: impl Into<String>) -> UrlMcpServer {
        UrlMcpServer {
            name: name.into(),
            url: url.into(),
            headers: SecretMap::new(),
            extra: Extra::new(),
        }
    }

    /// Creates an MCP server that is a program in the sandbox.
    pub fn stdio(name: impl Into<String>, command: impl Into<String>) -> StdioMcpServer {
        StdioMcpServer {
            name: name.into(),
            command: command.into(),
            args: Vec::new(),
            env: SecretMap::new(),
            extra: Extra::new(),
        }
    }

    /// Returns the name; `None` for an unknown entry without a `name`.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Url(server) => Some(&server.name),
            Self::Stdio(server) => Some(&server.name),
            Self::Unknown(json) => json.get("name")?.as_str(),
        }
    }
}

impl UrlMcpServer {
    /// Sets a header to send with every request to the server.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name, value);
        self
    }
}

impl StdioMcpServer {
    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Sets an environment variable of the program.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.insert(name, value);
        self
    }
}

impl From<UrlMcpServer> for McpServer {
    fn from(server: UrlMcpServer) -> Self {
        Self::Url(server)
    }
}

impl From<StdioMcpServer> for McpServer {
    fn from(server: StdioMcpServer) -> Self {
        Self::Stdio(server)
    }
}

impl fmt::Debug for UrlMcpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UrlMcpServer")
            .field("name", &self.name)
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for StdioMcpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StdioMcpServer")
            .field("name", &self.name)
            .field("command", &self.command)
            .field("env", &self.env)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for McpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(server) => f.debug_tuple("Url").field(server).finish(),
            Self::Stdio(server) => f.debug_tuple("Stdio").field(server).finish(),
            // Any part may be secret.
            Self::Unknown(_) => f.write_str("Unknown(..)"),
        }
    }
}

impl Serialize for McpServer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(tag = "type", rename_all = "lowercase")]
        enum Known<'a> {
            Url(&'a UrlMcpServer),
            Stdio(&'a StdioMcpServer),
        }
        match self {
            Self::Url(server) => Known::Url(server).serialize(serializer),
            Self::Stdio(server) => Known::Stdio(server).serialize(serializer),
            Self::Unknown(json) => json.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for McpServer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Value::deserialize(deserializer)?;
        let known = json.as_object().and_then(Self::from_object);
        Ok(known.unwrap_or(Self::Unknown(json)))
    }
}

impl McpServer {
    fn from_object(object: &Map<String, Value>) -> Option<Self> {
        let fields = || {
            let mut fields = object.clone();
            fields.remove("type");
            Value::Object(fields)
        };
        match object.get("type").map(Value::as_str) {
            None | Some(Some("url")) => serde_json::from_value(fields()).ok().map(Self::Url),
            Some(Some("stdio")) => serde_json::from_value(fields()).ok().map(Self::Stdio),
            Some(_) => None,
        }
    }
}

pub(super) fn validate_mcp_servers(servers: &[McpServer], problems: &mut Problems) {
    problems.require(
        servers.len() <= 20,
        "mcp_servers",
        "must have at most 20 entries",
    );
    let mut names = HashSet::new();
    for (index, server) in servers.iter().enumerate() {
        let unique = server.name().is_none_or(|name| names.insert(name));
        problems.require(unique, ("mcp_servers", index), "its name must be unique");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn debug_shows_no_part_that_may_be_secret() {
        let servers: Vec<McpServer> = serde_json::from_value(json!([
            {"type": "url", "name": "a", "url": "https://h/?key=hunter2", "headers": {"X": "hunter2"}, "x": "hunter2"},
            {"type": "stdio", "name": "b", "command": "mcp", "args": ["hunter2"], "env": {"X": "hunter2"}, "x": "hunter2"},
            {"type": "other", "token": "hunter2"},
        ]))
        .unwrap();
        let shown = format!("{servers:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(
            shown.contains("\"a\"") && shown.contains("\"mcp\""),
            "{shown}"
        );
    }
}
