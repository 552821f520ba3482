//! The document that Gemini CLI prints with `--output-format json`: the transcript reads what the formatter shows.

use aod::pretty::{Formatter as _, formatter_for};
use aod::transcript::{Event, Input, Outcome, Transcript};

use super::model::{assert_complete, read};
use super::shown_by;

#[test]
fn a_brace_before_the_events_of_gemini_is_text() {
    let output = "{\n{\"type\":\"init\",\"model\":\"m\"}\n";
    let transcript = read("gemini", [output]);
    assert_eq!(
        transcript.agent().and_then(|agent| agent.model.as_deref()),
        Some("m")
    );
    assert_complete(output, &transcript);

    let document = "{\n  \"response\": \"Done.\",\n  \"stats\": {}\n}\u{1b}[0m\n";
    assert_eq!(read("gemini", [document]).final_text(), Some("Done."));
}

#[test]
fn a_document_of_gemini_is_read_as_it_is_shown() {
    let answer = r#"{"response":"ANSWER","stats":{}}"#;
    for (output, is_document) in [
        ("\u{1b}[?2004h{\n  \"response\": \"ANSWER\"\n}\n", true),
        ("{\n  \"response\": \"ANSWER\"\n}\u{1b}[?2004l\n", true),
        (
            r#"Loaded cached credentials.{"response":"ANSWER","stats":{}}"#,
            true,
        ),
        ("{\"response\":\"ANSWER\",\"stats\":{}}\u{1b}[0m\n", true),
        (answer, true),
        ("{\"response\":\"ANSWER\"}\n", true),
        ("{\n{\"response\":\"ANSWER\",\"stats\":{}}\n", true),
        ("  {\n  \"response\": \"ANSWER\"\n  }\n", false),
        ("{\n\t\"response\": \"ANSWER\"\n}\n", false),
        ("{\n  \"response\": \"ANSWER\"\n} trailing\n", false),
        (
            "{\n  \"type\": \"x\",\n  \"response\": \"ANSWER\"\n}\n",
            false,
        ),
        (r#"{"error":{"message":"ANSWER"}}"#, false),
        (r#"{"stats":{}}"#, false),
        (
            r#"{"type":"message","role":"narrator","content":"ANSWER"}"#,
            false,
        ),
    ] {
        let transcript = read("gemini", [output]);
        assert_complete(output, &transcript);
        let answer = is_document.then_some("ANSWER");
        assert_eq!(transcript.final_text(), answer, "{output:?}");
        let outcome = is_document.then_some(Outcome::Success);
        let outcome = outcome.unwrap_or(Outcome::Unknown);
        assert_eq!(transcript.turns()[0].outcome, Some(outcome), "{output:?}");
        let shown = shown_by(formatter_for("gemini"), [output]).join("\n");
        assert_eq!(
            shown.contains("✉️  ANSWER\n✨ Done"),
            is_document,
            "{shown}"
        );
    }
}

#[test]
fn the_output_of_a_later_process_of_gemini_can_be_a_document() {
    let stream = "{\"type\":\"init\"}\n";
    let document = "{\"response\":\"ANSWER\",\"stats\":{}}\n";
    let mut transcript = Transcript::for_runtime("gemini");
    let mut formatter = formatter_for("gemini");
    transcript.feed(stream);
    transcript.finish();
    transcript.feed(document);
    assert_eq!(transcript.final_text(), Some("ANSWER"));
    formatter.feed(stream);
    formatter.flush();
    assert_eq!(formatter.feed(document), ["✉️  ANSWER\n✨ Done"]);
}

#[test]
fn the_items_of_a_document_have_the_ids_of_all_its_lines() {
    for (lines, expected) in [
        (
            vec!["\u{1b}[m{\n", "  \"response\": \"a\"\n", "}\n", "text\n"],
            vec![(2, 2), (2, 6), (8, 8)],
        ),
        (vec!["{\n", "  \"response\":\n", "text\n"], vec![(2, 6)]),
        (
            vec!["{\n", "  \"response\":\n", "{\"type\":\"init\"}\n"],
            vec![(2, 4), (6, 6)],
        ),
        (vec!["{\n", "  \"response\":\n"], vec![(2, 4)]),
    ] {
        let mut transcript = Transcript::for_runtime("gemini");
        for (line, cursor) in lines.iter().zip((2..).step_by(2)) {
            transcript.apply(Event {
                input: Input::Stdout(line),
                cursor: Some(cursor),
            });
            transcript = Transcript::restore(&transcript.snapshot()).expect("a snapshot");
        }
        transcript.finish();
        let ranges: Vec<_> = transcript.turns()[0]
            .items
            .iter()
            .filter_map(|item| item.events.map(|events| (events.first, events.last)))
            .collect();
        assert_eq!(ranges, expected, "{lines:?}");
    }
}
