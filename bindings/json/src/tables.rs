//! The names and values that Python takes from the core.

use std::collections::HashMap;

use aod::models::event::{OutputStream, StageName, StageState};
use aod::models::{
    NetworkingType, PackageManager, Provider, ResourceType, Runtime, SessionStatus, TurnStatus,
};
use aod::{ErrorKind, Operation};
use aod_bridge::error::ErrorKind as AnyErrorKind;

use crate::ensure::Ensure;

/// Returns the names of the endpoints, and of the calls that make several requests. The index of a name is the
/// `operation` that `JsonClient::call` takes.
#[uniffi::export]
pub fn endpoints() -> Vec<String> {
    let endpoints = Operation::ALL
        .iter()
        .map(|endpoint| format!("{endpoint:?}"));
    let ensures = Ensure::ALL.iter().map(|ensure| format!("{ensure:?}"));
    endpoints.chain(ensures).collect()
}

/// Returns the names of all error kinds.
#[uniffi::export]
pub fn error_kinds() -> Vec<String> {
    AnyErrorKind::all()
        .map(|kind| kind.as_str().to_owned())
        .collect()
}

/// Returns the error kind for an HTTP status that is not a success.
#[uniffi::export]
pub fn error_kind_of_status(status: u16) -> String {
    ErrorKind::of_status(status).as_str().to_owned()
}

/// Returns the known values of each enum, by its name.
#[uniffi::export]
pub fn enum_values() -> HashMap<String, Vec<String>> {
    macro_rules! table {
        ($($name:ident),+) => {
            HashMap::from([$((
                stringify!($name).to_owned(),
                $name::ALL.iter().map(ToString::to_string).collect(),
            ),)+])
        };
    }
    table![
        NetworkingType,
        OutputStream,
        PackageManager,
        Provider,
        ResourceType,
        Runtime,
        SessionStatus,
        StageName,
        StageState,
        TurnStatus
    ]
}

/// Returns the label of a stage for a progress display, in English.
#[uniffi::export]
pub fn stage_label(stage: String) -> String {
    StageName::from(stage).label().into_owned()
}
