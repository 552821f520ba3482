# Every command of the repository: `just` lists them. Each calls a script or a Cargo command that also works without just
# (`cargo install just`, or `pip install rust-just`).

# Lists the commands.
default:
    @{{ just_executable() }} --list --unsorted

# Runs the quickstart, on a development server unless AOD_API_URL names another server.
quickstart *options:
    cargo run --example quickstart -- {{ options }}

# Runs the development server on a port.
devserver port="8777" *options:
    cargo run --package aod-devserver -- --port {{ port }} {{ options }}

# Runs all tests of all languages.
test *options:
    tests/run {{ options }}

# Checks words, spelling, references, links, the version, the changelog and the workflows.
test-docs:
    tests/run docs

# Runs the tests of the Rust crates.
test-rust:
    tests/run rust

# Runs the tests of the Python package.
test-python:
    tests/run python

# Runs the tests of the Kotlin package.
test-kotlin:
    tests/run kotlin

# Runs the tests of the Swift package.
test-swift:
    tests/run swift

# Checks that every crate compiles with the oldest supported Rust.
oldest-rust:
    tests/oldest_rust

# Runs the checks that take hours: the oldest supported Rust, random and exhaustive cuts of streams, fuzzing.
nightly:
    tests/nightly

# Fuzzes each target for a number of seconds, by default 60.
fuzz seconds="60":
    tests/fuzz/run {{ seconds }}

# Runs Clippy as `tests/run rust` does.
lint:
    cargo clippy --workspace --all-targets --all-features --locked -- -D warnings

# Formats the Rust code.
fmt:
    cargo fmt --all
    cargo fmt --manifest-path tests/fuzz/Cargo.toml

# Regenerates the expected transcripts of the scenarios; review the diff before committing it.
transcripts:
    AOD_WRITE_TRANSCRIPTS=1 cargo test --package aod-tests --test scenarios

# Generates the bindings of a language: python, kotlin or swift.
generate language:
    cargo bindgen generate {{ language }}

# Makes the package of a language, in dist/.
package language:
    cargo bindgen package {{ language }}

# Records the public API of a language after an intended change: rust, python, kotlin or swift.
record-api language:
    {{ if language == "rust" { "cargo bindgen api --write" } else { "bindings/" + language + "/tests/run --write-api" } }}

# Builds and checks the artifacts of a release for some targets, such as `x86_64-unknown-linux-gnu`, in dist/.
release targets *options:
    cargo bindgen release --targets {{ targets }} {{ options }}

# Prints what takes the bytes of the native libraries, by section and by crate.
sizes *options:
    cargo bindgen sizes {{ options }}

# Builds the artifacts of all platforms that this machine can build for, and tests each.
test-release:
    tests/release

# Checks that every place has the same version, and that a release tag names it.
check-version *options:
    .github/scripts/check_version.py {{ options }}

# Sets the version in every place, and dates the changelog, for a release.
bump version:
    .github/scripts/bump_version.py {{ version }} --release

# Prints the changelog of a version, which is the text of its release.
release-notes version:
    .github/scripts/release_notes.py --version {{ version }}

# Checks that a change of the public API since a commit has an entry in the changelog.
check-changelog base="origin/main":
    .github/scripts/check_changelog.py --base {{ base }}

# Runs the benchmarks of all languages or of some (rust, python, kotlin, swift), and compares them with the committed figures.
bench *options:
    tests/bench/run {{ options }}

# Measures how streams recover: makes the network fail while they are open, and prints when they continue.
lab:
    cargo bench --package aod-tests --bench lab

# Builds the documentation site, in target/site; `--api` adds the API references of Rust, Kotlin and Swift.
docs *options:
    docs/site/build {{ options }}

# Makes the documentation of the Rust crates, in target/doc.
docs-rust *options:
    cargo doc --workspace --no-deps {{ options }}

# Makes the documentation of the Swift package.
docs-swift:
    bindings/swift/scripts/docs
