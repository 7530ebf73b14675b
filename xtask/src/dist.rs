//! The program as it is handed out: one file, static where the platform allows, with its checksum and its licences.

mod third_party;

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use rationale_core::Fingerprint;
use rationale_core::whole::{Existing, WholeFolder, write_file};

use crate::command::{answer, cargo, run as start};
use crate::workspace::{self, Metadata};

const PROGRAM: &str = "rationale";
const PACKAGE: &str = "rationale-cli";
const LICENCES: [&str; 2] = ["LICENSE-MIT", "LICENSE-APACHE"];

/// What to build.
#[derive(clap::Args)]
pub(crate) struct Settings {
    /// The platform, such as `x86_64-unknown-linux-gnu`; this machine's own where it is not given
    #[arg(long)]
    target: Option<String>,
    /// Print THIRD-PARTY.txt and build nothing
    #[arg(long)]
    list: bool,
}

/// Builds the program and writes its folder under `dist/`, or lists what would be linked.
pub(crate) fn run(settings: &Settings) -> Result<()> {
    let target = settings.target.clone().map_or_else(host, Ok)?;
    let members = Metadata::of_members()?;
    let edition = Edition { version: &members.package(PACKAGE)?.version, target: &target };
    let notice = notice(&edition)?;
    if settings.list {
        print!("{notice}");
        return Ok(());
    }
    make(&edition, &members.target_directory, &notice)
}

fn make(edition: &Edition<'_>, target_folder: &Path, notice: &str) -> Result<()> {
    // What is missing is said before the long build, not after it.
    licences(workspace::root())?;
    build(edition.target)?;
    let program = target_folder.join(edition.target).join("release").join(edition.program());
    let place = workspace::root().join("dist").join(edition.name());
    hand_out(&place, workspace::root(), &program, notice)?;
    println!("{}", place.display());
    Ok(())
}

/// Which program for which platform.
struct Edition<'a> {
    version: &'a str,
    target: &'a str,
}

impl Edition<'_> {
    fn name(&self) -> String {
        format!("{PROGRAM}-{}-{}", self.version, self.target)
    }

    fn program(&self) -> String {
        format!("{PROGRAM}{}", if self.target.contains("-windows-") { ".exe" } else { "" })
    }
}

/// The text of THIRD-PARTY.txt. Fails where something is linked that nobody may hand on.
fn notice(edition: &Edition<'_>) -> Result<String> {
    let parts = third_party::linked(PACKAGE, edition.target)?;
    let unlicensed = third_party::unlicensed(&parts);
    unlicensed.iter().for_each(|part| eprintln!("warning: {part} states no licence"));
    ensure!(unlicensed.is_empty(), "what states no licence cannot be handed on");
    Ok(third_party::notice(&edition.name(), &parts, &third_party::embedded()?))
}

/// This machine's platform, as rustc calls it.
fn host() -> Result<String> {
    let version = answer(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("`rustc -vV` does not say its host")
}

fn build(target: &str) -> Result<()> {
    let flags = [env::var("RUSTFLAGS").unwrap_or_default(), static_flags(target).to_owned()].join(" ");
    let arguments =
        ["build", "--release", "--locked", "--package", PACKAGE, "--bin", PROGRAM, "--target", target];
    start(cargo().args(arguments).env("RUSTFLAGS", flags.trim()))
}

/// What makes the program need no library of the system it runs on.
///
/// musl is static by itself. It is not chosen over glibc where both are there: its allocator is slow under many threads.
fn static_flags(target: &str) -> &'static str {
    let is_dynamic_by_default = target.ends_with("-linux-gnu") || target.ends_with("-windows-msvc");
    if is_dynamic_by_default { "-C target-feature=+crt-static" } else { "" }
}

fn licences(root: &Path) -> Result<[PathBuf; 2]> {
    let paths = LICENCES.map(|name| root.join(name));
    for path in &paths {
        ensure!(path.is_file(), "{} is missing, and must go with the program", path.display());
    }
    Ok(paths)
}

/// Writes the folder: the program, its checksum, the project's licences from `root` and those of others.
fn hand_out(place: &Path, root: &Path, program: &Path, notice: &str) -> Result<()> {
    let folder = WholeFolder::begin(place, Existing::Replace)?;
    let name = program.file_name().context("the program has no name")?;
    for path in licences(root)?.iter().chain([&program.to_owned()]) {
        copy_into(folder.path(), path)?;
    }
    let checksum = checksum(&fs::read(program)?, &name.to_string_lossy());
    write_text(&folder.path().join("rationale.sha256"), &checksum)?;
    write_text(&folder.path().join("THIRD-PARTY.txt"), notice)?;
    folder.commit().with_context(|| format!("cannot write {}", place.display()))
}

/// One line as `sha256sum --check` reads it.
fn checksum(program: &[u8], name: &str) -> String {
    format!("{}  {name}\n", Fingerprint::of_bytes(program))
}

fn copy_into(folder: &Path, path: &Path) -> Result<()> {
    let name = path.file_name().context("a file without a name")?;
    fs::copy(path, folder.join(name)).with_context(|| format!("cannot copy {}", path.display()))?;
    Ok(())
}

fn write_text(path: &Path, text: &str) -> Result<()> {
    let written: io::Result<()> = write_file(path, |out| out.write_all(text.as_bytes()));
    written.with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_one_that_sha256sum_reads() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  rationale\n";
        assert_eq!(checksum(b"abc", "rationale"), abc);
    }

    #[test]
    fn only_what_is_dynamic_by_default_is_told_to_be_static() {
        for target in ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "x86_64-pc-windows-msvc"] {
            assert!(static_flags(target).contains("+crt-static"), "{target}");
        }
        for target in ["x86_64-unknown-linux-musl", "aarch64-apple-darwin"] {
            assert_eq!(static_flags(target), "", "{target}");
        }
    }

    #[test]
    fn the_platform_decides_what_the_program_is_called() {
        let program = |target| Edition { version: "1", target }.program();
        assert_eq!(program("x86_64-unknown-linux-gnu"), "rationale");
        assert_eq!(program("x86_64-pc-windows-msvc"), "rationale.exe");
    }

    #[test]
    fn a_missing_licence_stops_the_build() {
        let room = tempfile::tempdir().unwrap();
        write_text(&room.path().join("LICENSE-MIT"), "MIT").unwrap();
        let error = licences(room.path()).unwrap_err().to_string();
        assert!(error.contains("LICENSE-APACHE is missing"), "{error}");
    }

    #[test]
    fn the_folder_holds_all_that_must_go_with_the_program() {
        let room = tempfile::tempdir().unwrap();
        for name in ["LICENSE-MIT", "LICENSE-APACHE", "rationale"] {
            write_text(&room.path().join(name), name).unwrap();
        }
        let place = room.path().join("dist/rationale-1");
        hand_out(&place, room.path(), &room.path().join("rationale"), "Others.\n").unwrap();
        let mut names: Vec<_> = fs::read_dir(&place).unwrap().map(|it| it.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(
            names,
            ["LICENSE-APACHE", "LICENSE-MIT", "THIRD-PARTY.txt", "rationale", "rationale.sha256"]
        );
        assert_eq!(fs::read_to_string(place.join("THIRD-PARTY.txt")).unwrap(), "Others.\n");
    }
}
