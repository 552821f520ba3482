//! The runtime that the calls of a language surface run on.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use once_cell::race::OnceBox;
use once_cell::sync::OnceCell;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::error::{ErrorInfo, Result};

/// A tokio runtime for a `static`, built when it is first needed.
pub struct SharedRuntime {
    workers: usize,
    first: Generation,
    /// How many forks lie between this process and the one that loaded the library.
    forks: AtomicUsize,
}

/// The runtime of one generation of forked processes.
///
/// A child has none of its parent's threads, and a lock that one of them held at the fork stays locked. So the child
/// gets a generation of its own, which no thread of the parent has touched; the way to it takes no lock.
#[derive(Default)]
struct Generation {
    runtime: OnceCell<Running>,
    child: OnceBox<Generation>,
}

struct Running {
    handle: Handle,
    /// Taken out to be shut down.
    runtime: Mutex<Option<Runtime>>,
}

impl SharedRuntime {
    /// Creates a runtime with this many worker threads, which start when the first call needs them.
    ///
    /// # Panics
    ///
    /// With fewer than two workers: a hostile connection can occupy one.
    #[must_use]
    pub const fn new(workers: usize) -> Self {
        assert!(workers >= 2, "a runtime needs two workers");
        Self {
            workers,
            first: Generation {
                runtime: OnceCell::new(),
                child: OnceBox::new(),
            },
            forks: AtomicUsize::new(0),
        }
    }

    /// Returns the handle of this process's runtime, which the first call starts.
    pub fn handle(&self) -> Result<Handle> {
        let running = self.generation().runtime.get_or_try_init(|| {
            let runtime = Builder::new_multi_thread()
                .worker_threads(self.workers)
                .thread_name("aod")
                .enable_all()
                .build()
                .map_err(|error| {
                    ErrorInfo::configuration(format!("no thread can be started: {error}"))
                })?;
            Result::Ok(Running {
                handle: runtime.handle().clone(),
                runtime: Mutex::new(Some(runtime)),
            })
        })?;
        Ok(running.handle.clone())
    }

    /// Leaves the parent's runtime alone. To be called in the child of a fork, before anything else.
    pub fn after_fork_in_child(&self) {
        self.forks.fetch_add(1, Ordering::AcqRel);
    }

    /// Counts the tasks of this process that are not finished.
    pub fn active_tasks(&self) -> usize {
        self.generation()
            .runtime
            .get()
            .map_or(0, |running| running.handle.metrics().num_alive_tasks())
    }

    /// Drops all tasks and waits for the threads, this long at most. Later calls fail as cancelled.
    pub fn shut_down(&self, limit: Duration) {
        let Some(running) = self.generation().runtime.get() else {
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

    fn generation(&self) -> &Generation {
        let mut generation = &self.first;
        for _ in 0..self.forks.load(Ordering::Acquire) {
            generation = generation.child.get_or_init(Box::default);
        }
        generation
    }
}

#[cfg(test)]
mod tests;
