//! Lines of a Claude transcript formatted per second, the whole transcript in one chunk: as many of 80,000 lines as
//! of 20,000.

use aod::pretty::{ClaudeFormatter, Formatter, GenericFormatter};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// What an agent prints over a session: it thinks, speaks, calls tools and gets their results.
const LINES: [&str; 8] = [
    r#"{"type":"assistant","message":{"id":"msg_01","type":"message","role":"assistant","model":"claude-opus-4-7","content":[{"type":"thinking","thinking":"The parser keeps a buffer for each line. I should look at how it grows,\nand whether anything bounds it.","signature":"EqQBCkYIBxgCKkA"}],"stop_reason":null,"usage":{"input_tokens":4,"cache_read_input_tokens":17210,"output_tokens":38}},"parent_tool_use_id":null,"session_id":"db5b5fab-8f4d-4e27-9da1-494c73cf256d"}"#,
    r#"{"type":"assistant","message":{"id":"msg_01","type":"message","role":"assistant","model":"claude-opus-4-7","content":[{"type":"tool_use","id":"toolu_01","name":"Grep","input":{"pattern":"fn\\s+parse","path":"src"}}],"stop_reason":"tool_use"},"parent_tool_use_id":null,"session_id":"db5b5fab-8f4d-4e27-9da1-494c73cf256d"}"#,
    r#"{"type":"user","message":{"role":"user","content":[{"tool_use_id":"toolu_01","type":"tool_result","content":"src/lib.rs:12:fn parse(input: &str) -> Result<Tree> {\nsrc/lib.rs:80:fn parse_line(line: &str) -> Option<Line> {\nsrc/tree.rs:7:fn parse_node(text: &str) -> Node {"}]},"parent_tool_use_id":null,"session_id":"db5b5fab-8f4d-4e27-9da1-494c73cf256d"}"#,
    r#"{"type":"assistant","message":{"id":"msg_02","type":"message","role":"assistant","model":"claude-opus-4-7","content":[{"type":"text","text":"The buffer grows without a bound.\n\nI will cap it."},{"type":"tool_use","id":"toolu_02","name":"Edit","input":{"file_path":"/workspace/repo/src/lib.rs","old_string":"buffer.push_str(chunk);","new_string":"buffer.push_str(&chunk[..room]);"}}],"stop_reason":"tool_use"},"parent_tool_use_id":null,"session_id":"db5b5fab-8f4d-4e27-9da1-494c73cf256d"}"#,
    r#"{"type":"user","message":{"role":"user","content":[{"tool_use_id":"toolu_02","type":"tool_result","content":"The file /workspace/repo/src/lib.rs has been updated."}]},"parent_tool_use_id":null,"session_id":"db5b5fab-8f4d-4e27-9da1-494c73cf256d"}"#,
    r#"{"type":"assistant","message":{"id":"msg_03","type":"message","role":"assistant","model":"claude-opus-4-7","content":[{"type":"tool_use","id":"toolu_03","name":"Bash","input":{"command":"cargo test --workspace 2>&1 | tail -20","description":"Run the tests"}}],"stop_reason":"tool_use"},"parent_tool_use_id":"toolu_00","session_id":"db5b5fab-8f4d-4e27-9da1-494c73cf256d"}"#,
    r#"{"type":"system","subtype":"task_progress","task_id":"b1","usage":{"total_tokens":9120}}"#,
    "warning: unused variable: `room`",
];

fn transcript(lines: usize) -> String {
    LINES
        .iter()
        .cycle()
        .take(lines)
        .flat_map(|line| [line, "\n"])
        .collect()
}

fn formatting(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("pretty");
    group.sample_size(20);
    for lines in [20_000, 80_000] {
        let transcript = transcript(lines);
        group.throughput(Throughput::Elements(lines as u64));
        group.bench_with_input(
            BenchmarkId::new("claude", lines),
            &transcript,
            |bencher, transcript| {
                bencher.iter(|| ClaudeFormatter::new().feed(transcript));
            },
        );
        group.bench_with_input(
            BenchmarkId::new("generic", lines),
            &transcript,
            |bencher, transcript| {
                bencher.iter(|| GenericFormatter::new().feed(transcript));
            },
        );
    }
    group.finish();
}

criterion_group!(benches, formatting);
criterion_main!(benches);
