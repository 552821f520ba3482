//! The decision which events of a session a stream delivers.

use std::time::Duration;

use aod_sse::{Disposition, Frame};

use super::ConnectionState;
use super::position::Dedup;
use super::request::SessionLog;
use crate::error::{Error, ErrorKind};
use crate::models::event::{PlainOutput, StreamEvent};

/// The time limit of the request that confirms a terminal event.
const CONFIRMATION_LIMIT: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct Selection {
    /// The turn with which the stream ends.
    pub(super) turn: Option<i64>,
    /// Whether to deliver the events of this turn only.
    pub(super) is_filtered: bool,
    /// Whether to deliver repeated events too.
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
        let is_after_turn = self.turn.is_some_and(|turn| event.starts_turn_after(turn));
        if let Some(held) = log.take_held_before(&event, self.turn) {
            return Disposition::End(deliver(held, log.position.cursor()));
        }
        let dropped_turn = log.position.take_dropped_turn();
        let dedup = log.position.record(&event, line_id(frame), frame.data);
        let cursor = log.position.cursor();
        if is_after_turn {
            return Disposition::End(deliver(event, cursor));
        }
        if event.is_terminal() {
            return match event {
                StreamEvent::Stale(_) if self.resume_stale => Disposition::Reconnect(stale()),
                StreamEvent::Stale(_) => {
                    log.held = None;
                    Disposition::End(deliver(event, cursor))
                }
                event if self.raw || log.server.is_none() => {
                    Disposition::End(deliver(event, cursor))
                }
                event => {
                    log.held = Some(Held {
                        event,
                        is_followed: false,
                    });
                    Disposition::Confirm(CONFIRMATION_LIMIT)
                }
            };
        }
        if dedup == Dedup::New && matches!(event, StreamEvent::TurnStart(_)) && log.held.is_some() {
            // The held event is that of an earlier turn, or the server sends it again after the rows of this one.
            log.held = None;
            let wanted = self.wants(event.turn());
            return Disposition::Continue(wanted.then(|| deliver(event, cursor)));
        }
        let wanted = self.wants(event.turn())
            // `start` names the runtime, which selects the formatter of the output.
            || matches!(event, StreamEvent::Start(_));
        match dropped_turn {
            Some(turn_start) if dedup == Dedup::Reset && wanted && !self.raw => {
                let turn_start = StreamEvent::TurnStart(turn_start);
                self.disposition(log, dedup, true, |log| {
                    log.queue(event);
                    deliver(turn_start, log.position.cursor())
                })
            }
            _ => self.disposition(log, dedup, wanted, |_| deliver(event, cursor)),
        }
    }

    /// Like [`dispose`](Self::dispose), for an `output` event whose text is passed verbatim.
    pub(super) fn dispose_plain<T>(
        &self,
        log: &mut SessionLog,
        frame: Frame<'_>,
        output: PlainOutput<'_>,
        deliver: impl FnOnce(Option<i64>) -> T,
    ) -> Disposition<T, Error> {
        let line = line_id(frame);
        let dedup = log
            .position
            .record_output(output.id, line, frame.data, output.turn);
        let cursor = log.position.cursor();
        self.disposition(log, dedup, self.wants(output.turn), |_| deliver(cursor))
    }

    fn wants(&self, turn: Option<i64>) -> bool {
        !self.is_filtered || self.turn == turn
    }

    fn disposition<T>(
        &self,
        log: &mut SessionLog,
        dedup: Dedup,
        wanted: bool,
        deliver: impl FnOnce(&mut SessionLog) -> T,
    ) -> Disposition<T, Error> {
        if dedup == Dedup::Reset {
            if let Some(observer) = &log.observer {
                observer.notify(ConnectionState::HistoryReset);
            }
            if log.held.take().is_some() {
                // It is an event of the previous history.
                return Disposition::Continue(wanted.then(|| deliver(log)));
            }
        }
        if let Some(held) = &mut log.held {
            match dedup {
                // It may be a repeat, so it does not delay the terminal event.
                Dedup::Unknown => return Disposition::Ignore,
                Dedup::New => held.is_followed = true,
                Dedup::Unordered | Dedup::Duplicate | Dedup::Reset => {}
            }
        }
        match dedup {
            Dedup::Duplicate if !self.raw => Disposition::Ignore,
            Dedup::Unknown | Dedup::Unordered if wanted => {
                Disposition::DeliverWithoutProgress(deliver(log))
            }
            Dedup::Unknown | Dedup::Unordered => Disposition::Ignore,
            _ if wanted => Disposition::Deliver(deliver(log)),
            _ => Disposition::Skip,
        }
    }
}

/// A terminal event that is not delivered yet.
///
/// The server reads the rows of a session before its status, so rows that are written in between are sent only on the
/// next connection. The event is held until one more request has brought no new row, has failed, or has reached
/// [`CONFIRMATION_LIMIT`].
#[derive(Debug)]
pub(super) struct Held {
    pub(super) event: StreamEvent,
    /// Whether the current connection has brought a new row.
    is_followed: bool,
}

impl SessionLog {
    /// Takes the held event if `event` shows that no further row precedes it: `event` is a terminal event without a new
    /// row before it, or the start of a later turn: later than the one that ends the stream or, without such a limit,
    /// than the one that was delivered last.
    fn take_held_before(&mut self, event: &StreamEvent, limit: Option<i64>) -> Option<StreamEvent> {
        let held = self.held.as_ref()?;
        let is_complete = match (event, limit) {
            (StreamEvent::TurnStart(_), Some(limit)) => event.starts_turn_after(limit),
            (StreamEvent::Stage(_), Some(limit)) => {
                self.position.is_in_turn(limit) && self.position.is_start_of_later_turn(event)
            }
            (StreamEvent::TurnStart(_) | StreamEvent::Stage(_), None) => {
                self.position.is_start_of_later_turn(event)
            }
            (event, _) => event.is_terminal() && !held.is_followed,
        };
        if is_complete {
            self.held.take().map(|held| held.event)
        } else {
            None
        }
    }
}

/// A row that follows another event of the same frame.
#[derive(Debug)]
pub(super) struct Queued {
    event: StreamEvent,
    /// The cursor after it.
    cursor: Option<i64>,
}

impl SessionLog {
    /// Queues the latest row behind the event that is delivered before it.
    fn queue(&mut self, event: StreamEvent) {
        let cursor = self.position.replace_cursor(None);
        self.queued = Some(Queued { event, cursor });
    }

    /// Takes the queued row.
    pub(super) fn take_queued(&mut self) -> Option<StreamEvent> {
        let Queued { event, cursor } = self.queued.take()?;
        self.position.replace_cursor(cursor);
        Some(event)
    }
}

/// Returns the id in the frame's own `id` line, if it has one and it is a number.
fn line_id(frame: Frame<'_>) -> Option<i64> {
    frame.own_id.then(|| frame.id.parse().ok()).flatten()
}

fn stale() -> Error {
    Error::new(
        ErrorKind::Timeout,
        "the server saw no output for ten minutes",
    )
}
