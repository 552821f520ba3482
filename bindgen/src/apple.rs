//! Building for Apple's platforms: the oldest systems, and compiling C code on other systems than macOS.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::platform::Platform;
use crate::tools::{Result, output, target};
use crate::venv;

/// The oldest version of each system on which the libraries run, by the variable that sets it in rustc and clang.
pub(crate) const OLDEST: [(&str, &str); 3] = [
    ("MACOSX_DEPLOYMENT_TARGET", "11.0"),
    // Also of Mac Catalyst.
    ("IPHONEOS_DEPLOYMENT_TARGET", "15.0"),
    ("XROS_DEPLOYMENT_TARGET", "1.0"),
];

/// Sets the variables with which Cargo builds for a platform. Where Xcode is missing, zig's clang compiles C code with
/// zig's headers of macOS, which have what the code of our dependencies includes.
pub(crate) fn set_up(cargo: &mut Command, platform: &Platform) -> Result<()> {
    cargo.envs(OLDEST);
    if cfg!(target_os = "macos") {
        return Ok(());
    }
    let zig = zig()?;
    let program = zig.join("zig");
    let triple = platform.triple.replace('-', "_");
    cargo
        .env(
            format!("CC_{triple}"),
            format!("{} clang", program.display()),
        )
        .env(format!("AR_{triple}"), format!("{} ar", program.display()))
        // clang's own headers, such as `stdbool.h`, which it does not find when zig runs it.
        .env(
            format!("CFLAGS_{triple}"),
            format!("-isystem {}", zig.join("lib/include").display()),
        );
    if env::var_os("SDKROOT").is_none() {
        cargo.env("SDKROOT", sdk(&zig)?);
    }
    Ok(())
}

/// Returns the folder of zig.
fn zig() -> Result<PathBuf> {
    let code = "import os, ziglang; print(os.path.dirname(ziglang.__file__))";
    Ok(output(venv::command("python")?.args(["-c", code]))?.into())
}

/// Creates the folder in which clang finds the headers as in an SDK of Apple.
fn sdk(zig: &Path) -> Result<PathBuf> {
    let sdk = target().join("apple-sdk");
    let headers = sdk.join("usr/include");
    if headers.is_symlink() {
        fs::remove_file(&headers)?;
    }
    fs::create_dir_all(sdk.join("usr"))?;
    #[cfg(unix)]
    std::os::unix::fs::symlink(zig.join("lib/libc/include/any-macos-any"), &headers)?;
    #[cfg(not(unix))]
    return Err("C code for Apple's platforms is compiled on macOS and Linux only".into());
    Ok(sdk)
}
