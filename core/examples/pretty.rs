//! Formats the output of an agent, from a file or the standard input, as human-readable lines.
//!
//! ```sh
//! cargo run --example pretty -- --runtime claude < transcript.jsonl
//! codex exec --json "Fix the failing test" | cargo run --example pretty -- --runtime codex --color auto
//! cargo run --example pretty -- --runtime gemini --plain --width 100 --tool-results transcript.jsonl
//! ```

use std::error::Error;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::process::ExitCode;

use aod::pretty::{Color, Formatter, Options};

const USAGE: &str = "\
Usage: pretty --runtime NAME [OPTION]... [FILE]

Formats the output of an agent: claude, codex, gemini or opencode. Other output is shown verbatim.

  --plain           ASCII marks instead of emoji
  --width COLUMNS   truncate lines to this width
  --color WHEN      on, off (the default), or auto: on a terminal, unless NO_COLOR is set
  --no-thinking     hide the thinking of the agent
  --tool-results    show the results of tools
  --failures        show failed tools, for claude too
  --raw             pass control characters verbatim";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut options = Options::new();
    let mut runtime = None;
    let mut input: Box<dyn Read> = Box::new(io::stdin().lock());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || {
            arguments
                .next()
                .ok_or_else(|| format!("{argument} needs a value"))
        };
        options = match argument.as_str() {
            "--help" => {
                writeln!(io::stdout(), "{USAGE}")?;
                return Ok(());
            }
            "--runtime" => {
                runtime = Some(value()?);
                options
            }
            "--plain" => options.plain(true),
            "--width" => options.width(value()?.parse()?),
            "--color" => options.color(color(&value()?)?),
            "--no-thinking" => options.show_thinking(false),
            "--tool-results" => options.show_tool_results(true),
            "--failures" => options.show_failures(true),
            "--raw" => options.raw(true),
            option if option.starts_with('-') => {
                return Err(format!("unknown option {option}\n\n{USAGE}").into());
            }
            path => {
                input = Box::new(File::open(path)?);
                options
            }
        };
    }
    let runtime = runtime.ok_or_else(|| format!("--runtime is missing\n\n{USAGE}"))?;
    match show(input, options.formatter_for(runtime)) {
        // The reader has closed the pipe, like `head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => Ok(outcome?),
    }
}

fn color(when: &str) -> Result<Color, String> {
    match when {
        "on" => Ok(Color::On),
        "off" => Ok(Color::Off),
        "auto" => Ok(Color::Auto),
        _ => Err(format!("--color takes on, off or auto, not {when}")),
    }
}

/// Formats the input and prints each line as soon as it is complete.
fn show(mut input: impl Read, mut formatter: impl Formatter) -> io::Result<()> {
    let mut output = BufWriter::new(io::stdout().lock());
    let mut buffer = vec![0; 64 * 1024];
    let mut pending = 0;
    loop {
        let read = match input.read(&mut buffer[pending..]) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let bytes = &buffer[..pending + read];
        // Keep an incomplete character at the end, at most three bytes, for the next read.
        let whole = match bytes.utf8_chunks().last() {
            Some(chunk) if read > 0 && is_incomplete(chunk.invalid()) => {
                bytes.len() - chunk.invalid().len()
            }
            _ => bytes.len(),
        };
        for lines in formatter.feed(&String::from_utf8_lossy(&bytes[..whole])) {
            writeln!(output, "{lines}")?;
        }
        output.flush()?;
        pending = bytes.len() - whole;
        let end = whole + pending;
        buffer.copy_within(whole..end, 0);
        if read == 0 {
            break;
        }
    }
    for lines in formatter.flush() {
        writeln!(output, "{lines}")?;
    }
    output.flush()
}

/// Returns whether these bytes are the start of a character.
fn is_incomplete(bytes: &[u8]) -> bool {
    str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}
