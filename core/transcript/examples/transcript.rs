//! Prints the output of an agent, read from standard input, as a transcript in JSON.
//!
//! ```console
//! $ codex exec --json "Run the tests" | cargo run -p aod-transcript --example transcript -- codex
//! ```

use std::io::{self, Read, Write};

use aod_transcript::Transcript;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Some(runtime) = std::env::args().nth(1) else {
        return Err("usage: transcript claude|codex|gemini|opencode < output".into());
    };
    let mut output = Vec::new();
    io::stdin().read_to_end(&mut output)?;
    let mut transcript = Transcript::for_runtime(&runtime);
    transcript.feed(&String::from_utf8_lossy(&output));
    transcript.finish();
    let json = serde_json::to_string_pretty(&transcript)?;
    writeln!(io::stdout(), "{json}")?;
    Ok(())
}
