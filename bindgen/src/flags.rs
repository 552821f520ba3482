//! The compiler flags of what is published.

use std::env;
use std::path::{Path, PathBuf};

use crate::platform::{Linker, Platform};
use crate::tools::{Result, root};

/// Returns the arguments of Cargo for a platform. With them no path of this machine gets into a library, so that the same
/// sources give the same bytes in any folder. The flags of the environment, which would replace them, are included.
///
/// As arguments, they do not apply to what runs on this machine, such as the generator that maturin compiles.
pub(crate) fn arguments(platform: &Platform) -> Result<[String; 2]> {
    // A list of strings in Rust's notation is one in TOML's.
    let flags = format!("target.{platform}.rustflags={:?}", flags(platform)?);
    Ok(["--config".to_owned(), flags])
}

/// Returns the environment variable with the same flags. For musl, maturin adds flags of its own to those of the
/// environment, and replaces those of the arguments.
pub(crate) fn variable(platform: &Platform) -> Result<(String, String)> {
    let flags = flags(platform)?;
    if flags.iter().any(|flag| flag.contains(' ')) {
        return Err(format!("the paths of sources contain a space: {flags:?}").into());
    }
    let triple = platform.triple.replace('-', "_").to_uppercase();
    Ok((format!("CARGO_TARGET_{triple}_RUSTFLAGS"), flags.join(" ")))
}

fn flags(platform: &Platform) -> Result<Vec<String>> {
    let mut flags: Vec<String> = env::var("RUSTFLAGS")
        .unwrap_or_default()
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    for (path, name) in [
        (root(), "aod"),
        (cargo_home()?.join("registry/src"), "crates"),
    ] {
        let path = path.to_str().ok_or("a path of sources is not UTF-8")?;
        flags.push(format!("--remap-path-prefix={path}={name}"));
    }
    if platform.linker == Linker::Musl {
        // By default, code for musl is linked statically, which a library for other languages cannot be.
        flags.push("-Ctarget-feature=-crt-static".to_owned());
    }
    if let Linker::Ndk(_) = platform.linker {
        // Devices with memory pages of 16 KB need it.
        flags.push("-Clink-arg=-Wl,-z,max-page-size=16384".to_owned());
    }
    // Leaves out the time of the build, which would make each build of the same sources different.
    if platform.triple.ends_with("-windows-gnu") {
        flags.push("-Clink-arg=-Wl,--no-insert-timestamp".to_owned());
    }
    if platform.triple.ends_with("-windows-msvc") {
        flags.push("-Clink-arg=/Brepro".to_owned());
        // By default, programs and libraries need the runtime of Visual C++, which Windows does not have.
        flags.push("-Ctarget-feature=+crt-static".to_owned());
    }
    Ok(flags)
}

fn cargo_home() -> Result<PathBuf> {
    if let Some(home) = env::var_os("CARGO_HOME") {
        return Ok(home.into());
    }
    let home = env::var_os(if cfg!(windows) { "USERPROFILE" } else { "HOME" });
    let home = home.ok_or("neither CARGO_HOME nor the home folder is known")?;
    Ok(Path::new(&home).join(".cargo"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_for_windows_contains_the_c_runtime() {
        for (triple, linked) in [
            ("x86_64-pc-windows-msvc", Some("+crt-static")),
            ("aarch64-pc-windows-msvc", Some("+crt-static")),
            ("x86_64-unknown-linux-musl", Some("-crt-static")),
            ("x86_64-unknown-linux-gnu", None),
        ] {
            let flags = flags(Platform::of(triple).unwrap()).unwrap();
            let features = flags
                .iter()
                .find_map(|it| it.strip_prefix("-Ctarget-feature="));
            assert_eq!(features, linked, "{triple}");
        }
    }
}
