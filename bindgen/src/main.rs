//! `cargo bindgen`: generates the bindings for a language, builds its package, and records the API of the Rust crates.

mod apple;
mod auditable;
mod dependencies;
mod devserver;
mod flags;
mod generator;
mod kotlin;
mod library;
mod lock;
mod notices;
mod platform;
mod prebuilt;
mod public_api;
mod python;
mod release;
mod sbom;
mod sizes;
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
        /// Builds only this part. Machines that build for different platforms share the work so.
        #[arg(long)]
        only: Option<release::Part>,
    },
    /// Prints what takes the bytes of the native libraries, by section and by crate.
    Sizes {
        /// The target triple of the platform. The default is this machine's.
        #[arg(long, value_name = "TRIPLE")]
        target: Option<Named>,
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
        Command::Release { targets, only } => release::run(&platforms(targets)?, *only),
        Command::Sizes { target } => {
            let named = target.as_slice();
            platforms(named)?.into_iter().try_for_each(sizes::print)
        }
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
