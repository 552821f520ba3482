//! The session that is shown: its transcript, the stream that continues it, and the requests of the user.

use std::error::Error;
use std::mem;

use aod::models::{SessionAck, SessionTurn};
use aod::transcript::{Change, Transcript, TranscriptStream};
use aod::{Client, ConnectionState, EventStream};
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::future::{BoxFuture, pending};
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use uuid::Uuid;

/// What happened to the session.
#[derive(Debug)]
pub(crate) enum Update {
    /// The state of the connection changed.
    Connection(ConnectionState),
    /// The transcript changed.
    Transcript(Box<Change>),
    /// The turns, which have the prompts.
    Turns(Vec<SessionTurn>),
    /// The server accepted a prompt.
    Accepted(SessionAck),
    /// The server refused a prompt.
    Refused(String, aod::Error),
    /// The server accepted the interruption of the turn.
    Interrupted,
    /// Another request failed.
    Failed(aod::Error),
    /// The stream failed.
    Lost(aod::Error),
}

/// A session and its transcript. It makes progress while [`next`](Self::next) is polled.
pub(crate) struct Session {
    client: Client,
    id: Uuid,
    source: Source,
    /// The number of the turn that the last prompt started.
    prompted: Option<i64>,
    requests: FuturesUnordered<BoxFuture<'static, Update>>,
    observer: UnboundedSender<ConnectionState>,
    connections: UnboundedReceiver<ConnectionState>,
}

/// Where the transcript is. A stream holds the transcript that it continues.
enum Source {
    Idle(Transcript),
    Opening(Transcript, BoxFuture<'static, aod::Result<EventStream>>),
    Open(Box<TranscriptStream>),
}

impl Session {
    /// Follows a session from the end of the transcript, which can be empty.
    pub(crate) fn new(client: Client, id: Uuid, transcript: Transcript) -> Self {
        let (observer, connections) = unbounded();
        let mut session = Self {
            client,
            id,
            source: Source::Idle(transcript),
            prompted: None,
            requests: FuturesUnordered::new(),
            observer,
            connections,
        };
        session.request_turns();
        session.follow();
        session
    }

    /// Continues a [saved](Self::save) session.
    pub(crate) fn restore(client: Client, saved: &[u8]) -> Result<Self, Box<dyn Error>> {
        let (id, snapshot) = saved.split_first_chunk().ok_or("not a saved session")?;
        let transcript = Transcript::restore(snapshot)?;
        Ok(Self::new(client, Uuid::from_bytes(*id), transcript))
    }

    pub(crate) fn id(&self) -> Uuid {
        self.id
    }

    pub(crate) fn transcript(&self) -> &Transcript {
        match &self.source {
            Source::Idle(transcript) | Source::Opening(transcript, _) => transcript,
            Source::Open(changes) => changes.transcript(),
        }
    }

    /// Returns the id and the transcript as one value, from which another process can [continue](Self::restore).
    pub(crate) fn save(&self) -> Vec<u8> {
        [self.id.as_bytes(), &*self.transcript().snapshot()].concat()
    }

    /// Follows the session from the end of the transcript, unless a stream does so already.
    pub(crate) fn follow(&mut self) {
        self.source = match self.source.take() {
            Source::Idle(transcript) => {
                let (client, id, observer) = (self.client.clone(), self.id, self.observer.clone());
                let since = transcript.cursor();
                let open = async move {
                    let mut stream = client
                        .sessions()
                        .stream(id)
                        .resume_stale(true)
                        .on_state(move |state| drop(observer.unbounded_send(state)));
                    if let Some(cursor) = since {
                        stream = stream.since(cursor);
                    }
                    stream.await
                };
                Source::Opening(transcript, open.boxed())
            }
            source => source,
        };
    }

    /// Sends the next prompt.
    pub(crate) fn prompt(&mut self, text: String) {
        let (client, id) = (self.client.clone(), self.id);
        self.requests.push(
            async move {
                match client.sessions().prompt(id, text.as_str()).await {
                    Ok(ack) => Update::Accepted(ack),
                    Err(error) => Update::Refused(text, error),
                }
            }
            .boxed(),
        );
    }

    /// Interrupts the turn.
    pub(crate) fn interrupt(&mut self) {
        let (client, id) = (self.client.clone(), self.id);
        self.requests.push(
            async move {
                match client.sessions().interrupt(id).await {
                    Ok(_) => Update::Interrupted,
                    Err(error) => Update::Failed(error),
                }
            }
            .boxed(),
        );
    }

    fn request_turns(&mut self) {
        let (client, id) = (self.client.clone(), self.id);
        self.requests.push(
            async move {
                match client.sessions().turns(id).await {
                    Ok(turns) => Update::Turns(turns),
                    Err(error) => Update::Failed(error),
                }
            }
            .boxed(),
        );
    }

    /// Waits for the next update. It is cancel-safe: dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> Update {
        loop {
            tokio::select! {
                biased;
                Some(state) = self.connections.next() => return Update::Connection(state),
                Some(update) = self.requests.next() => {
                    if let Update::Accepted(ack) = &update {
                        self.prompted = ack.current_turn;
                        self.request_turns();
                        self.follow();
                    }
                    return update;
                }
                change = self.source.next() => match change {
                    Some(Ok(change)) => return Update::Transcript(Box::new(change)),
                    Some(Err(error)) => return Update::Lost(error),
                    None => {
                        self.request_turns();
                        // A prompt can be accepted while the stream still reads the end of the turn before.
                        let last = self.transcript().turns().last().map(|turn| turn.number);
                        // Once: the stream has nothing of a turn that ended before its first output.
                        if self.prompted.take().is_some_and(|prompted| last < Some(prompted)) {
                            self.follow();
                        }
                    }
                },
            }
        }
    }
}

impl Source {
    fn take(&mut self) -> Self {
        mem::replace(self, Self::Idle(Transcript::new()))
    }

    fn into_transcript(self) -> Transcript {
        match self {
            Self::Idle(transcript) | Self::Opening(transcript, _) => transcript,
            Self::Open(changes) => changes.into_transcript(),
        }
    }

    /// Opens the stream and returns its next change; `None` at its end.
    async fn next(&mut self) -> Option<aod::Result<Change>> {
        loop {
            match self {
                Self::Idle(_) => pending().await,
                Self::Opening(_, open) => {
                    let opened = open.await;
                    let transcript = self.take().into_transcript();
                    match opened {
                        Ok(events) => {
                            let changes = events.transcript().continue_from(transcript);
                            *self = Self::Open(Box::new(changes));
                        }
                        Err(error) => {
                            *self = Self::Idle(transcript);
                            return Some(Err(error));
                        }
                    }
                }
                Self::Open(changes) => {
                    let change = changes.next().await;
                    if !matches!(change, Some(Ok(_))) {
                        *self = Self::Idle(self.take().into_transcript());
                    }
                    return change;
                }
            }
        }
    }
}
