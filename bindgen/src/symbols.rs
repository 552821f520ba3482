//! The symbols of static libraries.

use std::collections::BTreeSet;

use goblin::Object;
use goblin::archive::Archive;
use goblin::elf::Elf;
use goblin::elf::section_header::SHN_UNDEF;
use goblin::elf::sym::STB_LOCAL;
use goblin::mach::{Mach, MachO};

use crate::tools::Result;

/// What the names of global symbols begin with that are not part of the interface.
///
/// Static libraries in Rust that have the compiler or a dependency in common define symbols with the same names. A
/// program cannot be linked with two of them: <https://github.com/mozilla/uniffi-rs/issues/1710>.
const PREFIX: &str = "aod_ffi_internal_";

/// Returns whether a symbol is a function that the generated code calls.
pub(crate) fn is_of_interface(name: &str) -> bool {
    name.starts_with("uniffi_") || name.starts_with("ffi_")
}

/// Returns whether no other library defines a symbol with this name.
pub(crate) fn is_own(name: &str) -> bool {
    is_of_interface(name) || name.starts_with(PREFIX)
}

/// Returns the old and the new name of each symbol of a static library that is to be renamed, as the lines of a file
/// for `objcopy --redefine-syms`.
pub(crate) fn renames(library: &[u8]) -> Result<String> {
    let mut lines = BTreeSet::new();
    for member in members(library)? {
        match Object::parse(member)? {
            Object::Elf(elf) => {
                let names = defined_in_elf(&elf).filter(|name| !is_own(name));
                lines.extend(names.map(|name| format!("{name} {PREFIX}{name}\n")));
            }
            Object::Mach(Mach::Binary(mach)) => {
                let names = defined_in_mach_o(&mach).filter(|name| !is_own(name));
                lines.extend(names.map(|name| format!("_{name} _{PREFIX}{name}\n")));
            }
            _ => return Err("a static library contains neither ELF nor Mach-O files".into()),
        }
    }
    Ok(lines.into_iter().collect())
}

/// Returns the files in a static library.
pub(crate) fn members(library: &[u8]) -> Result<Vec<&[u8]>> {
    let archive = Archive::parse(library)?;
    // By number, because several files can have the same name.
    let members = (0..archive.len()).filter_map(|index| archive.get_at(index));
    members
        .map(|member| {
            let start = usize::try_from(member.offset)?;
            let data = library.get(start..start + member.size());
            data.ok_or_else(|| "a static library is cut".into())
        })
        .collect()
}

fn defined_in_elf<'e>(elf: &'e Elf) -> impl Iterator<Item = &'e str> {
    elf.syms
        .iter()
        .filter(|symbol| symbol.st_bind() != STB_LOCAL && symbol.st_shndx != SHN_UNDEF as usize)
        .filter_map(|symbol| elf.strtab.get_at(symbol.st_name))
}

/// Returns the names in C of the global symbols that a file defines.
pub(crate) fn defined_in_mach_o<'m>(mach: &'m MachO) -> impl Iterator<Item = &'m str> {
    mach.symbols()
        .filter_map(std::result::Result::ok)
        .filter(|(_, symbol)| symbol.is_global() && !symbol.is_undefined() && !symbol.is_stab())
        // Names in C have an underscore before them.
        .filter_map(|(name, _)| name.strip_prefix('_'))
}
