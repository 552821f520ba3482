// ! An in-memory Agent on Demand server on loopback, for tests and demonstrations. ! ! It answers as the real servers
// of three [`Generation`]s do, plays scripted agents ([`Script`]), has a clock that can ! be stopped and moved, and
// makes [`Fault`]s on request. It needs no database, sandbox or model. A [`CuttingProxy`] ! before it, or before any
// other server, breaks event streams on their way. ! ! ``` ! use aod_devserver::{DevServer, Generation}; ! ! #
// #[tokio::main(flavor = "current_thread")] ! # async fn main() -> std::io::Result<()> { ! let server =
// DevServer::builder().generation(Generation::April30).token("aod_dev").start().await?; ! println!("AOD_API_URL={}
// AOD_API_TOKEN={}", server.url(), server.token()); ! server.stop().await; ! # Ok(()) ! # } ! ``` ! ! # Control ! !
// [`Control`] arranges things behind the API's back. The same over HTTP, without a token, bodies and answers in JSON; !
// what a body should not contain is a 400 that says so: ! ! | Call | Body | ! |---|---| ! | `POST /__dev/reset` | | ! |
// `POST`, `DELETE /__dev/script` | `{"script": …}` as the default, with `"prompt": "text in it"`, or with `"session":
// id`: [`Script`] | ! | `POST /__dev/release`, `/close`, `/reached` | `{"name": …}`: open a hold, close it, wait until
// a script is at it | ! | `POST`, `DELETE /__dev/fault` | a [`Fault`] | ! | `POST /__dev/clock` | `{"frozen": true,
// "advance_ms": 15000}` | ! | `POST /__dev/quota` | `{"account": "main", "limit": 2}` | ! | `POST /__dev/account`,
// `/key` | [`NewAccount`], [`NewKey`] | ! | `POST /__dev/log-id` | `{"next": 41230}` | ! | `POST /__dev/agent` |
// `{"agent": id, "change": …}`: [`AgentChange`] | ! | `POST /__dev/session` | `{"session": id, "action": {"start_turn":
// {"turn": 1}}}`: [`Action`] | ! | `GET /__dev/stats` | [`Stats`] | ! | `GET`, `DELETE /__dev/requests` | `{"data":
// […]}`: [`SeenRequest`] without bodies | ! | `POST /__dev/wait` | `{"streams": 0}`: wait until so many streams are
// open; `{"requests": 3}`: until at least so many API requests have come, as `stats` counts them; `{"connections": 1}`:
// until so many connections are open, this request's own among them | ! ! # Where it differs from the real servers ! !
// - New log rows are sent at once; the real server looks every half second. So a stream always sees the end of a turn,
// !   where the real one can run on into the next turn when its prompt comes quickly. ! - A name in use by another
// active environment is S1's 409 in S0 too, where the real server fails with a 500; the !   same for `NaN` and lone
// surrogates in a body, which are 400 `Invalid JSON`. ! - HTML pages have the right status and content type and a text
// of their own. ! - Numbers beyond 64 bits saturate. ! - An interrupted turn (S2) has exit code 130; what the real
// server records is not known. ! - A running turn fails as soon as its session is terminated. ! - Column lengths of a
// database are not enforced.

mod api;
mod clock;
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
pub use faults::{CutHow, Effect, Fault};
pub use generation::Generation;
pub use proxy::{ConnectionPlan, Cut, CutBy, Cuts, CuttingProxy};
pub use script::{Provisioning, Script, Source, StageFailure, Step};
pub use server::{DevServer, DevServerBuilder};
pub use stats::{SeenRequest, Stats};
pub use store::Status;
