//! Prints a [`Turn`] as the command-line tool of a runtime does.

mod claude;
mod codex;
mod gemini;
mod opencode;
mod plain;

use serde_json::Value;

use super::{
    Step,
    turn::{PlanStep, ToolCall, Turn, TurnEnd, TurnStep, TurnUsage},
};

/// The session and the turn that a script is printed for. The output depends on nothing else, so that the tests of users
/// can compare it.
#[derive(Default)]
pub(crate) struct Run<'a> {
    /// The runtime, or the model provider.
    pub(crate) engine: &'a str,
    pub(crate) model: &'a str,
    pub(crate) prompt: &'a str,
    pub(crate) turn: i64,
    pub(crate) earlier: Tokens,
}

impl Run<'_> {
    /// Returns the model without its provider, as the tools of the providers print it.
    fn bare_model(&self) -> &str {
        self.model
            .split_once('/')
            .map_or(self.model, |(_, model)| model)
    }

    /// Returns an id that is unique in the session.
    fn id(&self, prefix: &str, number: usize) -> String {
        format!("{prefix}01Kit{:04}{number:04}", self.turn)
    }
}

/// The tokens of the earlier turns of a session, which Codex adds to its report.
#[derive(Clone, Copy, Default)]
pub(crate) struct Tokens {
    input: u64,
    cached: u64,
    output: u64,
}

impl Tokens {
    /// Adds those of a turn whose end the runtime reports.
    pub(crate) fn add(&mut self, turn: &Turn) {
        if turn.end == TurnEnd::Success {
            let usage = turn.usage;
            self.input = self.input.saturating_add(usage.input_tokens);
            self.cached = self.cached.saturating_add(usage.cached());
            self.output = self.output.saturating_add(usage.output_tokens);
        }
    }
}

/// The id that the runtime gives to the session.
const SESSION: &str = "01a40000-0000-7000-8000-00000000c0de";

/// The time of the first line, in milliseconds since the Unix epoch: 2026-01-01T00:00:00Z.
const EPOCH: i64 = 1_767_225_600_000;

/// A tool that prints what its agent does.
trait Cli {
    fn start(&mut self, out: &mut Printer<'_>);
    fn message(&mut self, text: &str, out: &mut Printer<'_>);
    fn thinking(&mut self, text: &str, out: &mut Printer<'_>);
    fn tool(&mut self, call: &ToolCall, out: &mut Printer<'_>);
    fn plan(&mut self, steps: &[PlanStep], out: &mut Printer<'_>);
    fn succeed(&mut self, usage: TurnUsage, out: &mut Printer<'_>);
    fn fail(&mut self, reason: &str, usage: TurnUsage, out: &mut Printer<'_>);
}

/// The lines printed so far.
struct Printer<'a> {
    run: &'a Run<'a>,
    steps: Vec<Step>,
    /// The number of lines.
    lines: u64,
    /// The duration that the turn reports, in milliseconds.
    duration: u64,
}

impl Printer<'_> {
    /// Prints a line, which is a chunk.
    fn line(&mut self, line: &Value) {
        self.lines += 1;
        self.steps.push(Step::Stdout(format!("{line}\n")));
    }

    /// Waits as long as a call of a tool takes.
    fn wait_for(&mut self, call: &ToolCall) {
        if call.delay_ms > 0 {
            self.steps.push(Step::DelayMs(call.delay_ms));
        }
        let hold = call.hold.clone().map(Step::Hold);
        self.steps.extend(hold);
    }

    /// Returns an id that is unique in the session.
    fn id(&self, prefix: &str) -> String {
        self.run.id(prefix, self.steps.len())
    }

    /// Returns the time of the next line in milliseconds: later than the one before, within the reported duration.
    fn time(&self) -> i64 {
        time_after((self.lines * 20).min(self.duration))
    }

    /// Returns the time of the last line.
    fn end_time(&self) -> i64 {
        time_after(self.duration)
    }
}

fn time_after(millis: u64) -> i64 {
    EPOCH.saturating_add_unsigned(millis)
}

/// Returns the steps that print a turn as the runtime of the session does.
pub(crate) fn steps(turn: &Turn, run: &Run<'_>) -> Vec<Step> {
    let mut cli = cli_of(run.engine);
    let mut out = Printer {
        run,
        steps: Vec::new(),
        lines: 0,
        duration: turn.usage.duration_ms,
    };
    cli.start(&mut out);
    for step in &turn.steps {
        match step {
            TurnStep::Message(text) => cli.message(text, &mut out),
            TurnStep::Thinking(text) => cli.thinking(text, &mut out),
            TurnStep::Tool(call) => cli.tool(call, &mut out),
            TurnStep::Plan(steps) => cli.plan(steps, &mut out),
            TurnStep::Stdout(data) => out.steps.push(Step::Stdout(data.clone())),
            TurnStep::Stderr(data) => out.steps.push(Step::Stderr(data.clone())),
            TurnStep::DelayMs(delay) => out.steps.push(Step::DelayMs(*delay)),
            TurnStep::Hold(name) => out.steps.push(Step::Hold(name.clone())),
        }
    }
    let end = match &turn.end {
        TurnEnd::Success => {
            cli.succeed(turn.usage, &mut out);
            Step::Exit(turn.exit_code.unwrap_or(0))
        }
        TurnEnd::Failed(reason) => {
            cli.fail(reason, turn.usage, &mut out);
            Step::Exit(turn.exit_code.unwrap_or(1))
        }
        TurnEnd::Crash => Step::Crash,
        TurnEnd::Hang => Step::Hang,
    };
    out.steps.push(end);
    out.steps
}

/// Returns the tool of a runtime or provider.
fn cli_of(engine: &str) -> Box<dyn Cli> {
    match engine {
        "anthropic" => Box::new(claude::Claude::default()),
        "codex" | "openai" => Box::new(codex::Codex::default()),
        "gemini" => Box::new(gemini::Gemini::default()),
        "opencode" => Box::new(opencode::Opencode::default()),
        // Also `claude-oauth`.
        engine if engine.contains("claude") => Box::new(claude::Claude::default()),
        _ => Box::new(plain::Plain),
    }
}
