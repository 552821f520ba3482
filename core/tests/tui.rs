//! The example `tui`: what it shows of sessions of the development server, and its program in a pseudo terminal.

#[path = "../examples/tui/app.rs"]
mod app;
#[path = "../examples/tui/items.rs"]
mod items;
#[path = "../examples/tui/session.rs"]
mod session;
#[path = "../examples/tui/terminal.rs"]
#[allow(
    dead_code,
    reason = "the program in the pseudo terminal uses the rest of the module"
)]
mod terminal;
#[path = "../examples/tui/view.rs"]
mod view;

use std::time::Duration;

use aod::Client;
use aod::models::{CreateAgent, CreateSession};
use aod::transcript::Transcript;
use aod_devserver::{CutHow, DevServer, Effect, Fault, Generation, Script};
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use serde_json::{Value, json};

use self::app::{Action, App};
use self::session::Session;

/// The limit of each wait, on a loaded machine too.
const LIMIT: Duration = Duration::from_secs(120);

async fn start_server() -> DevServer {
    let server = DevServer::builder().generation(Generation::June25);
    server.start().await.expect("a server")
}

fn client(server: &DevServer) -> Client {
    let client = Client::builder()
        .base_url(server.url())
        .token(server.token());
    client.build().expect("a client")
}

/// The example with a screen in memory.
struct Screen {
    session: Session,
    app: App,
    terminal: Terminal<TestBackend>,
    has_quit: bool,
}

impl Screen {
    /// Shows a new session.
    async fn open(server: &DevServer, provider: &str) -> Self {
        let client = client(server);
        let agent = CreateAgent::new("a", "claude-sonnet-4-6").provider(provider);
        let agent = client.agents().create(agent).await.expect("an agent");
        let session = CreateSession::new(agent.id, "Look around");
        let session = client.sessions().create(session).await.expect("a session");
        Self::show(Session::new(client, session.id, Transcript::new()))
    }

    fn show(session: Session) -> Self {
        let terminal = Terminal::new(TestBackend::new(78, 24)).expect("a terminal");
        Self {
            session,
            app: App::default(),
            terminal,
            has_quit: false,
        }
    }

    /// Draws the screen and returns its lines.
    fn draw(&mut self) -> Vec<String> {
        let Self {
            session,
            app,
            terminal,
            ..
        } = self;
        terminal
            .draw(|frame| view::draw(frame, app, session.transcript()))
            .expect("it is drawn");
        let buffer = terminal.backend().buffer();
        let rows = buffer.content.chunks(usize::from(buffer.area.width));
        rows.map(|row| {
            let line: String = row.iter().map(ratatui::buffer::Cell::symbol).collect();
            line.trim_end().to_owned()
        })
        .collect()
    }

    /// Applies updates of the session until the screen contains these texts. Returns its lines.
    async fn until(&mut self, texts: &[&str]) -> Vec<String> {
        let shown = tokio::time::timeout(LIMIT, async {
            loop {
                let lines = self.draw();
                let screen = lines.join("\n");
                if texts.iter().all(|text| screen.contains(text)) {
                    return lines;
                }
                self.app.update(self.session.next().await);
            }
        });
        let Ok(lines) = shown.await else {
            panic!("{texts:?} are not shown:\n{}", self.draw().join("\n"));
        };
        lines
    }

    fn press(&mut self, code: KeyCode) {
        self.press_with(code, KeyModifiers::NONE);
    }

    fn press_with(&mut self, code: KeyCode, modifiers: KeyModifiers) {
        self.input(&Event::Key(KeyEvent::new(code, modifiers)));
    }

    fn input(&mut self, event: &Event) {
        match self.app.handle(event, self.session.transcript()) {
            Some(Action::Prompt(prompt)) => self.session.prompt(prompt),
            Some(Action::Interrupt) => self.session.interrupt(),
            Some(Action::Follow) => self.session.follow(),
            Some(Action::Quit) => self.has_quit = true,
            None => {}
        }
    }

    /// Writes a prompt and sends it.
    fn prompt(&mut self, text: &str) {
        self.press(KeyCode::Char('i'));
        for character in text.chars() {
            self.press(KeyCode::Char(character));
        }
        self.press(KeyCode::Enter);
    }
}

fn assistant(content: &Value) -> String {
    let message = json!({"type": "assistant", "message": {"content": [content]}});
    format!("{message}\n")
}

fn message(text: &str) -> String {
    assistant(&json!({"type": "text", "text": text}))
}

fn call(id: &str, name: &str, input: &Value) -> String {
    assistant(&json!({"type": "tool_use", "id": id, "name": name, "input": input}))
}

fn result(id: &str, text: &str) -> String {
    let content = json!([{"type": "tool_result", "tool_use_id": id, "content": text}]);
    let message = json!({"type": "user", "message": {"content": content}});
    format!("{message}\n")
}

#[tokio::test]
async fn shows_a_session_to_its_end() {
    let server = start_server().await;
    let mut screen = Screen::open(&server, "anthropic").await;
    let lines = screen
        .until(&[" idle │ turn 1: done", "❯ Look around"])
        .await;
    let expected = "\
── turn 1 ────────────────────────────────────────────────────────────────────
❯ Look around
∴ I am asked: “Look around”. First I look at what is in the workspace, then I
  answer.
● On it: Look around
▸ ✓ Bash ls -a /workspace
▸ ✓ Read /workspace/README.md
  ☑ Look around
  ▶ Answer
● The workspace holds a README and an empty `src`.
  This answer comes from the development server’s script, not from a model.
✓ done · 2400 tokens in, 1800 cached, 160 tokens out, $0.0042 · 1.8 s









 idle │ turn 1: done │ claude-sonnet-4-6 │ 2400 tokens in, 1800 cached, 160 to
❯
i prompt · ↑↓ scroll · Tab select · Space unfold · ^C interrupt · q quit";
    assert_eq!(lines.join("\n"), expected);

    screen.press(KeyCode::Char('q'));
    assert!(screen.has_quit);
}

#[tokio::test]
async fn unfolds_the_selected_tool_call() {
    let server = start_server().await;
    let mut screen = Screen::open(&server, "anthropic").await;
    let end = ["idle", "turn 1: done", "❯ Look around"];
    let folded = screen.until(&end).await;
    screen.press(KeyCode::Tab);
    screen.press(KeyCode::BackTab);
    screen.press(KeyCode::Char(' '));
    let lines = screen.draw();
    let unfolded = [
        "▾ ✓ Bash ls -a /workspace",
        "    {",
        "      \"command\": \"ls -a /workspace\",",
        "      \"description\": \"List the workspace\"",
        "    }",
        "  │ .",
        "  │ ..",
        "  │ README.md",
        "  │ src",
        "▸ ✓ Read /workspace/README.md",
    ];
    assert_eq!(lines[5..15], unfolded);
    screen.press(KeyCode::Char(' '));
    assert_eq!(screen.draw(), folded);
}

#[tokio::test]
async fn sends_the_next_prompt() {
    let server = start_server().await;
    let mut screen = Screen::open(&server, "openai").await;
    let usage = r#"{"input_tokens":1200,"cached_input_tokens":1000,"output_tokens":34}"#;
    let completed = format!("{{\"type\":\"turn.completed\",\"usage\":{usage}}}\n");
    let script = Script::new().stdout("{\"type\":\"thread.started\"}\n");
    let script = script.stdout(completed).exit(0);
    server.control().set_script_for_prompt("Count", script);
    screen.until(&["idle", "turn 1: done"]).await;
    screen.prompt("Count the tokens");
    let lines = screen.until(&["idle", "turn 2: done", "❯ Count"]).await;
    let turn = [
        "── turn 2 ────────────────────────────────────────────────────────────────────",
        "❯ Count the tokens",
        "✓ done · 1200 tokens in, 1000 cached, 34 tokens out",
    ];
    assert!(lines[0].starts_with("── turn 1 ─"), "{}", lines[0]);
    let start = lines.iter().position(|line| line == turn[0]);
    let start = start.expect("the turn is shown");
    assert_eq!(lines[start..start + turn.len()], turn);
    let status = " idle │ turn 2: done │ 3600 tokens in, 2800 cached, 194 tokens out";
    assert_eq!(lines[21], status);
}

#[tokio::test]
async fn a_refused_prompt_can_be_sent_again() {
    let server = start_server().await;
    let script = Script::new().stdout(message("Hi")).hold("end").exit(0);
    server.control().set_script(script);
    let mut screen = Screen::open(&server, "anthropic").await;
    screen.until(&["● Hi"]).await;
    screen.prompt("And now?");
    screen.until(&["error:", "❯ And now?"]).await;
    server.control().release("end");
    screen.until(&["idle", "turn 1: done"]).await;
    screen.press(KeyCode::Enter);
    screen.press(KeyCode::Enter);
    let lines = screen.until(&["idle", "turn 2: done"]).await;
    assert_eq!(lines[22], "❯");
}

#[tokio::test]
async fn interrupts_the_turn() {
    let server = start_server().await;
    let running = call("t1", "Bash", &json!({"command": "sleep 1000"}));
    let script = Script::new().stdout(running).hang();
    server.control().set_script(script);
    let mut screen = Screen::open(&server, "anthropic").await;
    screen
        .until(&["live │ turn 1: running", "▸ … Bash sleep 1000"])
        .await;
    screen.press_with(KeyCode::Char('c'), KeyModifiers::CONTROL);
    let lines = screen.until(&["idle", "turn 1: interrupted"]).await;
    assert_eq!(lines[2..4], ["▸ ■ Bash sleep 1000", "■ interrupted"]);

    screen.press_with(KeyCode::Char('c'), KeyModifiers::CONTROL);
    screen.until(&["error:"]).await;
}

#[tokio::test]
async fn a_restored_session_has_the_same_screen() {
    let server = start_server().await;
    let start = message("First") + &call("t1", "Bash", &json!({"command": "make"}));
    let end = result("t1", "ok") + &message("Last");
    // Within a line.
    let (middle, rest) = end.split_at(40);
    let script = Script::new()
        .stdout(start + middle)
        .hold("middle")
        .stdout(rest)
        .exit(0);
    server.control().set_script(script);
    let mut first = Screen::open(&server, "anthropic").await;
    let middle = ["live", "running", "❯ Look around", "▸ … Bash make"];
    let before = first.until(&middle).await;
    let saved = first.session.save();
    drop(first);

    let restored = Session::restore(client(&server), &saved).expect("a session");
    let mut restored = Screen::show(restored);
    assert_eq!(restored.until(&middle).await, before);
    server.control().release("middle");
    let end = ["idle", "turn 1: done", "▸ ✓ Bash make", "● Last"];
    let after = restored.until(&end).await;

    let id = restored.session.id();
    let mut whole = Screen::show(Session::new(client(&server), id, Transcript::new()));
    assert_eq!(whole.until(&["idle", "turn 1: done", "❯"]).await, after);

    let saved = restored.session.save();
    let again = Session::restore(client(&server), &saved).expect("a session");
    let mut again = Screen::show(again);
    // It is followed again, although the turn has ended.
    again.until(&["live"]).await;
    assert_eq!(
        again.until(&["idle", "turn 1: done", "❯ Look"]).await,
        after
    );
    again.prompt("Look again");
    again.until(&["idle", "turn 2: done"]).await;
}

#[tokio::test]
async fn continues_after_the_connection_is_cut() {
    let server = start_server().await;
    let cut = Effect::Cut {
        after_bytes: 1500,
        how: CutHow::Reset,
    };
    let fault = Fault::on("GET", "/sessions/*/stream", cut);
    server.control().plan_fault(fault).expect("a fault");
    let mut screen = Screen::open(&server, "anthropic").await;
    screen.until(&["reconnecting (1)", "error:"]).await;
    let lines = screen.until(&["idle", "turn 1: done", "❯ Look"]).await;

    let id = screen.session.id();
    let mut whole = Screen::show(Session::new(client(&server), id, Transcript::new()));
    let end = ["idle", "turn 1: done", "❯ Look"];
    assert_eq!(whole.until(&end).await, lines);
}

#[tokio::test]
async fn the_stream_of_a_lost_server_can_be_followed_again() {
    let server = start_server().await;
    let status = Effect::Status {
        status: 404,
        body: String::new(),
        headers: std::collections::BTreeMap::new(),
    };
    let fault = Fault::on("GET", "/sessions/*/stream", status);
    server.control().plan_fault(fault).expect("a fault");
    let mut screen = Screen::open(&server, "anthropic").await;
    screen.until(&["r follows the session again"]).await;
    screen.press(KeyCode::Char('r'));
    screen.until(&["idle", "turn 1: done"]).await;
}

#[tokio::test]
async fn scrolls_through_all_lines() {
    let server = start_server().await;
    let words = "word ".repeat(40);
    let messages: Vec<_> = (0..30)
        .map(|number| message(&format!("message {number}\n\n{words}")))
        .collect();
    let script = Script::new()
        .stdout(messages.concat())
        .hold("end")
        .stdout(message("the last one"))
        .exit(0);
    server.control().set_script(script);
    let mut screen = Screen::open(&server, "anthropic").await;
    screen.until(&["live", "message 29", "running"]).await;
    // All lines, on a high screen.
    let backend = TestBackend::new(78, 400);
    let low = std::mem::replace(
        &mut screen.terminal,
        Terminal::new(backend).expect("a terminal"),
    );
    let all = screen.until(&["❯ Look around"]).await;
    screen.terminal = low;
    let end = all
        .iter()
        .rposition(|line| line.contains("word"))
        .expect("lines")
        + 1;
    assert_eq!(end, 2 + 30 * 5);

    let height = 21;
    for top in (0..=end - height).rev() {
        assert_eq!(screen.draw()[..height], all[top..top + height]);
        screen.press(KeyCode::Up);
    }
    assert_eq!(screen.draw()[..height], all[..height]);
    screen.press(KeyCode::PageDown);
    assert_eq!(screen.draw()[..height], all[height - 1..2 * height - 1]);

    // What arrives does not move the lines on the screen.
    server.control().release("end");
    let scrolled = screen.until(&["idle", "turn 1: done"]).await;
    assert_eq!(scrolled[..height], all[height - 1..2 * height - 1]);
    screen.press(KeyCode::End);
    assert_eq!(screen.draw()[height - 2], "● the last one");
    screen.press(KeyCode::Home);
    assert_eq!(screen.draw()[..height], all[..height]);
}

#[tokio::test]
async fn control_characters_are_shown_as_escapes() {
    let server = start_server().await;
    let bad = "a\x1b[31mb\x07c\u{9b}2Jd\u{202e}e\rf\tg";
    let init = json!({"type": "system", "subtype": "init", "model": bad}).to_string() + "\n";
    let todos = json!({"todos": [{"content": bad, "status": "pending"}]});
    let end = json!({"type": "result", "subtype": "error_during_execution", "is_error": true, "errors": [bad]});
    let script = Script::new()
        .stdout(init)
        .stdout(message(bad))
        .stdout(assistant(&json!({"type": "thinking", "thinking": bad})))
        .stdout(call("t1", bad, &json!({ bad: bad })))
        .stdout(result("t1", bad))
        .stdout(call("t2", "TodoWrite", &todos))
        .stdout(format!("{bad}\n"))
        .stderr(format!("{bad}\n"))
        .stdout(format!("{end}\n"))
        .exit(1);
    server.control().set_script_for_prompt("Look", script);
    let mut screen = Screen::open(&server, "anthropic").await;
    screen.until(&["idle", "turn 1: failed"]).await;
    screen.press(KeyCode::Tab);
    screen.press(KeyCode::Char(' '));
    screen.input(&Event::Paste(format!("{bad}\r\nLook")));
    let lines = screen.draw();
    let is_hidden = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
    let screen_text = lines.concat();
    assert!(!screen_text.contains(is_hidden), "{screen_text:?}");
    let escaped = lines
        .iter()
        .filter(|line| line.contains("a\\x1b[31mb\\x07c\\x9b2Jd\\u202ee"));
    assert!(escaped.count() >= 9, "{}", lines.join("\n"));
}

/// The program in a pseudo terminal.
#[cfg(unix)]
mod program {
    use std::path::{Path, PathBuf};
    use std::process::ExitStatus;

    use pty_process::{Command, Pty, Size};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::process::Child;

    use super::{LIMIT, terminal};

    /// The environment variable of the process that panics.
    const PANICS: &str = "AOD_TEST_TUI_PANICS";

    struct Window {
        pty: Pty,
        child: Child,
        parser: vt100::Parser,
        output: Vec<u8>,
    }

    impl Window {
        /// Starts a program, and prints the settings of the terminal when it has ended.
        fn start(program: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
            let (pty, terminal) = pty_process::open().expect("a pseudo terminal");
            pty.resize(Size::new(24, 80)).expect("a size");
            let child = Command::new("sh")
                .args(["-c", "\"$@\"; code=$?; stty -a; exit $code", "sh"])
                .arg(program)
                .args(arguments)
                .env("TERM", "xterm-256color")
                .env("RUST_BACKTRACE", "0")
                .env_remove("AOD_API_URL")
                .envs(variables.iter().copied())
                .kill_on_drop(true)
                .spawn(terminal)
                .expect("a process");
            Self {
                pty,
                child,
                parser: vt100::Parser::default(),
                output: Vec::new(),
            }
        }

        /// Reads until the screen contains a text.
        async fn until(&mut self, text: &str) {
            while !self.screen().contains(text) {
                assert!(self.read().await, "the program ended:\n{}", self.screen());
            }
        }

        /// Reads output. Returns `false` when the program has closed the terminal.
        async fn read(&mut self) -> bool {
            let mut buffer = [0; 4096];
            let read = tokio::time::timeout(LIMIT, self.pty.read(&mut buffer)).await;
            let Ok(read) = read else {
                panic!("no output for a long time:\n{}", self.screen());
            };
            // Linux reports an error when the last process closes the terminal.
            let output = &buffer[..read.unwrap_or(0)];
            self.parser.process(output);
            self.output.extend(output);
            !output.is_empty()
        }

        async fn press(&mut self, keys: &str) {
            self.pty.write_all(keys.as_bytes()).await.expect("a key");
        }

        fn screen(&self) -> String {
            self.parser.screen().contents()
        }

        /// Waits until the program has ended. The terminal must be as it was before.
        async fn end(mut self) -> (ExitStatus, Self) {
            while self.read().await {}
            let status = tokio::time::timeout(LIMIT, self.child.wait()).await;
            let status = status.expect("it ends").expect("its status");
            let screen = self.parser.screen();
            assert!(!screen.alternate_screen());
            assert!(!screen.bracketed_paste());
            assert!(!screen.hide_cursor());
            let text = self.screen();
            for setting in ["icanon", "echo", "isig", "icrnl"] {
                assert!(
                    text.split_whitespace().any(|word| word == setting),
                    "{text}"
                );
            }
            (status, self)
        }
    }

    /// The example, which `cargo nextest run` and `cargo test` build with the tests of the package.
    fn example() -> PathBuf {
        let test = std::env::current_exe().expect("this program");
        let folder = test.ancestors().nth(2).expect("the folder of the build");
        let program = folder.join("examples/tui");
        assert!(program.exists(), "run `cargo build --example tui` first");
        program
    }

    #[tokio::test]
    async fn q_quits_and_restores_the_terminal() {
        let title = "\u{1b}]0;evil\u{7}";
        let prompt = format!("Look {title} around");
        let mut window = Window::start(&example(), &[&prompt], &[]);
        window.until("idle │ turn 1: done").await;
        window.until("On it: Look \\x1b]0;evil\\x07 around").await;
        assert!(window.parser.screen().alternate_screen());
        window.press("q").await;
        let (status, window) = window.end().await;
        assert!(status.success());
        assert!(window.screen().contains("session "));
        let output = String::from_utf8_lossy(&window.output);
        assert!(!output.contains(title));
    }

    #[tokio::test]
    async fn sends_a_prompt_and_interrupts_its_turn() {
        let mut window = Window::start(&example(), &[], &[]);
        window.until("idle │ turn 1: done").await;
        window.press("i").await;
        // Pasted text.
        window.press("\u{1b}[200~work\nslowly\u{1b}[201~").await;
        window.until("❯ work⏎slowly").await;
        window.press("\r").await;
        window.until("live │ turn 2: running").await;
        window.press("\u{3}").await;
        window.until("idle │ turn 2: interrupted").await;
        window.press("\u{1b}").await;
        let (status, _) = window.end().await;
        assert!(status.success());
    }

    #[tokio::test]
    async fn a_panic_restores_the_terminal() {
        if std::env::var_os(PANICS).is_some() {
            let _terminal = terminal::init().expect("a terminal");
            panic!("on purpose");
        }
        let program = std::env::current_exe().expect("this program");
        let name = "program::a_panic_restores_the_terminal";
        let window = Window::start(
            &program,
            &["--exact", name, "--nocapture"],
            &[(PANICS, "1")],
        );
        let (status, window) = window.end().await;
        assert!(!status.success());
        assert!(window.screen().contains("on purpose"));
    }
}
