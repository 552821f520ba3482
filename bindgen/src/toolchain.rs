//! The Rust toolchain: its host and its tools.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::platform::{Format, Linkage, Platform};
use crate::symbols;
use crate::tools::{Result, prepend_path, run};

/// The toolchain that Cargo uses.
pub(crate) struct Toolchain {
    sysroot: PathBuf,
    /// The target triple of this machine, such as `aarch64-apple-darwin`.
    host: String,
}

impl Toolchain {
    /// Queries rustc.
    pub(crate) fn find() -> Result<Self> {
        let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let output = Command::new(rustc)
            .args(["--print", "sysroot", "--print", "host-tuple"])
            .output()
            .map_err(|error| format!("rustc does not start: {error}"))?;
        let printed = String::from_utf8(output.stdout)?;
        let Some((sysroot, host)) = printed.trim_end().split_once('\n') else {
            let problem = String::from_utf8_lossy(&output.stderr);
            return Err(format!("rustc does not print its sysroot and target: {problem}").into());
        };
        Ok(Self {
            sysroot: sysroot.trim_end().into(),
            host: host.to_owned(),
        })
    }

    /// Returns the platform of this machine.
    pub(crate) fn host(&self) -> Result<&'static Platform> {
        Platform::of(&self.host)
    }

    /// Removes from a library what programs do not need: debug information, local symbols, the metadata for the
    /// generator. The symbols of a static library get names that no other library has, except those of its interface.
    ///
    /// Uses the toolchain's `rust-objcopy`, which supports the object formats of all platforms; `strip` supports only
    /// its own.
    pub(crate) fn strip(&self, library: &Path, format: Format, linkage: Linkage) -> Result<()> {
        let tools = self
            .sysroot
            .join("lib/rustlib")
            .join(&self.host)
            .join("bin");
        let objcopy = tools.join(format!("rust-objcopy{}", env::consts::EXE_SUFFIX));
        if !objcopy.exists() {
            let path = objcopy.display();
            return Err(format!("missing: {path}, which rustup's toolchains contain").into());
        }
        // Without this, it finds LLVM only if the optional component llvm-tools is installed.
        let loader = match env::consts::OS {
            "windows" => "PATH",
            "macos" => "DYLD_FALLBACK_LIBRARY_PATH",
            _ => "LD_LIBRARY_PATH",
        };
        let mut command = Command::new(objcopy);
        command
            .env(loader, prepend_path(loader, &self.sysroot.join("lib"))?)
            .args(strip_arguments(format, linkage))
            .arg(library);
        if let Linkage::Static = linkage {
            let renames = library.with_extension("renames");
            fs::write(&renames, symbols::renames(&fs::read(library)?)?)?;
            run(command.arg("--redefine-syms").arg(&renames))?;
            return Ok(fs::remove_file(renames)?);
        }
        run(&mut command)
    }
}

fn strip_arguments(format: Format, linkage: Linkage) -> &'static [&'static str] {
    match (linkage, format) {
        (Linkage::Static, _) => &["--strip-debug"],
        // `--strip-unneeded` is not supported for Mach-O.
        (Linkage::Dynamic, Format::MachO) => &["--strip-debug", "--discard-all"],
        (Linkage::Dynamic, Format::Elf) => &["--strip-unneeded"],
        // Loading needs none of the symbols in its table: the exported ones have a table of their own.
        (Linkage::Dynamic, Format::Pe) => &["--strip-all"],
    }
}

/// Returns the arguments with which rustc links a library.
pub(crate) fn link_arguments(platform: &Platform, name: &str) -> Vec<String> {
    if platform.format != Format::MachO {
        return Vec::new();
    }
    // By default, programs look for the library at the path where it was built.
    let install_name = format!("link-arg=-Wl,-install_name,@rpath/lib{name}.dylib");
    vec!["-C".to_owned(), install_name]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::PLATFORMS;

    #[test]
    fn libraries_for_apple_platforms_are_found_by_rpath() {
        for platform in &PLATFORMS {
            let arguments = link_arguments(platform, "aod_ffi");
            if platform.triple.contains("-apple-") {
                let rpath = "link-arg=-Wl,-install_name,@rpath/libaod_ffi.dylib";
                assert_eq!(arguments, ["-C", rpath], "{platform}");
            } else {
                assert!(arguments.is_empty(), "{platform}");
            }
        }
    }

    #[test]
    fn strip_arguments_depend_on_the_object_format() {
        let dynamic = |format| strip_arguments(format, Linkage::Dynamic);
        assert_eq!(dynamic(Format::MachO), ["--strip-debug", "--discard-all"]);
        assert_eq!(dynamic(Format::Elf), ["--strip-unneeded"]);
        assert_eq!(dynamic(Format::Pe), ["--strip-all"]);
        for format in [Format::Elf, Format::MachO, Format::Pe] {
            assert_eq!(strip_arguments(format, Linkage::Static), ["--strip-debug"]);
        }
    }

    /// Compiles a library with debug information, strips it, and returns its content before and after.
    fn stripped(name: &str, kind: &str, linkage: Linkage) -> (Vec<u8>, Vec<u8>) {
        let folder = env::temp_dir().join(format!("bindgen-strip-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let source = folder.join("source.rs");
        fs::write(
            &source,
            "#![no_std]
            #[panic_handler]
            fn panic(_: &core::panic::PanicInfo) -> ! { loop {} }
            #[unsafe(no_mangle)]
            pub extern \"C\" fn exported(x: u32) -> u32 { local_helper(x) }
            #[inline(never)]
            fn local_helper(x: u32) -> u32 { core::hint::black_box(x) }",
        )
        .unwrap();
        let library = folder.join(name);
        run(
            Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
                .args([
                    "--edition",
                    "2024",
                    "-g",
                    "-C",
                    "panic=abort",
                    "--crate-type",
                    kind,
                    "-o",
                ])
                .args([&library, &source]),
        )
        .unwrap();
        let before = fs::read(&library).unwrap();
        let toolchain = Toolchain::find().unwrap();
        toolchain.strip(&library, Format::Elf, linkage).unwrap();
        let after = fs::read(&library).unwrap();
        fs::remove_dir_all(folder).unwrap();
        (before, after)
    }

    fn has(library: &[u8], text: &str) -> bool {
        library
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_stripped_library_keeps_the_symbols_that_programs_need() {
        let (before, after) = stripped("library.so", "cdylib", Linkage::Dynamic);
        for text in ["exported", "local_helper", ".debug_info"] {
            assert!(has(&before, text), "{text}");
        }
        assert!(has(&after, "exported"));
        assert!(!has(&after, "local_helper") && !has(&after, ".debug_info"));

        let (before, after) = stripped("library.a", "staticlib", Linkage::Static);
        assert!(has(&before, "source.rs"));
        assert!(has(&after, "exported") && has(&after, "local_helper"));
        assert!(!has(&after, "source.rs"));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_program_contains_two_static_libraries() {
        let folder = env::temp_dir().join(format!("bindgen-clash-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let library = |name: &str| {
            let (source, library) = (
                folder.join("source.rs"),
                folder.join(format!("lib{name}.a")),
            );
            let code = format!(
                "#[unsafe(no_mangle)]
                pub extern \"C\" fn ffi_{name}(x: usize) -> usize {{
                    std::panic::catch_unwind(|| assert_eq!(x.to_string(), \"3\")).map_or(1, |()| 2)
                }}"
            );
            fs::write(&source, code).unwrap();
            let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
            // As ours is built: with the standard library in the same file.
            rustc.args(["--edition", "2024", "--crate-type", "staticlib"]);
            rustc.args([
                "-C",
                "opt-level=s",
                "-C",
                "lto=fat",
                "-C",
                "codegen-units=1",
                "-o",
            ]);
            run(rustc.args([&library, &source])).unwrap();
            library
        };
        let libraries = [library("one"), library("two")];
        let program = folder.join("program");
        let code = "unsigned long ffi_one(unsigned long), ffi_two(unsigned long);
            int main(void) { return ffi_one(3) == 2 && ffi_two(3) == 2 && ffi_one(4) == 1 ? 0 : 1; }";
        fs::write(program.with_extension("c"), code).unwrap();
        let linked = || {
            let mut compiler = Command::new("cc");
            compiler.arg(program.with_extension("c")).args(&libraries);
            compiler
                .arg("-o")
                .arg(&program)
                .args(["-lpthread", "-ldl", "-lm"]);
            run(&mut compiler)
        };
        assert!(linked().is_err());
        let toolchain = Toolchain::find().unwrap();
        toolchain
            .strip(&libraries[0], Format::Elf, Linkage::Static)
            .unwrap();
        linked().unwrap();
        run(&mut Command::new(&program)).unwrap();
        fs::remove_dir_all(folder).unwrap();
    }
}
