//! Values of one process: each child of a fork has its own.

use std::sync::atomic::{AtomicUsize, Ordering};

use once_cell::race::OnceBox;

/// A value for a `static`, of which the child of a fork uses a new one.
///
/// A child process has none of its parent's threads, and a lock that one of them held at the fork stays locked forever.
/// Therefore each child uses its own value, which no thread of the parent has used, and finds it without a lock.
pub(crate) struct PerProcess<T> {
    first: Generation<T>,
    /// The number of forks between this process and the one that loaded the library.
    forks: AtomicUsize,
}

#[derive(Default)]
struct Generation<T> {
    value: T,
    child: OnceBox<Generation<T>>,
}

impl<T: Default> PerProcess<T> {
    /// Creates the value of the first process. Those of its children are the default.
    pub(crate) const fn new(value: T) -> Self {
        Self {
            first: Generation {
                value,
                child: OnceBox::new(),
            },
            forks: AtomicUsize::new(0),
        }
    }

    /// Switches to a new value. Must be called in the child of a fork before anything uses the value.
    pub(crate) fn after_fork_in_child(&self) {
        self.forks.fetch_add(1, Ordering::AcqRel);
    }

    /// Returns the value of this process.
    pub(crate) fn get(&self) -> &T {
        let mut generation = &self.first;
        for _ in 0..self.forks.load(Ordering::Acquire) {
            generation = generation.child.get_or_init(Box::default);
        }
        &generation.value
    }
}
