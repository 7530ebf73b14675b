//! Habits of the project that a machine can check. Every violation is reported, not only the first.

mod architecture;
mod attribute;
mod golden;
mod links;
mod manifest;
mod source;
mod violation;

use anyhow::{Result, ensure};

use crate::repository::{Repository, extension};
use violation::Violation;

/// Checks the repository and prints what is wrong with it.
pub(crate) fn run() -> Result<()> {
    let violations = violations(&Repository::read()?);
    violations.iter().for_each(|violation| eprintln!("{violation}"));
    ensure!(violations.is_empty(), "untidy in {} places", violations.len());
    Ok(())
}

fn violations(repository: &Repository) -> Vec<Violation> {
    let mut found = Vec::new();
    for (path, text) in repository.texts() {
        found.extend(of_file(repository, path, text));
    }
    found.extend(golden::scripts_are_there(repository));
    found.extend(architecture::matches_the_crates(repository));
    found.sort();
    found
}

fn of_file(repository: &Repository, path: &str, text: &str) -> Vec<Violation> {
    match extension(path) {
        "rs" => of_source(path, text),
        "md" => links::lead_somewhere(path, text, repository),
        "toml" => of_manifest(repository, path, text),
        _ => Vec::new(),
    }
}

fn of_source(path: &str, text: &str) -> Vec<Violation> {
    let checks = [
        source::begins_with_its_doc,
        source::is_short_or_says_why,
        attribute::lints_have_reasons,
        attribute::every_test_runs,
        attribute::every_doctest_runs,
    ];
    checks.iter().flat_map(|check| check(path, text)).collect()
}

fn of_manifest(repository: &Repository, path: &str, text: &str) -> Vec<Violation> {
    let Some(folder) = path.strip_suffix("Cargo.toml") else { return Vec::new() };
    let readme = repository.text(&format!("{folder}README.md"));
    let mut found = manifest::allowed_lints_have_comments(path, text);
    found.extend(manifest::says_what_it_must(path, text, readme));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_is_tidy() {
        let found: Vec<_> =
            violations(&Repository::read().unwrap()).iter().map(|it| format!("{it}\n")).collect();
        assert!(found.is_empty(), "untidy in {} places:\n{}", found.len(), found.concat());
    }

    #[test]
    fn every_kind_of_file_is_checked_and_all_is_reported() {
        let bad = Repository::of(&[
            ("Cargo.toml", "[workspace.lints.clippy]\nfloat_cmp = \"allow\"\n"),
            ("crates/rationale-core/Cargo.toml", "[package]\nname = \"rationale-core\"\n"),
            ("crates/rationale-core/golden/a.json", "{}"),
            ("crates/rationale-core/src/lib.rs", "#[ignore]\nfn a() {}\n"),
            ("README.md", "[gone](gone.md)"),
        ]);
        let paths: Vec<_> = violations(&bad).iter().map(|it| it.path().to_owned()).collect();
        assert_eq!(
            paths,
            [
                "Cargo.toml",
                "README.md",
                "crates/rationale-core/Cargo.toml",
                "crates/rationale-core/Cargo.toml",
                "crates/rationale-core/Cargo.toml",
                "crates/rationale-core/golden/a.json",
                "crates/rationale-core/src/lib.rs",
                "crates/rationale-core/src/lib.rs",
                "docs/ARCHITECTURE.md",
            ]
        );
    }
}
