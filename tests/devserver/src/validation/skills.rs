//! Skills of agents: written in the agent, or since 2026-04-30 from GitHub.

use serde_json::{Map, Value};

use super::fields::{Fields, Need};
use crate::{
    generation::Generation,
    python::{repr_list, repr_str},
};

pub(super) fn skills(
    fields: &mut Fields,
    need: Need,
    generation: Generation,
) -> Option<Vec<Value>> {
    let items = fields.list("skills", need)?;
    let outcome = check_skills(&items, generation);
    fields.rule("skills", outcome).then_some(items)
}

fn check_skills(items: &[Value], generation: Generation) -> Result<(), String> {
    if items.len() > 20 {
        return Err("Maximum 20 skills per agent".to_owned());
    }
    let mut seen = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let at = format!("skills[{index}]");
        let Value::Object(item) = item else {
            return Err(format!("{at} must be an object"));
        };
        if generation == Generation::April21 {
            check_skill_april21(item, &at, &mut seen)?;
        } else {
            check_skill(item, &at, &mut seen)?;
        }
    }
    Ok(())
}

fn check_skill_april21(
    item: &Map<String, Value>,
    at: &str,
    seen: &mut Vec<String>,
) -> Result<(), String> {
    check_inline_fields(item, at, "")?;
    check_name(text(item, at, "name")?, at, seen)?;
    check_description(item, at)?;
    check_content(item, at)
}

/// Checks a skill like servers since 2026-04-30, where a type makes it a skill from GitHub.
fn check_skill(item: &Map<String, Value>, at: &str, seen: &mut Vec<String>) -> Result<(), String> {
    if item.contains_key("type") {
        check_github_fields(item, at)?;
    } else {
        check_inline_fields(item, at, " for inline skills")?;
        check_content(item, at)?;
    }
    if item.contains_key("name") {
        check_name(text(item, at, "name")?, at, seen)?;
    } else {
        // All skills of a repository.
        let key = format!("@github:{}", text(item, at, "source")?);
        check_unique("source", key, at, seen)?;
    }
    check_description(item, at)
}

fn check_inline_fields(item: &Map<String, Value>, at: &str, whose: &str) -> Result<(), String> {
    check_keys(item, at, &["content", "description", "name"], whose)?;
    for field in ["name", "description", "content"] {
        text(item, at, field)?;
    }
    Ok(())
}

fn check_github_fields(item: &Map<String, Value>, at: &str) -> Result<(), String> {
    let keys = ["description", "name", "source", "type"];
    check_keys(item, at, &keys, " for github skills")?;
    // The real server checks these in an order that differs from one start to the next.
    let kind = text(item, at, "type")?;
    text(item, at, "description")?;
    let source = text(item, at, "source")?;
    if item.contains_key("name") {
        text(item, at, "name")?;
    }
    if kind != "github" {
        let kind = repr_str(kind);
        return Err(format!("{at}.type {kind} unsupported (only 'github')"));
    }
    if !is_source(source) {
        let source = repr_str(source);
        return Err(format!("{at}.source {source} must be 'owner/repo'"));
    }
    Ok(())
}

fn check_keys(
    item: &Map<String, Value>,
    at: &str,
    allowed: &[&str],
    whose: &str,
) -> Result<(), String> {
    let mut unknown: Vec<&str> = item
        .keys()
        .map(String::as_str)
        .filter(|key| !allowed.contains(key))
        .collect();
    unknown.sort_unstable();
    if unknown.is_empty() {
        return Ok(());
    }
    let (unknown, allowed) = (repr_list(&unknown), repr_list(allowed));
    Err(format!(
        "{at}: unknown keys {unknown}. Allowed{whose}: {allowed}"
    ))
}

fn text<'a>(item: &'a Map<String, Value>, at: &str, field: &str) -> Result<&'a str, String> {
    match item.get(field) {
        None => Err(format!("{at} missing required field: {field}")),
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(format!("{at}.{field} must be a string")),
    }
}

fn check_name(name: &str, at: &str, seen: &mut Vec<String>) -> Result<(), String> {
    if !is_skill_name(name) {
        let name = repr_str(name);
        return Err(format!(
            "{at}.name {name} must match [a-z0-9][a-z0-9-]{{0,63}}"
        ));
    }
    check_unique("name", name.to_owned(), at, seen)
}

fn check_unique(what: &str, key: String, at: &str, seen: &mut Vec<String>) -> Result<(), String> {
    if seen.contains(&key) {
        return Err(format!("{at}: duplicate {what} {}", repr_str(&key)));
    }
    seen.push(key);
    Ok(())
}

fn check_description(item: &Map<String, Value>, at: &str) -> Result<(), String> {
    if text(item, at, "description")?.chars().count() > 1024 {
        return Err(format!("{at}.description exceeds 1024 chars"));
    }
    Ok(())
}

fn check_content(item: &Map<String, Value>, at: &str) -> Result<(), String> {
    let content = text(item, at, "content")?;
    if content.len() > 65_536 {
        return Err(format!("{at}.content exceeds 65536 bytes"));
    }
    if content.contains("SKILL_EOF") {
        return Err(format!("{at}.content must not contain 'SKILL_EOF'"));
    }
    Ok(())
}

/// Removes one newline at the end, which `$` in the server's patterns allows.
fn without_newline(text: &str) -> &str {
    text.strip_suffix('\n').unwrap_or(text)
}

/// Matches `[a-z0-9][a-z0-9-]{0,63}$`.
fn is_skill_name(name: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = without_newline(name).as_bytes();
    bytes.len() <= 64
        && bytes.first().copied().is_some_and(word)
        && bytes.iter().all(|&byte| word(byte) || byte == b'-')
}

/// Matches `[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$`.
fn is_source(source: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
    };
    without_newline(source)
        .split_once('/')
        .is_some_and(|(owner, repo)| part(owner) && part(repo))
}
