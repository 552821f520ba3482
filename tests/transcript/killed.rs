//! A program that stores snapshots of a transcript is killed at every event of a session and continues.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use aod::models::{CreateAgent, CreateSession};
use aod::transcript::Transcript;
use aod_devserver::{DevServer, Generation, Script};
use futures::TryStreamExt as _;
use uuid::Uuid;

/// The events of the session's output.
const EVENTS: usize = 40;

/// What the parent passes to the child: the server's URL, its token, the session, and the file of the snapshot.
const ARGUMENTS: &str = "AOD_TEST_KILLED_CHILD";

#[test]
fn a_killed_program_continues_without_a_gap_or_a_repeated_item() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    match std::env::var(ARGUMENTS) {
        Ok(arguments) => runtime.block_on(child(&arguments)),
        Err(_) => runtime.block_on(parent()),
    }
}

/// Follows the session from the stored snapshot, and stores one after each event. Says so before and after.
async fn child(arguments: &str) {
    let arguments: Vec<_> = arguments.split('\n').collect();
    let [url, token, session, file] = arguments[..] else {
        panic!("{arguments:?}");
    };
    let (session, file): (Uuid, _) = (session.parse().expect("an id"), Path::new(file));
    let mut transcript = match std::fs::read(file) {
        Ok(snapshot) => Transcript::restore(&snapshot).expect("a snapshot"),
        Err(_) => Transcript::new(),
    };
    let client = aod::Client::builder()
        .base_url(url)
        .token(token)
        .build()
        .expect("a client");
    let mut stream = client.sessions().stream(session);
    if let Some(cursor) = transcript.cursor() {
        stream = stream.since(cursor);
    }
    let mut events = stream.await.expect("a stream");
    while let Some(event) = events.try_next().await.expect("an event") {
        let before = transcript.cursor();
        transcript.apply(&event);
        if transcript.cursor() == before && !event.is_terminal() {
            // The events that each connection repeats.
            continue;
        }
        say("applied");
        let written = file.with_extension("new");
        std::fs::write(&written, transcript.snapshot()).expect("the snapshot is written");
        std::fs::rename(written, file).expect("the snapshot is stored");
        say(if event.is_terminal() {
            "complete"
        } else {
            "stored"
        });
    }
}

/// Says a word to the parent and waits for its answer, which may not come.
fn say(word: &str) {
    let mut output = std::io::stdout();
    writeln!(output, "\n{word}").expect("the parent reads");
    output.flush().expect("the parent reads");
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).expect("an answer");
}

/// A child process, which is killed when it is dropped.
struct Program(Child, BufReader<std::process::ChildStdout>);

impl Program {
    fn start(arguments: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "--nocapture", "--test-threads=1"])
            .arg("killed::a_killed_program_continues_without_a_gap_or_a_repeated_item")
            .env(ARGUMENTS, arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        Self(child, output)
    }

    /// Waits for one of the child's words.
    fn next_word(&mut self) -> &'static str {
        loop {
            let mut line = String::new();
            let length = self
                .1
                .read_line(&mut line)
                .expect("the output of the child");
            assert!(length > 0, "the child ended");
            let words = ["applied", "stored", "complete"];
            if let Some(word) = words.into_iter().find(|word| line.trim() == *word) {
                return word;
            }
        }
    }

    fn answer(&mut self) {
        let input = self.0.stdin.as_mut().expect("a pipe");
        writeln!(input).expect("the child waits");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // SIGKILL.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn parent() {
    let server = DevServer::builder()
        .generation(Generation::April21)
        .start()
        .await
        .expect("a server");
    let lines: Vec<_> = (0..EVENTS)
        .map(|number| format!("{{\"type\":\"assistant\",\"message\":\"{number}\"}}\n"))
        .collect();
    let output = lines.concat();
    let length = output.len().div_ceil(EVENTS);
    let chunks = output.as_bytes().chunks(length - 3);
    let script = chunks.fold(Script::new(), |script, chunk| {
        script.stdout(String::from_utf8_lossy(chunk))
    });
    server.control().set_script(script.exit(0));
    let client = aod::Client::builder()
        .base_url(server.url())
        .token(server.token())
        .build()
        .expect("a client");
    let agent = CreateAgent::new("a", "claude-sonnet-4-6").runtime("claude");
    let agent = client.agents().create(agent).await.expect("an agent");
    let session = CreateSession::new(agent.id, "hi");
    let session = client
        .sessions()
        .create(session)
        .await
        .expect("a session")
        .id;
    let stream = client.sessions().stream(session).await.expect("a stream");
    let mut whole = stream.transcript();
    while whole.try_next().await.expect("a change").is_some() {}

    let file = snapshot_file();
    let arguments = [
        server.url(),
        server.token(),
        &session.to_string(),
        &file.to_string_lossy(),
    ];
    let arguments = arguments.join("\n");
    let mut kills = 0;
    tokio::task::spawn_blocking(move || {
        loop {
            // Killed before the snapshot of an event is stored, and then after.
            let mut program = Program::start(&arguments);
            assert_eq!(program.next_word(), "applied");
            drop(program);
            let mut program = Program::start(&arguments);
            assert_eq!(program.next_word(), "applied");
            program.answer();
            let word = program.next_word();
            drop(program);
            kills += 2;
            if word == "complete" {
                break;
            }
        }
        assert!(kills > 2 * EVENTS, "{kills}");
    })
    .await
    .expect("every event is stored");

    let snapshot = std::fs::read(&file).expect("the last snapshot");
    let _ = std::fs::remove_dir_all(file.parent().expect("a folder"));
    let resumed = Transcript::restore(&snapshot).expect("a snapshot");
    let json = |transcript: &Transcript| serde_json::to_value(transcript).expect("JSON");
    assert_eq!(json(&resumed), json(whole.transcript()));
    assert_eq!(resumed.final_text(), Some(&*(EVENTS - 1).to_string()));
}

fn snapshot_file() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("aod-killed-{}", Uuid::new_v4()));
    std::fs::create_dir(&folder).expect("a new folder");
    folder.join("snapshot")
}
