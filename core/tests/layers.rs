//! The layers of the modules: each module imports only modules before it in [`LAYERS`].
//!
//! The compiler enforces the order between crates; within this crate, this test reads the imports from the sources.

use std::fs;
use std::path::{Path, PathBuf};

const LAYERS: [&str; 6] = [
    "error",
    "models",
    "transport",
    "stream",
    "resources",
    "client",
];

/// A module of this crate that a file imports, and the line.
#[derive(Debug, PartialEq, Eq)]
struct Import {
    line: usize,
    module: String,
}

#[test]
fn no_module_imports_a_module_of_a_higher_layer() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut count = 0;
    let mut violations = Vec::new();
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
            count += usize::from(module != own);
            match (layer(own), layer(&module)) {
                (Some(from), Some(to)) if to <= from => {}
                _ => violations.push(format!(
                    "{}:{line}: {own} imports {module}",
                    inside.display()
                )),
            }
        }
    }
    assert!(
        violations.is_empty(),
        "violations of the layers:\n{}",
        violations.join("\n")
    );
    assert!(
        count > 20,
        "only {count} imports found: is the parser still correct?"
    );
}

#[test]
fn the_crate_root_declares_exactly_the_layers() {
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
    let mut layers = LAYERS;
    layers.sort_unstable();
    assert_eq!(declared, layers);
}

#[test]
fn finds_imports_in_every_form() {
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

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| *layer == module)
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

/// Returns the top-level modules of the crate that a file imports with `crate::` or `super::`.
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

/// Adds the modules at the start of `rest`: one, or a group in braces.
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
