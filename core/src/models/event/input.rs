//! Conversion of events to the input of formatters and transcripts.

use aod_transcript::{End, Event, Input};

use super::{OutputStream, StageState, StartEvent, StreamEvent};

impl<'a> From<&'a StreamEvent> for Event<'a> {
    fn from(event: &'a StreamEvent) -> Self {
        let cursor = match event {
            // Their ids are those of other events.
            StreamEvent::Start(_) | StreamEvent::Stale(_) | StreamEvent::Unknown(_) => None,
            event => event.cursor(),
        };
        Self {
            input: event.into(),
            cursor,
        }
    }
}

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
            StreamEvent::Stage(stage) if stage.state == StageState::Failed => Input::StageFailed {
                stage: stage.stage.as_str(),
                message: stage.message.as_deref().unwrap_or_default(),
            },
            StreamEvent::TurnStart(start) => Input::TurnStarted { turn: start.turn },
            StreamEvent::Output(output) => output.stream.input(&output.data),
            StreamEvent::Exit(exit) if exit.extra.contains_key("code") => ended(End::Unknown),
            StreamEvent::Exit(_) => ended(End::Exit),
            StreamEvent::Error(_) => ended(End::Failed),
            StreamEvent::Terminated(_) => ended(End::Terminated),
            // The session continues after a stale stream.
            _ => Input::Other,
        }
    }
}

impl OutputStream {
    /// Wraps output of this channel as input of a formatter or transcript; [`Input::Other`] for an unknown channel.
    pub fn input<'a>(&self, data: &'a str) -> Input<'a> {
        match self {
            Self::Stdout => Input::Stdout(data),
            Self::Stderr => Input::Stderr(data),
            Self::Unknown(_) => Input::Other,
        }
    }
}

/// Returns the runtime, or the provider on servers without runtimes.
fn runtime_name(start: &StartEvent) -> &str {
    let runtime = start.runtime.as_ref().map(AsRef::as_ref);
    let provider = start.provider.as_ref().map(AsRef::as_ref);
    runtime.or(provider).unwrap_or_default()
}
