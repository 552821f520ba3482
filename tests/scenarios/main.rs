//! Runs the scenarios in this folder and compares each with its transcript. See README.md.

mod calls;
mod control;
mod outcome;
mod runner;
mod scenario;
mod transcript;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use scenario::Scenario;
use tokio::task::JoinSet;

/// The reason why a scenario fails or cannot be run.
type Problem = String;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

/// Returns the names of the scenarios.
fn names() -> BTreeSet<String> {
    let files = std::fs::read_dir(folder()).expect("the scenarios are beside the runner");
    files
        .map(|file| file.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|found| found == "json"))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect()
}

/// The time limit of a scenario, which is much longer than any takes on a loaded machine.
const TIME_LIMIT: Duration = Duration::from_secs(240);

/// Runs a scenario and returns its transcript.
async fn run(json: &str) -> Result<String, Problem> {
    let scenario: Scenario = serde_json::from_str(json).map_err(|error| error.to_string())?;
    let ended = tokio::time::timeout(TIME_LIMIT, runner::run(scenario)).await;
    ended.map_err(|_| "it does not end".to_owned())?
}

/// Runs a scenario and compares the result with its transcript.
async fn check(name: String, write: bool) -> Result<(), Problem> {
    let path = folder().join(&name).with_extension("json");
    let json = std::fs::read_to_string(&path).map_err(|error| format!("{name}: {error}"))?;
    let found = run(&json)
        .await
        .map_err(|problem| format!("{name}: {problem}"))?;
    if write {
        let json = transcript::replaced(&json, &found);
        return std::fs::write(path, json).map_err(|error| format!("{name}: {error}"));
    }
    let problem = |problem| format!("{name}: {problem}");
    let expected = transcript::recorded(&json).map_err(problem)?;
    transcript::compare(&expected, &found).map_err(problem)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_scenario_produces_its_transcript() {
    let write = std::env::var_os("AOD_WRITE_TRANSCRIPTS").is_some();
    let only = std::env::var("AOD_SCENARIO").ok();
    let chosen: Vec<String> = names()
        .into_iter()
        .filter(|name| only.as_ref().is_none_or(|only| only == name))
        .collect();
    assert!(!chosen.is_empty(), "unknown scenario");
    let mut running: JoinSet<_> = chosen.into_iter().map(|name| check(name, write)).collect();
    let mut problems = Vec::new();
    while let Some(ended) = running.join_next().await {
        problems.extend(ended.expect("a scenario ends").err());
    }
    problems.sort();
    assert!(problems.is_empty(), "\n{}", problems.join("\n\n"));
}

/// Returns the error of a scenario with these steps.
async fn refusal(steps: &str) -> String {
    run(&format!(
        r#"{{"about": "", "generation": "2026-04-21", "steps": {steps}}}"#
    ))
    .await
    .expect_err("the steps are refused")
}

#[tokio::test]
async fn unknown_steps_and_fields_are_refused() {
    for (steps, name) in [
        (r#"[{"juggle": 3}]"#, "juggle"),
        (r#"[{"call": "agents.juggle"}]"#, "agents.juggle"),
        (r#"[{"call": "health", "with": {"balls": 3}}]"#, "balls"),
        (r#"[{"call": "health", "balls": 3}]"#, "balls"),
        (r#"[{"call": "health", "options": {"balls": 3}}]"#, "balls"),
        (
            r#"[{"call": "agents.get", "with": {"id": "$balls.id"}}]"#,
            "$balls.id",
        ),
        (r#"[{"read": "balls"}]"#, "balls"),
        (r#"[{"control": ["POST", "juggle"]}]"#, "juggle"),
        (
            r#"[{"call": "health", "meanwhile": [{"call": "health"}]}]"#,
            "meanwhile",
        ),
    ] {
        let refusal = refusal(steps).await;
        assert!(refusal.contains(name), "{steps}: {refusal}");
    }
}

#[test]
fn a_scenario_without_a_transcript_fails() {
    let scenario = "{\n  \"steps\": [\n  ]\n}\n";
    transcript::recorded(scenario).expect_err("nothing is recorded");

    let lines = "{\"a\":1}\n{\"b\":[]}\n";
    let recorded = transcript::replaced(scenario, lines);
    assert_eq!(transcript::recorded(&recorded).as_deref(), Ok(lines));
    assert_eq!(transcript::replaced(&recorded, lines), recorded);
    serde_json::from_str::<serde_json::Value>(&recorded).expect("it is JSON");
}

#[tokio::test]
async fn a_secret_in_a_shown_text_fails() {
    let scenario = r#"{"about": "", "generation": "2026-04-21", "secrets": ["hunter2"],
        "steps": [{"pretty": "generic", "feed": ["hunter2\n"]}]}"#;
    let problem = run(scenario)
        .await
        .expect_err("the transcript holds the secret");
    assert!(problem.contains("secret"), "{problem}");
}
