//! An in-memory Agent on Demand server on loopback, for tests and demonstrations.
//!
//! It responds like the real servers of three [`Generation`]s, runs scripted agents ([`Script`]), has a clock that can
//! be frozen and advanced, and injects [`Fault`]s. It needs no database, sandbox or model. A [`CuttingProxy`] in front
//! of it, or of any other server, interrupts event streams.
//!
//! See [Testing a program](https://ravi-hq.github.io/agent-on-demand/latest/testing/).
//!
//! ```
//! use aod_devserver::{DevServer, ToolCall, Turn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let server = DevServer::builder().start().await?;
//! let test = ToolCall::new("Bash", [("command", "cargo test")]).output("1 failed").exit_code(101);
//! server.script(Turn::new().tool(test).message("One test fails."));
//! println!("AOD_API_URL={} AOD_API_TOKEN={}", server.url(), server.token());
//! server.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! A session prints its turns in the format of its runtime: Claude Code, Codex, Gemini CLI or opencode.
//!
//! # Control
//!
//! [`Control`] changes the state of the server from a test. The same calls are available over HTTP, without a token,
//! with JSON bodies and responses. Unknown fields and numbers out of range result in a 400 that names them. `DELETE`
//! removes all scripts except those of single sessions, all pending faults, or the recorded requests:
//!
//! | Call | Body |
//! |---|---|
//! | `POST /__dev/reset` | |
//! | `POST`, `DELETE /__dev/script` | `{"script": …}` as the default; for prompts that contain a text with `"prompt": text`; or for a session with `"session": id`: [`Script`] |
//! | `POST /__dev/release`, `/close`, `/reached` | `{"name": …}`: release a hold, make scripts wait at it again, wait until a script waits at it |
//! | `POST`, `DELETE /__dev/fault` | a [`Fault`] |
//! | `POST /__dev/clock` | `{"frozen": true, "advance_ms": 15000}` |
//! | `POST /__dev/quota` | `{"account": "main", "limit": 2}` |
//! | `POST /__dev/account`, `/key` | [`NewAccount`], [`NewKey`] |
//! | `POST /__dev/log-id` | `{"next": 41230}` |
//! | `POST /__dev/agent` | `{"agent": id, "change": …}`: [`AgentChange`] |
//! | `POST /__dev/session` | `{"session": id, "action": {"start_turn": {"turn": 1}}}`: [`Action`] |
//! | `GET /__dev/stats` | [`Stats`] |
//! | `GET`, `DELETE /__dev/requests` | `{"data": […]}`: [`SeenRequest`] without bodies |
//! | `POST /__dev/wait` | `{"streams": 0}`: wait until this many streams are open; `{"requests": 3}`: until at least this many API requests have been received, as counted by `stats`; `{"connections": 1}`: until this many connections are open, including that of this request |
//!
//! # Differences from the real servers
//!
//! - New log rows are sent immediately; the real server polls every 0.5 s. Therefore a stream always sees the end of a
//!   turn; on the real server it can continue with the next turn if its prompt arrives quickly.
//! - In every generation, an environment with the name of another active environment is a 409, and `NaN` or unpaired
//!   surrogates in a body are a 400 `Invalid JSON`. The real server of 2026-04-21 fails with a 500.
//! - HTML pages have the same status and content type but another text.
//! - Numbers beyond 64 bits saturate.
//! - JSON that is nested more deeply than 127 levels is a 400 `Invalid JSON`; the real server reads up to 960 levels.
//! - Cursors in digits other than ASCII are a 400; the real server reads the digits of every script.
//! - The exit code of an interrupted agent is 143, that of a process that SIGTERM ended; a real agent can exit with
//!   another code. If the agent was not started, the turn has no exit code.
//! - A running turn fails immediately when its session is terminated.
//! - The lengths of database columns are not enforced.

mod api;
mod clock;
mod connection;
mod control;
mod faults;
mod generation;
mod http;
mod proxy;
mod python;
mod script;
mod server;
mod stats;
mod store;
mod stream;
mod validation;

pub use control::{Action, AgentChange, Control, ControlError, NewAccount, NewKey, StageState};
pub use faults::{CutHow, EchoForm, Effect, Fault};
pub use generation::Generation;
pub use proxy::{ConnectionPlan, Cut, CutBy, Cuts, CuttingProxy};
pub use script::{
    PlanStatus, PlanStep, Provisioning, Script, Source, StageFailure, Step, ToolCall, Turn,
    TurnEnd, TurnStep, TurnUsage,
};
pub use server::{DevServer, DevServerBuilder};
pub use stats::{SeenRequest, Stats};
pub use store::Status;
