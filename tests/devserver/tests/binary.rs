//! The `aod-devserver` program: its output and how it stops.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, Command, Stdio},
};

/// Starts the program. Returns it and its first line.
fn start(options: &[&str], input: impl Into<Stdio>) -> (Child, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_aod-devserver"))
        .args(options)
        .stdin(input)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program is built");
    let mut line = String::new();
    let output = child.stdout.take().expect("a piped output");
    BufReader::new(output)
        .read_line(&mut line)
        .expect("a first line");
    (child, line)
}

/// Checks that the program still serves, and stops it.
#[cfg(unix)]
fn assert_serves_until(signal: &str, (mut child, line): (Child, String)) {
    let address = line.trim().strip_prefix("http://").expect("a URL");
    for _ in 0..100 {
        assert!(std::net::TcpStream::connect(address).is_ok());
    }
    assert!(child.try_wait().expect("it can be waited for").is_none());
    let killed = Command::new("kill")
        .arg(signal)
        .arg(child.id().to_string())
        .status();
    assert!(killed.expect("kill runs").success());
    assert!(child.wait().expect("it ends").success(), "{signal}");
}

#[test]
fn its_first_line_is_its_url_alone() {
    let (mut child, line) = start(&["--exit-with-stdin"], Stdio::null());
    let port = line
        .strip_prefix("http://127.0.0.1:")
        .and_then(|rest| rest.strip_suffix('\n'))
        .expect("a loopback URL");
    assert!(port.parse::<u16>().is_ok(), "{line:?}");
    assert!(child.wait().expect("it ends").success());
}

#[test]
fn the_end_of_its_input_stops_it_on_request() {
    let (mut child, _) = start(&["--exit-with-stdin"], Stdio::piped());
    let mut input = child.stdin.take().expect("a piped input");
    input.write_all(b"ignored\n").expect("it reads its input");
    assert!(child.try_wait().expect("it can be waited for").is_none());
    drop(input);
    assert!(child.wait().expect("it ends").success());
}

#[cfg(unix)]
#[test]
fn the_end_of_a_pipe_or_socket_stops_it_by_default() {
    let (mut child, _) = start(&[], Stdio::piped());
    drop(child.stdin.take());
    assert!(child.wait().expect("it ends").success());

    // Some languages connect a child by sockets.
    let (ours, its) = std::os::unix::net::UnixStream::pair().expect("a pair of sockets");
    let (mut child, _) = start(&[], std::os::fd::OwnedFd::from(its));
    drop(ours);
    assert!(child.wait().expect("it ends").success());
}

#[cfg(unix)]
#[test]
fn the_end_of_other_inputs_does_not_stop_it_by_default() {
    assert_serves_until("-TERM", start(&[], Stdio::null()));
    let file = std::fs::File::open(env!("CARGO_BIN_EXE_aod-devserver")).expect("a file");
    assert_serves_until("-INT", start(&[], file));
}

#[cfg(unix)]
#[test]
fn the_end_of_a_pipe_does_not_stop_it_if_switched_off() {
    let mut started = start(&["--exit-with-stdin=never"], Stdio::piped());
    drop(started.0.stdin.take());
    assert_serves_until("-TERM", started);
}

#[cfg(unix)]
#[test]
fn signals_stop_it() {
    for signal in ["-TERM", "-INT"] {
        assert_serves_until(
            signal,
            start(&["--generation", "2026-06-25"], Stdio::piped()),
        );
    }
}

#[test]
fn an_unknown_generation_is_refused() {
    let output = Command::new(env!("CARGO_BIN_EXE_aod-devserver"))
        .args(["--generation", "s9"])
        .output()
        .expect("the program is built");
    assert!(!output.status.success());
    assert!(
        String::from_utf8_lossy(&output.stderr)
            .contains("one of 2026-04-21, 2026-04-30, 2026-06-25")
    );
}
