//! The spans of a turn, with the attributes of OpenTelemetry for generative AI. They contain no text of the agent.

use std::collections::HashMap;

use aod_transcript::{AgentInfo, Change, Item, ItemKind, ItemStatus, Outcome, Usage};
use tracing::Span;
use tracing::field::Empty;
use uuid::Uuid;

use crate::error::Error;

/// The span of a turn, and those of its tool calls that have not ended.
pub(super) struct TurnSpans {
    turn: Span,
    tools: HashMap<String, Span>,
}

impl TurnSpans {
    pub(super) fn new(session: Uuid) -> Self {
        let turn = tracing::info_span!(
            "aod.turn",
            otel.name = "invoke_agent",
            otel.kind = "client",
            otel.status_code = Empty,
            gen_ai.operation.name = "invoke_agent",
            gen_ai.conversation.id = %session,
            gen_ai.provider.name = Empty,
            gen_ai.request.model = Empty,
            gen_ai.usage.input_tokens = Empty,
            gen_ai.usage.output_tokens = Empty,
            gen_ai.usage.cache_read.input_tokens = Empty,
            gen_ai.usage.cache_creation.input_tokens = Empty,
            aod.turn.number = Empty,
            aod.usage.cost_usd = Empty,
            error.type = Empty,
        );
        Self {
            turn,
            tools: HashMap::new(),
        }
    }

    /// Returns the span of the turn.
    pub(super) fn turn(&self) -> &Span {
        &self.turn
    }

    /// Records a change of the transcript. Of other turns, only the information about the agent is recorded.
    pub(super) fn record(&mut self, change: &Change, own_turn: Option<i64>) {
        if self.turn.is_disabled() {
            return;
        }
        let is_own = |turn: i64| own_turn.is_none_or(|own| turn == own);
        match change {
            Change::AgentUpdated { agent } => self.record_agent(agent),
            Change::ItemAdded { turn, item } if is_own(*turn) => {
                self.start_tool(item);
                self.end_tool(item);
            }
            Change::ItemUpdated { turn, item } if is_own(*turn) => self.end_tool(item),
            Change::TurnEnded {
                turn,
                outcome,
                usage,
                ..
            } if is_own(*turn) => self.record_end(*turn, outcome, *usage),
            _ => {}
        }
    }

    fn record_agent(&self, agent: &AgentInfo) {
        let provider = match agent.runtime.as_str() {
            "claude" | "claude-oauth" | "anthropic" => "anthropic",
            "codex" | "openai" => "openai",
            "gemini" | "google" => "gcp.gemini",
            other => other,
        };
        self.turn.record("gen_ai.provider.name", provider);
        if let Some(model) = &agent.model {
            self.turn.record("gen_ai.request.model", model.as_str());
        }
    }

    fn start_tool(&mut self, item: &Item) {
        let ItemKind::ToolCall(call) = &item.kind else {
            return;
        };
        let span = tracing::info_span!(
            parent: &self.turn,
            "aod.tool",
            otel.name = format!("execute_tool {}", call.name),
            otel.kind = "internal",
            otel.status_code = Empty,
            gen_ai.operation.name = "execute_tool",
            gen_ai.tool.name = call.name,
            gen_ai.tool.call.id = item.id,
            error.type = Empty,
        );
        self.tools.insert(item.id.clone(), span);
    }

    /// Ends the span of a tool call that has ended. The item can change after that.
    fn end_tool(&mut self, item: &Item) {
        let error = match item.status {
            ItemStatus::InProgress => return,
            ItemStatus::Completed => None,
            ItemStatus::Failed => Some("failed"),
            ItemStatus::Declined => Some("declined"),
            ItemStatus::Interrupted => Some("interrupted"),
        };
        if let Some(span) = self.tools.remove(&item.id)
            && let Some(error) = error
        {
            record_error(&span, error);
        }
    }

    /// Records the error that ended the call before the end of the turn.
    pub(super) fn record_failure(&self, error: &Error) {
        record_error(&self.turn, error.kind().as_str());
    }

    fn record_end(&self, number: i64, outcome: &Outcome, usage: Option<Usage>) {
        let span = &self.turn;
        span.record("aod.turn.number", number);
        if let Some(usage) = usage {
            for (name, tokens) in [
                ("gen_ai.usage.input_tokens", usage.input_tokens),
                ("gen_ai.usage.output_tokens", usage.output_tokens),
                (
                    "gen_ai.usage.cache_read.input_tokens",
                    usage.cached_input_tokens,
                ),
                (
                    "gen_ai.usage.cache_creation.input_tokens",
                    usage.cache_write_tokens,
                ),
            ] {
                if let Some(tokens) = tokens {
                    span.record(name, tokens);
                }
            }
            if let Some(cost) = usage.cost_usd {
                span.record("aod.usage.cost_usd", cost);
            }
        }
        let error = match outcome {
            Outcome::Failed { .. } => "failed",
            Outcome::MaxTurns => "max_turns",
            Outcome::Interrupted => "interrupted",
            Outcome::Success | Outcome::Unknown => return,
        };
        record_error(span, error);
    }
}

fn record_error(span: &Span, error: &'static str) {
    span.record("error.type", error);
    span.record("otel.status_code", "ERROR");
}
