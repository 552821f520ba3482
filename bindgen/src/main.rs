//! `cargo bindgen`: generates the bindings of a language, and makes its package.

mod kotlin;
mod python;
mod swift;
mod tools;

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
        Command::Generate {
            language: Language::Kotlin,
        } => kotlin::generate(),
        Command::Package {
            language: Language::Kotlin,
            ..
        } => kotlin::package(),
        Command::Generate {
            language: Language::Python,
        } => python::generate(),
        Command::Package {
            language: Language::Python,
        } => python::package(),
        Command::Generate {
            language: Language::Swift,
        } => swift::generate(),
        Command::Package {
            language: Language::Swift,
        } => swift::package(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bindgen: {error}");
            ExitCode::FAILURE
        }
    }
}
