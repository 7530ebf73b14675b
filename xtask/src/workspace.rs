//! The workspace as cargo sees it: its root, its packages, and what they depend on.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::command::ask_cargo;

/// The root of the workspace, as cargo says it when it runs this: checkouts that share a target folder share the program.
pub(crate) fn root() -> &'static Path {
    static XTASK: LazyLock<PathBuf> = LazyLock::new(|| {
        let at_run_time = std::env::var_os("CARGO_MANIFEST_DIR");
        at_run_time.map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from)
    });
    XTASK.parent().unwrap_or(&XTASK)
}

/// What `cargo metadata` says, as far as it is of use here.
#[derive(Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
    pub(crate) target_directory: PathBuf,
}

/// A package of the workspace, or one that it depends on.
#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// None for a package of the workspace itself.
    pub(crate) source: Option<String>,
    pub(crate) license: Option<String>,
    pub(crate) license_file: Option<String>,
    pub(crate) repository: Option<String>,
    publish: Option<Vec<String>>,
    dependencies: Vec<Dependency>,
}

/// One line of a package's table of dependencies.
#[derive(Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    kind: Option<String>,
    pub(crate) optional: bool,
}

impl Metadata {
    /// The packages of the workspace alone, which cargo knows without a network.
    pub(crate) fn of_members() -> Result<Self> {
        Self::ask(&["metadata", "--format-version=1", "--no-deps"])
    }

    /// The packages of the workspace and all that they depend on when built for `target`.
    pub(crate) fn of_everything(target: &str) -> Result<Self> {
        Self::ask(&["metadata", "--format-version=1", "--locked", "--filter-platform", target])
    }

    fn ask(arguments: &[&str]) -> Result<Self> {
        serde_json::from_str(&ask_cargo(arguments)?)
            .context("`cargo metadata` prints another form than expected")
    }

    /// The package of this name, which the workspace has.
    pub(crate) fn package(&self, name: &str) -> Result<&Package> {
        let found = self.packages.iter().find(|package| package.name == name);
        found.with_context(|| format!("the workspace has no package `{name}`"))
    }
}

impl Package {
    /// Whether it goes to a registry.
    pub(crate) fn is_published(&self) -> bool {
        self.publish.as_ref().is_none_or(|registries| !registries.is_empty())
    }

    /// The dependencies that everyone who depends on this package gets.
    pub(crate) fn normal_dependencies(&self) -> impl Iterator<Item = &Dependency> {
        self.dependencies.iter().filter(|dependency| dependency.kind.is_none())
    }

    /// The dependencies of its own tests alone.
    pub(crate) fn test_dependencies(&self) -> impl Iterator<Item = &Dependency> {
        self.dependencies.iter().filter(|dependency| dependency.kind.as_deref() == Some("dev"))
    }
}

/// The names in what `cargo tree --prefix none` prints, one line a package and some of them twice.
pub(crate) fn names_in_tree(tree: &str) -> Vec<String> {
    let mut names: Vec<_> =
        tree.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect();
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A package `name` whose dependencies are written as in the tables of a manifest.
    pub(crate) fn package(name: &str, normal: &[&str], dev: &[&str]) -> Package {
        let normal =
            normal.iter().map(|name| serde_json::json!({"name": name, "kind": null, "optional": false}));
        let dev = dev.iter().map(|name| serde_json::json!({"name": name, "kind": "dev", "optional": false}));
        let wire = serde_json::json!({
            "name": name,
            "version": "0.1.0",
            "dependencies": normal.chain(dev).collect::<Vec<_>>(),
        });
        serde_json::from_value(wire).unwrap()
    }

    #[test]
    fn an_empty_list_of_registries_means_unpublished() {
        let mut package = package("a", &[], &[]);
        assert!(package.is_published());
        package.publish = Some(Vec::new());
        assert!(!package.is_published());
    }

    #[test]
    fn tests_do_not_count_as_normal() {
        let package = package("a", &["b"], &["c"]);
        assert_eq!(package.normal_dependencies().map(|it| &it.name).collect::<Vec<_>>(), ["b"]);
        assert_eq!(package.test_dependencies().map(|it| &it.name).collect::<Vec<_>>(), ["c"]);
    }

    #[test]
    fn a_tree_gives_each_name_once() {
        let tree = "b v0.1.0 (/somewhere)\na v1.0.0\na v2.0.0 (*)\n\n";
        assert_eq!(names_in_tree(tree), ["a", "b"]);
    }
}
