//! The crates that a library or a program contains.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::path::PathBuf;
use std::process::Command;

use serde::Deserialize;

use crate::platform::Platform;
use crate::tools::{Result, output};

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

/// A crate, as `cargo metadata` describes it.
#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) license: Option<String>,
    pub(crate) repository: Option<String>,
    /// `None` for the crates of this workspace.
    pub(crate) source: Option<String>,
    pub(crate) manifest_path: PathBuf,
}

/// The name and the version of a crate.
pub(crate) type Id = (String, String);

/// A crate of this workspace, and what it contains besides.
pub(crate) struct Dependencies {
    pub(crate) root: Id,
    /// All crates, with the root.
    pub(crate) packages: BTreeMap<Id, Package>,
    /// The direct dependencies of each crate.
    pub(crate) edges: BTreeMap<Id, BTreeSet<Id>>,
}

impl Dependencies {
    /// Finds the crates in a crate on these platforms, or on any if none is named: not what only runs at build time.
    pub(crate) fn of(package: &str, platforms: &[&Platform]) -> Result<Self> {
        let mut targets: Vec<_> = platforms.iter().map(|platform| platform.triple).collect();
        if targets.is_empty() {
            targets.push("all");
        }
        let tree = output(
            cargo()
                .args(["tree", "--locked", "--package", package])
                .args(["--edges", "normal,no-proc-macro", "--no-dedupe"])
                .args(["--prefix", "depth", "--format", "{p}"])
                .args(targets.iter().flat_map(|target| ["--target", target])),
        )?;
        let edges = edges(&tree).ok_or("cargo tree prints something else than a tree")?;
        let root = edges.keys().find(|(name, _)| name == package).cloned();
        let metadata = output(cargo().args(["metadata", "--locked", "--format-version", "1"]))?;
        let metadata: Metadata = serde_json::from_str(&metadata)?;
        let packages = metadata.packages.into_iter();
        let packages =
            packages.map(|package| ((package.name.clone(), package.version.clone()), package));
        Ok(Self {
            root: root.ok_or("cargo tree does not print the crate")?,
            packages: packages.filter(|(id, _)| edges.contains_key(id)).collect(),
            edges,
        })
    }
}

/// Reads a tree, whose lines are the depth, the name and the version, as in `2serde v1.0.0 (…)`.
fn edges(tree: &str) -> Option<BTreeMap<Id, BTreeSet<Id>>> {
    let mut edges: BTreeMap<Id, BTreeSet<Id>> = BTreeMap::new();
    let mut path: Vec<Id> = Vec::new();
    // An empty line separates the trees of several targets.
    for line in tree.lines().filter(|line| !line.is_empty()) {
        let (depth, package) = line.split_at(line.find(|c: char| !c.is_ascii_digit())?);
        let (name, rest) = package.split_once(" v")?;
        let id = (name.to_owned(), rest.split(' ').next()?.to_owned());
        path.truncate(depth.parse().ok()?);
        if let Some(parent) = path.last() {
            edges.entry(parent.clone()).or_default().insert(id.clone());
        }
        edges.entry(id.clone()).or_default();
        path.push(id);
    }
    Some(edges)
}

fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}
