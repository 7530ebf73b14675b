//! `docs/MODEL-FORMATS.md` is made of what the readers make of the golden files: run with `RATIONALE_BLESS=1` to write it.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rationale_core::whole;
use rationale_trees::{CoverSource, Link, ModelFile, Node, Split, Test, Tree};
use serde_json::Value;

const HEAD: &str = "# Model formats

Made from the golden files of `crates/rationale-trees/golden` by a test of that crate: every model there was written by the
library named, is read, and is compared with the library's own predictions and contributions. How close they come stands in
the golden files; what each format's oddities are, in the docs of its reader.

linfa's models are read from Rust and have no file. This project's own `rationale-trees` JSON carries all that is listed here.

";

/// What the models of one format show.
#[derive(Default)]
struct Seen {
    versions: BTreeSet<String>,
    n_models: usize,
    missing: BTreeSet<&'static str>,
    categories: BTreeSet<&'static str>,
    most_outputs: usize,
    vector_leaves: bool,
    links: BTreeSet<String>,
    covers: BTreeSet<&'static str>,
}

impl Seen {
    fn add(&mut self, version: &str, file: &ModelFile) {
        let ensemble = &file.ensemble;
        self.versions.insert(version.to_owned());
        self.n_models += 1;
        self.most_outputs = self.most_outputs.max(ensemble.n_outputs());
        self.links.insert(link(ensemble.link()));
        self.covers.insert(match ensemble.cover_source() {
            CoverSource::Model => "in the file",
            CoverSource::Rows => "from rows",
            CoverSource::Unknown => "none",
        });
        if file.categories.iter().any(Option::is_some) {
            self.categories.insert("by name");
        }
        ensemble.trees().iter().for_each(|tree| self.add_tree(tree));
    }

    fn add_tree(&mut self, tree: &Tree) {
        self.vector_leaves |= tree.leaf_values(0).len() > 1;
        for node in tree.nodes() {
            let Node::Split(Split { test, missing, .. }) = node else { continue };
            self.missing.insert(if missing.zero { "zero too" } else { "NaN" });
            match test {
                Test::OneOf(_) | Test::NoneOf(_) => self.categories.insert("sets of codes"),
                Test::AnyOf(_) => self.categories.insert("single numbers"),
                _ => false,
            };
        }
    }

    fn line(&self, format: &str) -> String {
        let list = |words: &BTreeSet<&'static str>| match words.len() {
            0 => "-".to_owned(),
            _ => words.iter().copied().collect::<Vec<_>>().join(", "),
        };
        let joined = |words: &BTreeSet<String>| words.iter().cloned().collect::<Vec<_>>().join(", ");
        let leaves = if self.vector_leaves { ", several a leaf" } else { "" };
        format!(
            "| {format} | {} | {} | {} | {} | up to {}{leaves} | {} | {} |\n",
            joined(&self.versions),
            self.n_models,
            list(&self.missing),
            list(&self.categories),
            self.most_outputs,
            joined(&self.links),
            list(&self.covers)
        )
    }
}

fn link(link: Link) -> String {
    match link {
        Link::ScaledLogistic { .. } => "scaled logistic".to_owned(),
        other => format!("{other:?}").to_lowercase(),
    }
}

/// The formats by name, and the models that are refused with the words for it.
#[derive(Default)]
struct Found {
    formats: BTreeMap<&'static str, Seen>,
    refused: BTreeMap<String, String>,
}

impl Found {
    fn read(&mut self, version: &str, bytes: &[u8]) {
        let file = ModelFile::from_bytes(bytes).unwrap();
        self.formats.entry(file.format.name()).or_default().add(version, &file);
    }

    fn refuse(&mut self, name: String, bytes: &[u8]) {
        self.refused.insert(name, ModelFile::from_bytes(bytes).unwrap_err().to_string());
    }

    /// A JSON file whose cases hold the models as text or in base64.
    fn read_cases(&mut self, path: &Path) {
        let golden: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let version = golden["requires"][0].as_str().unwrap().replace("==", " ");
        for case in golden["cases"].as_array().unwrap() {
            for key in ["model", "dump", "json"] {
                if let Some(text) = case[key].as_str() {
                    self.read(&version, text.as_bytes());
                }
            }
            if let Some(text) = case["ubj"].as_str() {
                self.read(&version, &STANDARD.decode(text).unwrap());
            }
        }
        for key in ["refused", "linear"] {
            for (name, text) in golden[key].as_object().into_iter().flatten() {
                let library = version.split(' ').next().unwrap();
                let name = if key == "linear" {
                    format!("{library}: linear trees, {name}")
                } else {
                    format!("{library}: {name}")
                };
                self.refuse(name, text.as_str().unwrap().as_bytes());
            }
        }
    }

    /// A folder of model files, one a case.
    fn read_folder(&mut self, folder: &Path, version: &str) {
        for path in entries(folder).into_iter().filter(|path| path.extension().is_none_or(|it| it != "json"))
        {
            let (name, bytes) =
                (path.file_stem().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap());
            match name.strip_prefix("refused_") {
                Some(name) => self.refuse(format!("{version}: {}", name.replace('_', " ")), &bytes),
                None => self.read(version, &bytes),
            }
        }
    }

    fn text(&self) -> String {
        let mut text = HEAD.to_owned();
        text.push_str(
            "| format | written by | models | missing values | categories | outputs | links | cover |\n",
        );
        text.push_str("|---|---|---|---|---|---|---|---|\n");
        self.formats.iter().for_each(|(format, seen)| text.push_str(&seen.line(format)));
        text.push_str("\n## What is refused, and in which words\n\n| model | message |\n|---|---|\n");
        for (name, message) in &self.refused {
            let message = message.replace('|', "\\|").replace('\n', " ");
            text.extend(["| ", name, " | ", &message, " |\n"]);
        }
        text
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// The library that a folder's script pins first.
fn pinned(folder: &Path) -> String {
    let script = fs::read_to_string(folder.with_extension("py")).unwrap();
    let pin = script.lines().find(|line| line.contains("==")).unwrap();
    pin.split('"').nth(1).unwrap().replace("==", " ")
}

#[test]
fn the_table_says_what_the_readers_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Found::default();
    for path in entries(&root.join("golden")) {
        if path.is_dir() && path.file_name().unwrap() != "__pycache__" {
            found.read_folder(&path, &pinned(&path));
        } else if path.extension().is_some_and(|it| it == "json") {
            found.read_cases(&path);
        }
    }
    found.refuse("a pickle".to_owned(), b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00");
    let (text, path) = (found.text(), root.join("../../docs/MODEL-FORMATS.md"));
    if std::env::var_os("RATIONALE_BLESS").is_some() {
        whole::write_file(&path, |out| out.write_all(text.as_bytes())).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == text, "docs/MODEL-FORMATS.md is out of date: run this test with RATIONALE_BLESS=1");
}
