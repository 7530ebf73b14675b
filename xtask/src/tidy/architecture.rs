//! The map of the code against the code.

use std::collections::BTreeSet;

use toml::Table;

use super::violation::Violation;
use crate::repository::{Repository, is_outside};

const MAP: &str = "docs/ARCHITECTURE.md";

/// The map names every crate, and its table no crate that is not there.
pub(crate) fn matches_the_crates(repository: &Repository) -> Vec<Violation> {
    let Some(text) = repository.text(MAP) else { return vec![Violation::at(MAP, 1, "is missing")] };
    let mut found = names_every_crate(MAP, text, &crate_folders(repository));
    found.extend(promises_no_crate(MAP, text, &package_names(repository)));
    found
}

fn names_every_crate(path: &str, text: &str, folders: &BTreeSet<&str>) -> Vec<Violation> {
    let is_named =
        |folder: &str| [format!("`{folder}`"), format!("`{folder}/`")].iter().any(|it| text.contains(it));
    let unnamed = folders.iter().filter(|folder| !is_named(folder));
    unnamed.map(|folder| Violation::at(path, 1, format!("does not name the crate `{folder}`"))).collect()
}

fn promises_no_crate(path: &str, text: &str, packages: &BTreeSet<String>) -> Vec<Violation> {
    let rows = text.lines().enumerate().filter_map(|(idx, line)| Some((idx + 1, first_cell(line)?)));
    let names = rows.flat_map(|(line_no, cell)| code_spans(cell).map(move |name| (line_no, name)));
    let absent = names.filter(|(_, name)| is_ours(name) && !packages.contains(*name));
    absent
        .map(|(line_no, name)| {
            Violation::at(
                path,
                line_no,
                format!("`{name}` does not exist; a planned crate has no row in the table"),
            )
        })
        .collect()
}

fn is_ours(name: &str) -> bool {
    name == "rationale" || name.starts_with("rationale-")
}

fn first_cell(line: &str) -> Option<&str> {
    line.trim_start().strip_prefix('|')?.split('|').next()
}

fn code_spans(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The last part of each folder that holds a crate of the workspace: `rationale-core`, `datasets`.
fn crate_folders(repository: &Repository) -> BTreeSet<&str> {
    manifests(repository).filter_map(|(folder, _)| folder.rsplit('/').next()).collect()
}

fn package_names(repository: &Repository) -> BTreeSet<String> {
    let name =
        |text: &str| Some(text.parse::<Table>().ok()?.get("package")?.get("name")?.as_str()?.to_owned());
    manifests(repository).filter_map(|(_, text)| name(text)).collect()
}

/// The folder and the text of each crate's manifest; the root's and those outside the workspace are none.
fn manifests(repository: &Repository) -> impl Iterator<Item = (&str, &str)> {
    let manifests =
        repository.texts().filter_map(|(path, text)| Some((path.strip_suffix("/Cargo.toml")?, text)));
    manifests.filter(|(folder, _)| !is_outside(folder))
}

#[cfg(test)]
mod tests {
    use super::super::violation::lines;
    use super::*;

    const GOOD: &str =
        "# Map\n\n| crate | what |\n|---|---|\n| `rationale-core` | words |\n\nIn `datasets/` is data.\n";

    fn check(map: &str) -> Vec<usize> {
        lines(&matches_the_crates(&Repository::of(&[
            ("Cargo.toml", "[workspace]\n"),
            ("crates/rationale-core/Cargo.toml", "[package]\nname = \"rationale-core\"\n"),
            ("datasets/Cargo.toml", "[package]\nname = \"rationale-datasets\"\n"),
            ("examples/outside/a/Cargo.toml", "[package]\nname = \"a\"\n"),
            (MAP, map),
        ])))
    }

    #[test]
    fn the_map_names_what_is_there() {
        assert!(check(GOOD).is_empty());
        assert!(check(&GOOD.replace("`datasets/`", "`datasets`")).is_empty());
    }

    #[test]
    fn a_crate_that_the_map_forgets_is_found() {
        assert_eq!(check(&GOOD.replace("`datasets/`", "a folder")), [1]);
        assert_eq!(check(""), [1, 1]);
    }

    #[test]
    fn a_crate_that_is_only_planned_is_found() {
        assert_eq!(check(&format!("{GOOD}\n| `rationale-tensor` | later |\n")), [9]);
        assert_eq!(check(&format!("{GOOD}\n| [`rationale-core`](a), `rationale-text` | later |\n")), [9]);
        assert!(
            check(&format!("{GOOD}\nLater: `rationale-tensor`.\n| word | `rationale-tensor` |\n")).is_empty()
        );
    }

    #[test]
    fn a_missing_map_is_found() {
        assert_eq!(lines(&matches_the_crates(&Repository::of(&[]))), [1]);
    }
}
