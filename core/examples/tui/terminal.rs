//! Switches the terminal to the screen of the program and back.

use std::{io, panic};

use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::execute;
use ratatui::DefaultTerminal;

/// Switches to the alternate screen and to single keys. If the program panics, the terminal is restored before the message
/// is printed.
pub(crate) fn init() -> io::Result<DefaultTerminal> {
    let terminal = ratatui::try_init()?;
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let _ = execute!(io::stdout(), DisableBracketedPaste);
        hook(info);
    }));
    // Pasted text arrives as a whole, so that a line break in it does not send the prompt. Some terminals cannot do this.
    let _ = execute!(io::stdout(), EnableBracketedPaste);
    Ok(terminal)
}

/// Restores the terminal.
pub(crate) fn restore(terminal: DefaultTerminal) {
    // Shows the cursor.
    drop(terminal);
    let _ = execute!(io::stdout(), DisableBracketedPaste);
    ratatui::restore();
}
