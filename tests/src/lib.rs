//! What end-to-end tests share: a room to run the program in, and what it answered.

#![expect(clippy::expect_used, clippy::missing_panics_doc, reason = "helpers of tests may fail loudly")]

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// An empty folder in which the program runs; gone with the test.
pub struct Room {
    folder: TempDir,
    program: PathBuf,
}

/// What the program answered.
pub struct Answer {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Room {
    /// An empty room for the program at this path.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder"), program: program.into() }
    }

    /// A path in the room.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts a file into the room.
    #[expect(clippy::disallowed_methods, reason = "nobody reads a half-written file of a test")]
    pub fn put(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).expect("a file in the room");
        path
    }

    /// Runs the program in the room.
    pub fn run(&self, arguments: &[&str]) -> Answer {
        self.run_by(&self.program, arguments)
    }

    /// Runs another program in the room, such as a shell that starts ours.
    pub fn run_by(&self, program: impl AsRef<OsStr>, arguments: &[&str]) -> Answer {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.folder.path()).env_remove("RATIONALE_LOG");
        Answer::of(&command.output().expect("the program starts"))
    }

    /// The program under test.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// What lies in the room, hidden files included, sorted.
    pub fn entries(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).expect("the room is there");
        let mut names: Vec<String> =
            entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

impl Answer {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            code: output.status.code().unwrap_or(-1),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }

    /// Standard output as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).expect("standard output is JSON")
    }
}
