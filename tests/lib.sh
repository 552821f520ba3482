# Sourced by the scripts of the tests, which then stand in the root of the repository: parts and how long each took,
# limits, and what has to be there first.
# shellcheck shell=bash

cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
target=${CARGO_TARGET_DIR:-target}
[[ $target == /* ]] || target=$root/$target
mkdir -p "$target"

current='' began=0 reports=
if [ -z "${AOD_TEST_TIMES:-}" ]; then
    AOD_TEST_TIMES=$(mktemp)
    export AOD_TEST_TIMES
    reports=yes
fi

# Runs a part of the tests under a name, in the table at the end too; `suite` is what it is a part of. Parts have no parts.
part() { # name, command
    current="${suite:?}: $1" began=$SECONDS
    printf '\n== %s\n' "$current"
    shift
    "$@"
    took passed
}

# Lists a part that this machine does not run.
skip() { # name, why
    current="${suite:?}: $1: $2" began=$SECONDS
    took skipped
}

took() { # how it went
    printf '%6d s  %-7s  %s\n' $((SECONDS - began)) "$1" "$current" >>"$AOD_TEST_TIMES"
    current=
}

# Also called when a part has failed, which ends the script.
finish() {
    [ -z "$current" ] || took FAILED
    [ -n "$reports" ] || return 0
    if [ -s "$AOD_TEST_TIMES" ]; then
        printf '\n== times\n'
        cat "$AOD_TEST_TIMES"
        printf '%6d s  in all\n' "$SECONDS"
    fi
    rm -f "$AOD_TEST_TIMES"
}
trap finish EXIT

# Runs a program that is ended when it takes longer, on a loaded machine too: what waits for something that never comes.
limited() { # minutes, program
    local minutes=$1
    shift
    timeout --kill-after=10 $((60 * minutes)) "$@"
}

# Installs what is missing where that can be done without asking, and else stops with its name.
need() { # a command that succeeds when it is there, Debian package, what it is for
    $1 >/dev/null 2>&1 && return
    local sudo=()
    if [ "$(id -u)" != 0 ]; then
        sudo=(sudo -n)
    fi
    if command -v apt-get >/dev/null && "${sudo[@]}" true 2>/dev/null; then
        limited 10 "${sudo[@]}" apt-get update -qq
        limited 20 "${sudo[@]}" apt-get install -y -qq --no-install-recommends "$2"
    fi
    if ! $1 >/dev/null 2>&1; then
        echo "missing: $2, which $3" >&2
        exit 1
    fi
}

need_cargo() {
    if ! command -v cargo >/dev/null; then
        echo "cargo is missing: install Rust (rustup.rs), 1.88 or later" >&2
        exit 1
    fi
}

need_venv() {
    need "python3 -m ensurepip --version" python3-venv "runs the tools, the Python packages and what links the native libraries"
}

# Prints the path of a Python environment of its own under the target folder, made once for each content of its
# requirements.
venv() { # name, requirements file
    local path sum
    need_venv >&2
    sum=$(sha256sum "$2" | cut -c1-16)
    path=$target/venv/$1-$sum
    if [ ! -e "$path/ready" ]; then
        rm -rf "$path"
        python3 -m venv "$path" >&2
        limited 15 "$path/bin/pip" install --quiet --disable-pip-version-check --requirement "$2" >&2
        touch "$path/ready"
    fi
    echo "$path"
}

# Puts the tools that come from tests/tools.txt on the PATH.
tools() {
    local tools
    tools=$(venv tools tests/tools.txt)
    case ":$PATH:" in
        *":$tools/bin:"*) ;;
        *) export PATH="$tools/bin:$PATH" ;;
    esac
}

# Builds the development server that the languages' tests run against, unless AOD_DEVSERVER names one. It is built as
# the Rust tests build it, for which it is made besides: another choice of packages would compile its dependencies again.
devserver() {
    if [ -z "${AOD_DEVSERVER:-}" ]; then
        need_cargo
        limited 30 cargo test --quiet --locked --workspace --no-run --test binary
        export AOD_DEVSERVER=$target/debug/aod-devserver
    fi
}
