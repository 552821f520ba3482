//! Scripted agents: what a session's sandbox does while it is provisioned and in each turn.

mod claude;
pub(crate) mod gates;
pub(crate) mod player;
pub(crate) mod worker;

use serde::{Deserialize, Serialize};

/// Which of the agent's outputs a chunk came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// What an agent does in a turn, and before the first one.
///
/// In JSON: `{"provisioning": {…}, "steps": [{"stdout": "hi\n"}, {"delay_ms": 5}, {"hold": "go"}, {"exit": 0}]}`.
///
/// ```
/// use aod_devserver::Script;
///
/// let script = Script::new().stdout("half a li").hold("go").stdout("ne\n").exit(0);
/// assert_eq!(script.steps.len(), 4);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Script {
    /// How provisioning goes; only the first turn's script has a say.
    pub provisioning: Provisioning,
    /// What happens in the turn, in order. A script that ends without an ending step exits with 0.
    pub steps: Vec<Step>,
    /// Nothing happens by itself: the session stays as it is until the control interface moves it.
    pub manual: bool,
}

/// How the sandbox is provisioned.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Provisioning {
    /// Provisioning does not begin before this name is released.
    pub hold: Option<String>,
    /// Time on the server's clock that each stage takes.
    pub stage_delay_ms: u64,
    /// The stage that fails instead of ending well.
    pub fail: Option<StageFailure>,
}

/// A failing provisioning stage; the session fails with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageFailure {
    /// The stage's name; when it is not one that the session goes through, the first stage fails.
    pub stage: String,
    /// The message of the `failed` stage event.
    pub message: String,
}

/// One step of a turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// One chunk on standard output: one `output` event.
    Stdout(String),
    /// One chunk on standard error: one `output` event.
    Stderr(String),
    /// Waits this long on the server's clock.
    DelayMs(u64),
    /// Waits until this name is released.
    Hold(String),
    /// Ends the turn with this exit code.
    Exit(i64),
    /// Ends the turn as failed without an exit code.
    Crash,
    /// Never ends the turn.
    Hang,
}

impl Script {
    /// An empty script: exits with 0 at once.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A session that only the control interface moves.
    #[must_use]
    pub fn manual() -> Self {
        Self {
            manual: true,
            ..Self::default()
        }
    }

    /// A session whose provisioning fails in the given stage.
    #[must_use]
    pub fn failing_in(stage: &str, message: &str) -> Self {
        let mut script = Self::default();
        script.provisioning.fail = Some(StageFailure {
            stage: stage.to_owned(),
            message: message.to_owned(),
        });
        script
    }

    /// The built-in run of a Claude agent: `stream-json` lines about the prompt, in chunks of odd sizes, exit code 0.
    #[must_use]
    pub fn claude(model: &str, prompt: &str) -> Self {
        claude::script(model, prompt)
    }

    /// The built-in run of every other agent: plain text, exit code 0.
    #[must_use]
    pub fn plain(prompt: &str) -> Self {
        Self::new()
            .delayed_chunks(&format!("You said: {prompt}\nNothing else to do.\n"), 5)
            .exit(0)
    }

    /// Holds provisioning until the name is released.
    #[must_use]
    pub fn hold_provisioning(mut self, name: &str) -> Self {
        self.provisioning.hold = Some(name.to_owned());
        self
    }

    /// Adds a chunk on standard output.
    #[must_use]
    pub fn stdout(self, data: impl Into<String>) -> Self {
        self.step(Step::Stdout(data.into()))
    }

    /// Adds a chunk on standard error.
    #[must_use]
    pub fn stderr(self, data: impl Into<String>) -> Self {
        self.step(Step::Stderr(data.into()))
    }

    /// Waits on the server's clock.
    #[must_use]
    pub fn delay_ms(self, delay: u64) -> Self {
        self.step(Step::DelayMs(delay))
    }

    /// Waits until the name is released.
    #[must_use]
    pub fn hold(self, name: &str) -> Self {
        self.step(Step::Hold(name.to_owned()))
    }

    /// Ends the turn with an exit code.
    #[must_use]
    pub fn exit(self, code: i64) -> Self {
        self.step(Step::Exit(code))
    }

    /// Ends the turn as failed without an exit code.
    #[must_use]
    pub fn crash(self) -> Self {
        self.step(Step::Crash)
    }

    /// Never ends the turn.
    #[must_use]
    pub fn hang(self) -> Self {
        self.step(Step::Hang)
    }

    /// Adds any step.
    #[must_use]
    pub fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// Adds `text` on standard output in chunks of odd sizes, with a short delay before each.
    #[must_use]
    pub fn delayed_chunks(mut self, text: &str, delay_ms: u64) -> Self {
        const SIZES: [usize; 9] = [61, 7, 180, 1, 33, 250, 12, 95, 140];
        let mut rest = text;
        for size in SIZES.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let cut = rest
                .char_indices()
                .nth(*size)
                .map_or(rest.len(), |(index, _)| index);
            let (chunk, tail) = rest.split_at(cut);
            self = self.delay_ms(delay_ms).stdout(chunk);
            rest = tail;
        }
        self
    }
}

/// The scripts that sessions without one of their own play.
#[derive(Default)]
pub(crate) struct Scripts {
    pub(crate) default: Option<Script>,
    /// The first whose text occurs in the prompt wins.
    pub(crate) by_prompt: Vec<(String, Script)>,
}

impl Scripts {
    /// The script of a turn that has none set for its session.
    pub(crate) fn choose(&self, engine: &str, model: &str, prompt: &str) -> Script {
        let matching = self
            .by_prompt
            .iter()
            .find(|(text, _)| prompt.contains(text))
            .map(|(_, script)| script);
        match matching.or(self.default.as_ref()) {
            Some(script) => script.clone(),
            None if engine.contains("claude") || engine == "anthropic" => {
                Script::claude(model, prompt)
            }
            None => Script::plain(prompt),
        }
    }
}
