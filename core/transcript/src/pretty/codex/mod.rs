//! The formatter of Codex: the three formats of `exec --json`. They are `thread.started` and items (since 0.44), the
//! same with `session.created` and `item_type` (0.40 to 0.44, `--experimental-json`), and `msg` objects (before).

mod items;
mod legacy;

use std::borrow::Cow;

use super::line_writer::{LineKind, LineWriter, MAX_DETAIL};
use super::pending_tool_calls::PendingToolCalls;
use super::renderer::{LineFormatter, formatter};
use super::tools;
use crate::output::codex::is_retry;
use crate::output::json::{self, Json};
use crate::output::reason::reason;

formatter! {
    /// Formats the output of `codex exec --json` in all three of its formats: the start of a thread, messages,
    /// thinking, commands, file changes and other tool calls, and the end of the turn.
    ///
    /// Commands are shown without the shell that runs them. Reconnection attempts are not shown, and Codex does not
    /// print the output of subagents. The token counts of the last line include all turns of the thread. An interrupted
    /// turn has no last line.
    ///
    /// # Examples
    ///
    /// ```
    /// use aod_transcript::pretty::{CodexFormatter, Formatter};
    ///
    /// let mut formatter = CodexFormatter::new();
    /// let mut shown = formatter.feed(r#"{"type":"item.completed","item":{"id":"item_1","type":"command_execution",
    ///     "command":"/bin/bash -lc 'cargo test'","exit_code":101}}"#.replace('\n', "").as_str());
    /// shown.extend(formatter.feed("\n{\"type\":\"turn.completed\",\"usage\":{\"input_tokens\":6086,\"output_tokens\":223}}\n"));
    /// assert_eq!(shown, ["🔧 Bash · cargo test\n⚠️  Bash failed · exit 101", "✨ Done · in/out 6086/223 tokens"]);
    /// ```
    CodexFormatter, Codex
}

/// The state between lines.
#[derive(Default)]
pub(super) struct Codex {
    /// The items that have started and not ended.
    pending: PendingToolCalls,
    /// The number of completed and of all items of the plan, as last shown.
    plan: Option<(usize, usize)>,
    /// An error that is not shown yet, because the next event may repeat it.
    error: Option<String>,
    /// The last token counts, if the last event does not contain them.
    tokens: Option<Cow<'static, str>>,
}

/// The types of events that are never shown.
const HIDDEN_EVENTS: [&str; 2] = ["item.plan.delta", "turn.started"];

/// The types of events with lines to show. Other types are shown verbatim.
const SHOWN_EVENTS: [&str; 8] = [
    "error",
    "item.completed",
    "item.started",
    "item.updated",
    "session.created",
    "thread.started",
    "turn.completed",
    "turn.failed",
];

impl LineFormatter for Codex {
    fn is_event(&self, text: &str) -> bool {
        let names = ["type", "msg", "model", "sandbox"];
        match json::object(text, names) {
            Some([Some(kind), ..]) => kind.string().is_some_and(|kind| {
                SHOWN_EVENTS.contains(&&*kind) || HIDDEN_EVENTS.contains(&&*kind)
            }),
            Some([None, Some(msg), ..]) => legacy::is_message(msg),
            Some([None, None, model, sandbox]) => model.is_some() && sandbox.is_some(),
            None => false,
        }
    }

    fn event(&mut self, text: &str, writer: &mut LineWriter<'_>) -> bool {
        let names = [
            "type",
            "thread_id",
            "session_id",
            "item",
            "message",
            "error",
            "usage",
            "msg",
            "model",
            "sandbox",
            "prompt",
        ];
        let Some(fields) = json::object(text, names) else {
            return false;
        };
        let [
            kind,
            thread,
            session,
            item,
            message,
            error,
            usage,
            msg,
            model,
            sandbox,
            prompt,
        ] = fields;
        let Some(kind) = kind else {
            return match (msg, model, sandbox) {
                (Some(msg), _, _) => self.message(msg, writer),
                (None, Some(model), Some(sandbox)) => {
                    *self = Self::default();
                    let (model, sandbox) = (json::text(Some(model)), json::text(Some(sandbox)));
                    writer.init(&format!("model={model}, sandbox={sandbox}"));
                    true
                }
                // The second line of the format before 0.44 repeats the prompt.
                _ => !json::text(prompt).is_empty() && Json::of(text.trim()).len() == Some(1),
            };
        };
        match &*json::text(Some(kind)) {
            "turn.failed" => {
                let reason = reason([error, message]);
                if self.error.as_ref() == Some(&reason) {
                    self.error = None;
                }
                self.show_error(writer);
                writer.done(false, &[writer.style.one_line(&reason, MAX_DETAIL).into()]);
            }
            "error" => self.report(reason([message, error]), writer),
            "thread.started" | "session.created" => {
                self.show_error(writer);
                // A new process starts, whose item ids restart at 0.
                *self = Self::default();
                let id = json::first_text([thread, session]);
                let details = if id.is_empty() {
                    String::new()
                } else {
                    format!("thread={id}")
                };
                writer.init(&details);
            }
            "item.started" => return self.item(item, items::Phase::Started, writer),
            "item.updated" => return self.item(item, items::Phase::Updated, writer),
            "item.completed" => return self.item(item, items::Phase::Completed, writer),
            "turn.completed" => {
                self.show_error(writer);
                let counts = ["input_tokens", "output_tokens"];
                let [input, output] = usage.map_or([None; 2], |usage| usage.fields(counts));
                writer.done(true, tools::tokens(input, output).as_slice());
            }
            kind => {
                self.show_error(writer);
                return HIDDEN_EVENTS.contains(&kind);
            }
        }
        true
    }

    fn end(&mut self, writer: &mut LineWriter<'_>) {
        self.show_error(writer);
    }

    fn has_pending(&self) -> bool {
        self.error.is_some()
    }
}

impl Codex {
    /// Defers an error until the next event, because the end of a failed turn repeats it. Reconnection attempts are not
    /// errors.
    fn report(&mut self, message: String, writer: &mut LineWriter<'_>) {
        if is_retry(&message) {
            return;
        }
        if self.error.as_ref() != Some(&message) {
            self.show_error(writer);
            self.error = Some(message);
        }
    }

    fn show_error(&mut self, writer: &mut LineWriter<'_>) {
        if let Some(message) = self.error.take() {
            writer.brief(LineKind::Warning, "Error", &message);
        }
    }

    /// Shows the plan if its numbers have changed.
    fn show_plan(&mut self, done: usize, all: usize, writer: &mut LineWriter<'_>) {
        if self.plan.replace((done, all)) != Some((done, all)) {
            writer.named(
                LineKind::Todos,
                "Plan",
                &format!("{done}/{all} todo(s) done"),
            );
        }
    }
}
