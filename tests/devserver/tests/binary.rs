//! The `aod-devserver` program: its output and how it stops.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

fn start(options: &[&str]) -> (Child, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_aod-devserver"))
        .args(options)
        .stdin(Stdio::piped())
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

#[test]
fn its_first_line_is_its_url_alone() {
    let (mut child, line) = start(&["--exit-with-stdin"]);
    let port = line
        .strip_prefix("http://127.0.0.1:")
        .and_then(|rest| rest.strip_suffix('\n'))
        .expect("a loopback URL");
    assert!(port.parse::<u16>().is_ok(), "{line:?}");
    drop(child.stdin.take());
    assert!(child.wait().expect("it ends").success());
}

#[cfg(unix)]
#[test]
fn signals_stop_it_and_the_end_of_its_input_only_on_request() {
    for signal in ["-TERM", "-INT"] {
        let (mut child, line) = start(&["--generation", "2026-06-25"]);
        drop(child.stdin.take());
        // It accepts connections, so the end of its input did not stop it.
        let address = line
            .trim()
            .strip_prefix("http://")
            .expect("a URL")
            .to_owned();
        assert!(std::net::TcpStream::connect(address).is_ok());
        let killed = Command::new("kill")
            .arg(signal)
            .arg(child.id().to_string())
            .status();
        assert!(killed.expect("kill runs").success());
        assert!(child.wait().expect("it ends").success(), "{signal}");
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
