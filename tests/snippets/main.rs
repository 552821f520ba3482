//! The Rust snippets of the documentation, in one program: `snippets <topic>` runs one of them. `docs/snippets/run` starts
//! it, with a development server.

use std::error::Error;
use std::process::ExitCode;

macro_rules! snippets {
    ($($topic:ident)*) => {
        $(
            #[allow(clippy::print_stdout, clippy::pedantic, reason = "snippets are short programs")]
            mod $topic {
                include!(concat!("../../docs/snippets/", stringify!($topic), "/rust.rs"));

                pub(crate) fn run() -> Result<(), Box<dyn std::error::Error>> {
                    main().map_err(Into::into)
                }
            }
        )*

        fn run(topic: &str) -> Result<(), Box<dyn Error>> {
            match topic {
                $(stringify!($topic) => $topic::run(),)*
                _ => Err(format!("no snippet {topic:?}").into()),
            }
        }
    };
}

snippets! { agents configuration errors observability quickstart resume sessions stream transcript }

fn main() -> ExitCode {
    let topic = std::env::args().nth(1).unwrap_or_default();
    match run(&topic) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{topic}: {error}");
            ExitCode::FAILURE
        }
    }
}
