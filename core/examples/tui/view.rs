//! Draws the screen.

use aod::transcript::Transcript;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position as Cell, Rect};
use ratatui::style::Stylize;
use ratatui::text::{Line, Span, Text};

use super::app::{App, Entry, entries};
use super::items::{DIM, lines_of, outcome_of, outcome_text, usage_text, visible, wrap};

const KEYS: &str = "i prompt · ↑↓ scroll · Tab select · Space unfold · ^C interrupt · q quit";

/// Draws the transcript, the status line, the prompt, and the keys or a message.
pub(crate) fn draw(frame: &mut Frame, app: &mut App, transcript: &Transcript) {
    let help = match &app.message {
        Some(message) => {
            let lines = wrap(&visible(message), usize::from(frame.area().width));
            lines.into_iter().take(3).collect::<Text>().yellow()
        }
        None => Text::styled(KEYS, DIM),
    };
    let [items, status, prompt, bottom] = Layout::vertical([
        Constraint::Fill(1),
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(u16::try_from(help.height()).unwrap_or(1)),
    ])
    .areas(frame.area());
    let lines = lines_on_screen(app, transcript, items);
    frame.render_widget(Text::from(lines), items);
    frame.render_widget(status_line(app, transcript).reversed(), status);
    draw_prompt(frame, app, prompt);
    frame.render_widget(help, bottom);
}

/// Returns the lines of the transcript that are on the screen, after scrolling.
fn lines_on_screen(app: &mut App, transcript: &Transcript, area: Rect) -> Vec<Line<'static>> {
    let (width, height) = (usize::from(area.width), usize::from(area.height));
    let entries = entries(transcript);
    let pages = Pages {
        app,
        entries: &entries,
        width,
    };
    let end = pages.up((entries.len(), 0), height);
    let index_of = |position| entries.partition_point(|entry| entry.position < position);
    let mut top = match app.scroll.top {
        Some((position, line)) => pages.down((index_of(position), line), 0),
        None => end,
    };
    let lines = app.scroll.pending;
    top = if lines < 0 {
        pages.up(top, lines.unsigned_abs())
    } else {
        pages.down(top, lines.unsigned_abs())
    };
    if let Some(selected) = app.selected.filter(|_| app.scroll.reveal) {
        let selected = (index_of(selected), 0);
        if selected < top || selected >= pages.down(top, height) {
            top = selected;
        }
    }
    top = top.min(end);
    let (first, above) = top;
    let below = (first..entries.len()).flat_map(|index| pages.lines(index));
    let shown = below.skip(above).take(height).collect();

    app.scroll.top = (top < end).then(|| (entries[first].position, above));
    app.scroll.pending = 0;
    app.scroll.reveal = false;
    app.scroll.height = height;
    shown
}

/// The lines of all entries. They are laid out when they are needed, so that a frame of a long transcript takes no longer
/// than that of a short one. A place is the index of an entry, and the number of one of its lines.
struct Pages<'a> {
    app: &'a App,
    entries: &'a [Entry<'a>],
    width: usize,
}

impl Pages<'_> {
    fn lines(&self, index: usize) -> Vec<Line<'static>> {
        lines_of(self.app, &self.entries[index], self.width)
    }

    /// Returns the place that is `count` lines before another; the first one if there are fewer.
    fn up(&self, (mut index, mut line): (usize, usize), count: usize) -> (usize, usize) {
        while line < count && index > 0 {
            index -= 1;
            line += self.lines(index).len();
        }
        (index, line.saturating_sub(count))
    }

    /// Returns the place that is `count` lines after another; the end if there are fewer.
    fn down(&self, (mut index, line): (usize, usize), count: usize) -> (usize, usize) {
        let mut line = line + count;
        while index < self.entries.len() {
            let lines = self.lines(index).len();
            if line < lines {
                return (index, line);
            }
            line -= lines;
            index += 1;
        }
        (index, 0)
    }
}

/// Returns the state of the connection and of the turn, the model, and the tokens and the cost of all turns.
fn status_line(app: &App, transcript: &Transcript) -> Line<'static> {
    let mut parts = vec![app.connection.clone(), turn_state(app, transcript)];
    let model = transcript.agent().and_then(|agent| agent.model.as_deref());
    parts.extend(model.map(visible));
    parts.extend(transcript.usage().map(|usage| usage_text(&usage)));
    Line::from(format!(" {}", parts.join(" │ ")))
}

fn turn_state(app: &App, transcript: &Transcript) -> String {
    let queued = app.turns.last().map_or(1, |turn| turn.turn_number);
    match transcript.turns().last() {
        Some(turn) if turn.number >= queued => {
            let outcome = outcome_of(app, turn);
            let state = outcome.map_or_else(|| "running".to_owned(), |it| outcome_text(&it));
            format!("turn {}: {state}", turn.number)
        }
        _ => format!("turn {queued}: starting"),
    }
}

fn draw_prompt(frame: &mut Frame, app: &App, area: Rect) {
    let mark = Span::from("❯ ");
    let text = visible(&app.prompt.replace('\n', "⏎"));
    let room = usize::from(area.width).saturating_sub(mark.width() + 1);
    // Of a long prompt, the end is visible.
    let shown = wrap(&text, room).pop().unwrap_or_default();
    let line = Line::from(vec![mark.bold(), Span::from(shown)]);
    if app.is_typing {
        let column = u16::try_from(line.width()).unwrap_or(u16::MAX);
        frame.set_cursor_position(Cell::new(area.x.saturating_add(column), area.y));
    }
    frame.render_widget(line, area);
}
