//! Wakes an event loop of the caller when a result is ready.
//!
//! The ID of the call or stream is queued, and one byte is written to a pipe that the event loop watches. A callback
//! into the interpreter would block a thread of the runtime on the GIL instead.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::{Wake, Waker};
use std::time::Duration;

use aod_bridge::error::ErrorInfo;

use crate::error::CallError;
use pipe::WakePipe;

/// A queue of the IDs that are ready for one event loop.
#[derive(uniffi::Object)]
pub struct WakeQueue {
    ready: Mutex<Vec<u64>>,
    /// Notified for callers that cannot watch a pipe.
    arrived: Condvar,
    pipe: WakePipe,
}

#[uniffi::export]
impl WakeQueue {
    /// Creates an empty queue.
    #[uniffi::constructor]
    pub fn new() -> Result<Arc<Self>, CallError> {
        let pipe = WakePipe::new()
            .map_err(|error| ErrorInfo::exhausted(format!("cannot create a pipe: {error}")))?;
        Ok(Arc::new(Self {
            ready: Mutex::default(),
            arrived: Condvar::new(),
            pipe,
        }))
    }

    /// Returns the file descriptor to watch, which is readable when the queue is not empty, or -1 on platforms without
    /// one. It is returned once; the caller owns it, reads from it and closes it.
    pub fn descriptor(&self) -> i32 {
        self.pipe.descriptor()
    }

    /// Takes the queued IDs, 8 bytes each in little-endian order. Waits for the first one for up to `milliseconds`.
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
    /// Returns a waker that queues an ID.
    pub(crate) fn waker(self: Arc<Self>, id: u64) -> Waker {
        Waker::from(Arc::new(Entry { queue: self, id }))
    }

    fn push(&self, id: u64) {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        ready.push(id);
        // If the queue was not empty, the byte for its first ID is still unread.
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

    /// A pipe. The reader is present until `descriptor` returns it.
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
            // A full pipe wakes the event loop anyway, and a closed one has no event loop.
            let _ = (&self.writer).write(&[1]);
        }
    }
}

#[cfg(not(unix))]
mod pipe {
    use std::io;

    pub(super) struct WakePipe;

    impl WakePipe {
        #[expect(clippy::unnecessary_wraps, reason = "same signature as on Unix")]
        pub(super) fn new() -> io::Result<Self> {
            Ok(Self)
        }

        pub(super) fn descriptor(&self) -> i32 {
            -1
        }

        pub(super) fn wake(&self) {}
    }
}
