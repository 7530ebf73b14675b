//! The rules of the layers, as tables, and the pure functions that read them.

use crate::workspace::{Dependency, Package};

/// What a crate may depend on inside the workspace.
pub(super) enum May {
    /// These crates.
    Use(&'static [&'static str]),
    /// Every crate in a row above its own.
    UseAllAbove,
}

use May::{Use, UseAllAbove};

/// The crates, lowest layer first. A new crate is one line.
pub(super) const LAYERS: &[(&str, May)] = &[
    ("rationale-core", Use(&[])),
    ("rationale-trees", Use(&["rationale-core"])),
    ("rationale-tensor", Use(&["rationale-core"])),
    ("rationale-onnx", Use(&["rationale-core", "rationale-tensor"])),
    ("rationale-vision", Use(&["rationale-core", "rationale-tensor"])),
    ("rationale-gradient", Use(&["rationale-core", "rationale-tensor"])),
    ("rationale-text", Use(&["rationale-core", "rationale-tensor"])),
    ("rationale-surrogate", Use(&["rationale-core"])),
    ("rationale-shapley", Use(&["rationale-core", "rationale-trees", "rationale-tensor"])),
    ("rationale-process", Use(&["rationale-core"])),
    ("rationale-metrics", Use(&["rationale-core"])),
    ("rationale-tabular", Use(&["rationale-core"])),
    ("rationale-report", Use(&["rationale-core"])),
    (
        "rationale-audit",
        Use(&[
            "rationale-core",
            "rationale-tabular",
            "rationale-trees",
            "rationale-shapley",
            "rationale-report",
        ]),
    ),
    ("rationale", UseAllAbove),
    ("rationale-datasets", Use(&[])),
    ("rationale-cli", Use(&["rationale", "rationale-datasets"])),
    // Unpublished. Its random trees are what every method over trees is tested with.
    ("rationale-testkit", Use(&["rationale-core", "rationale-trees"])),
    ("rationale-lab", Use(&["rationale", "rationale-datasets"])),
    ("rationale-tests", UseAllAbove),
    // Of the vocabulary it takes the writer of whole files and the fingerprint.
    ("xtask", Use(&["rationale-core"])),
];

/// What the tests of any crate may use beyond its layer: both know no method, and neither makes a published crate
/// wait for a higher one.
const FOR_TESTS: &[&str] = &["rationale-testkit", "rationale-datasets"];

/// What the tests and examples of one crate may use besides: networks from files, for methods over any network. The
/// crate lies in a row above, so that publishing waits for nothing higher.
const FOR_TESTS_OF: &[(&str, &str)] = &[("rationale-gradient", "rationale-onnx")];

/// What is slow to compile or large, and the one crate that names it. A name stands for its family: `polars` also for
/// `polars-io`. Owners that do not exist yet keep others from being first.
pub(super) const HEAVY: &[(&str, &str)] = &[
    ("linfa", "rationale-trees"),
    ("linfa-trees", "rationale-trees"),
    ("linfa-ensemble", "rationale-trees"),
    ("polars", "rationale-tabular"),
    ("resvg", "rationale-report"),
    ("minijinja", "rationale-report"),
    ("clap", "rationale-cli"),
    ("indicatif", "rationale-cli"),
    ("tracing-subscriber", "rationale-cli"),
    ("burn", "rationale-tensor"),
    ("image", "rationale-vision"),
    ("tokenizers", "rationale-text"),
];

/// The chores have a command line of their own.
const EXEMPT: &[(&str, &str)] = &[("xtask", "clap")];

/// Crates that people take alone, and the families that must not come with their default features, however deep.
pub(super) const ABSENT: &[(&str, &[&str])] = &[
    (
        "rationale-core",
        &[
            "burn",
            "candle",
            "tch",
            "ort",
            "polars",
            "arrow",
            "parquet",
            "datafusion",
            "image",
            "png",
            "resvg",
            "tiny-skia",
            "linfa",
            "xgboost",
            "lightgbm3",
            "tokenizers",
        ],
    ),
    ("rationale-shapley", &["polars", "burn", "linfa"]),
    ("rationale-surrogate", &["polars", "burn", "linfa"]),
    ("rationale-metrics", &["polars", "burn", "linfa"]),
    ("rationale-report", &["polars", "burn", "linfa"]),
];

/// Dependencies inside the workspace that the table does not allow, and rows that do not match the crates.
pub(super) fn broken_layers(packages: &[Package], layers: &[(&str, May)]) -> Vec<String> {
    let mut found = Vec::new();
    for package in packages {
        match allowed(&package.name, layers) {
            Some(allowed) => found.extend(upward(package, packages, &allowed)),
            None => found.push(format!("{} has no row in the table of layers", package.name)),
        }
    }
    let gone = layers.iter().filter(|(name, _)| !exists(packages, name));
    found.extend(gone.map(|(name, _)| format!("{name} has a row in the table of layers and does not exist")));
    found
}

fn allowed<'a>(name: &str, layers: &'a [(&'a str, May)]) -> Option<Vec<&'a str>> {
    let row = layers.iter().position(|(it, _)| *it == name)?;
    Some(match &layers[row].1 {
        Use(names) => names.to_vec(),
        UseAllAbove => layers[..row].iter().map(|(name, _)| *name).collect(),
    })
}

fn upward(package: &Package, packages: &[Package], allowed: &[&str]) -> Vec<String> {
    let is_ours = |it: &&Dependency| exists(packages, &it.name);
    let is_allowed = |it: &Dependency| allowed.contains(&it.name.as_str());
    let normal = package.normal_dependencies().filter(is_ours).filter(|it| !is_allowed(it));
    let is_for_tests = |it: &Dependency| {
        FOR_TESTS.contains(&it.name.as_str())
            || FOR_TESTS_OF.contains(&(package.name.as_str(), it.name.as_str()))
    };
    let test = package.test_dependencies().filter(is_ours).filter(|it| !is_allowed(it) && !is_for_tests(it));
    let normal = normal.map(|it| format!("{} may not depend on {}", package.name, it.name));
    normal
        .chain(test.map(|it| format!("the tests of {} may not depend on {}", package.name, it.name)))
        .collect()
}

/// Heavy dependencies outside their one crate, and crates that lack theirs.
pub(super) fn misplaced_heavy(packages: &[Package], heavy: &[(&str, &str)]) -> Vec<String> {
    heavy.iter().flat_map(|(family, owner)| of_family(packages, family, owner)).collect()
}

fn of_family(packages: &[Package], family: &str, owner: &str) -> Vec<String> {
    let names = |package: &Package| package.normal_dependencies().any(|it| is_of(&it.name, family));
    let is_exempt = |package: &Package| EXEMPT.contains(&(package.name.as_str(), family));
    let outside = packages.iter().filter(|it| it.name != owner && !is_exempt(it) && names(it));
    let mut found: Vec<_> =
        outside.map(|it| format!("{} names {family}, which {owner} alone may", it.name)).collect();
    if packages.iter().any(|it| it.name == owner && !names(it)) {
        found.push(format!("{owner} does not name {family}, which the table of heavy dependencies gives it"));
    }
    found
}

/// Families among `names` that the crate must not bring.
pub(super) fn present(crate_name: &str, names: &[String], families: &[&str]) -> Vec<String> {
    let forbidden = names.iter().filter(|name| families.iter().any(|family| is_of(name, family)));
    forbidden.map(|name| format!("{crate_name} brings {name} with its default features")).collect()
}

fn is_of(name: &str, family: &str) -> bool {
    name.strip_prefix(family).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

fn exists(packages: &[Package], name: &str) -> bool {
    packages.iter().any(|package| package.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::tests::package;

    const TWO: &[(&str, May)] = &[("low", Use(&[])), ("high", UseAllAbove)];

    #[test]
    fn a_crate_may_use_what_its_row_says() {
        let packages = [package("low", &["serde"], &["rationale-testkit"]), package("high", &["low"], &[])];
        assert!(broken_layers(&packages, TWO).is_empty());
    }

    #[test]
    fn a_dependency_upward_is_found() {
        let packages = [package("low", &["high"], &[]), package("high", &[], &[])];
        assert_eq!(broken_layers(&packages, TWO), ["low may not depend on high"]);
    }

    #[test]
    fn tests_may_use_the_testkit_and_nothing_higher() {
        let layers = &[("low", Use(&[])), ("high", Use(&[])), ("rationale-testkit", Use(&[]))];
        let packages = [
            package("low", &[], &["rationale-testkit", "high"]),
            package("high", &[], &[]),
            package("rationale-testkit", &[], &[]),
        ];
        assert_eq!(broken_layers(&packages, layers), ["the tests of low may not depend on high"]);
    }

    #[test]
    fn rows_and_crates_match() {
        let packages = [package("low", &[], &[]), package("new", &[], &[])];
        assert_eq!(
            broken_layers(&packages, TWO),
            [
                "new has no row in the table of layers",
                "high has a row in the table of layers and does not exist"
            ]
        );
    }

    const POLARS: &[(&str, &str)] = &[("polars", "low")];

    #[test]
    fn a_heavy_dependency_is_named_by_its_owner_alone() {
        let packages = [package("low", &["polars"], &[]), package("high", &["polars-io"], &["polars"])];
        assert_eq!(misplaced_heavy(&packages, POLARS), ["high names polars, which low alone may"]);
        assert!(misplaced_heavy(&[package("high", &["polarstern"], &["polars"])], POLARS).is_empty());
    }

    #[test]
    fn an_owner_names_what_it_owns() {
        let found = misplaced_heavy(&[package("low", &[], &["polars"])], POLARS);
        assert_eq!(found, ["low does not name polars, which the table of heavy dependencies gives it"]);
    }

    #[test]
    fn only_the_chores_share_the_command_line() {
        let clap = &[("clap", "rationale-cli")];
        let packages = [package("xtask", &["clap"], &[]), package("rationale-lab", &["clap"], &[])];
        assert_eq!(
            misplaced_heavy(&packages, clap),
            ["rationale-lab names clap, which rationale-cli alone may"]
        );
    }

    #[test]
    fn what_comes_deep_in_the_tree_is_found() {
        let names = ["linfa-trees".to_owned(), "serde".to_owned(), "linfant".to_owned()];
        assert_eq!(present("low", &names, &["linfa"]), ["low brings linfa-trees with its default features"]);
    }
}
