//! Conversion of events to the input of formatters.

use aod_transcript::{End, Input};

use super::{StartEvent, StreamEvent};

impl<'a> From<&'a StreamEvent> for Input<'a> {
    fn from(event: &'a StreamEvent) -> Self {
        let ended = |end| Input::Ended {
            end,
            exit_code: event.exit_code(),
        };
        match event {
            StreamEvent::Start(start) => Input::Start {
                runtime: runtime_name(start),
            },
            StreamEvent::TurnStart(start) => Input::TurnStarted { turn: start.turn },
            // A code that cannot be read says nothing about an interruption.
            StreamEvent::Exit(exit) if exit.extra.contains_key("code") => Input::Other,
            StreamEvent::Exit(_) => ended(End::Exit),
            StreamEvent::Error(_) => ended(End::Failed),
            StreamEvent::Terminated(_) => ended(End::Terminated),
            // The session continues after a stale stream.
            _ => event.stdout().map_or(Input::Other, Input::Stdout),
        }
    }
}

/// Returns the runtime, or the provider on servers without runtimes.
fn runtime_name(start: &StartEvent) -> &str {
    let runtime = start.runtime.as_ref().map(AsRef::as_ref);
    let provider = start.provider.as_ref().map(AsRef::as_ref);
    runtime.or(provider).unwrap_or_default()
}
