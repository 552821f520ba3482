//! A lock that lets one command run at a time, because commands write the same files in the source tree and `target`.

use std::fs::{self, File};
use std::path::Path;

// `File::lock` of the standard library needs Rust 1.89, which is newer than the workspace's minimum.
use fs4::{FileExt, TryLockError};

use crate::tools::Result;

/// Locks a file until the returned handle is dropped. If another process holds the lock, prints a message and waits.
pub(crate) fn lock(path: &Path) -> Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let file = File::create(path)?;
    match FileExt::try_lock(&file) {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            eprintln!("waiting for another cargo bindgen to finish");
            FileExt::lock(&file)?;
        }
        Err(TryLockError::Error(error)) => return Err(error.into()),
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::io::{self, BufRead, BufReader, Read};
    use std::process::{Child, Command, Stdio};
    use std::sync::mpsc::{self, Receiver};
    use std::thread;
    use std::time::Duration;

    use super::*;

    /// The environment variable with the path of the file that a child process of the test locks.
    const PATH: &str = "BINDGEN_TEST_LOCK";
    const LIMIT: Duration = Duration::from_secs(60);

    /// A process that locks the file, prints a message, and holds the lock until its standard input is closed.
    struct Holder {
        process: Child,
        lines: Receiver<String>,
    }

    impl Holder {
        fn start(path: &Path) -> Self {
            let mut process = Command::new(env::current_exe().unwrap())
                .args([
                    "--exact",
                    "lock::tests::processes_take_turns",
                    "--nocapture",
                ])
                .env(PATH, path)
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let stderr = BufReader::new(process.stderr.take().unwrap());
            let (sender, lines) = mpsc::channel();
            thread::spawn(move || {
                stderr
                    .lines()
                    .map_while(io::Result::ok)
                    .try_for_each(|line| sender.send(line))
            });
            Self { process, lines }
        }

        fn line(&self) -> String {
            self.lines.recv_timeout(LIMIT).unwrap()
        }
    }

    impl Drop for Holder {
        fn drop(&mut self) {
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }

    #[test]
    fn processes_take_turns() {
        if let Some(path) = env::var_os(PATH) {
            let _lock = lock(Path::new(&path)).unwrap();
            eprintln!("locked");
            io::stdin().read_to_end(&mut Vec::new()).unwrap();
            eprintln!("released");
            return;
        }
        let path = env::temp_dir().join(format!("bindgen-{}/lock", std::process::id()));
        let mut first = Holder::start(&path);
        assert_eq!(first.line(), "locked");
        let second = Holder::start(&path);
        assert_eq!(second.line(), "waiting for another cargo bindgen to finish");
        assert!(
            second.lines.try_recv().is_err(),
            "two processes hold the lock"
        );
        drop(first.process.stdin.take());
        assert_eq!(first.line(), "released");
        assert_eq!(second.line(), "locked");
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }
}
