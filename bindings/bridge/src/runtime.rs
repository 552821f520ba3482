//! The tokio runtime of a bindings crate.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use once_cell::sync::OnceCell;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::error::{ErrorInfo, Result};
use crate::process::PerProcess;

/// The number of workers of a native library.
///
/// Workaround: hyper skips informational responses (1xx) without a limit (<https://github.com/hyperium/hyper/issues/2565>),
/// so one poll of a connection on which nothing else arrives can keep a worker busy for a second, and reqwest has no
/// setting that limits it. The deadline of such a call expires on another worker, and the connection is dropped when its
/// poll returns. Four workers leave room for three such connections. Two are enough once hyper limits the responses.
pub const WORKERS: usize = 4;

/// Runs code of another language that may block, on a worker that hands its other tasks over.
pub fn blocking<T>(work: impl FnOnce() -> T) -> T {
    tokio::task::block_in_place(work)
}

/// A tokio runtime for a `static`, started on first use.
pub struct SharedRuntime {
    workers: usize,
    running: PerProcess<OnceCell<Running>>,
}

struct Running {
    handle: Handle,
    /// `None` after the shutdown.
    runtime: Mutex<Option<Runtime>>,
}

impl SharedRuntime {
    /// Creates a runtime with a number of worker threads, which are started on first use.
    ///
    /// # Panics
    ///
    /// Panics if there are fewer than two workers, because one hostile connection can keep a worker busy.
    #[must_use]
    pub const fn new(workers: usize) -> Self {
        assert!(workers >= 2, "a runtime needs two workers");
        Self {
            workers,
            running: PerProcess::new(OnceCell::new()),
        }
    }

    /// Returns the handle of this process's runtime. Starts the runtime on the first call.
    pub fn handle(&self) -> Result<Handle> {
        let running = self.running.get().get_or_try_init(|| {
            let runtime = Builder::new_multi_thread()
                .worker_threads(self.workers)
                .thread_name("aod")
                .enable_all()
                .build()
                .map_err(|error| ErrorInfo::exhausted(format!("cannot start a thread: {error}")))?;
            Result::Ok(Running {
                handle: runtime.handle().clone(),
                runtime: Mutex::new(Some(runtime)),
            })
        })?;
        Ok(running.handle.clone())
    }

    /// Switches to a new runtime. Must be the first call in the child of a fork.
    pub fn after_fork_in_child(&self) {
        self.running.after_fork_in_child();
    }

    /// Returns the number of unfinished tasks of this process.
    pub fn active_tasks(&self) -> usize {
        self.running
            .get()
            .get()
            .map_or(0, |running| running.handle.metrics().num_alive_tasks())
    }

    /// Drops all tasks and waits for the threads up to a time limit. Later calls fail with an error of kind
    /// `Cancelled`.
    pub fn shut_down(&self, limit: Duration) {
        let Some(running) = self.running.get().get() else {
            return;
        };
        let runtime = running
            .runtime
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(runtime) = runtime {
            runtime.shutdown_timeout(limit);
        }
    }
}

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod tests;
