//! Reads the output of agents, 20,000 and 80,000 lines in one chunk: with each formatter, and into a transcript, compared
//! with parsing each line. The rate must not depend on the length.

#![allow(clippy::print_stdout, reason = "the benchmark prints its ratios")]

#[allow(
    dead_code,
    clippy::cast_precision_loss,
    reason = "each bench uses a part; rates are rounded"
)]
mod support;

use std::hint::black_box;

use aod::pretty::formatter_for;
use aod::transcript::Transcript;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group};
use serde_json::Value;
use support::{compare, race, rate};

/// The output of agents: thinking, messages, tool calls and their results.
const TRANSCRIPTS: [(&str, &[&str]); 5] = [
    ("claude", &CLAUDE),
    ("codex", &CODEX),
    ("gemini", &GEMINI),
    ("opencode", &OPENCODE),
    ("generic", &CLAUDE),
];

const CLAUDE: [&str; 8] = [
    r#"{"type":"assistant","message":{"id":"msg_01","type":"message","role":"assistant","model":"claude-opus-4-7","content":[{"type":"thinking","thinking":"The parser keeps a buffer for each line. I should look at how it grows,\nand whether anything bounds it.","signature":"EqQBCkYIBxgCKkA"}],"stop_reason":null,"usage":{"input_tokens":4,"cache_read_input_tokens":17210,"output_tokens":38}},"parent_tool_use_id":null,"session_id":"db5b5fab-8f4d-4e27-9da1-494c73cf256d"}"#,
    r#"{"type":"assistant","message":{"id":"msg_01","type":"message","role":"assistant","model":"claude-opus-4-7","content":[{"type":"tool_use","id":"toolu_01","name":"Grep","input":{"pattern":"fn\\s+parse","path":"src"}}],"stop_reason":"tool_use"},"parent_tool_use_id":null,"session_id":"db5b5fab-8f4d-4e27-9da1-494c73cf256d"}"#,
    r#"{"type":"user","message":{"role":"user","content":[{"tool_use_id":"toolu_01","type":"tool_result","content":"src/lib.rs:12:fn parse(input: &str) -> Result<Tree> {\nsrc/lib.rs:80:fn parse_line(line: &str) -> Option<Line> {\nsrc/tree.rs:7:fn parse_node(text: &str) -> Node {"}]},"parent_tool_use_id":null,"session_id":"db5b5fab-8f4d-4e27-9da1-494c73cf256d"}"#,
    r#"{"type":"assistant","message":{"id":"msg_02","type":"message","role":"assistant","model":"claude-opus-4-7","content":[{"type":"text","text":"The buffer grows without a bound.\n\nI will cap it."},{"type":"tool_use","id":"toolu_02","name":"Edit","input":{"file_path":"/workspace/repo/src/lib.rs","old_string":"buffer.push_str(chunk);","new_string":"buffer.push_str(&chunk[..room]);"}}],"stop_reason":"tool_use"},"parent_tool_use_id":null,"session_id":"db5b5fab-8f4d-4e27-9da1-494c73cf256d"}"#,
    r#"{"type":"user","message":{"role":"user","content":[{"tool_use_id":"toolu_02","type":"tool_result","content":"The file /workspace/repo/src/lib.rs has been updated."}]},"parent_tool_use_id":null,"session_id":"db5b5fab-8f4d-4e27-9da1-494c73cf256d"}"#,
    r#"{"type":"assistant","message":{"id":"msg_03","type":"message","role":"assistant","model":"claude-opus-4-7","content":[{"type":"tool_use","id":"toolu_03","name":"Bash","input":{"command":"cargo test --workspace 2>&1 | tail -20","description":"Run the tests"}}],"stop_reason":"tool_use"},"parent_tool_use_id":"toolu_00","session_id":"db5b5fab-8f4d-4e27-9da1-494c73cf256d"}"#,
    r#"{"type":"system","subtype":"task_progress","task_id":"b1","usage":{"total_tokens":9120}}"#,
    "warning: unused variable: `room`",
];

const CODEX: [&str; 8] = [
    r#"{"type":"item.completed","item":{"id":"item_0","type":"reasoning","text":"**Looking at the parser**\n\nIt keeps a buffer for each line; I should look at how it grows, and whether anything bounds it."}}"#,
    r#"{"type":"item.started","item":{"id":"item_1","type":"command_execution","command":"/bin/bash -lc 'rg -n \"fn parse\" src'","aggregated_output":"","exit_code":null,"status":"in_progress"}}"#,
    r#"{"type":"item.completed","item":{"id":"item_1","type":"command_execution","command":"/bin/bash -lc 'rg -n \"fn parse\" src'","aggregated_output":"src/lib.rs:12:fn parse(input: &str) -> Result<Tree> {\nsrc/lib.rs:80:fn parse_line(line: &str) -> Option<Line> {\nsrc/tree.rs:7:fn parse_node(text: &str) -> Node {\n","exit_code":0,"status":"completed"}}"#,
    r#"{"type":"item.completed","item":{"id":"item_2","type":"agent_message","text":"The buffer grows without a bound.\n\nI will cap it."}}"#,
    r#"{"type":"item.completed","item":{"id":"item_3","type":"file_change","changes":[{"path":"/workspace/repo/src/lib.rs","kind":"update"}],"status":"completed"}}"#,
    r#"{"type":"item.started","item":{"id":"item_4","type":"mcp_tool_call","server":"tracker","tool":"search","arguments":{"query":"unbounded buffer"},"result":null,"error":null,"status":"in_progress"}}"#,
    r#"{"type":"item.completed","item":{"id":"item_4","type":"mcp_tool_call","server":"tracker","tool":"search","arguments":{"query":"unbounded buffer"},"result":{"content":[{"type":"text","text":"BUF-12: cap the line buffer"}]},"error":null,"status":"completed"}}"#,
    "warning: unused variable: `room`",
];

const GEMINI: [&str; 8] = [
    r#"{"type":"message","timestamp":"2026-10-05T09:00:00.100Z","role":"assistant","content":"The buffer grows with","delta":true}"#,
    r#"{"type":"message","timestamp":"2026-10-05T09:00:00.200Z","role":"assistant","content":"out a bound.\n\nI will cap it.","delta":true}"#,
    r#"{"type":"tool_use","timestamp":"2026-10-05T09:00:01.000Z","tool_name":"grep_search","tool_id":"grep_search__1","parameters":{"pattern":"fn\\s+parse","dir_path":"src"}}"#,
    r#"{"type":"tool_result","timestamp":"2026-10-05T09:00:01.100Z","tool_id":"grep_search__1","status":"success","output":"Found 3 matches"}"#,
    r#"{"type":"tool_use","timestamp":"2026-10-05T09:00:02.000Z","tool_name":"replace","tool_id":"replace__2","parameters":{"file_path":"/workspace/repo/src/lib.rs","instruction":"cap it","old_string":"buffer.push_str(chunk);","new_string":"buffer.push_str(&chunk[..room]);"}}"#,
    r#"{"type":"tool_result","timestamp":"2026-10-05T09:00:02.100Z","tool_id":"replace__2","status":"error","output":"0 occurrences found","error":{"type":"edit_no_occurrence_found","message":"Failed to edit, 0 occurrences found for old_string."}}"#,
    r#"{"type":"tool_use","timestamp":"2026-10-05T09:00:03.000Z","tool_name":"update_topic","tool_id":"update_topic__3","parameters":{"title":"Capping the buffer","summary":"The line buffer gets a limit."}}"#,
    "Attempt 1 failed with status 429. Retrying with backoff...",
];

const OPENCODE: [&str; 8] = [
    r#"{"type":"step_start","timestamp":1790000000000,"sessionID":"ses_01","part":{"id":"prt_1","messageID":"msg_1","sessionID":"ses_01","type":"step-start","snapshot":"4b825dc642cb6eb9a060e54bf8d69288fbee4904"}}"#,
    r#"{"type":"reasoning","timestamp":1790000000200,"sessionID":"ses_01","part":{"id":"prt_2","sessionID":"ses_01","messageID":"msg_1","type":"reasoning","text":"The parser keeps a buffer for each line. I should look at how it grows,\nand whether anything bounds it.","time":{"start":1790000000000,"end":1790000000200}}}"#,
    r#"{"type":"tool_use","timestamp":1790000000400,"sessionID":"ses_01","part":{"id":"prt_3","sessionID":"ses_01","messageID":"msg_1","type":"tool","callID":"call_1","tool":"grep","state":{"status":"completed","input":{"pattern":"fn\\s+parse","path":"src"},"output":"Found 3 matches\nsrc/lib.rs:\n  Line 12: fn parse(input: &str) -> Result<Tree> {","title":"fn\\s+parse","metadata":{"matches":3,"truncated":false},"time":{"start":1790000000300,"end":1790000000400}}}}"#,
    r#"{"type":"tool_use","timestamp":1790000000600,"sessionID":"ses_01","part":{"id":"prt_4","sessionID":"ses_01","messageID":"msg_1","type":"tool","callID":"call_2","tool":"edit","state":{"status":"completed","input":{"filePath":"/workspace/repo/src/lib.rs","oldString":"buffer.push_str(chunk);","newString":"buffer.push_str(&chunk[..room]);"},"output":"Edit applied successfully.","title":"src/lib.rs","metadata":{"diff":"-buffer\n+buffer"},"time":{"start":1790000000500,"end":1790000000600}}}}"#,
    r#"{"type":"tool_use","timestamp":1790000000800,"sessionID":"ses_01","part":{"id":"prt_5","sessionID":"ses_01","messageID":"msg_1","type":"tool","callID":"call_3","tool":"bash","state":{"status":"completed","input":{"command":"cargo test --workspace 2>&1 | tail -20","description":"Run the tests"},"output":"test result: FAILED. 3 passed; 1 failed\n","title":"Run the tests","metadata":{"output":"test result: FAILED. 3 passed; 1 failed\n","exit":101},"time":{"start":1790000000700,"end":1790000000800}}}}"#,
    r#"{"type":"step_finish","timestamp":1790000000900,"sessionID":"ses_01","part":{"id":"prt_6","sessionID":"ses_01","messageID":"msg_1","type":"step-finish","reason":"tool-calls","snapshot":"4b825dc642cb6eb9a060e54bf8d69288fbee4904","cost":0.012,"tokens":{"input":1200,"output":90,"reasoning":0,"cache":{"read":500,"write":0}}}}"#,
    r#"{"type":"text","timestamp":1790000001000,"sessionID":"ses_01","part":{"id":"prt_7","sessionID":"ses_01","messageID":"msg_2","type":"text","text":"The buffer grew without a bound.\n\nIt is capped now.","time":{"start":1790000000950,"end":1790000001000}}}"#,
    "! permission requested: external_directory; auto-rejecting",
];

fn transcript(lines: &[&str], count: usize) -> String {
    lines
        .iter()
        .cycle()
        .take(count)
        .flat_map(|line| [line, "\n"])
        .collect()
}

fn reading(criterion: &mut Criterion) {
    for (runtime, lines) in TRANSCRIPTS {
        let mut group = criterion.benchmark_group(runtime);
        group.sample_size(20);
        for count in [20_000, 80_000] {
            let output = transcript(lines, count);
            group.throughput(Throughput::Elements(count as u64));
            group.bench_with_input(
                BenchmarkId::new("pretty", count),
                &output,
                |bencher, output| {
                    bencher.iter(|| formatter_for(runtime).feed(output));
                },
            );
            group.bench_with_input(
                BenchmarkId::new("transcript", count),
                &output,
                |bencher, output| bencher.iter(|| Transcript::for_runtime(runtime).feed(output)),
            );
        }
        group.finish();
    }
}

/// Parses each line. A line that is not JSON is text.
fn values(output: &str) {
    for line in output.lines() {
        // The result of a line that is text is an error, which is expected.
        let _ = black_box(serde_json::from_str::<Value>(line));
    }
}

/// Prints the ratios to parsing alone, measured in the same run.
fn summary() {
    const LINES: usize = 20_000;
    // The last formatter parses nothing.
    for (runtime, lines) in &TRANSCRIPTS[..4] {
        let output = transcript(lines, LINES);
        let [shown, read, parsed] = race(
            10,
            [
                &mut || drop(black_box(formatter_for(runtime).feed(&output))),
                &mut || drop(black_box(Transcript::for_runtime(runtime).feed(&output))),
                &mut || values(&output),
            ],
        );
        for (bench, time) in [("readable lines", shown), ("transcript", read)] {
            compare(
                &format!("{bench} of the output of {runtime}"),
                "M lines/s",
                rate(LINES, time),
                [("serde_json to a Value", rate(LINES, parsed))],
            );
        }
    }
}

criterion_group!(group, reading);

fn main() {
    summary();
    group();
    Criterion::default().configure_from_args().final_summary();
}
