//! Lists that are committed, so that a change to them shows in review.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context, Result, bail};
use rationale_core::whole::write_file;

use crate::workspace;

/// What to do where a list differs from its committed form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Fail and show the difference.
    Compare,
    /// Take the new list.
    Bless,
}

/// The flag of every chore that has a snapshot.
#[derive(clap::Args)]
pub(crate) struct Bless {
    /// Write the snapshot anew instead of comparing with it
    #[arg(long)]
    bless: bool,
}

impl Bless {
    /// The flag as a choice.
    pub(crate) fn mode(&self) -> Mode {
        if self.bless { Mode::Bless } else { Mode::Compare }
    }
}

/// Compares lines with a committed file, or writes them there. `chore` is what blesses.
pub(crate) fn check(path: &Path, lines: &[String], mode: Mode, chore: &str) -> Result<()> {
    match mode {
        Mode::Compare => compare(path, lines, chore),
        Mode::Bless => write_lines(path, lines),
    }
}

/// Writes lines as a file, each ended.
pub(crate) fn write_lines(path: &Path, lines: &[String]) -> Result<()> {
    let written = write_file(path, |out| lines.iter().try_for_each(|line| writeln!(out, "{line}")));
    written.map_err(|error: io::Error| error).with_context(|| format!("cannot write {}", path.display()))
}

fn compare(path: &Path, lines: &[String], chore: &str) -> Result<()> {
    let shown = path.strip_prefix(workspace::root()).unwrap_or(path).display();
    let committed = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        read => read.with_context(|| format!("cannot read {shown}"))?,
    };
    match difference(&committed.lines().collect::<Vec<_>>(), lines) {
        None => Ok(()),
        Some(difference) => {
            bail!(
                "{shown} does not say what is so:\n{difference}If this is meant: cargo xtask {chore} --bless"
            )
        }
    }
}

/// The lines that went (`-`) and came (`+`); none where both are the same, order included.
fn difference(committed: &[&str], lines: &[String]) -> Option<String> {
    if committed.iter().eq(lines) {
        return None;
    }
    let gone = committed.iter().filter(|old| !lines.iter().any(|new| new == *old));
    let come = lines.iter().filter(|new| !committed.contains(&new.as_str()));
    let shown: String =
        gone.map(|it| format!("- {it}\n")).chain(come.map(|it| format!("+ {it}\n"))).collect();
    // Both may hold the same lines in another order, or one of them twice.
    Some(if shown.is_empty() { "the order of lines\n".to_owned() } else { shown })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn shows_what_went_and_what_came() {
        assert_eq!(difference(&["a", "b"], &lines("b c")), Some("- a\n+ c\n".to_owned()));
        assert_eq!(difference(&["a", "b"], &lines("a b")), None);
    }

    #[test]
    fn another_order_is_a_difference() {
        assert_eq!(difference(&["a", "b"], &lines("b a")), Some("the order of lines\n".to_owned()));
    }

    #[test]
    fn a_blessed_list_compares_equal_and_another_names_the_remedy() {
        let room = tempfile::tempdir().unwrap();
        let path = room.path().join("list.txt");
        let missing = check(&path, &lines("a b"), Mode::Compare, "layers").unwrap_err().to_string();
        assert!(
            missing.contains("+ a\n+ b\n") && missing.ends_with("cargo xtask layers --bless"),
            "{missing}"
        );
        check(&path, &lines("a b"), Mode::Bless, "layers").unwrap();
        check(&path, &lines("a b"), Mode::Compare, "layers").unwrap();
        assert!(check(&path, &lines("a"), Mode::Compare, "layers").is_err());
    }
}
