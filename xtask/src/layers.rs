//! Which crate may depend on what.
//!
//! The layers are stated in `docs/ARCHITECTURE.md`; here they are a table that a test compares with what cargo says.

mod rules;

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Result, ensure};

use crate::command::ask_cargo;
use crate::snapshot::{self, Mode};
use crate::workspace::{self, Metadata, Package};
use rules::{ABSENT, HEAVY, LAYERS};

/// Checks the layers, then each crate's own list of dependencies.
pub(crate) fn run(mode: Mode) -> Result<()> {
    let packages = Metadata::of_members()?.packages;
    let complaints = complaints(&packages)?;
    complaints.iter().for_each(|complaint| eprintln!("{complaint}"));
    ensure!(complaints.is_empty(), "the layers are broken in {} places", complaints.len());
    snapshot::check(&committed(), &direct_dependencies(&packages), mode, "layers")
}

fn committed() -> PathBuf {
    workspace::root().join("xtask/snapshots/dependencies.txt")
}

fn complaints(packages: &[Package]) -> Result<Vec<String>> {
    let mut found = rules::broken_layers(packages, LAYERS);
    found.extend(rules::misplaced_heavy(packages, HEAVY));
    for (name, families) in ABSENT {
        // Nothing else asks for features here, so these are the defaults of this one crate.
        let tree = ask_cargo(&["tree", "--locked", "--package", name, "--edges=normal", "--prefix=none"])?;
        found.extend(rules::present(name, &workspace::names_in_tree(&tree), families));
    }
    Ok(found)
}

/// One line a crate, by name, with its direct normal dependencies; a `?` marks those that a feature brings.
fn direct_dependencies(packages: &[Package]) -> Vec<String> {
    let by_name: BTreeMap<_, _> = packages.iter().map(|package| (&package.name, package)).collect();
    by_name.into_values().map(line_of).collect()
}

fn line_of(package: &Package) -> String {
    // The same package may stand in several tables, one for each platform.
    let by_name: BTreeMap<_, _> = package.normal_dependencies().map(|it| (&it.name, it.optional)).collect();
    let mark = |optional| if optional { "?" } else { "" };
    let names = by_name.into_iter().map(|(name, optional)| format!(" {name}{}", mark(optional)));
    format!("{}:{}", package.name, names.collect::<Vec<_>>().concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::tests::package;

    #[test]
    fn the_workspace_keeps_its_layers() {
        let complaints = complaints(&Metadata::of_members().unwrap().packages).unwrap();
        assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    }

    #[test]
    fn the_workspace_depends_on_what_is_committed() {
        let lines = direct_dependencies(&Metadata::of_members().unwrap().packages);
        if let Err(difference) = snapshot::check(&committed(), &lines, Mode::Compare, "layers") {
            panic!("{difference}");
        }
    }

    #[test]
    fn a_line_lists_what_is_normal_in_order() {
        let packages = [package("b", &[], &["z"]), package("a", &["y", "x"], &[])];
        assert_eq!(direct_dependencies(&packages), ["a: x y", "b:"]);
    }
}
