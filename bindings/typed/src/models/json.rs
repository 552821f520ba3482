//! Models as JSON, and the API values of enums, so that the language packages need no tables of their own.

use std::collections::HashMap;

use aod::RunResult;
use aod::models::event::{OutputStream, StageName, StageState, StreamEvent};
use aod::models::{
    Agent, AgentVersion, Environment, EnvironmentVersion, GithubRepository, GithubSkill, Health,
    InlineSkill, McpServer, Networking, NetworkingType, PackageManager, Provider, ResourceType,
    Runtime, Session, SessionAck, SessionResource, SessionStatus, SessionTurn, Skill,
    StdioMcpServer, TurnStatus, UrlMcpServer,
};
use aod::transcript::{AgentInfo, Turn, Usage};
use aod_bridge::error as bridge;
use serde::Serialize;
use serde::de::DeserializeOwned;

use aod::ErrorKind;

use crate::error::CallError;

/// Exports, for each model, a function that serializes it to JSON and one that parses it.
macro_rules! export_json {
    ($($model:ident: $to_json:ident, $from_json:ident;)+) => {$(
        /// Serializes a model to JSON.
        #[uniffi::export]
        pub fn $to_json(model: $model) -> Result<String, CallError> {
            to_json(&model)
        }

        /// Parses a model from JSON. An error names the location in the JSON, never a value.
        #[uniffi::export]
        pub fn $from_json(json: String) -> Result<$model, CallError> {
            from_json(&json)
        }
    )+};
}

export_json! {
    Agent: agent_to_json, agent_from_json;
    AgentInfo: agent_info_to_json, agent_info_from_json;
    AgentVersion: agent_version_to_json, agent_version_from_json;
    Environment: environment_to_json, environment_from_json;
    EnvironmentVersion: environment_version_to_json, environment_version_from_json;
    GithubRepository: github_repository_to_json, github_repository_from_json;
    GithubSkill: github_skill_to_json, github_skill_from_json;
    Health: health_to_json, health_from_json;
    InlineSkill: inline_skill_to_json, inline_skill_from_json;
    McpServer: mcp_server_to_json, mcp_server_from_json;
    Networking: networking_to_json, networking_from_json;
    RunResult: run_result_to_json, run_result_from_json;
    Session: session_to_json, session_from_json;
    SessionAck: session_ack_to_json, session_ack_from_json;
    SessionResource: session_resource_to_json, session_resource_from_json;
    SessionTurn: session_turn_to_json, session_turn_from_json;
    Skill: skill_to_json, skill_from_json;
    StdioMcpServer: stdio_mcp_server_to_json, stdio_mcp_server_from_json;
    StreamEvent: event_to_json, event_from_json;
    Turn: transcript_turn_to_json, transcript_turn_from_json;
    Usage: token_usage_to_json, token_usage_from_json;
    UrlMcpServer: url_mcp_server_to_json, url_mcp_server_from_json;
}

/// Exports, for each open enum, a function that returns its API value and one that parses it, and a table of all known
/// values.
macro_rules! export_values {
    ($($open_enum:ident: $value:ident, $of:ident;)+) => {
        $(
            /// Returns the API value, as in JSON.
            #[uniffi::export]
            pub fn $value(of: $open_enum) -> String {
                of.as_str().to_owned()
            }

            /// Returns the case for an API value, known or unknown.
            #[uniffi::export]
            pub fn $of(value: String) -> $open_enum {
                value.into()
            }
        )+

        /// Returns the values that this version knows, by the name of the enum.
        #[uniffi::export]
        pub fn known_values() -> HashMap<String, Vec<String>> {
            let kinds = bridge::ErrorKind::all().map(|kind| kind.as_str().to_owned());
            HashMap::from([
                ("ErrorKind".to_owned(), kinds.collect()),
                $((
                    stringify!($open_enum).to_owned(),
                    $open_enum::ALL.iter().map(ToString::to_string).collect(),
                ),)+
            ])
        }
    };
}

export_values! {
    NetworkingType: networking_type_value, networking_type_of;
    OutputStream: output_channel_value, output_channel_of;
    PackageManager: package_manager_value, package_manager_of;
    Provider: provider_value, provider_of;
    ResourceType: resource_type_value, resource_type_of;
    Runtime: runtime_value, runtime_of;
    SessionStatus: session_status_value, session_status_of;
    StageName: stage_name_value, stage_name_of;
    StageState: stage_state_value, stage_state_of;
    TurnStatus: turn_status_value, turn_status_of;
}

/// Returns the event's type as in JSON, such as `turn_start`.
#[uniffi::export]
pub fn event_type(of: StreamEvent) -> String {
    of.event_type().to_owned()
}

/// Returns the event in the format of a `text/event-stream`, with its cursor as the `id`.
#[uniffi::export]
pub fn event_to_sse(of: StreamEvent) -> String {
    of.to_sse()
}

/// Returns the label of a stage for a progress display, in English.
#[uniffi::export]
pub fn stage_name_label(of: StageName) -> String {
    of.label().into_owned()
}

pub(crate) fn to_json(model: &impl Serialize) -> Result<String, CallError> {
    serde_json::to_string(model).map_err(|_| {
        CallError::new(
            ErrorKind::InvalidRequest,
            "the model cannot be represented as JSON",
        )
    })
}

fn from_json<T: DeserializeOwned>(json: &str) -> Result<T, CallError> {
    // From bytes, as responses are parsed, so that each model has one instance of the generic parser.
    let mut deserializer = serde_json::Deserializer::from_slice(json.as_bytes());
    let model = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        // Serde's other messages may repeat a value.
        if !error.inner().is_data() {
            return invalid_json();
        }
        let problem = match error.inner().to_string().split('`').collect::<Vec<_>>()[..] {
            ["missing field ", field, ..] => format!("`{field}` is missing"),
            _ => "an unexpected value".to_owned(),
        };
        let text = format!("{problem} at `{}` of the JSON", error.path());
        CallError::new(ErrorKind::Decode, text)
    })?;
    deserializer.end().map_err(|_| invalid_json())?;
    Ok(model)
}

fn invalid_json() -> CallError {
    CallError::new(ErrorKind::Decode, "invalid JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_in_a_model_names_the_location_and_no_value() {
        for (json, expected) in [
            (
                r#"{"id":"00000000-0000-0000-0000-000000000000","name":["hunter2"]}"#,
                "an unexpected value at `name` of the JSON",
            ),
            ("{}", "`id` is missing at `.` of the JSON"),
            (r#""hunter2""#, "an unexpected value at `.` of the JSON"),
            ("hunter2", "invalid JSON"),
        ] {
            let error = agent_from_json(json.to_owned()).expect_err(json);
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn text_after_a_model_is_refused() {
        let json = r#"{"status":"ok"}"#;
        assert!(health_from_json(json.to_owned()).is_ok());
        let error = health_from_json(format!("{json} hunter2")).expect_err("it is not JSON");
        assert_eq!(error.to_string(), "invalid JSON");
    }
}
