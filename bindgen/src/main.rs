//! `cargo bindgen`: generates the bindings of a language, and makes its package.

mod kotlin;
mod python;
mod swift;
mod tools;
mod venv;

use std::process::ExitCode;

use clap::{Parser, ValueEnum};

/// Generates and packages the language bindings.
#[derive(Parser)]
enum Command {
    /// Generates the bindings next to the hand-written sources of the language.
    Generate {
        /// The language.
        language: Language,
    },
    /// Makes the finished package, in `dist/<language>/`.
    Package {
        /// The language.
        language: Language,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Language {
    Kotlin,
    Python,
    Swift,
}

fn main() -> ExitCode {
    let done = match Command::parse() {
        Command::Generate { language } => match language {
            Language::Kotlin => kotlin::generate(),
            Language::Python => python::generate(),
            Language::Swift => swift::generate(),
        },
        Command::Package { language } => match language {
            Language::Kotlin => kotlin::package(),
            Language::Python => python::package(),
            Language::Swift => swift::package(),
        },
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bindgen: {error}");
            ExitCode::FAILURE
        }
    }
}
