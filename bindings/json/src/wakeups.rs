//! How an event loop of the caller's learns that something is ready: its number is kept, and one byte is written to a
//! pipe that the loop watches. Calling back into the interpreter instead would have our thread wait for its lock.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::error::CallError;

/// What is ready for one event loop.
#[derive(uniffi::Object)]
pub struct Wakeups {
    ready: Mutex<Vec<u64>>,
    /// For callers that cannot watch a pipe.
    arrived: Condvar,
    bell: bell::Bell,
}

#[uniffi::export]
impl Wakeups {
    /// With nothing ready.
    #[uniffi::constructor]
    pub fn new() -> Result<Arc<Self>, CallError> {
        let bell = bell::Bell::new().map_err(|error| {
            CallError::of_kind("configuration", format!("no pipe can be made: {error}"))
        })?;
        Ok(Arc::new(Self {
            ready: Mutex::default(),
            arrived: Condvar::new(),
            bell,
        }))
    }

    /// The descriptor to watch, which is readable when something is ready; -1 where there are none. It is the caller's
    /// to read from and to close, and is given once.
    pub fn descriptor(&self) -> i32 {
        self.bell.descriptor()
    }

    /// The numbers of what has become ready, 8 bytes each, lowest byte first. Waits this long at most for the first.
    pub fn take(&self, milliseconds: u32) -> Vec<u8> {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if milliseconds > 0 {
            let limit = Duration::from_millis(milliseconds.into());
            let waited = self
                .arrived
                .wait_timeout_while(ready, limit, |ready| ready.is_empty());
            ready = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        let numbers = std::mem::take(&mut *ready);
        drop(ready);
        numbers.into_iter().flat_map(u64::to_le_bytes).collect()
    }
}

impl Wakeups {
    pub(super) fn tell(&self, number: u64) {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        ready.push(number);
        // The byte for the first is still unread when there are others.
        let first = ready.len() == 1;
        drop(ready);
        if first {
            self.arrived.notify_one();
            self.bell.ring();
        }
    }
}

#[cfg(unix)]
mod bell {
    use std::io::{self, Write as _};
    use std::os::fd::IntoRawFd as _;
    use std::os::unix::net::UnixStream;
    use std::sync::{Mutex, PoisonError};

    /// A pipe, and its end to watch until that is given away.
    pub(super) struct Bell {
        writer: UnixStream,
        reader: Mutex<Option<UnixStream>>,
    }

    impl Bell {
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

        pub(super) fn ring(&self) {
            // A full pipe has woken the loop already, and a closed one has none.
            let _ = (&self.writer).write(&[1]);
        }
    }
}

#[cfg(not(unix))]
mod bell {
    use std::io;

    pub(super) struct Bell;

    impl Bell {
        #[expect(clippy::unnecessary_wraps, reason = "as where there are pipes")]
        pub(super) fn new() -> io::Result<Self> {
            Ok(Self)
        }

        pub(super) fn descriptor(&self) -> i32 {
            -1
        }

        pub(super) fn ring(&self) {}
    }
}
