//! Lays out the entries of a transcript as lines. All text of the agent and of the server passes through [`visible`], so
//! that it cannot control the terminal.

use aod::models::TurnStatus;
use aod::transcript::{
    Item, ItemKind, ItemStatus, NoticeLevel, Outcome, OutputStream, PlanStep, Role, StepStatus,
    Tool, ToolCall, Turn, Usage, UsageSource, write_visible,
};
use ratatui::style::{Color, Style, Stylize};
use ratatui::text::{Line, Span};

use super::app::{App, Entry, Part};

pub(crate) const DIM: Style = Style::new().dim();
const PLAIN: Style = Style::new();

/// The number of lines of a tool's result that are shown.
const MAX_RESULT_LINES: usize = 200;

/// Returns a text with escapes such as `\x1b` instead of control and format characters.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::new();
    let written = write_visible(&mut shown, &text.replace('\t', "    "));
    written.expect("a String takes any text");
    shown
}

/// Returns the lines of an entry.
pub(crate) fn lines_of(app: &App, entry: &Entry<'_>, width: usize) -> Vec<Line<'static>> {
    let mut block = Block {
        lines: Vec::new(),
        width,
        indent: "",
    };
    match (entry.position.part, entry.item) {
        (Part::Item(_), Some(item)) => {
            if item.parent.is_some() {
                block.indent = "  ";
            }
            let is_selected = app.selected == Some(entry.position);
            let is_unfolded = app.unfolded.contains(&entry.position);
            add_item(&mut block, item, is_selected, is_unfolded);
        }
        (Part::End, _) => add_end(&mut block, app, entry.turn),
        _ => add_start(&mut block, app, entry.turn),
    }
    block.lines
}

fn add_start(block: &mut Block, app: &App, turn: &Turn) {
    let title = format!("── turn {} ", turn.number);
    let rule = "─".repeat(block.width.saturating_sub(title.chars().count()));
    block.lines.push(Line::styled(title + &rule, DIM));
    let mut turns = app.turns.iter();
    if let Some(listed) = turns.find(|listed| listed.turn_number == turn.number) {
        block.add("❯ ", PLAIN.bold(), &listed.prompt);
    }
    if turn.dropped_items > 0 {
        block.add(
            "",
            DIM,
            &format!("({} earlier items were dropped)", turn.dropped_items),
        );
    }
}

fn add_end(block: &mut Block, app: &App, turn: &Turn) {
    let Some(outcome) = outcome_of(app, turn) else {
        return;
    };
    let mut parts = vec![outcome_text(&outcome)];
    parts.extend(turn.usage.map(|usage| usage_text(&usage)));
    parts.extend(turn.duration.map(|it| format!("{:.1} s", it.as_secs_f64())));
    let (mark, color) = match outcome {
        Outcome::Success => ("✓ ", Color::Green),
        Outcome::Failed { .. } => ("✗ ", Color::Red),
        _ => ("■ ", Color::Yellow),
    };
    block.add(mark, PLAIN.fg(color), &parts.join(" · "));
}

/// Returns how a turn ended, if it has. The agent of an interrupted turn may end with any exit code, as if it had failed;
/// the server knows better.
pub(crate) fn outcome_of(app: &App, turn: &Turn) -> Option<Outcome> {
    let mut turns = app.turns.iter();
    let is_interrupted = turns.any(|listed| {
        listed.turn_number == turn.number && listed.status == TurnStatus::Interrupted
    });
    match &turn.outcome {
        Some(_) if is_interrupted => Some(Outcome::Interrupted),
        outcome => outcome.clone(),
    }
}

/// Returns how a turn ended, as text.
pub(crate) fn outcome_text(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Success => "done".to_owned(),
        Outcome::Failed { reason } if reason.is_empty() => "failed".to_owned(),
        Outcome::Failed { reason } => format!("failed: {}", visible(reason)),
        Outcome::MaxTurns => "stopped at the limit of model calls".to_owned(),
        Outcome::Interrupted => "interrupted".to_owned(),
        Outcome::Unknown => "ended".to_owned(),
    }
}

fn add_item(block: &mut Block, item: &Item, is_selected: bool, is_unfolded: bool) {
    match &item.kind {
        ItemKind::Message { role, text } => match role {
            Role::Agent => block.add("● ", PLAIN, text),
            Role::User => block.add("❯ ", DIM, text),
        },
        ItemKind::Thinking { text } => block.add("∴ ", DIM.italic(), text),
        ItemKind::ToolCall(call) => {
            add_call(block, call, item.status, is_selected, is_unfolded);
        }
        ItemKind::Plan { steps } => steps.iter().for_each(|step| add_step(block, step)),
        ItemKind::Notice { level, text } => {
            let color = match level {
                NoticeLevel::Info => Color::Blue,
                NoticeLevel::Warning => Color::Yellow,
                NoticeLevel::Error => Color::Red,
            };
            block.add("! ", PLAIN.fg(color), text);
        }
        ItemKind::Text { stream, text } => match stream {
            OutputStream::Stdout => block.add("  ", PLAIN, text),
            OutputStream::Stderr => block.add("  ", PLAIN.red(), text),
        },
        // Such as the start of the agent, or its result, which is in the outcome and the usage of the turn.
        ItemKind::Event { .. } => return,
    }
    if item.is_truncated {
        block.add("  ", DIM, "(truncated)");
    }
}

/// Adds the line of a tool call, and its arguments and result if it is unfolded.
fn add_call(
    block: &mut Block,
    call: &ToolCall,
    status: ItemStatus,
    is_selected: bool,
    is_unfolded: bool,
) {
    let (mark, color) = match status {
        ItemStatus::InProgress => ("…", Color::Yellow),
        ItemStatus::Completed => ("✓", Color::Green),
        ItemStatus::Failed => ("✗", Color::Red),
        ItemStatus::Declined => ("⊘", Color::Yellow),
        ItemStatus::Interrupted => ("■", Color::Yellow),
    };
    let fold = if is_unfolded { "▾ " } else { "▸ " };
    let result = call.result.as_ref();
    let exit_code = result.and_then(|it| it.exit_code);
    let duration = result.and_then(|it| it.duration);
    let details = [
        exit_code.map(|code| format!(" · exit code {code}")),
        duration.map(|it| format!(" · {:.1} s", it.as_secs_f64())),
    ];
    let mut line = Line::from(vec![
        Span::from(format!("{}{fold}", block.indent)),
        Span::from(mark).fg(color),
        Span::from(format!(" {} ", visible(&call.name))).bold(),
        Span::from(visible(&summary(call))),
        Span::from(details.into_iter().flatten().collect::<String>()).style(DIM),
    ]);
    if is_selected {
        line = line.reversed();
    }
    block.lines.push(line);
    if !is_unfolded {
        return;
    }
    if !call.input.is_null() {
        let input = serde_json::to_string_pretty(&call.input).unwrap_or_default();
        block.add("    ", DIM, &input);
    }
    let Some(result) = result else { return };
    let style = if result.is_error { PLAIN.red() } else { PLAIN };
    let mut lines = result.text.lines();
    for line in lines.by_ref().take(MAX_RESULT_LINES) {
        block.add("  │ ", style, line);
    }
    let rest = lines.count();
    if rest > 0 {
        block.add("  │ ", DIM, &format!("({rest} more lines)"));
    }
}

/// Returns what a tool call does, in one line.
fn summary(call: &ToolCall) -> String {
    let text = match &call.tool {
        Tool::Shell { command: text }
        | Tool::Read { path: text }
        | Tool::Write { path: text }
        | Tool::Glob { pattern: text }
        | Tool::WebFetch { url: text }
        | Tool::WebSearch { query: text }
        | Tool::Agent { prompt: text } => text.clone(),
        Tool::Edit { files } => {
            let paths: Vec<_> = files.iter().map(|file| file.path.as_str()).collect();
            paths.join(", ")
        }
        Tool::Search { pattern, path } => match path {
            Some(path) => format!("{pattern} in {path}"),
            None => pattern.clone(),
        },
        Tool::Mcp { server, tool } => format!("{server}: {tool}"),
        Tool::Other if call.input.is_null() => String::new(),
        Tool::Other => call.input.to_string(),
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn add_step(block: &mut Block, step: &PlanStep) {
    let (mark, style) = match step.status {
        StepStatus::Pending => ("  ☐ ", PLAIN),
        StepStatus::InProgress => ("  ▶ ", PLAIN.bold()),
        StepStatus::Completed => ("  ☑ ", PLAIN.green()),
        StepStatus::Cancelled => ("  ☒ ", DIM.crossed_out()),
    };
    block.add(mark, style, &step.text);
}

/// Returns the tokens and the cost that are known.
pub(crate) fn usage_text(usage: &Usage) -> String {
    let tokens = |count: Option<i64>, name| count.map(|count| format!("{count} {name}"));
    let known = [
        tokens(usage.input_tokens, "tokens in"),
        tokens(usage.cached_input_tokens, "cached"),
        tokens(usage.output_tokens, "tokens out"),
        usage.cost_usd.map(|cost| format!("${cost:.4}")),
        (usage.source == UsageSource::Partial).then(|| "incomplete".to_owned()),
    ];
    known.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The lines of an entry.
struct Block {
    lines: Vec<Line<'static>>,
    width: usize,
    indent: &'static str,
}

impl Block {
    /// Adds a text with a mark before its first line.
    fn add(&mut self, mark: &str, style: Style, text: &str) {
        let mut mark = format!("{}{mark}", self.indent);
        let width = self.width.saturating_sub(Span::from(&*mark).width());
        for line in text.trim_end().trim_start_matches('\n').lines() {
            for wrapped in wrap(&visible(line), width) {
                self.lines
                    .push(Line::styled(format!("{mark}{wrapped}"), style));
                mark = " ".repeat(Span::from(&*mark).width());
            }
        }
    }
}

/// Breaks a text into lines of a width: between words, or within a word that is longer than a line.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split_inclusive(' ') {
        if used > 0 && used + Span::from(word.trim_end()).width() > width {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        for grapheme in Span::from(word).styled_graphemes(PLAIN) {
            let columns = Span::from(grapheme.symbol).width();
            if used > 0 && used + columns > width {
                if grapheme.symbol == " " {
                    continue;
                }
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push_str(grapheme.symbol);
            used += columns;
        }
    }
    lines.push(line);
    lines
}
