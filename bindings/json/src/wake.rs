//! How an event loop of the caller's learns that something is ready.
//!
//! An id is queued, and one byte is written to a pipe that the loop watches. Calling back into the interpreter instead
//! would have our thread wait for its lock.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::{Wake, Waker};
use std::time::Duration;

use crate::error::CallError;
use pipe::WakePipe;

/// What is ready for one event loop.
#[derive(uniffi::Object)]
pub struct WakeQueue {
    ready: Mutex<Vec<u64>>,
    /// For callers that cannot watch a pipe.
    arrived: Condvar,
    pipe: WakePipe,
}

#[uniffi::export]
impl WakeQueue {
    /// Creates a queue with nothing ready.
    #[uniffi::constructor]
    pub fn new() -> Result<Arc<Self>, CallError> {
        let pipe = WakePipe::new()
            .map_err(|error| CallError::configuration(format!("no pipe can be made: {error}")))?;
        Ok(Arc::new(Self {
            ready: Mutex::default(),
            arrived: Condvar::new(),
            pipe,
        }))
    }

    /// Returns the descriptor to watch, which is readable when something is ready; -1 where there are none. It is
    /// returned once, and belongs to the caller, who reads from it and closes it.
    pub fn descriptor(&self) -> i32 {
        self.pipe.descriptor()
    }

    /// Takes the ids of what has become ready, 8 bytes each, lowest byte first. Waits this long at most for the first.
    pub fn take(&self, milliseconds: u32) -> Vec<u8> {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if milliseconds > 0 {
            let limit = Duration::from_millis(milliseconds.into());
            let waited = self
                .arrived
                .wait_timeout_while(ready, limit, |ready| ready.is_empty());
            ready = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        let ids = std::mem::take(&mut *ready);
        drop(ready);
        ids.into_iter().flat_map(u64::to_le_bytes).collect()
    }
}

impl WakeQueue {
    /// Returns a waker that queues an id.
    pub(crate) fn waker(self: Arc<Self>, id: u64) -> Waker {
        Waker::from(Arc::new(Entry { queue: self, id }))
    }

    fn push(&self, id: u64) {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        ready.push(id);
        // The byte for the first is still unread when there are others.
        let first = ready.len() == 1;
        drop(ready);
        if first {
            self.arrived.notify_one();
            self.pipe.wake();
        }
    }
}

struct Entry {
    queue: Arc<WakeQueue>,
    id: u64,
}

impl Wake for Entry {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.queue.push(self.id);
    }
}

#[cfg(unix)]
mod pipe {
    use std::io::{self, Write as _};
    use std::os::fd::IntoRawFd as _;
    use std::os::unix::net::UnixStream;
    use std::sync::{Mutex, PoisonError};

    /// A pipe, and its end to watch until that is given away.
    pub(super) struct WakePipe {
        writer: UnixStream,
        reader: Mutex<Option<UnixStream>>,
    }

    impl WakePipe {
        pub(super) fn new() -> io::Result<Self> {
            let (writer, reader) = UnixStream::pair()?;
            writer.set_nonblocking(true)?;
            reader.set_nonblocking(true)?;
            let reader = Mutex::new(Some(reader));
            Ok(Self { writer, reader })
        }

        pub(super) fn descriptor(&self) -> i32 {
            let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
            reader.take().map_or(-1, UnixStream::into_raw_fd)
        }

        pub(super) fn wake(&self) {
            // A full pipe has woken the loop already, and a closed one has none.
            let _ = (&self.writer).write(&[1]);
        }
    }
}

#[cfg(not(unix))]
mod pipe {
    use std::io;

    pub(super) struct WakePipe;

    impl WakePipe {
        #[expect(clippy::unnecessary_wraps, reason = "as where there are pipes")]
        pub(super) fn new() -> io::Result<Self> {
            Ok(Self)
        }

        pub(super) fn descriptor(&self) -> i32 {
            -1
        }

        pub(super) fn wake(&self) {}
    }
}
