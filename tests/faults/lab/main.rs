//! A network lab: open streams while their network fails in the ways of phones and laptops.
//!
//! `just lab` prints, for each failure, how many events were lost and doubled, and how long after the end of the failure
//! the streams received the next event. It fails if an event was lost or doubled. The lab runs in a network namespace of
//! its own, where it takes the loopback interface down; without the right to create one, a relay stops passing bytes
//! instead.

#![allow(
    clippy::print_stdout,
    reason = "the figures are for the reader of the terminal"
)]

mod relay;

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aod::models::{CreateAgent, CreateSession, Runtime};
use aod::sse::Clock;
use aod::{Client, RetryPolicy};
use aod_devserver::{DevServer, Generation, Script};
use futures::StreamExt as _;
use relay::{Mode, Relay};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// Set in the process that runs in the namespace, to the file with its host names.
const HOSTS: &str = "AOD_LAB_HOSTS";
const HOST: &str = "server.lab";
/// The time limit of each wait for all streams.
const LIMIT: Duration = Duration::from_secs(120);
const MS: fn(u64) -> Duration = Duration::from_millis;

fn main() -> ExitCode {
    // `cargo test` also runs this, only to check that it builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    let hosts = std::env::var_os(HOSTS);
    if hosts.is_none()
        && let Some(code) = in_namespace()
    {
        return code;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime starts");
    match runtime.block_on(run(hosts.as_deref().map(Path::new))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs this program again in a namespace; `None` if none can be created.
fn in_namespace() -> Option<ExitCode> {
    let hosts = std::env::temp_dir().join(format!("aod-lab-{}", std::process::id()));
    fs::write(&hosts, "").ok()?;
    let script = format!(
        "ip link set lo up && mount --bind '{}' /etc/hosts && exec \"$0\" --bench",
        hosts.display()
    );
    let program = std::env::current_exe().ok()?;
    let unshare = |arguments: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(arguments).args(["--net", "--mount"]);
        command
    };
    let kinds: [&[&str]; 2] = [&[], &["--user", "--map-root-user"]];
    let possible = kinds.into_iter().find(|kind| {
        let tried = unshare(kind)
            .args(["ip", "link", "set", "lo", "up"])
            .status();
        tried.is_ok_and(|status| status.success())
    })?;
    let status = unshare(possible)
        .args(["sh", "-c", &script])
        .arg(program)
        .env(HOSTS, &hosts)
        .status();
    let _ = fs::remove_file(&hosts);
    let succeeded = status.is_ok_and(|status| status.success());
    Some(if succeeded {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

struct Lab<'a> {
    server: DevServer,
    relay: Relay,
    client: Client,
    clock: Clock,
    hosts: Option<&'a Path>,
}

async fn run(hosts: Option<&Path>) -> Result {
    println!(
        "link failures: {}",
        if hosts.is_some() {
            "the interface of a network namespace"
        } else {
            "a relay that passes nothing"
        }
    );
    let server = DevServer::builder()
        .generation(Generation::April21)
        .start()
        .await?;
    let relay = Relay::start(server.url()).await?;
    let clock = Clock::new();
    let host = if hosts.is_some() { HOST } else { "127.0.0.1" };
    let client = Client::builder()
        .base_url(format!("http://{host}:{}", relay.port()))
        .token(server.token())
        .retry(RetryPolicy::none())
        .clock(clock.clone())
        .build()?;
    let lab = Lab {
        server,
        relay,
        client,
        clock,
        hosts,
    };
    lab.resolve(true)?;
    println!(
        "{:48} {:>7} {:>5} {:>7} {:>9} {:>9}",
        "failure", "streams", "lost", "doubled", "p50", "p99"
    );
    lab.failures().await?;
    lab.waiting().await
}

impl Lab<'_> {
    async fn failures(&self) -> Result {
        self.link_failures().await?;
        self.interruptions().await?;
        self.bad_paths().await
    }

    async fn link_failures(&self) -> Result {
        let network = || self.client.network();
        self.measure("network changed, reported", 200, async || {
            network().changed();
            Ok(())
        })
        .await?;
        self.measure("link down for 5 s, reported", 50, async || {
            network().offline();
            self.link(false).await?;
            sleep(Duration::from_secs(5)).await;
            self.link(true).await?;
            network().online();
            Ok(())
        })
        .await?;
        self.measure("link down for 5 s, not reported", 50, async || {
            self.link(false).await?;
            sleep(Duration::from_secs(5)).await;
            self.link(true).await
        })
        .await?;
        self.measure(
            "link down for 5 min (clock moved), reported",
            50,
            async || {
                network().offline();
                self.link(false).await?;
                self.clock.advance(Duration::from_secs(300));
                sleep(MS(200)).await;
                self.link(true).await?;
                network().online();
                Ok(())
            },
        )
        .await?;
        self.measure(
            "link down for 5 min (clock moved), not reported",
            50,
            async || {
                self.link(false).await?;
                for _ in 0..20 {
                    self.clock.advance(Duration::from_secs(15));
                    sleep(MS(100)).await;
                }
                self.link(true).await
            },
        )
        .await?;
        Ok(())
    }

    async fn interruptions(&self) -> Result {
        self.measure("suspended for 1 s", 50, async || {
            self.client.suspend();
            sleep(Duration::from_secs(1)).await;
            self.client.resume();
            Ok(())
        })
        .await?;
        self.measure("sleep of 8 h (clock moved)", 50, async || {
            self.relay.cut();
            self.clock.advance(Duration::from_secs(8 * 3600));
            Ok(())
        })
        .await?;
        self.measure(
            "address lost and assigned again, reported",
            50,
            async || {
                self.address(false).await?;
                sleep(Duration::from_secs(1)).await;
                self.address(true).await?;
                self.client.network().changed();
                Ok(())
            },
        )
        .await?;
        Ok(())
    }

    async fn bad_paths(&self) -> Result {
        self.measure("20 % of segments lost for 5 s", 50, async || {
            self.relay.set(Mode::Lossy);
            sleep(Duration::from_secs(5)).await;
            self.relay.set(Mode::Pass);
            Ok(())
        })
        .await?;
        self.measure(
            "latency of 2 s for 6 s, network changed first",
            50,
            async || {
                self.relay.set(Mode::Slow(Duration::from_secs(2)));
                self.client.network().changed();
                sleep(Duration::from_secs(6)).await;
                self.relay.set(Mode::Pass);
                Ok(())
            },
        )
        .await?;
        if self.hosts.is_some() {
            self.measure("name not resolved for 3 s", 50, async || {
                self.resolve(false)?;
                self.relay.cut();
                sleep(Duration::from_secs(3)).await;
                self.resolve(true)
            })
            .await?;
        } else {
            println!("name not resolved: not run without a namespace");
        }
        self.measure("captive portal for 3 s", 50, async || {
            self.relay.set(Mode::Portal);
            self.relay.cut();
            sleep(Duration::from_secs(3)).await;
            self.relay.set(Mode::Pass);
            Ok(())
        })
        .await?;
        for (seconds, cuts) in [(16, 20), (601, 10)] {
            let name = format!("cut each {seconds} s (clock moved), {cuts} times");
            self.measure(&name, 50, async || {
                for _ in 1..cuts {
                    self.clock.advance(Duration::from_secs(seconds));
                    self.relay.cut();
                    sleep(MS(300)).await;
                }
                self.relay.cut();
                Ok(())
            })
            .await?;
        }
        Ok(())
    }

    /// Opens streams, lets the network fail, and prints when they continued.
    async fn measure(
        &self,
        name: &str,
        streams: usize,
        failure: impl AsyncFnOnce() -> Result,
    ) -> Result {
        let session = self.session().await?;
        let watched = Arc::new(Watched::default());
        let mut tasks = JoinSet::new();
        for _ in 0..streams {
            let (client, watched) = (self.client.clone(), Arc::clone(&watched));
            tasks.spawn(async move { watched.follow(&client, session).await });
        }
        watched
            .reached(|watched| watched.started == streams)
            .await?;
        failure().await?;
        watched.restored();
        watched
            .reached(|watched| watched.times.len() == streams)
            .await?;
        // The events after the first new one are checked too.
        sleep(Duration::from_secs(1)).await;
        tasks.shutdown().await;
        self.client.sessions().terminate(session).await?;

        let (lost, doubled) = (
            watched.lost.load(Ordering::Relaxed),
            watched.doubled.load(Ordering::Relaxed),
        );
        let mut times = watched.progress.borrow().times.clone();
        times.sort_unstable();
        let percentile = |percent: usize| times[(times.len() - 1) * percent / 100].as_millis();
        println!(
            "{name:48} {streams:7} {lost:5} {doubled:7} {:6} ms {:6} ms",
            percentile(50),
            percentile(99)
        );
        if lost + doubled > 0 {
            return Err("an event was lost or doubled".into());
        }
        Ok(())
    }

    /// Prints the CPU time of streams that wait for the network.
    async fn waiting(&self) -> Result {
        const STREAMS: usize = 1000;
        let session = self.session().await?;
        let watched = Arc::new(Watched::default());
        let mut tasks = JoinSet::new();
        for _ in 0..STREAMS {
            let (client, watched) = (self.client.clone(), Arc::clone(&watched));
            tasks.spawn(async move { watched.follow(&client, session).await });
        }
        watched
            .reached(|watched| watched.started == STREAMS)
            .await?;
        self.client.sessions().terminate(session).await?;
        self.client.network().offline();
        self.server.control().streams_open(0).await;
        sleep(Duration::from_secs(1)).await;
        let before = cpu_ticks()?;
        sleep(Duration::from_secs(30)).await;
        let ticks = cpu_ticks()? - before;
        println!(
            "{STREAMS} streams that wait for the network for 30 s: {ticks} ticks of CPU time, of 10 ms each"
        );
        Ok(())
    }

    /// Starts a session that prints a number every 20 ms.
    async fn session(&self) -> Result<Uuid> {
        let ticks = (1..6000).fold(Script::new(), |script, number| {
            script.delay_ms(20).stdout(format!("{number}\n"))
        });
        self.server.control().set_script(ticks);
        let agent = CreateAgent::new("lab", "claude-sonnet-4-6").runtime(Runtime::Claude);
        let agent = self.client.agents().create(agent).await?;
        let request = CreateSession::new(agent.id, "count");
        Ok(self.client.sessions().create(request).await?.id)
    }

    /// Sets whether the link passes anything.
    async fn link(&self, up: bool) -> Result {
        if self.hosts.is_none() {
            self.relay.set(if up { Mode::Pass } else { Mode::Silent });
            return Ok(());
        }
        ip(&["link", "set", "lo", if up { "up" } else { "down" }]).await
    }

    /// Sets whether the machine has its address.
    async fn address(&self, assigned: bool) -> Result {
        if self.hosts.is_none() {
            return self.link(assigned).await;
        }
        let action = if assigned { "add" } else { "del" };
        ip(&["address", action, "127.0.0.1/8", "dev", "lo"]).await
    }

    /// Sets whether the name of the server can be resolved.
    fn resolve(&self, known: bool) -> Result {
        if let Some(hosts) = self.hosts {
            let line = if known {
                format!("127.0.0.1 {HOST}\n")
            } else {
                String::new()
            };
            fs::write(hosts, line)?;
        }
        Ok(())
    }
}

async fn ip(arguments: &[&str]) -> Result {
    let status = Command::new("ip").args(arguments).status()?;
    // The interface has changed when the command has ended.
    tokio::task::yield_now().await;
    if status.success() {
        Ok(())
    } else {
        Err(format!("ip {arguments:?} failed").into())
    }
}

/// Returns the CPU time that this process has used.
fn cpu_ticks() -> Result<u64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<_> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    Ok(fields[11].parse::<u64>()? + fields[12].parse::<u64>()?)
}

/// What the streams of a measurement have received.
#[derive(Default)]
struct Watched {
    progress: watch::Sender<Progress>,
    restored: Mutex<Option<Instant>>,
    lost: AtomicUsize,
    doubled: AtomicUsize,
}

#[derive(Default)]
struct Progress {
    /// How many streams have received an event.
    started: usize,
    /// When the streams received an event after the failure.
    times: Vec<Duration>,
}

impl Watched {
    async fn follow(&self, client: &Client, session: Uuid) {
        let mut events = match client.sessions().stream(session).await {
            Ok(events) => events,
            Err(error) => return println!("a stream cannot be opened: {error}"),
        };
        let mut last = 0;
        let mut is_timed = false;
        while let Some(event) = events.next().await {
            let event = match event {
                Ok(event) => event,
                Err(error) => return println!("a stream failed: {error}"),
            };
            let Some(number) = event
                .stdout()
                .and_then(|text| text.trim().parse::<usize>().ok())
            else {
                continue;
            };
            if last == 0 {
                self.progress.send_modify(|progress| progress.started += 1);
            }
            self.lost
                .fetch_add(number.saturating_sub(last + 1), Ordering::Relaxed);
            self.doubled
                .fetch_add(usize::from(number <= last), Ordering::Relaxed);
            last = number;
            if !is_timed && let Some(restored) = self.restored_at() {
                is_timed = true;
                let time = restored.elapsed();
                self.progress
                    .send_modify(|progress| progress.times.push(time));
            }
        }
    }

    fn restored(&self) {
        *self.restored.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn restored_at(&self) -> Option<Instant> {
        *self.restored.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn reached(&self, mut enough: impl FnMut(&Progress) -> bool) -> Result {
        let mut progress = self.progress.subscribe();
        let reached = timeout(LIMIT, progress.wait_for(|progress| enough(progress))).await;
        reached.map_err(|_| "not all streams continued")??;
        Ok(())
    }
}
