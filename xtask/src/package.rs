//! What would go to a registry, and how large it is.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::command::{cargo, run as start};
use crate::workspace::{Metadata, Package};

/// crates.io takes no larger file: <https://doc.rust-lang.org/cargo/reference/publishing.html#packaging-a-crate>.
const MOST_BYTES: u64 = 10 * 1024 * 1024;

/// How to package.
#[derive(Default, clap::Args)]
pub(crate) struct Settings {
    /// Also build each crate from its package, as a registry's user would; takes as long as a full build
    #[arg(long)]
    verify: bool,
}

/// Packages every published crate, prints their sizes, and fails where one is too large.
pub(crate) fn run(settings: &Settings) -> Result<()> {
    let metadata = Metadata::of_members()?;
    start(cargo().args(arguments(&metadata.packages, settings)))?;
    let published = metadata.packages.iter().filter(|it| it.is_published());
    let sizes = published.map(|it| size(&metadata.target_directory, it)).collect::<Result<Vec<_>>>()?;
    print!("{}", table(&sizes));
    let too_large = too_large(&sizes);
    ensure!(too_large.is_empty(), "larger than 10 MB: {}", too_large.join(", "));
    Ok(())
}

/// All published crates go in one call: cargo then takes one from the other, before any is on a registry.
fn arguments<'a>(packages: &'a [Package], settings: &Settings) -> Vec<&'a str> {
    let mut arguments = vec!["package", "--workspace", "--allow-dirty"];
    if !settings.verify {
        arguments.push("--no-verify");
    }
    for package in packages.iter().filter(|it| !it.is_published()) {
        arguments.extend(["--exclude", &package.name]);
    }
    arguments
}

struct Size {
    name: String,
    bytes: u64,
}

fn size(target: &Path, package: &Package) -> Result<Size> {
    let name = format!("{}-{}.crate", package.name, package.version);
    let path: PathBuf = target.join("package").join(&name);
    let bytes = fs::metadata(&path).with_context(|| format!("cargo made no {}", path.display()))?.len();
    Ok(Size { name, bytes })
}

fn table(sizes: &[Size]) -> String {
    let width = sizes.iter().map(|size| size.name.len()).max().unwrap_or(0);
    let line = |Size { name, bytes }: &Size| format!("{name:width$}  {:>8.1} kB\n", *bytes as f64 / 1000.0);
    sizes.iter().map(line).collect::<Vec<_>>().concat()
}

fn too_large(sizes: &[Size]) -> Vec<&str> {
    sizes.iter().filter(|size| size.bytes > MOST_BYTES).map(|size| size.name.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size_of(name: &str, bytes: u64) -> Size {
        Size { name: name.to_owned(), bytes }
    }

    #[test]
    fn ten_megabytes_pass_and_a_byte_more_does_not() {
        let sizes = [size_of("a", MOST_BYTES), size_of("b", MOST_BYTES + 1)];
        assert_eq!(too_large(&sizes), ["b"]);
    }

    #[test]
    fn the_table_lines_up() {
        let sizes = [size_of("a.crate", 1234), size_of("longer.crate", 12_345_678)];
        assert_eq!(table(&sizes), "a.crate            1.2 kB\nlonger.crate   12345.7 kB\n");
    }

    #[test]
    fn a_package_that_was_not_made_is_named() {
        let room = tempfile::tempdir().unwrap();
        let missing = crate::workspace::tests::package("a", &[], &[]);
        let error = size(room.path(), &missing).err().map(|it| it.to_string());
        assert!(error.is_some_and(|it| it.contains("a-0.1.0.crate")));
    }

    #[test]
    fn what_is_not_published_is_not_packaged() {
        let packages = Metadata::of_members().unwrap().packages;
        let arguments = arguments(&packages, &Settings { verify: false }).join(" ");
        assert!(arguments.contains("--no-verify") && arguments.contains("--exclude xtask"), "{arguments}");
        assert!(!arguments.contains("--exclude rationale-core"), "{arguments}");
    }
}
