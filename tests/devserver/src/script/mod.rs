//! Scripted agents: the behaviour of a session's sandbox during provisioning and in each turn.

pub(crate) mod cli;
pub(crate) mod gates;
pub(crate) mod player;
mod sample;
mod turn;
pub(crate) mod worker;

pub use turn::{PlanStatus, PlanStep, ToolCall, Turn, TurnEnd, TurnStep, TurnUsage};

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use cli::{Run, Tokens};

/// The stream that a chunk was printed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// The behaviour of an agent during provisioning and in its turns: what it does ([`Turn`]), or the exact chunks that it
/// prints ([`Step`]).
///
/// In JSON: `{"provisioning": {…}, "turns": [{"steps": [{"message": "Done."}]}]}`, or `{"steps": [{"stdout": "hi\n"},
/// {"delay_ms": 5}, {"hold": "go"}, {"exit": 0}]}`.
///
/// ```
/// use aod_devserver::{Script, Turn};
///
/// let script = Script::from([Turn::new().message("Done."), Turn::new().fail("out of tokens")]);
/// assert_eq!(script.turns.len(), 2);
/// let chunks = Script::new().stdout("half a li").hold("go").stdout("ne\n").exit(0);
/// assert_eq!(chunks.steps.len(), 4);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Script {
    /// The provisioning. Only used in the script of the first turn.
    pub provisioning: Provisioning,
    /// The turns of a session: the first turn that runs the script runs the first of them, and so on. Later turns repeat
    /// the last one.
    pub turns: Vec<Turn>,
    /// Without `turns`: the steps of every turn, in order. A script without a final step exits with 0.
    pub steps: Vec<Step>,
    /// Whether the session changes only by actions of the control interface.
    pub manual: bool,
}

/// The provisioning of a sandbox.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Provisioning {
    /// The hold at which provisioning waits before it starts.
    pub hold: Option<String>,
    /// The duration of each stage on the server's clock.
    pub stage_delay_ms: u64,
    /// The stage that fails.
    pub fail: Option<StageFailure>,
}

/// A failing provisioning stage, which fails the session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageFailure {
    /// The name of the stage. If the session does not have that stage, its first stage fails.
    pub stage: String,
    /// The message of the `failed` stage event.
    pub message: String,
}

/// A step of a turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Prints a chunk on standard output, which is one `output` event.
    Stdout(String),
    /// Prints a chunk on standard error, which is one `output` event.
    Stderr(String),
    /// Waits for a time on the server's clock.
    DelayMs(u64),
    /// Waits until the hold with this name is released.
    Hold(String),
    /// Ends the turn with this exit code.
    Exit(i64),
    /// Ends the turn as failed without an exit code.
    Crash,
    /// Never ends the turn.
    Hang,
}

impl Script {
    /// Creates an empty script, which exits with 0 immediately.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a script for a session that changes only by actions of the control interface.
    #[must_use]
    pub fn manual() -> Self {
        Self {
            manual: true,
            ..Self::default()
        }
    }

    /// Creates a script whose provisioning fails in a stage.
    #[must_use]
    pub fn failing_in(stage: &str, message: &str) -> Self {
        let mut script = Self::default();
        script.provisioning.fail = Some(StageFailure {
            stage: stage.to_owned(),
            message: message.to_owned(),
        });
        script
    }

    /// Returns the script of a session that has no script, for a prompt and the name of a runtime or model provider: a
    /// short [`Turn`], printed in chunks of varying sizes, with a delay of 5 ms before each.
    #[must_use]
    pub fn sample(runtime: &str, model: &str, prompt: &str) -> Self {
        Self::sample_for(&Run {
            engine: runtime,
            model,
            prompt,
            ..Run::default()
        })
    }

    fn sample_for(run: &Run<'_>) -> Self {
        let steps = cli::steps(&sample::turn(run.prompt), run).into_iter();
        let text: String = steps
            .filter_map(|step| match step {
                Step::Stdout(data) => Some(data),
                _ => None,
            })
            .collect();
        Self::new().delayed_chunks(&text, 5).exit(0)
    }

    /// Delays provisioning until the hold with this name is released.
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

    /// Adds a delay on the server's clock.
    #[must_use]
    pub fn delay_ms(self, delay: u64) -> Self {
        self.step(Step::DelayMs(delay))
    }

    /// Adds a hold, which waits until its name is released.
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

    /// Adds `text` on standard output in chunks of varying sizes, with a delay on the server's clock before each.
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

impl From<Turn> for Script {
    /// Creates a script whose every turn is this one.
    fn from(turn: Turn) -> Self {
        Self::from([turn])
    }
}

impl From<Vec<Turn>> for Script {
    /// Creates a script of the turns of a session.
    fn from(turns: Vec<Turn>) -> Self {
        Self {
            turns,
            ..Self::default()
        }
    }
}

impl<const N: usize> From<[Turn; N]> for Script {
    /// Creates a script of the turns of a session.
    fn from(turns: [Turn; N]) -> Self {
        Self::from(Vec::from(turns))
    }
}

/// The scripts of sessions without their own script.
#[derive(Default)]
pub(crate) struct Scripts {
    pub(crate) default: Option<Arc<Script>>,
    /// Scripts by a text in the prompt; the first match is used.
    pub(crate) by_prompt: Vec<(String, Arc<Script>)>,
}

impl Scripts {
    /// Returns the script of a turn whose session has none.
    pub(crate) fn choose(&self, prompt: &str) -> Option<Arc<Script>> {
        let matching = self
            .by_prompt
            .iter()
            .find(|(text, _)| prompt.contains(text))
            .map(|(_, script)| script);
        matching.or(self.default.as_ref()).cloned()
    }
}

/// How many turns of a session have played each script. A script that is set again counts from the start.
#[derive(Default)]
pub(crate) struct Counts(Vec<(Arc<Script>, usize)>);

impl Counts {
    /// Counts a turn, and returns how many turns have played the script before.
    pub(crate) fn add(&mut self, script: &Arc<Script>) -> usize {
        let known = self
            .0
            .iter_mut()
            .find(|(known, _)| Arc::ptr_eq(known, script));
        if let Some((_, count)) = known {
            *count += 1;
            return *count - 1;
        }
        self.0.push((Arc::clone(script), 1));
        0
    }
}

/// The steps of a turn, and what it adds to the tokens of its session.
pub(crate) struct Played {
    pub(crate) steps: Vec<Step>,
    pub(crate) tokens: Tokens,
}

impl Played {
    /// Returns the steps of a script in one of its turns, counted from 0, or of the built-in one.
    pub(crate) fn of(script: Option<(&Script, usize)>, run: &Run<'_>) -> Self {
        let mut tokens = run.earlier;
        let Some((script, index)) = script else {
            tokens.add(&Turn::new());
            let steps = Script::sample_for(run).steps;
            return Self { steps, tokens };
        };
        let turn = script.turns.get(index).or(script.turns.last());
        let steps = match turn {
            Some(turn) => {
                tokens.add(turn);
                cli::steps(turn, run)
            }
            None => script.steps.clone(),
        };
        Self { steps, tokens }
    }
}
