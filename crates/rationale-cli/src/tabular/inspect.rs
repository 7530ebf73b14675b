//! `rationale inspect`: what a model file holds.

use std::fmt::Write;
use std::path::PathBuf;

use clap::Args;
use rationale::audit::ScoringModel;
use rationale::tabular::{Field, FieldKind};
use rationale::trees::{CoverSource, Node, Tree, TreeEnsemble};
use serde_json::json;

use super::say;
use crate::arguments::Common;

/// Categories that are listed by name.
const SHOWN_CATEGORIES: usize = 6;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The model: a `rationale-model` or `rationale-trees` JSON file.
    model: PathBuf,
}

pub(super) fn execute(arguments: &Arguments, common: &Common) -> anyhow::Result<()> {
    let model = ScoringModel::read(&arguments.model)?;
    let found = Found::of(model.trees());
    let text = if common.json { found.json(&model) } else { found.text(&model)? };
    say(common, &text);
    Ok(())
}

/// Counts over all trees.
struct Found {
    n_trees: usize,
    n_leaves: usize,
    n_splits: usize,
    depth: usize,
    /// How many features some split asks about.
    n_used: usize,
}

impl Found {
    fn of(trees: &TreeEnsemble) -> Self {
        let split_features = trees.trees().iter().flat_map(Tree::nodes).filter_map(|node| match node {
            Node::Split(split) => Some(split.feature),
            Node::Leaf(_) => None,
        });
        let mut used: Vec<usize> = split_features.collect();
        let n_splits = used.len();
        used.sort_unstable();
        used.dedup();
        Self {
            n_trees: trees.trees().len(),
            n_leaves: trees.trees().iter().map(Tree::n_leaves).sum(),
            n_splits,
            depth: trees.trees().iter().map(Tree::depth).max().unwrap_or(0),
            n_used: used.len(),
        }
    }

    fn text(&self, model: &ScoringModel) -> Result<String, std::fmt::Error> {
        let trees = model.trees();
        let mut text = String::new();
        writeln!(
            text,
            "{} trees, {} splits, {} leaves, depth up to {}",
            self.n_trees, self.n_splits, self.n_leaves, self.depth
        )?;
        writeln!(
            text,
            "outputs     {} (base score {:?}, link {:?})",
            trees.output_names().join(", "),
            trees.base_score(),
            trees.link()
        )?;
        writeln!(text, "cover       {}", cover(trees.cover_source()))?;
        writeln!(text, "features    {}, of which {} are asked about", trees.n_features(), self.n_used)?;
        writeln!(
            text,
            "columns     {} ({})",
            model.encoder().schema().fields().len(),
            model.encoder().encoding().name()
        )?;
        for field in model.encoder().schema().fields() {
            writeln!(text, "  {:<40} {}", field.name, kind(field))?;
        }
        writeln!(text, "sha-256     {}", trees.fingerprint())?;
        writeln!(text, "unsupported nothing")?;
        Ok(text)
    }

    fn json(&self, model: &ScoringModel) -> String {
        let trees = model.trees();
        let document = json!({
            "format": "rationale/inspect/1",
            "n_trees": self.n_trees,
            "n_splits": self.n_splits,
            "n_leaves": self.n_leaves,
            "depth": self.depth,
            "outputs": trees.output_names(),
            "base_score": trees.base_score(),
            "link": format!("{:?}", trees.link()).to_lowercase(),
            "cover": format!("{:?}", trees.cover_source()).to_lowercase(),
            "features": trees.feature_names(),
            "n_features_used": self.n_used,
            "encoding": model.encoder().encoding().name(),
            "schema": model.encoder().schema().to_json(),
            "sha256": trees.fingerprint().to_string(),
            "unsupported": [],
        });
        format!("{document:#}")
    }
}

fn kind(field: &Field) -> String {
    let FieldKind::Categorical { categories } = &field.kind else { return "numeric".to_owned() };
    let shown: Vec<&str> = categories.iter().take(SHOWN_CATEGORIES).map(String::as_str).collect();
    let more = if categories.len() > shown.len() { ", ..." } else { "" };
    format!("{} categories: {}{more}", categories.len(), shown.join(", "))
}

fn cover(source: CoverSource) -> &'static str {
    match source {
        CoverSource::Model => "as the model carries it",
        CoverSource::Rows => "counted from rows sent down the finished trees",
        CoverSource::Unknown => "unknown: path-dependent values need a background",
    }
}
