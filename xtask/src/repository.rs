//! The files that git tracks or would track.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use anyhow::{Context, Result};

use crate::command::answer;
use crate::workspace;

/// The repository's paths, with `/` between folders on every system, and the texts that checks read.
pub(crate) struct Repository {
    paths: BTreeSet<String>,
    texts: BTreeMap<String, String>,
}

impl Repository {
    /// Reads the working tree: what is not committed yet counts, what git ignores does not.
    pub(crate) fn read() -> Result<Self> {
        let paths = listed()?;
        let read = |path: &String| Ok((path.clone(), read(path)?));
        let texts = paths.iter().filter(|path| is_read(path)).map(read).collect::<Result<_>>()?;
        Ok(Self { paths, texts })
    }

    /// A repository of these paths and texts.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let texts: BTreeMap<_, _> =
            files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        Self { paths: texts.keys().cloned().collect(), texts }
    }

    /// Every path, sorted.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.paths.iter().map(String::as_str)
    }

    /// Every path whose text is read, with it, sorted by path.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The text of a file, if it is there.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// Whether there is a file or a folder of this path; the root is the empty path.
    pub(crate) fn holds(&self, path: &str) -> bool {
        let inside = format!("{path}/");
        path.is_empty() || self.paths.contains(path) || self.paths.iter().any(|it| it.starts_with(&inside))
    }
}

fn listed() -> Result<BTreeSet<String>> {
    let files = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let listed = answer(Command::new("git").args(files).current_dir(workspace::root()))?;
    // A file that was deleted stays listed until the deletion is staged.
    let is_there = |path: &&str| workspace::root().join(path).is_file();
    Ok(listed.split_terminator('\0').filter(is_there).map(str::to_owned).collect())
}

fn is_read(path: &str) -> bool {
    matches!(extension(path), "rs" | "md" | "toml" | "py")
}

/// What follows the last dot of a path's last part.
pub(crate) fn extension(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

fn read(path: &str) -> Result<String> {
    fs::read_to_string(workspace::root().join(path)).with_context(|| format!("cannot read {path}"))
}

/// Whether a path leads to a crate outside the workspace: examples that take a part of it, fuzz targets.
pub(crate) fn is_outside(path: &str) -> bool {
    path.starts_with("examples/") || path == "fuzz" || path.starts_with("fuzz/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_files_and_their_folders() {
        let repository = Repository::of(&[("docs/guide/first.md", "")]);
        for there in ["docs/guide/first.md", "docs/guide", "docs", ""] {
            assert!(repository.holds(there), "{there}");
        }
        for absent in ["docs/gui", "first.md", "docs/guide/first"] {
            assert!(!repository.holds(absent), "{absent}");
        }
    }

    #[test]
    fn an_extension_belongs_to_the_last_part() {
        assert_eq!(["a/b.c/d", "a.b/c.tar.gz", ".hidden", ""].map(extension), ["", "gz", "hidden", ""]);
    }

    #[test]
    fn this_very_file_is_read() {
        let text = Repository::read().unwrap().text("xtask/src/repository.rs").map(str::to_owned);
        assert_eq!(text.as_deref(), Some(include_str!("repository.rs")));
    }
}
