//! The formatter of a runtime or provider, and the output of the generic one.

use aod::models::{Provider, Runtime};
use aod::pretty::{Formatter, GenericFormatter, Options, formatter_for};

use super::shown_by;

const RESULT: &str = "{\"type\":\"result\",\"subtype\":\"success\"}\n";

fn is_for_claude(mut formatter: Box<dyn Formatter>) -> bool {
    formatter.feed(RESULT) == ["✨ Done · agent 0.0s"]
}

#[test]
fn selects_claudes_formatter_by_name_ignoring_case() {
    for name in [
        "claude",
        "claude-oauth",
        "CLAUDE",
        "my-Claude-fork",
        "anthropic",
        "Anthropic",
    ] {
        assert!(is_for_claude(formatter_for(name)), "{name}");
    }
    for name in [
        "",
        "codex",
        "gemini",
        "opencode",
        "openai",
        "anthropic-like",
        "claud",
    ] {
        assert!(!is_for_claude(formatter_for(name)), "{name}");
    }
}

#[test]
fn selects_the_formatters_of_the_other_runtimes() {
    let shown = |name: &str, line: &str| formatter_for(name).feed(&format!("{line}\n"));
    for name in ["codex", "Codex-CLI", "openai", "OpenAI"] {
        assert_eq!(
            shown(name, r#"{"type":"turn.completed"}"#),
            ["✨ Done"],
            "{name}"
        );
    }
    for name in ["gemini", "my-gemini", "google"] {
        assert_eq!(
            shown(name, r#"{"type":"init"}"#),
            ["⚙️  Session init"],
            "{name}"
        );
    }
    let text = r#"{"type":"text","part":{"text":"hi"}}"#;
    for name in ["opencode", "OpenCode"] {
        assert_eq!(shown(name, text), ["✉️  hi"], "{name}");
    }
    for name in ["", "qwen", "openai-like", "googly"] {
        assert_eq!(shown(name, text), [text], "{name}");
    }
}

#[test]
fn accepts_the_runtime_or_provider_of_a_session() {
    assert!(is_for_claude(formatter_for(&Runtime::Claude)));
    assert!(is_for_claude(formatter_for(Runtime::Unknown(
        "claude-next".to_owned()
    ))));
    assert!(is_for_claude(formatter_for(&Provider::Anthropic)));
    assert!(!is_for_claude(formatter_for(&Runtime::Codex)));
    assert!(!is_for_claude(formatter_for(Provider::OpenAi)));
    assert!(is_for_claude(
        Options::new().formatter_for(String::from("claude"))
    ));
}

#[test]
fn formatters_are_send() {
    let formatter = formatter_for("claude");
    assert!(
        std::thread::spawn(move || is_for_claude(formatter))
            .join()
            .expect("the thread ends")
    );
}

#[test]
fn passes_lines_of_other_programs_through() {
    assert_eq!(
        shown_by(
            GenericFormatter::new(),
            ["{\"type\":", "\"result\"}\r\n\n  \nä", "ö\n"]
        ),
        ["{\"type\":\"result\"}", "  ", "äö"]
    );
}

#[test]
fn flushes_output_of_other_programs_without_its_cr() {
    let mut formatter = GenericFormatter::new();
    assert_eq!(formatter.feed("half\r\r"), [""; 0]);
    assert_eq!(formatter.flush(), ["half"]);
    assert_eq!(formatter.feed(" "), [""; 0]);
    assert_eq!(formatter.flush(), [""; 0]);
    assert_eq!(formatter.feed("x\n"), [" x"]);
}
