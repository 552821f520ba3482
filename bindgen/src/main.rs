//! `cargo bindgen`: generates the bindings for a language, builds its package, and records the API of the Rust crates.

mod apple;
mod devserver;
mod flags;
mod generator;
mod kotlin;
mod library;
mod lock;
mod notices;
mod platform;
mod public_api;
mod python;
mod release;
mod swift;
mod symbols;
mod toolchain;
mod tools;
mod venv;

use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use crate::platform::{Named, Platform};
use crate::toolchain::Toolchain;
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
        /// The target triples of the platforms whose libraries it contains. The default is this machine's. The Swift
        /// package always contains that of this machine, besides those of Apple's platforms.
        #[arg(long, value_name = "TRIPLES", value_delimiter = ',')]
        target: Vec<Named>,
    },
    /// Builds everything that a release publishes in `dist/`, checks it, and lists it in `dist/SHA256SUMS` and
    /// `dist/manifest.json`.
    Release {
        /// The target triples of the platforms to build for. The default is this machine's.
        #[arg(long, value_name = "TRIPLES", value_delimiter = ',')]
        targets: Vec<Named>,
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
        Command::Package { package, target } => {
            let platforms = platforms(target)?;
            match package {
                Package::Devserver => devserver::package(&platforms),
                Package::Kotlin => kotlin::package(&platforms),
                Package::Python => python::package(&platforms),
                Package::Swift => swift::package(&platforms),
            }
        }
        Command::Release { targets } => release::run_all(&platforms(targets)?),
        Command::Api { write: true } => public_api::write(),
        Command::Api { write: false } => public_api::check(),
    }
}

/// Returns the named platforms, or that of this machine.
fn platforms(named: &[Named]) -> Result<Vec<&'static Platform>> {
    if named.is_empty() {
        return Ok(vec![Toolchain::find()?.host()?]);
    }
    Ok(named.iter().map(|Named(platform)| *platform).collect())
}
