//! Environments: bodies of create and update.

use serde_json::{Map, Value, json};

use super::fields::{Fields, Need};
use crate::{generation::Generation, http::Refusal, python::repr_str};

const PACKAGE_MANAGERS: [&str; 6] = ["apt", "cargo", "gem", "go", "npm", "pip"];

/// The body of `POST /environments`.
pub(crate) struct EnvironmentCreate {
    pub(crate) name: String,
    pub(crate) packages: Map<String, Value>,
    pub(crate) env_vars: Map<String, Value>,
    pub(crate) setup_script: String,
    pub(crate) networking: Map<String, Value>,
}

impl EnvironmentCreate {
    pub(crate) fn check(
        body: &Map<String, Value>,
        generation: Generation,
    ) -> Result<Self, Refusal> {
        let mut fields = Fields::new(body);
        let name = fields.string("name", Need::Required, Some(200));
        let packages = packages(&mut fields, Need::Optional);
        let env_vars = env_vars(&mut fields, "env_vars", Need::Optional, generation);
        let setup_script = fields.string("setup_script", Need::Optional, None);
        let networking = networking(&mut fields, Need::Optional, true);
        fields.finish()?;
        Ok(Self {
            name: name.unwrap_or_default(),
            packages: packages.unwrap_or_default(),
            env_vars: env_vars.unwrap_or_default(),
            setup_script: setup_script.unwrap_or_default(),
            networking: networking
                .unwrap_or_else(|| Map::from_iter([("type".to_owned(), json!("unrestricted"))])),
        })
    }
}

/// The body of `PUT /environments/{id}`. Fields that are `None` do not change.
pub(crate) struct EnvironmentUpdate {
    pub(crate) version: i64,
    pub(crate) name: Option<String>,
    pub(crate) packages: Option<Map<String, Value>>,
    pub(crate) env_vars: Option<Map<String, Value>>,
    pub(crate) setup_script: Option<String>,
    pub(crate) networking: Option<Map<String, Value>>,
}

impl EnvironmentUpdate {
    pub(crate) fn check(
        body: &Map<String, Value>,
        generation: Generation,
    ) -> Result<Self, Refusal> {
        let mut fields = Fields::new(body);
        let version = fields.int("version", Need::Required);
        let name = fields.string("name", Need::Nullable, None);
        let packages = packages(&mut fields, Need::Nullable);
        let env_vars = env_vars(&mut fields, "env_vars", Need::Nullable, generation);
        let setup_script = fields.string("setup_script", Need::Nullable, None);
        let networking = networking(
            &mut fields,
            Need::Nullable,
            generation > Generation::April21,
        );
        fields.finish()?;
        Ok(Self {
            version: version.unwrap_or_default(),
            name,
            packages,
            env_vars,
            setup_script,
            networking,
        })
    }
}

fn packages(fields: &mut Fields, need: Need) -> Option<Map<String, Value>> {
    let packages = fields.string_lists("packages", need)?;
    let unknown = packages
        .keys()
        .find(|key| !PACKAGE_MANAGERS.contains(&key.as_str()));
    let outcome = unknown.map_or(Ok(()), |manager| {
        let list = crate::python::repr_list(&PACKAGE_MANAGERS);
        Err(format!(
            "Unknown package manager: {manager}. Must be one of: {list}"
        ))
    });
    fields.rule("packages", outcome).then_some(packages)
}

/// Returns an object of strings. Since 2026-04-30, its keys must be valid names of environment variables.
pub(super) fn env_vars(
    fields: &mut Fields,
    field: &str,
    need: Need,
    generation: Generation,
) -> Option<Map<String, Value>> {
    let vars = fields.string_dict(field, need)?;
    let bad = vars
        .keys()
        .find(|key| generation > Generation::April21 && !is_env_var_name(key));
    let outcome = bad.map_or(Ok(()), |key| {
        let key = repr_str(key);
        Err(format!(
            "Invalid env_var key {key}: must match [A-Za-z_][A-Za-z0-9_]*"
        ))
    });
    fields.rule(field, outcome).then_some(vars)
}

fn is_env_var_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|first| first == b'_' || first.is_ascii_alphabetic())
        && bytes.all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
}

fn networking(fields: &mut Fields, need: Need, check_hosts: bool) -> Option<Map<String, Value>> {
    let networking = fields.dict("networking", need)?;
    let kind = networking
        .get("type")
        .map_or(Some("unrestricted"), Value::as_str);
    let outcome = match kind {
        Some("limited")
            if check_hosts
                && networking
                    .get("allowed_hosts")
                    .is_some_and(|hosts| !hosts.is_array()) =>
        {
            Err("networking.allowed_hosts must be a list".to_owned())
        }
        Some("limited" | "unrestricted") => Ok(()),
        _ => Err("networking.type must be 'unrestricted' or 'limited'".to_owned()),
    };
    fields.rule("networking", outcome).then_some(networking)
}
