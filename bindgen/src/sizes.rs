//! What takes the bytes of the native libraries, by crate and by section.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};

use goblin::Object;
use goblin::elf::{Elf, Sym};

use crate::library::Library;
use crate::platform::{Linkage, Platform};
use crate::tools::{Result, target};

/// The crates that are printed; the others are added up.
const CRATES: usize = 25;

/// Prints the sizes of the libraries for a platform: of the machine code of each crate, and of the sections.
pub(crate) fn print(platform: &'static Platform) -> Result<()> {
    let mut table = io::stdout().lock();
    for package in ["aod-ffi-json", "aod-ffi"] {
        let library = Library::build_for(platform, package)?;
        let compiled = fs::read(library.path(Linkage::Dynamic))?;
        let published = library.strip_into(&target().join("checked"), Linkage::Dynamic)?;
        let published = fs::read(published)?;
        writeln!(table, "{package}: {} bytes", published.len())?;
        write(&mut table, "section", sections(&elf(&published)?))?;
        write(&mut table, "crate", crates(&elf(&compiled)?))?;
    }
    Ok(())
}

fn elf(bytes: &[u8]) -> Result<Elf<'_>> {
    match Object::parse(bytes)? {
        Object::Elf(elf) => Ok(elf),
        _ => Err("only libraries for Linux and Android have a table with sizes".into()),
    }
}

/// Writes the largest entries of a table, and the sum of the others.
fn write(table: &mut impl Write, kind: &str, sizes: BTreeMap<String, u64>) -> Result<()> {
    let mut sizes: Vec<_> = sizes.into_iter().collect();
    sizes.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
    let others: u64 = sizes.iter().skip(CRATES).map(|(_, size)| size).sum();
    for (name, size) in sizes.iter().take(CRATES) {
        writeln!(table, "{size:>9}  {kind} {name}")?;
    }
    Ok(writeln!(table, "{others:>9}  the others\n")?)
}

/// Returns the size of each section that is in the file.
fn sections(elf: &Elf) -> BTreeMap<String, u64> {
    let in_file = elf.section_headers.iter();
    let in_file =
        in_file.filter(|header| header.sh_type != goblin::elf::section_header::SHT_NOBITS);
    let sizes = in_file.map(|header| {
        let name = elf.shdr_strtab.get_at(header.sh_name).unwrap_or_default();
        (name.to_owned(), header.sh_size)
    });
    sizes.collect()
}

/// Returns the size of the functions of each crate.
fn crates(elf: &Elf) -> BTreeMap<String, u64> {
    let functions = elf.syms.iter().filter(Sym::is_function);
    // Several symbols can name the same function.
    let functions: BTreeMap<_, _> = functions
        .map(|symbol| (symbol.st_value, (symbol.st_name, symbol.st_size)))
        .collect();
    let mut sizes = BTreeMap::new();
    for (name, size) in functions.into_values() {
        let name = elf.strtab.get_at(name).unwrap_or_default();
        *sizes.entry(crate_of(name)).or_default() += size;
    }
    sizes
}

/// Returns the crate that defines a function, by its symbol: the first one that the path of the function names.
fn crate_of(symbol: &str) -> String {
    let Ok(path) = rustc_demangle::try_demangle(symbol) else {
        return "(C and assembly, and what is exported)".to_owned();
    };
    let path = format!("{path:#}");
    let name = path.split("::").next().unwrap_or_default();
    let name = name
        .rsplit(|c: char| !c.is_alphanumeric() && c != '_')
        .next();
    name.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_belongs_to_the_first_crate_of_its_path() {
        for (symbol, name) in [
            ("_ZN4core3fmt9Formatter3pad17h0123456789abcdefE", "core"),
            ("_RNvCs1234_7mycrate3foo", "mycrate"),
            (
                "ring_core_0_17_14__x25519_sc_muladd",
                "(C and assembly, and what is exported)",
            ),
            // `<&mut alloc::vec::Vec<u8> as core::fmt::Write>::write_str`
            (
                "_ZN74_$LT$$RF$mut$u20$alloc..vec..Vec$LT$u8$GT$$u20$as$u20$core..fmt..Write$GT$9write_str17h0123456789abcdefE",
                "alloc",
            ),
        ] {
            assert_eq!(crate_of(symbol), name, "{symbol}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_program_has_sections_and_crates() {
        let bytes = fs::read(std::env::current_exe().unwrap()).unwrap();
        let elf = elf(&bytes).unwrap();
        assert!(sections(&elf)[".text"] > 100_000);
        let crates = crates(&elf);
        assert!(
            crates["bindgen"] > 1_000 && crates["goblin"] > 1_000,
            "{crates:?}"
        );
    }
}
