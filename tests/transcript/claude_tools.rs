//! The line of each tool call of Claude Code.

use super::shown_blocks;

fn call(name: &str, input: &str) -> String {
    shown_blocks(&format!(
        r#"{{"type":"tool_use","name":"{name}","input":{input}}}"#
    ))
    .expect("a tool call is shown")
}

#[test]
fn shows_a_command_on_one_line_of_at_most_140_characters() {
    assert_eq!(
        call("Bash", r#"{"command":"  cd /work &&\n\tmake  test "}"#),
        "🔧 Bash · cd /work && make test"
    );
    let exact = "é".repeat(140);
    assert_eq!(
        call("Bash", &format!(r#"{{"command":"{exact}"}}"#)),
        format!("🔧 Bash · {exact}")
    );
    assert_eq!(
        call("Bash", &format!(r#"{{"command":"{exact}x"}}"#)),
        format!("🔧 Bash · {}…", "é".repeat(139))
    );
    assert_eq!(call("Bash", r#"{"command":5}"#), "🔧 Bash · 5");
    assert_eq!(
        call("Bash", r#"{"command":["ls","-l"]}"#),
        "🔧 Bash · ['ls', '-l']"
    );
    for input in [
        "{}",
        r#"{"command":null}"#,
        r#"{"command":" \n"}"#,
        r#"{"command":0}"#,
    ] {
        assert_eq!(call("Bash", input), "🔧 Bash");
    }
}

#[test]
fn shows_the_path_of_a_file_verbatim() {
    let long = format!("/work/{}", "a  b/".repeat(60));
    for (name, emoji) in [
        ("Read", "📖"),
        ("Write", "📝"),
        ("Edit", "✏️ "),
        ("MultiEdit", "✏️ "),
        ("NotebookEdit", "📓"),
    ] {
        assert_eq!(
            call(name, &format!(r#"{{"file_path":"{long}"}}"#)),
            format!("{emoji} {name} · {long}")
        );
        assert_eq!(
            call(name, r#"{"file_path":7}"#),
            format!("{emoji} {name} · 7")
        );
        for input in [
            "{}",
            r#"{"file_path":""}"#,
            r#"{"notebook_path":"/a.ipynb"}"#,
        ] {
            assert_eq!(call(name, input), format!("{emoji} {name} · (no path)"));
        }
    }
}

#[test]
fn shows_the_pattern_and_path_of_a_search() {
    for (name, emoji) in [("Grep", "🔍"), ("Glob", "🔎")] {
        assert_eq!(
            call(name, r#"{"pattern":"TODO  x","path":"src"}"#),
            format!("{emoji} {name} · TODO  x in src")
        );
        assert_eq!(
            call(name, r#"{"pattern":"TODO","path":null}"#),
            format!("{emoji} {name} · TODO")
        );
        assert_eq!(
            call(name, r#"{"path":"src"}"#),
            format!("{emoji} {name} ·  in src")
        );
        assert_eq!(call(name, "{}"), format!("{emoji} {name}"));
    }
}

#[test]
fn shows_the_url_or_else_the_query_in_full() {
    let url = format!("https://example.com/{}", "a".repeat(200));
    for name in ["WebFetch", "WebSearch"] {
        assert_eq!(
            call(name, &format!(r#"{{"query":"q","url":"{url}"}}"#)),
            format!("🌐 {name} · {url}")
        );
        assert_eq!(
            call(name, r#"{"url":"","query":"rust  sse"}"#),
            format!("🌐 {name} · rust  sse")
        );
        assert_eq!(call(name, "{}"), format!("🌐 {name}"));
    }
}

#[test]
fn shows_the_description_of_a_subagent_or_else_its_prompt() {
    let long = "word ".repeat(40);
    for name in ["Task", "Agent"] {
        assert_eq!(
            call(name, r#"{"description":"Run\n it","prompt":"p"}"#),
            format!("🤖 {name} · Run it")
        );
        assert_eq!(
            call(name, &format!(r#"{{"prompt":"{long}"}}"#)),
            format!("🤖 {name} · {}…", &long[..139])
        );
        assert_eq!(call(name, "{}"), format!("🤖 {name}"));
    }
}

#[test]
fn counts_todos() {
    assert_eq!(
        call(
            "TodoWrite",
            r#"{"todos":[{"content":"a"},{"content":"b"}]}"#
        ),
        "📋 TodoWrite · 2 todo(s)"
    );
    for input in ["{}", r#"{"todos":null}"#, r#"{"todos":[]}"#] {
        assert_eq!(call("TodoWrite", input), "📋 TodoWrite · 0 todo(s)");
    }
}

#[test]
fn shows_the_first_summary_field_of_other_tools() {
    for (name, emoji) in [
        ("mcp__github__search", "🛠️ "),
        ("bash", "🛠️ "),
        ("ExitPlanMode", "📐"),
        ("EnterPlanMode", "📐"),
    ] {
        let all = r#"{"path":"5","prompt":"4","query":"3","name":"2","description":"1 \n x"}"#;
        assert_eq!(call(name, all), format!("{emoji} {name} · 1 x"));
        assert_eq!(
            call(name, r#"{"path":"5","prompt":"4","query":"3","name":"2"}"#),
            format!("{emoji} {name} · 2")
        );
        assert_eq!(
            call(name, r#"{"path":"5","prompt":"4","query":"3"}"#),
            format!("{emoji} {name} · 3")
        );
        assert_eq!(
            call(name, r#"{"path":"5","prompt":"4"}"#),
            format!("{emoji} {name} · 4")
        );
        assert_eq!(call(name, r#"{"path":"5"}"#), format!("{emoji} {name} · 5"));
        assert_eq!(
            call(name, r#"{"description":"","name":7,"query":"3"}"#),
            format!("{emoji} {name} · 3")
        );
        assert_eq!(
            call(name, r#"{"description":"  ","query":"3"}"#),
            format!("{emoji} {name}")
        );
        assert_eq!(call(name, r#"{"other":"x"}"#), format!("{emoji} {name}"));
    }
}

#[test]
fn shows_a_tool_without_a_name_or_input() {
    assert_eq!(
        shown_blocks(r#"{"type":"tool_use"}"#).as_deref(),
        Some("🛠️  ?")
    );
    assert_eq!(
        shown_blocks(r#"{"type":"tool_use","name":null,"input":{"path":"p"}}"#).as_deref(),
        Some("🛠️  ? · p")
    );
    assert_eq!(
        shown_blocks(r#"{"type":"tool_use","name":5}"#).as_deref(),
        Some("🛠️  5")
    );
    for input in ["null", "[]", "{}", "0", "\"\""] {
        assert_eq!(call("Bash", input), "🔧 Bash");
    }
}
