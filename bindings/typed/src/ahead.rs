//! Events that a task of the runtime reads ahead.
//!
//! So a pull finds all that have come meanwhile: the connection gives them one by one, and a pull across languages costs
//! many times what an event does.

use std::collections::VecDeque;
use std::future::{Future, pending};
use std::pin::pin;
use std::sync::Arc;

use aod::EventStream;
use aod::models::event::StreamEvent;
use futures::StreamExt as _;
use futures::future::{Either, select};
use tokio::sync::mpsc::error::SendError;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::AbortHandle;

use super::call::{handle, panicked};
use super::error::CallError;
use super::stream::{ConnectionState, EventBatch};

/// How much is read ahead at most: as many events, and as many bytes or the one event that exceeds them.
const MOST_EVENTS: usize = (MOST_BYTES / LEAST_BYTES) as usize;
const MOST_BYTES: u32 = 1024 * 1024;
const LEAST_BYTES: u32 = MOST_BYTES / 256;

/// Dropping it closes the connection.
pub(super) struct ReadAhead {
    read: mpsc::Receiver<Read>,
    /// What was received and is not taken yet.
    received: VecDeque<Read>,
    /// One for each byte that may be read.
    room: Arc<Semaphore>,
    reader: AbortHandle,
}

enum Read {
    State(ConnectionState),
    /// With the position behind it, and the room that it takes.
    Event(StreamEvent, Option<i64>, u32),
    End(Result<(), CallError>),
}

/// What is taken at once.
pub(super) enum Taken {
    /// Some events, at least one.
    Events(EventBatch),
    /// The connection is another than before.
    State(ConnectionState),
}

/// What is told of the connection, to be taken in order with the events.
pub(super) type States = mpsc::UnboundedReceiver<ConnectionState>;

impl ReadAhead {
    /// Reads what is opened, on the runtime.
    pub(super) fn of(
        opening: impl Future<Output = Result<EventStream, CallError>> + Send + 'static,
        states: Option<States>,
    ) -> Result<Self, CallError> {
        let (sender, read) = mpsc::channel(MOST_EVENTS);
        let room = Arc::new(Semaphore::new(MOST_BYTES as usize));
        let reader = Reader {
            states,
            sender,
            room: Arc::clone(&room),
        };
        let task = handle()?.spawn(async {
            // Nobody is there any more, if this fails.
            let _ = reader.read(opening).await;
        });
        Ok(Self {
            read,
            received: VecDeque::new(),
            room,
            reader: task.abort_handle(),
        })
    }

    /// Waits for one event at least, and takes all that are there already, `max` at most.
    pub(super) async fn events(&mut self, max: u32) -> Result<Option<EventBatch>, CallError> {
        loop {
            match self.take(max).await? {
                Some(Taken::Events(events)) => return Ok(Some(events)),
                Some(Taken::State(_)) => {}
                None => return Ok(None),
            }
        }
    }

    /// Waits for something, and takes it with what there is more of it, `max` events at most.
    pub(super) async fn take(&mut self, max: u32) -> Result<Option<Taken>, CallError> {
        if self.received.is_empty() {
            let mut received = Vec::new();
            self.read.recv_many(&mut received, MOST_EVENTS).await;
            self.received.extend(received);
        }
        let mut batch = EventBatch {
            events: Vec::new(),
            cursors: Vec::new(),
        };
        let mut bytes = 0;
        while batch.events.len() < max.max(1) as usize {
            match self.received.pop_front() {
                Some(Read::Event(event, cursor, size)) => {
                    bytes += size;
                    batch.events.push(event);
                    batch.cursors.push(cursor);
                }
                Some(other) => {
                    self.received.push_front(other);
                    break;
                }
                None => break,
            }
        }
        self.room.add_permits(bytes as usize);
        if !batch.events.is_empty() {
            return Ok(Some(Taken::Events(batch)));
        }
        match self.received.pop_front() {
            Some(Read::State(state)) => Ok(Some(Taken::State(state))),
            Some(Read::End(end)) => {
                // Told once; then it is a stream that has ended.
                self.received.push_front(Read::End(Ok(())));
                end.map(|()| None)
            }
            // A task that goes without telling the end panicked.
            Some(Read::Event(..)) | None => {
                self.received.push_front(Read::End(Ok(())));
                Err(panicked())
            }
        }
    }
}

impl Drop for ReadAhead {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// The task that reads.
struct Reader {
    states: Option<States>,
    sender: mpsc::Sender<Read>,
    room: Arc<Semaphore>,
}

impl Reader {
    async fn read(
        mut self,
        opening: impl Future<Output = Result<EventStream, CallError>>,
    ) -> Result<(), SendError<Read>> {
        let end = match self.passing_states(opening).await? {
            Ok(mut events) => loop {
                match self.passing_states(events.next()).await? {
                    Some(Ok(event)) => {
                        // It is never closed.
                        let size = size(&event);
                        if let Ok(room) = self.room.acquire_many(size).await {
                            room.forget();
                        }
                        let read = Read::Event(event, events.cursor(), size);
                        self.sender.send(read).await?;
                    }
                    Some(Err(error)) => break Err(error.into()),
                    None => break Ok(()),
                }
            },
            Err(error) => Err(error),
        };
        self.sender.send(Read::End(end)).await
    }

    /// Awaits something, and passes on what is told of the connection up to then.
    async fn passing_states<T>(
        &mut self,
        work: impl Future<Output = T>,
    ) -> Result<T, SendError<Read>> {
        let mut work = pin!(work);
        let done = loop {
            let state = pin!(next_state(&mut self.states));
            match select(state, work.as_mut()).await {
                Either::Left((state, _)) => self.sender.send(Read::State(state)).await?,
                Either::Right((done, _)) => break done,
            }
        };
        // Those that were told while the work was done come before what it gave.
        while let Some(Ok(state)) = self.states.as_mut().map(mpsc::UnboundedReceiver::try_recv) {
            self.sender.send(Read::State(state)).await?;
        }
        Ok(done)
    }
}

async fn next_state(states: &mut Option<States>) -> ConnectionState {
    if let Some(states) = states
        && let Some(state) = states.recv().await
    {
        return state;
    }
    pending().await
}

/// About as many bytes as an event holds, and never more than there is room for; at least what keeps the number of events
/// within bounds.
fn size(event: &StreamEvent) -> u32 {
    let (text, extra) = match event {
        StreamEvent::Start(event) => (0, Some(&event.extra)),
        StreamEvent::Stage(event) => (
            event.stage.len() + length(event.message.as_ref()),
            Some(&event.extra),
        ),
        StreamEvent::TurnStart(event) => (0, Some(&event.extra)),
        StreamEvent::Output(event) => (event.data.len(), Some(&event.extra)),
        StreamEvent::Exit(event) => (0, Some(&event.extra)),
        StreamEvent::Error(event) => (length(event.message.as_ref()), Some(&event.extra)),
        StreamEvent::Terminated(event) => (length(event.message.as_ref()), Some(&event.extra)),
        StreamEvent::Stale(event) => (length(event.message.as_ref()), Some(&event.extra)),
        StreamEvent::Unknown(event) => (event.raw.len(), None),
    };
    let extra: usize = extra
        .into_iter()
        .flatten()
        .map(|(name, value)| name.len() + value.to_string().len())
        .sum();
    u32::try_from(text + extra).map_or(MOST_BYTES, |bytes| bytes.clamp(LEAST_BYTES, MOST_BYTES))
}

fn length(text: Option<&String>) -> usize {
    text.map_or(0, String::len)
}
