//! The events of a session that a stream delivers.

use aod_sse::{Disposition, Frame};

use super::position::Dedup;
use super::request::SessionLog;
use crate::error::{Error, ErrorKind};
use crate::models::event::{PlainOutput, StreamEvent};

#[derive(Debug)]
pub(super) struct Selection {
    pub(super) turn: Option<i64>,
    /// Delivers repeated events too.
    pub(super) raw: bool,
    pub(super) resume_stale: bool,
}

impl Selection {
    /// Parses the event in a frame and decides whether to deliver it. `deliver` receives the event and the cursor after
    /// it.
    pub(super) fn dispose<T>(
        &self,
        log: &mut SessionLog,
        frame: Frame<'_>,
        deliver: impl FnOnce(StreamEvent, Option<i64>) -> T,
    ) -> Disposition<T, Error> {
        let event = StreamEvent::from_json(frame.data);
        if let Some(error) = log.wrong_session(&event) {
            return Disposition::Reconnect(error);
        }
        let dedup = log.position.record(&event, line_id(frame));
        let cursor = log.position.cursor();
        if event.is_terminal() {
            return match event {
                StreamEvent::Stale(_) if self.resume_stale => Disposition::Reconnect(stale()),
                event => Disposition::End(deliver(event, cursor)),
            };
        }
        let wanted = self.wants(event.turn())
            // It names the runtime of the output.
            || matches!(event, StreamEvent::Start(_));
        self.disposition(dedup, wanted, || deliver(event, cursor))
    }

    /// Decides the same for an `output` event whose text is passed verbatim.
    pub(super) fn dispose_plain<T>(
        &self,
        log: &mut SessionLog,
        frame: Frame<'_>,
        output: PlainOutput,
        deliver: impl FnOnce(Option<i64>) -> T,
    ) -> Disposition<T, Error> {
        let dedup = log.position.record_output(output.id, line_id(frame));
        let cursor = log.position.cursor();
        self.disposition(dedup, self.wants(output.turn), || deliver(cursor))
    }

    fn wants(&self, turn: Option<i64>) -> bool {
        self.turn.is_none() || self.turn == turn
    }

    fn disposition<T>(
        &self,
        dedup: Dedup,
        wanted: bool,
        deliver: impl FnOnce() -> T,
    ) -> Disposition<T, Error> {
        match dedup {
            Dedup::Duplicate if !self.raw => Disposition::Ignore,
            Dedup::Unknown if wanted => Disposition::DeliverWithoutProgress(deliver()),
            Dedup::Unknown => Disposition::Ignore,
            _ if wanted => Disposition::Deliver(deliver()),
            _ => Disposition::Skip,
        }
    }
}

/// Returns the id of the frame's own `id` line, if it is a number.
fn line_id(frame: Frame<'_>) -> Option<i64> {
    frame.own_id.then(|| frame.id.parse().ok()).flatten()
}

fn stale() -> Error {
    Error::new(
        ErrorKind::Timeout,
        "the server saw no output for ten minutes",
    )
}
