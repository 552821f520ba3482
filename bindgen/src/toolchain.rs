//! The Rust toolchain: its target and its tools.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tools::{Result, prepend_path, run};

/// The kind of linkage of a library.
#[derive(Clone, Copy)]
pub(crate) enum Linkage {
    /// Programs load it and use its exported symbols.
    Dynamic,
    /// Programs are linked with it and use all its symbols.
    Static,
}

/// The toolchain that Cargo uses.
pub(crate) struct Toolchain {
    sysroot: PathBuf,
    /// The target triple, such as `aarch64-apple-darwin`.
    pub(crate) target: String,
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
        let Some((sysroot, target)) = printed.trim_end().split_once('\n') else {
            let problem = String::from_utf8_lossy(&output.stderr);
            return Err(format!("rustc does not print its sysroot and target: {problem}").into());
        };
        Ok(Self {
            sysroot: sysroot.trim_end().into(),
            target: target.to_owned(),
        })
    }

    /// Removes from a library what programs do not need: debug information, local symbols, the metadata for the
    /// generator.
    ///
    /// Uses the toolchain's `rust-objcopy`, which supports the object formats of all platforms; `strip` supports only
    /// its own.
    pub(crate) fn strip(&self, library: &Path, linkage: Linkage) -> Result<()> {
        let tools = self
            .sysroot
            .join("lib/rustlib")
            .join(&self.target)
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
        run(Command::new(objcopy)
            .env(loader, prepend_path(loader, &self.sysroot.join("lib"))?)
            .args(strip_arguments(&self.target, linkage))
            .arg(library))
    }

    /// Returns the arguments with which rustc links a library.
    pub(crate) fn link_arguments(&self, name: &str) -> Vec<String> {
        link_arguments(&self.target, name)
    }
}

fn strip_arguments(target: &str, linkage: Linkage) -> &'static [&'static str] {
    match linkage {
        Linkage::Static => &["--strip-debug"],
        // `--strip-unneeded` is not supported for Mach-O.
        Linkage::Dynamic if is_apple(target) => &["--strip-debug", "--discard-all"],
        Linkage::Dynamic => &["--strip-unneeded"],
    }
}

fn link_arguments(target: &str, name: &str) -> Vec<String> {
    if !is_apple(target) {
        return Vec::new();
    }
    // By default, programs look for the library at the path where it was built.
    let install_name = format!("link-arg=-Wl,-install_name,@rpath/lib{name}.dylib");
    vec!["-C".to_owned(), install_name]
}

fn is_apple(target: &str) -> bool {
    target.contains("-apple-")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const APPLE: [&str; 3] = [
        "aarch64-apple-darwin",
        "x86_64-apple-darwin",
        "aarch64-apple-ios-sim",
    ];
    const OTHERS: [&str; 4] = [
        "x86_64-unknown-linux-gnu",
        "aarch64-unknown-linux-musl",
        "aarch64-linux-android",
        "x86_64-pc-windows-msvc",
    ];

    #[test]
    fn libraries_for_apple_platforms_are_found_by_rpath() {
        for target in APPLE {
            assert_eq!(
                link_arguments(target, "aod_ffi"),
                ["-C", "link-arg=-Wl,-install_name,@rpath/libaod_ffi.dylib"],
                "{target}"
            );
        }
        for target in OTHERS {
            assert!(link_arguments(target, "aod_ffi").is_empty(), "{target}");
        }
    }

    #[test]
    fn strip_arguments_depend_on_the_object_format() {
        for target in APPLE {
            let arguments = strip_arguments(target, Linkage::Dynamic);
            assert_eq!(arguments, ["--strip-debug", "--discard-all"], "{target}");
        }
        for target in OTHERS {
            let arguments = strip_arguments(target, Linkage::Dynamic);
            assert_eq!(arguments, ["--strip-unneeded"], "{target}");
        }
        for target in APPLE.iter().chain(&OTHERS) {
            assert_eq!(strip_arguments(target, Linkage::Static), ["--strip-debug"]);
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
        Toolchain::find().unwrap().strip(&library, linkage).unwrap();
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
}
