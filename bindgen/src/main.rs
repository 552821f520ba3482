//! `cargo bindgen`: generates the bindings for a language, builds its package, and records the API of the Rust crates.

mod devserver;
mod generator;
mod kotlin;
mod library;
mod lock;
mod notices;
mod public_api;
mod python;
mod swift;
mod toolchain;
mod tools;
mod venv;

use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use crate::tools::{Result, root};

/// Generates and packages the language bindings.
#[derive(Parser)]
enum Command {
    /// Generates the bindings next to the language's hand-written sources.
    Generate {
        /// The language.
        language: Language,
    },
    /// Builds the package in `dist/<package>/`.
    Package {
        /// The language, or the development server.
        package: Package,
    },
    /// Compares the public API of the Rust crates with the recorded one.
    Api {
        /// Records the public API instead.
        #[arg(long)]
        write: bool,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Language {
    Kotlin,
    Python,
    Swift,
}

#[derive(Clone, Copy, ValueEnum)]
enum Package {
    Devserver,
    Kotlin,
    Python,
    Swift,
}

fn main() -> ExitCode {
    match execute(&Command::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bindgen: {error}");
            ExitCode::FAILURE
        }
    }
}

fn execute(command: &Command) -> Result<()> {
    // In one place whatever the target folder: all commands write into the same sources and packages.
    let _lock = lock::lock(&root().join("target/bindgen.lock"))?;
    match command {
        Command::Generate { language } => match language {
            Language::Kotlin => kotlin::generate(),
            Language::Python => python::generate(),
            Language::Swift => swift::generate(),
        },
        Command::Package { package } => match package {
            Package::Devserver => devserver::package(),
            Package::Kotlin => kotlin::package(),
            Package::Python => python::package(),
            Package::Swift => swift::package(),
        },
        Command::Api { write: true } => public_api::write(),
        Command::Api { write: false } => public_api::check(),
    }
}
