//! Valid JSON with unexpected types, for which the published formatter raises, and edge cases of JSON.

use super::{shown, shown_blocks};

/// A depth and a number of digits above the limits of common parsers.
const HUGE: usize = 200_000;

#[test]
fn passes_json_that_is_not_an_object_through() {
    for line in [
        "42",
        "-1.5e3",
        "null",
        "true",
        "\"a string\"",
        "[]",
        r#"[{"type":"assistant"}]"#,
        "NaN",
        " 42 ",
    ] {
        assert_eq!(shown(line).as_deref(), Some(line));
    }
}

#[test]
fn accepts_a_string_instead_of_blocks() {
    for line in [
        r#"{"type":"assistant","message":{"content":"plain"}}"#,
        r#"{"type":"assistant","message":"plain"}"#,
        r#"{"type":"assistant","message":{"content":["plain",null]}}"#,
        r#"{"type":"assistant","message":["plain"]}"#,
    ] {
        assert_eq!(shown(line).as_deref(), Some("✉️  plain"), "{line}");
    }
}

#[test]
fn accepts_a_single_block_instead_of_a_list() {
    assert_eq!(
        shown(r#"{"type":"assistant","message":{"content":{"type":"text","text":"alone"}}}"#)
            .as_deref(),
        Some("✉️  alone")
    );
}

#[test]
fn shows_the_other_blocks_beside_a_malformed_one() {
    assert_eq!(
        shown_blocks(
            r#"null,{"type":"text","text":"before"},7,[1],{"type":"text","text":"after"}"#
        )
        .as_deref(),
        Some("✉️  before\n✉️  7\n✉️  [1]\n✉️  after")
    );
}

#[test]
fn shows_texts_that_are_not_strings() {
    assert_eq!(
        shown_blocks(r#"{"type":"text","text":5},{"type":"thinking","thinking":[1,"a"]}"#)
            .as_deref(),
        Some("✉️  5\n💭 [1, 'a']")
    );
}

#[test]
fn shows_an_input_that_is_not_an_object() {
    assert_eq!(
        shown_blocks(r#"{"type":"tool_use","name":"Bash","input":" ls\n-l"}"#).as_deref(),
        Some("🔧 Bash · ls -l")
    );
    assert_eq!(
        shown_blocks(r#"{"type":"tool_use","name":"Read","input":["a"]}"#).as_deref(),
        Some("📖 Read · ['a']")
    );
    assert_eq!(
        shown_blocks(r#"{"type":"tool_use","name":["Bash"]}"#).as_deref(),
        Some("🛠️  ['Bash']")
    );
}

#[test]
fn shows_names_of_malformed_servers() {
    let init = |servers: &str| {
        shown(&format!(
            r#"{{"type":"system","subtype":"init","mcp_servers":{servers}}}"#
        ))
    };
    assert_eq!(
        init(r#"["files",{"name":"docs"},{"name":5},{"name":null},{},null]"#).as_deref(),
        Some("⚙️  Session init · model=?, tools=0, mcp=[files, docs, 5, ?, ?, ?]")
    );
    assert_eq!(
        init(r#"{"name":"docs"}"#).as_deref(),
        Some("⚙️  Session init · model=?, tools=0, mcp=[docs]")
    );
}

#[test]
fn accepts_a_number_instead_of_a_list_as_its_length() {
    assert_eq!(
        shown(r#"{"type":"system","subtype":"init","tools":12}"#).as_deref(),
        Some("⚙️  Session init · model=?, tools=12")
    );
    assert_eq!(
        shown_blocks(r#"{"type":"tool_use","name":"TodoWrite","input":{"todos":3}}"#).as_deref(),
        Some("📋 TodoWrite · 3 todo(s)")
    );
}

#[test]
fn counts_like_python() {
    for (tools, count) in [
        (r#"{"a":1,"b":2}"#, 2),
        (r#""äöü""#, 3),
        (r#""\u00e4\n""#, 2),
        ("[[1,2],[3]]", 2),
    ] {
        assert_eq!(
            shown(&format!(
                r#"{{"type":"system","subtype":"init","tools":{tools}}}"#
            )),
            Some(format!("⚙️  Session init · model=?, tools={count}"))
        );
    }
}

#[test]
fn marks_a_duration_or_cost_that_is_not_a_number() {
    assert_eq!(
        shown(r#"{"type":"result","duration_ms":"1250","num_turns":"3","total_cost_usd":"0.5"}"#)
            .as_deref(),
        Some("⚠️  Done · agent ?s, 3 turns, tokens $?")
    );
}

#[test]
fn shows_numbers_of_any_size() {
    let digits = "7".repeat(HUGE);
    assert_eq!(
        shown(&format!(r#"{{"type":"result","num_turns":{digits}}}"#)),
        Some(format!("⚠️  Done · agent 0.0s, {digits} turns"))
    );
    assert_eq!(
        shown(&format!(
            r#"{{"type":"result","duration_ms":{digits},"total_cost_usd":-1e999}}"#
        ))
        .as_deref(),
        Some("⚠️  Done · agent infs, tokens $-inf")
    );
}

#[test]
fn accepts_any_depth_of_nesting() {
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let deep = format!("{}0{}", open.repeat(HUGE), close.repeat(HUGE));
        assert_eq!(
            shown(&format!(
                r#"{{"type":"result","usage":{deep},"subtype":"success"}}"#
            ))
            .as_deref(),
            Some("✨ Done · agent 0.0s")
        );
        let call = shown_blocks(&format!(
            r#"{{"type":"tool_use","name":"Bash","input":{{"command":{deep}}}}}"#
        ));
        assert_eq!(
            call.expect("the call is shown").chars().count(),
            "🔧 Bash · ".chars().count() + 140
        );
    }
    let unclosed = "[".repeat(HUGE);
    assert_eq!(shown(&unclosed), Some(unclosed));
}

#[test]
fn shows_an_unpaired_surrogate_as_a_replacement_character() {
    assert_eq!(
        shown_blocks(r#"{"type":"text","text":"cut \ud83d"}"#).as_deref(),
        Some("✉️  cut \u{fffd}")
    );
    assert_eq!(
        shown(r#"{"type":"result","result":"\ud83d","\ude00":1,"subtype":"success"}"#).as_deref(),
        Some("✨ Done · agent 0.0s")
    );
}

#[test]
fn treats_constants_that_json_lacks_as_null() {
    assert_eq!(
        shown(
            r#"{"type":"result","duration_ms":NaN,"num_turns":Infinity,"total_cost_usd":-Infinity}"#
        )
        .as_deref(),
        Some("⚠️  Done · agent 0.0s")
    );
    assert_eq!(
        shown(r#"{"type":"user","tool_use_result":[NaN,{"a":-Infinity}]}"#),
        None
    );
    let malformed = r#"{"type":"user","a":NaNs}"#;
    assert_eq!(shown(malformed).as_deref(), Some(malformed));
}
