//! What of other people's work is in the program, and on which terms.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;

use anyhow::{Context, Result};

use crate::command::ask_cargo;
use crate::repository::Repository;
use crate::workspace::{self, Metadata, Package};

/// A linked package of someone else.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Part {
    name: String,
    version: String,
    licence: Option<String>,
    repository: Option<String>,
}

/// Every package that is linked into the program of `package` when built for `target`, sorted; then what comes with the
/// compiler.
pub(super) fn linked(package: &str, target: &str) -> Result<Vec<Part>> {
    // Procedural macros run in the compiler and are not linked.
    let edges = "--edges=normal,no-proc-macro";
    let tree = ["tree", "--locked", "--package", package, edges, "--prefix=none", "--target", target];
    let linked = names_and_versions(&ask_cargo(&tree)?);
    let mut parts = parts(&Metadata::of_everything(target)?.packages, &linked);
    parts.extend(runtime(target));
    Ok(parts)
}

/// What the compiler links by itself. cargo does not know of it, and a static program carries it all the same.
fn runtime(target: &str) -> Vec<Part> {
    let mut parts =
        vec![Part::of_toolchain("std of Rust", "MIT OR Apache-2.0", "https://github.com/rust-lang/rust")];
    if target.ends_with("-linux-gnu") {
        let licence = "LGPL-2.1-or-later";
        parts.push(Part::of_toolchain("GNU C Library", licence, "https://sourceware.org/git/glibc.git"));
    }
    if target.ends_with("-linux-musl") {
        parts.push(Part::of_toolchain("musl", "MIT", "https://git.musl-libc.org/cgit/musl"));
    }
    parts
}

/// The parts that do not say on which terms they may be handed on.
pub(super) fn unlicensed(parts: &[Part]) -> Vec<String> {
    parts.iter().filter(|it| it.licence.is_none()).map(|it| format!("{} {}", it.name, it.version)).collect()
}

/// The files of the repository that say where what is embedded in the program comes from: its path and its text.
pub(super) fn embedded() -> Result<Vec<(String, String)>> {
    let is_source = |path: &&str| path.ends_with("SOURCES.md") || path.ends_with(".LICENSE.txt");
    let read = |path: &str| {
        let text = fs::read_to_string(workspace::root().join(path));
        Ok((path.to_owned(), text.with_context(|| format!("cannot read {path}"))?))
    };
    Repository::read()?.paths().filter(is_source).map(read).collect()
}

/// The text that goes with the program.
pub(super) fn notice(program: &str, parts: &[Part], embedded: &[(String, String)]) -> String {
    let mut text = format!("Software of others in {program}: package, version, licence, source.\n\n");
    let widths =
        [width(parts, |it| &it.name), width(parts, |it| &it.version), width(parts, |it| it.licence())];
    for part in parts {
        let line = line(part, widths);
        text.push_str(line.trim_end());
        text.push('\n');
    }
    for (path, content) in embedded {
        let _ = write!(text, "\n\n==== {path}\n\n{}\n", content.trim());
    }
    text
}

impl Part {
    fn of(package: &Package) -> Self {
        let in_file = package.license_file.as_ref().map(|name| format!("as in {name} of its package"));
        Self {
            name: package.name.clone(),
            version: package.version.clone(),
            licence: package.license.clone().filter(|it| !it.trim().is_empty()).or(in_file),
            repository: package.repository.clone(),
        }
    }

    fn of_toolchain(name: &str, licence: &str, repository: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: "as built".to_owned(),
            licence: Some(licence.to_owned()),
            repository: Some(repository.to_owned()),
        }
    }

    fn licence(&self) -> &str {
        self.licence.as_deref().unwrap_or("none stated")
    }
}

fn line(part: &Part, [name, version, licence]: [usize; 3]) -> String {
    let repository = part.repository.as_deref().unwrap_or_default();
    format!("{:name$}  {:version$}  {:licence$}  {repository}", part.name, part.version, part.licence())
}

fn width<'a>(parts: &'a [Part], of: impl Fn(&'a Part) -> &'a str) -> usize {
    parts.iter().map(|part| of(part).len()).max().unwrap_or(0)
}

fn parts(packages: &[Package], linked: &BTreeSet<(String, String)>) -> Vec<Part> {
    let is_linked = |it: &&Package| linked.contains(&(it.name.clone(), it.version.clone()));
    let of_others = packages.iter().filter(|it| it.source.is_some());
    let mut parts: Vec<_> = of_others.filter(is_linked).map(Part::of).collect();
    parts.sort();
    parts
}

/// From lines such as `serde v1.0.228 (*)`.
fn names_and_versions(tree: &str) -> BTreeSet<(String, String)> {
    let both = |line: &str| {
        let (name, rest) = line.split_once(" v")?;
        Some((name.to_owned(), rest.split_whitespace().next()?.to_owned()))
    };
    tree.lines().filter_map(both).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, licence: &str, source: Option<&str>) -> Package {
        let wire = serde_json::json!({
            "name": name, "version": "1.0.0", "source": source,
            "license": licence, "repository": format!("https://example.org/{name}"), "dependencies": [],
        });
        serde_json::from_value(wire).unwrap()
    }

    fn some_parts() -> Vec<Part> {
        let registry = Some("registry");
        let packages = [
            package("zlib", "MIT OR Zlib", registry),
            package("bare", "", registry),
            package("unused", "MIT", registry),
            package("rationale-core", "MIT", None),
        ];
        let tree =
            "rationale-core v1.0.0 (/here)\nzlib v1.0.0\nzlib v1.0.0 (*)\nbare v1.0.0\nunused v2.0.0\n";
        parts(&packages, &names_and_versions(tree))
    }

    #[test]
    fn lists_what_is_linked_of_others_by_name_and_version() {
        let names: Vec<_> = some_parts().into_iter().map(|it| it.name).collect();
        assert_eq!(names, ["bare", "zlib"]);
    }

    #[test]
    fn a_part_without_a_licence_is_found() {
        assert_eq!(unlicensed(&some_parts()), ["bare 1.0.0"]);
    }

    #[test]
    fn the_notice_lines_up_and_carries_what_is_embedded() {
        let text = notice("rationale-1", &some_parts(), &[("a/SOURCES.md".into(), "# From\n".into())]);
        assert_eq!(
            text,
            "Software of others in rationale-1: package, version, licence, source.\n\n\
             bare  1.0.0  none stated  https://example.org/bare\n\
             zlib  1.0.0  MIT OR Zlib  https://example.org/zlib\n\
             \n\n==== a/SOURCES.md\n\n# From\n"
        );
    }

    #[test]
    fn a_static_program_names_the_c_library_that_it_carries() {
        let names = |target| runtime(target).into_iter().map(|it| it.name).collect::<Vec<_>>();
        assert_eq!(names("x86_64-unknown-linux-gnu"), ["std of Rust", "GNU C Library"]);
        assert_eq!(names("x86_64-unknown-linux-musl"), ["std of Rust", "musl"]);
        assert_eq!(names("aarch64-apple-darwin"), ["std of Rust"]);
    }

    #[test]
    fn everything_in_the_program_states_its_licence() {
        let parts = linked("rationale-cli", "x86_64-unknown-linux-gnu").unwrap();
        assert!(parts.iter().any(|it| it.name == "clap"));
        assert!(parts.iter().all(|it| it.name != "serde_derive" && !it.name.starts_with("rationale")));
        assert_eq!(unlicensed(&parts), [""; 0]);
    }
}
