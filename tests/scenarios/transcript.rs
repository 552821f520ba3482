//! A transcript: its normalisation, its format, and the comparison of two.

use std::collections::HashMap;

use regex::{Captures, Regex};
use serde_json::{Map, Value};

use crate::Problem;

/// The lines so far.
#[derive(Default)]
pub(crate) struct Transcript(Vec<Value>);

impl Transcript {
    /// Adds a line.
    pub(crate) fn write(&mut self, line: Value) {
        self.0.push(line);
    }

    /// Returns the text, with values that differ between runs replaced.
    pub(crate) fn text(self, server: &str) -> String {
        let mut text = String::new();
        for line in self.0 {
            let mut line = line_of(line);
            line.sort_all_objects();
            text.push_str(&line.to_string());
            text.push('\n');
        }
        anonymous(&text.replace(server, "<server>"))
    }
}

/// Returns a line without empty members, except an empty result.
fn line_of(line: Value) -> Value {
    let Value::Object(members) = line else {
        return line;
    };
    let members = members
        .into_iter()
        .map(|(key, value)| (key, pruned(value)))
        .filter(|(key, value)| key == "result" || !is_empty(value));
    Value::Object(members.collect())
}

/// Removes null and empty members at every depth, and converts whole numbers to integers.
fn pruned(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .map(|(key, value)| (key, pruned(value)))
            .filter(|(_, value)| !is_empty(value))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.into_iter().map(pruned).collect(),
        Value::Number(number) => match number.as_f64() {
            #[expect(clippy::cast_possible_truncation, reason = "small and whole")]
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 1e15 => {
                Value::from(float as i64)
            }
            _ => Value::Number(number),
        },
        other => other,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

fn anonymous(text: &str) -> String {
    let id = Regex::new("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    let time = Regex::new(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})",
    );
    let (id, time) = (
        id.expect("it is well-formed"),
        time.expect("it is well-formed"),
    );
    let mut numbers = HashMap::new();
    let text = id.replace_all(text, |found: &Captures<'_>| {
        let next = numbers.len() + 1;
        format!(
            "<id {}>",
            numbers.entry(found[0].to_owned()).or_insert(next)
        )
    });
    time.replace_all(&text, "<time>").into_owned()
}

/// What precedes and follows the lines of a transcript in the text of a scenario.
const AROUND: (&str, &str) = (",\n  \"transcript\": [\n", "\n  ]\n}\n");

/// Returns the recorded transcript of a scenario. It is read from the text, because its lines are compared byte for byte.
pub(crate) fn recorded(scenario: &str) -> Result<String, Problem> {
    let lines = scenario
        .split_once(AROUND.0)
        .and_then(|(_, lines)| lines.strip_suffix(AROUND.1))
        .ok_or("it has no transcript")?;
    Ok(lines
        .split('\n')
        .map(|line| line.trim_start().trim_end_matches(','))
        .flat_map(|line| [line, "\n"])
        .collect())
}

/// Returns the text of a scenario with another transcript.
pub(crate) fn replaced(scenario: &str, transcript: &str) -> String {
    let (scenario, _) = scenario
        .split_once(AROUND.0)
        .or_else(|| scenario.rsplit_once("\n}"))
        .expect("a scenario is an object");
    let lines: Vec<_> = transcript
        .lines()
        .map(|line| format!("    {line}"))
        .collect();
    format!("{scenario}{}{}{}", AROUND.0, lines.join(",\n"), AROUND.1)
}

/// Fails with the first line that differs.
pub(crate) fn compare(expected: &str, found: &str) -> Result<(), Problem> {
    let (mut expected_lines, mut found_lines) = (expected.lines(), found.lines());
    for number in 1.. {
        match (expected_lines.next(), found_lines.next()) {
            (None, None) => break,
            (expected, found) if expected == found => {}
            (expected, found) => {
                let [expected, found] =
                    [expected, found].map(|line| line.unwrap_or("the end of the transcript"));
                return Err(format!(
                    "line {number}\n  expected {expected}\n  found    {found}"
                ));
            }
        }
    }
    Ok(())
}

#[test]
fn values_that_differ_between_runs_are_replaced() {
    let mut transcript = Transcript::default();
    let (a, b) = (
        "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee",
        "11111111-2222-4333-8444-555555555555",
    );
    transcript.write(serde_json::json!({
        "result": {"z": a, "b": b, "at": "2026-04-22T05:15:16.9+00:00", "n": null, "none": [], "wait": 1.0},
    }));
    transcript.write(
        serde_json::json!({"request": format!("GET http://h:1/agents/{a}"), "result": null}),
    );
    assert_eq!(
        transcript.text("http://h:1"),
        "{\"result\":{\"at\":\"<time>\",\"b\":\"<id 1>\",\"wait\":1,\"z\":\"<id 2>\"}}\n\
         {\"request\":\"GET <server>/agents/<id 2>\",\"result\":null}\n"
    );
}

#[test]
fn transcripts_of_different_length_differ() {
    assert!(compare("a\nb\n", "a\n").is_err());
    assert!(compare("a\n", "a\nb\n").is_err());
    assert_eq!(compare("a\nb\n", "a\nb\n"), Ok(()));
}
