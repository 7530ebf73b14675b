//! A running program with its three streams.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// Lines that are read ahead of being asked for; a program that writes more waits.
const READ_AHEAD: usize = 1 << 16;
const KEPT_STDERR: usize = 20;
/// A line longer than this is no answer, and is cut rather than kept.
const LONGEST_LINE: u64 = 1 << 20;
const PATIENCE_AT_THE_END: Duration = Duration::from_millis(500);
const LOOKS_AT_THE_END: u32 = 50;

/// What came instead of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoLine {
    Ended,
    TimedOut,
}

/// A program that was started; it is ended when this is dropped.
pub(crate) struct Running {
    child: Child,
    input: Option<SyncSender<Vec<u8>>>,
    lines: Receiver<String>,
    last_words: Arc<Mutex<VecDeque<String>>>,
    stderr_done: Receiver<()>,
    /// How many rows it was given last; none before the first.
    pub(crate) last_asked: usize,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> std::io::Result<Self> {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let missing = || std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        let stdin = child.stdin.take().ok_or_else(missing)?;
        let stdout = child.stdout.take().ok_or_else(missing)?;
        let stderr = child.stderr.take().ok_or_else(missing)?;
        let (input, queue) = sync_channel(1);
        thread::spawn(move || write_all(stdin, &queue));
        let (sender, lines) = sync_channel(READ_AHEAD);
        thread::spawn(move || each_line(stdout, |line| sender.send(line).is_ok()));
        let last_words = Arc::new(Mutex::new(VecDeque::new()));
        let (kept, (done, stderr_done)) = (Arc::clone(&last_words), sync_channel(1));
        thread::spawn(move || {
            each_line(stderr, |line| keep(&kept, line));
            drop(done);
        });
        Ok(Self { child, input: Some(input), lines, last_words, stderr_done, last_asked: 0 })
    }

    /// Hands text to the program. It is written by a thread of its own, so that a program that answers while it reads
    /// never waits for us while we wait for it; at most two batches are on their way.
    pub(crate) fn send(&self, text: String) -> bool {
        self.input.as_ref().is_some_and(|input| input.send(text.into_bytes()).is_ok())
    }

    pub(crate) fn line(&self, timeout: Duration) -> Result<String, NoLine> {
        self.lines.recv_timeout(timeout).map_err(|error| match error {
            RecvTimeoutError::Timeout => NoLine::TimedOut,
            RecvTimeoutError::Disconnected => NoLine::Ended,
        })
    }

    /// A line that is there already.
    pub(crate) fn line_at_hand(&self) -> Option<String> {
        self.lines.try_recv().ok()
    }

    /// Ends the program and gives its status and the last lines of its standard error.
    pub(crate) fn end(mut self) -> (String, Vec<String>) {
        self.input = None;
        // What it has said on the way out is still coming.
        let _ = self.stderr_done.recv_timeout(PATIENCE_AT_THE_END);
        let status = self.status().unwrap_or_else(|| "it closed its output and was ended".to_owned());
        let words = self.last_words.lock().unwrap_or_else(PoisonError::into_inner);
        (status, words.iter().cloned().collect())
    }

    /// How it ended, if it does so soon: its streams close a little earlier.
    fn status(&mut self) -> Option<String> {
        for _ in 0..LOOKS_AT_THE_END {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status.to_string());
            }
            thread::sleep(PATIENCE_AT_THE_END / LOOKS_AT_THE_END);
        }
        None
    }

    /// The last lines of its standard error so far.
    pub(crate) fn last_words(&self) -> Vec<String> {
        self.last_words.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.input = None;
        // Whether it was gone already makes no difference.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn write_all(mut stdin: ChildStdin, queue: &Receiver<Vec<u8>>) {
    for bytes in queue {
        if stdin.write_all(&bytes).and_then(|()| stdin.flush()).is_err() {
            return;
        }
    }
}

/// Hands on each line without its end, until there are none or nobody wants them.
fn each_line(stream: impl std::io::Read, mut take: impl FnMut(String) -> bool) {
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = std::io::Read::take(&mut reader, LONGEST_LINE).read_until(b'\n', &mut line);
        if !matches!(read, Ok(1..)) {
            return;
        }
        let text = String::from_utf8_lossy(&line);
        if !take(text.trim_end_matches(['\n', '\r']).to_owned()) {
            return;
        }
    }
}

fn keep(kept: &Mutex<VecDeque<String>>, line: String) -> bool {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.len() == KEPT_STDERR {
        kept.pop_front();
    }
    kept.push_back(line);
    true
}
