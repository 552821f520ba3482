//! The order of the modules: each imports only those before it in [`FLOORS`].
//!
//! Between crates the compiler keeps this order; inside this crate it is read from the sources.

use std::fs;
use std::path::{Path, PathBuf};

const FLOORS: [&str; 6] = [
    "error",
    "models",
    "transport",
    "stream",
    "resources",
    "client",
];

/// A module of this crate that a file names, and the line.
#[derive(Debug, PartialEq, Eq)]
struct Import {
    line: usize,
    module: String,
}

#[test]
fn no_module_imports_one_of_a_higher_floor() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut arrows = 0;
    let mut wrong = Vec::new();
    for file in rust_files(&sources) {
        let inside = file.strip_prefix(&sources).expect("it is inside");
        let path: Vec<_> = inside
            .iter()
            .map(|part| part.to_str().expect("UTF-8"))
            .collect();
        if path == ["lib.rs"] {
            continue;
        }
        let own = path[0].trim_end_matches(".rs");
        let text = fs::read_to_string(&file).expect("it can be read");
        for Import { line, module } in imports(&text, &path) {
            arrows += usize::from(module != own);
            match (floor(own), floor(&module)) {
                (Some(from), Some(to)) if to <= from => {}
                _ => wrong.push(format!(
                    "{}:{line}: {own} imports {module}",
                    inside.display()
                )),
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "against the floors:\n{}",
        wrong.join("\n")
    );
    assert!(
        arrows > 20,
        "only {arrows} imports found: are they still read right?"
    );
}

#[test]
fn the_crate_root_declares_every_floor_and_nothing_else() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs");
    let text = fs::read_to_string(root).expect("it can be read");
    let mut declared: Vec<_> = text
        .lines()
        .filter_map(|line| {
            line.trim_start_matches("pub ")
                .strip_prefix("mod ")?
                .strip_suffix(';')
        })
        .collect();
    declared.sort_unstable();
    let mut floors = FLOORS;
    floors.sort_unstable();
    assert_eq!(declared, floors);
}

#[test]
fn finds_the_imports_of_every_form() {
    let text = "use crate::error::{Error, Result};\nuse super::Client;\n// use crate::client\n\
                pub use crate::{models::Agent, stream};\nfn f() { crate::transport::send(super::super::client::X) }\n\
                use super::\n    super::resources::Agents;\n";
    let found: Vec<_> = imports(text, &["models", "agent.rs"])
        .into_iter()
        .map(|import| import.module)
        .collect();
    assert_eq!(
        found,
        [
            "error",
            "models",
            "stream",
            "transport",
            "client",
            "resources"
        ]
    );
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| *floor == module)
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("it is a folder") {
        let path = entry.expect("it can be read").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// The modules at the root of the crate that a file names by `crate::` or by enough `super::`.
fn imports(text: &str, path: &[&str]) -> Vec<Import> {
    let is_folder_module = path.last() == Some(&"mod.rs");
    let depth = path.len() - usize::from(is_folder_module);
    let code: String = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default().to_owned() + "\n")
        .collect();
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || "_$".contains(c)) {
            continue;
        }
        push(&mut found, &code, at, &code[at + "crate::".len()..]);
    }
    // From a module at depth 1, one `super::` leads to the root; a test module is one deeper than its file.
    let mut at = 0;
    while let Some(next) = code[at..].find("super::") {
        let start = at + next;
        let mut rest = &code[start..];
        let mut supers = 0;
        while let Some(after) = rest.strip_prefix("super::") {
            supers += 1;
            rest = after.trim_start();
        }
        at = code.len() - rest.len();
        let in_tests = code[..start].contains("\nmod tests {");
        if supers >= depth + usize::from(in_tests) {
            push(&mut found, &code, start, rest);
        }
    }
    found
}

/// Adds the modules named at the start of `rest`: one, or those in braces.
fn push(found: &mut Vec<Import>, code: &str, at: usize, rest: &str) {
    let line = code[..at].matches('\n').count() + 1;
    let names = match rest.strip_prefix('{') {
        None => vec![rest],
        Some(group) => {
            let mut depth = 0;
            let names = group.split(|c| {
                depth += i32::from(c == '{') - i32::from(c == '}');
                depth < 0 || (depth == 0 && c == ',')
            });
            names.take_while(|name| !name.starts_with(';')).collect()
        }
    };
    for name in names {
        let name = name.trim_start();
        let end = name
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(name.len());
        if end > 0 {
            found.push(Import {
                line,
                module: name[..end].to_owned(),
            });
        }
    }
}
