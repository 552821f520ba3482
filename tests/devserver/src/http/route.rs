//! Routing. Paths must match exactly, and IDs must be lower-case UUIDs with hyphens.

use percent_encoding::percent_decode_str;
use uuid::Uuid;

use crate::generation::Generation;

/// The endpoint of a path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Route {
    Health,
    Agents,
    Agent(Uuid),
    AgentArchive(Uuid),
    AgentVersions(Uuid),
    Environments,
    Environment(Uuid),
    EnvironmentArchive(Uuid),
    EnvironmentDelete(Uuid),
    EnvironmentVersions(Uuid),
    Sessions,
    Session(Uuid),
    SessionPrompt(Uuid),
    SessionTurns(Uuid),
    SessionTerminate(Uuid),
    SessionInterrupt(Uuid),
    SessionDelete(Uuid),
    SessionStream(Uuid),
}

/// The methods of a route.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Methods {
    /// GET only; other methods fail the CSRF check.
    Get,
    /// POST only.
    Post,
    /// Checked by the endpoint, after authentication.
    Several,
}

impl Route {
    pub(crate) fn parse(path: &str, generation: Generation) -> Option<Self> {
        let path = percent_decode_str(path).decode_utf8().ok()?;
        let mut parts = path.strip_prefix('/')?.split('/');
        let (kind, id, action) = (parts.next()?, parts.next(), parts.next());
        if parts.next().is_some() {
            return None;
        }
        let id = match id {
            Some(id) => Some(path_id(id)?),
            None => None,
        };
        Some(match (kind, id, action) {
            ("health", None, None) => Self::Health,
            ("agents", None, None) => Self::Agents,
            ("agents", Some(id), None) => Self::Agent(id),
            ("agents", Some(id), Some("archive")) => Self::AgentArchive(id),
            ("agents", Some(id), Some("versions")) => Self::AgentVersions(id),
            ("environments", None, None) => Self::Environments,
            ("environments", Some(id), None) => Self::Environment(id),
            ("environments", Some(id), Some("archive")) => Self::EnvironmentArchive(id),
            ("environments", Some(id), Some("delete")) => Self::EnvironmentDelete(id),
            ("environments", Some(id), Some("versions")) => Self::EnvironmentVersions(id),
            ("sessions", None, None) => Self::Sessions,
            ("sessions", Some(id), None) => Self::Session(id),
            ("sessions", Some(id), Some("prompt")) => Self::SessionPrompt(id),
            ("sessions", Some(id), Some("turns")) => Self::SessionTurns(id),
            ("sessions", Some(id), Some("terminate")) => Self::SessionTerminate(id),
            ("sessions", Some(id), Some("interrupt")) if generation == Generation::June25 => {
                Self::SessionInterrupt(id)
            }
            ("sessions", Some(id), Some("delete")) => Self::SessionDelete(id),
            ("sessions", Some(id), Some("stream")) => Self::SessionStream(id),
            _ => return None,
        })
    }

    pub(crate) fn methods(self) -> Methods {
        match self {
            Self::Health
            | Self::AgentVersions(_)
            | Self::EnvironmentVersions(_)
            | Self::Session(_)
            | Self::SessionTurns(_)
            | Self::SessionStream(_) => Methods::Get,
            Self::AgentArchive(_)
            | Self::EnvironmentArchive(_)
            | Self::SessionPrompt(_)
            | Self::SessionTerminate(_)
            | Self::SessionInterrupt(_) => Methods::Post,
            Self::Agents
            | Self::Agent(_)
            | Self::Environments
            | Self::Environment(_)
            | Self::EnvironmentDelete(_)
            | Self::Sessions
            | Self::SessionDelete(_) => Methods::Several,
        }
    }
}

fn path_id(text: &str) -> Option<Uuid> {
    let id = Uuid::try_parse(text).ok()?;
    (id.hyphenated().to_string() == text).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_only_exact_paths_with_lowercase_dashed_ids() {
        let id = "fbb66515-3704-44fd-8f74-0705b1d3a8e6";
        let route = |path: &str| Route::parse(path, Generation::April21);
        assert_eq!(route("/agents"), Some(Route::Agents));
        assert!(matches!(
            route(&format!("/agents/{id}")),
            Some(Route::Agent(_))
        ));
        for path in [
            "/agents/".to_owned(),
            format!("/agents/{id}/"),
            format!("/agents/{}", id.to_uppercase()),
            format!("/agents/{}", id.replace('-', "")),
            format!("/sessions/{id}/interrupt"),
            "/health/x".to_owned(),
        ] {
            assert_eq!(route(&path), None, "{path}");
        }
    }
}
