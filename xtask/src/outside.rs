//! The programs in `examples/outside`: what a team does that takes one crate of this workspace and nothing else.
//!
//! Each is a workspace of its own with its own lock file, so that no feature that another crate asks for leaks into it.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::command::{ask_cargo, cargo, run as start};
use crate::snapshot::{self, Mode};
use crate::workspace::{self, Metadata};

/// The list of dependencies is that of one platform, so that it is the same wherever it is made.
const PLATFORM: &str = "--target=x86_64-unknown-linux-gnu";

/// Builds and runs each program, and compares all that it depends on with the list beside it.
pub(crate) fn run(mode: Mode) -> Result<()> {
    let target = Metadata::of_members()?.target_directory.join("outside");
    for folder in folders(&workspace::root().join("examples/outside"))? {
        let name = folder.file_name().unwrap_or_default().display();
        println!("== examples/outside/{name}");
        if mode == Mode::Bless {
            take_versions(&folder)?;
        }
        build_and_run(&folder, &target)?;
        snapshot::check(&folder.join("dependencies.txt"), &dependencies(&folder)?, mode, "outside")?;
    }
    Ok(())
}

/// Gives the example the versions of the workspace: its lock file, less what the example does not use.
fn take_versions(folder: &Path) -> Result<()> {
    fs::copy(workspace::root().join("Cargo.lock"), folder.join("Cargo.lock"))?;
    let manifest = manifest(folder)?;
    ask_cargo(&["update", "--workspace", "--manifest-path", &manifest]).map(drop)
}

/// The folders in `place` that hold a crate, in order.
fn folders(place: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(place).with_context(|| format!("cannot list {}", place.display()))?;
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    let mut folders: Vec<_> = paths.into_iter().filter(|path| path.join("Cargo.toml").is_file()).collect();
    folders.sort();
    Ok(folders)
}

fn build_and_run(folder: &Path, target: &Path) -> Result<()> {
    let command = ["run", "--quiet", "--locked", "--manifest-path"];
    start(cargo().args(command).arg(manifest(folder)?).arg("--target-dir").arg(target))
}

/// Every normal dependency, however deep, without the program itself.
fn dependencies(folder: &Path) -> Result<Vec<String>> {
    let manifest = manifest(folder)?;
    let tree =
        ["tree", "--locked", "--edges=normal", "--prefix=none", PLATFORM, "--manifest-path", &manifest];
    let names = workspace::names_in_tree(&ask_cargo(&tree)?);
    Ok(names.into_iter().filter(|name| folder.file_name() != Some(OsStr::new(name))).collect())
}

fn manifest(folder: &Path) -> Result<String> {
    let path = folder.join("Cargo.toml").into_os_string().into_string();
    path.ok().context("the path of the workspace is no UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_has_its_list() {
        let folders = folders(&workspace::root().join("examples/outside")).unwrap();
        assert!(!folders.is_empty());
        for folder in folders {
            let list = folder.join("dependencies.txt");
            snapshot::check(&list, &dependencies(&folder).unwrap(), Mode::Compare, "outside").unwrap();
        }
    }

    #[test]
    fn a_folder_without_a_manifest_is_no_example() {
        let room = tempfile::tempdir().unwrap();
        fs::create_dir(room.path().join("empty")).unwrap();
        assert!(folders(room.path()).unwrap().is_empty());
        assert!(folders(&room.path().join("gone")).is_err());
    }
}
