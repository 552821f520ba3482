//! The state of the screen, and how keys and updates of the session change it. It does no input or output.

use std::collections::BTreeSet;

use aod::models::SessionTurn;
use aod::transcript::{Change, Item, ItemKind, Transcript, Turn};
use aod::{ConnectionState, Error};
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

use super::session::Update;

const RECONNECTING: &str = "reconnecting";

/// The state of the screen, except for the transcript.
#[derive(Debug, Default)]
pub(crate) struct App {
    /// The state of the connection.
    pub(crate) connection: String,
    /// The turns as the server lists them.
    pub(crate) turns: Vec<SessionTurn>,
    /// A message to the user, shown until the next key.
    pub(crate) message: Option<String>,
    /// The prompt that the user is typing.
    pub(crate) prompt: String,
    /// Whether keys are text of the prompt.
    pub(crate) is_typing: bool,
    /// The tool calls whose result is shown.
    pub(crate) unfolded: BTreeSet<Position>,
    /// The tool call that can be unfolded.
    pub(crate) selected: Option<Position>,
    pub(crate) scroll: Scroll,
}

/// The part of the transcript that is visible.
#[derive(Debug, Default)]
pub(crate) struct Scroll {
    /// The entry at the top of the screen, and the number of its lines above the screen. `None` at the end of the
    /// transcript, whose new items are shown as they arrive.
    pub(crate) top: Option<(Position, usize)>,
    /// The number of lines to scroll when the screen is drawn next; negative towards the beginning.
    pub(crate) pending: isize,
    /// Whether to make the selected tool call visible when the screen is drawn next.
    pub(crate) reveal: bool,
    /// The number of lines of the transcript on the screen.
    pub(crate) height: usize,
}

/// The position of an entry in the transcript. It stays the same when the oldest items are dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    /// The index of the turn.
    pub(crate) turn: usize,
    pub(crate) part: Part,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Start,
    Item(i64),
    End,
}

/// An entry of the transcript: the start of a turn, an item, or the end of a turn.
pub(crate) struct Entry<'a> {
    pub(crate) position: Position,
    pub(crate) turn: &'a Turn,
    pub(crate) item: Option<&'a Item>,
}

/// Returns the entries of a transcript, in order.
pub(crate) fn entries(transcript: &Transcript) -> Vec<Entry<'_>> {
    let mut entries = Vec::new();
    for (index, turn) in transcript.turns().iter().enumerate() {
        let mut push = |part, item| {
            let position = Position { turn: index, part };
            entries.push(Entry {
                position,
                turn,
                item,
            });
        };
        push(Part::Start, None);
        for (number, item) in (turn.dropped_items..).zip(&turn.items) {
            push(Part::Item(number), Some(item));
        }
        if turn.outcome.is_some() {
            push(Part::End, None);
        }
    }
    entries
}

/// What the program does for the user.
#[derive(Debug, PartialEq)]
pub(crate) enum Action {
    Prompt(String),
    Interrupt,
    /// Follows the session again after its stream has failed.
    Follow,
    Quit,
}

impl App {
    /// Handles a key or pasted text.
    pub(crate) fn handle(&mut self, event: &Event, transcript: &Transcript) -> Option<Action> {
        match event {
            Event::Paste(text) => {
                self.is_typing = true;
                // Terminals may send CR as the end of a line.
                self.prompt
                    .push_str(&text.replace("\r\n", "\n").replace('\r', "\n"));
                None
            }
            _ => self.press(event.as_key_press_event()?, transcript),
        }
    }

    fn press(&mut self, key: KeyEvent, transcript: &Transcript) -> Option<Action> {
        self.message = None;
        if key.modifiers == KeyModifiers::CONTROL {
            return (key.code == KeyCode::Char('c')).then_some(Action::Interrupt);
        }
        if self.is_typing {
            return self.edit(key.code);
        }
        let page = isize::try_from(self.scroll.height.saturating_sub(1)).unwrap_or(1);
        match key.code {
            KeyCode::Char('q') | KeyCode::Esc => return Some(Action::Quit),
            KeyCode::Char('r') => return Some(Action::Follow),
            KeyCode::Char('i') | KeyCode::Enter => self.is_typing = true,
            KeyCode::Char('k') | KeyCode::Up => self.scroll.pending -= 1,
            KeyCode::Char('j') | KeyCode::Down => self.scroll.pending += 1,
            KeyCode::PageUp => self.scroll.pending -= page,
            KeyCode::PageDown => self.scroll.pending += page,
            KeyCode::Char('g') | KeyCode::Home => {
                let (turn, part) = (0, Part::Start);
                self.scroll.top = Some((Position { turn, part }, 0));
            }
            KeyCode::Char('G') | KeyCode::End => self.scroll.top = None,
            KeyCode::Tab => self.select(transcript, true),
            KeyCode::BackTab => self.select(transcript, false),
            KeyCode::Char(' ') => {
                if let Some(selected) = self.selected {
                    if !self.unfolded.remove(&selected) {
                        self.unfolded.insert(selected);
                    }
                    self.scroll.reveal = true;
                }
            }
            _ => {}
        }
        None
    }

    fn edit(&mut self, key: KeyCode) -> Option<Action> {
        match key {
            KeyCode::Char(character) => self.prompt.push(character),
            KeyCode::Backspace => drop(self.prompt.pop()),
            KeyCode::Esc => self.is_typing = false,
            KeyCode::Enter if !self.prompt.trim().is_empty() => {
                self.is_typing = false;
                self.scroll.top = None;
                return Some(Action::Prompt(std::mem::take(&mut self.prompt)));
            }
            _ => {}
        }
        None
    }

    /// Selects the next or the previous tool call; the last one if none is selected.
    fn select(&mut self, transcript: &Transcript, forward: bool) {
        let calls: Vec<Position> = entries(transcript)
            .iter()
            .filter(|entry| {
                matches!(
                    entry.item.map(|item| &item.kind),
                    Some(ItemKind::ToolCall(_))
                )
            })
            .map(|entry| entry.position)
            .collect();
        let found = match self.selected {
            None => calls.last(),
            Some(now) if forward => calls.iter().find(|call| **call > now),
            Some(now) => calls.iter().rfind(|call| **call < now),
        };
        self.selected = found.copied().or(self.selected);
        self.scroll.reveal = true;
    }

    /// Applies an update of the session.
    pub(crate) fn update(&mut self, update: Update) {
        match update {
            Update::Connection(state) => self.connect(&state),
            // The screen is drawn from the transcript. A program with one widget for each item would use the changes.
            Update::Transcript(change) => {
                if let Change::TurnStarted { .. } | Change::TurnEnded { .. } = *change {
                    self.message = None;
                }
            }
            Update::Turns(turns) => self.turns = turns,
            Update::Accepted(ack) => self.show(format!("the prompt was accepted: {}", ack.status)),
            Update::Interrupted => self.show("interrupting the turn"),
            Update::Refused(prompt, error) => {
                self.fail(&error);
                if self.prompt.is_empty() {
                    self.prompt = prompt;
                }
            }
            Update::Failed(error) => self.fail(&error),
            Update::Lost(error) => {
                self.show(format!("error: {error}; r follows the session again"));
            }
        }
    }

    fn connect(&mut self, state: &ConnectionState) {
        self.connection = match state {
            ConnectionState::Connecting => "connecting".to_owned(),
            ConnectionState::Live => {
                if self.connection.starts_with(RECONNECTING) {
                    self.message = None;
                }
                "live".to_owned()
            }
            ConnectionState::Resuming { attempt, cause, .. } => {
                self.fail(cause);
                format!("{RECONNECTING} ({attempt})")
            }
            ConnectionState::WaitingForNetwork => "waiting for the network".to_owned(),
            ConnectionState::HistoryReset => {
                return self.show("the server has started the history of the session again");
            }
            ConnectionState::Closed => "idle".to_owned(),
        };
    }

    fn show(&mut self, message: impl Into<String>) {
        self.message = Some(message.into());
    }

    fn fail(&mut self, error: &Error) {
        let detail = error.detail_text();
        let text = detail.map_or_else(|| error.to_string(), Into::into);
        self.show(format!("error: {text}"));
    }
}
