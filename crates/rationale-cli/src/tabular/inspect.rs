//! `rationale inspect`: what a model file holds.

use clap::Args;
use rationale::audit::ScoringModel;
use rationale::tabular::{Field, FieldKind};
use rationale::trees::{CoverSource, Node, Tree, TreeEnsemble};
use serde_json::json;

use super::{Model, say};
use crate::arguments::Common;

/// Categories that are listed by name.
const SHOWN_CATEGORIES: usize = 6;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    model: Model,
}

pub(super) fn execute(arguments: &Arguments, common: &Common) -> anyhow::Result<()> {
    #[cfg(feature = "image")]
    if crate::image::of_network(&arguments.model.model, common)? {
        return Ok(());
    }
    let model = arguments.model.read()?;
    let found = Found::of(model.trees());
    let text = if common.json { found.json(&model) } else { found.text(&model) };
    say(common, &text)
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

    fn text(&self, model: &ScoringModel) -> String {
        let mut text: Vec<String> =
            self.facts(model).into_iter().map(|(name, value)| format!("{name:<10} {value}")).collect();
        let fields = model.encoder().schema().fields();
        text.extend(fields.iter().map(|field| format!("  {:<40} {}", field.name, kind(field))));
        text.join("\n")
    }

    fn facts(&self, model: &ScoringModel) -> Vec<(&'static str, String)> {
        let (trees, source) = (model.trees(), model.source());
        let Self { n_trees, n_splits, n_leaves, depth, n_used } = self;
        let version = source.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
        let mut facts = vec![
            ("format", format!("{}{version}", source.format)),
            ("objective", source.objective.clone().unwrap_or_else(|| "not named".to_owned())),
            ("trees", format!("{n_trees} trees, {n_splits} splits, {n_leaves} leaves, depth up to {depth}")),
            ("outputs", trees.output_names().join(", ")),
            ("base score", format!("{:?}", trees.base_score())),
            ("link", format!("{:?}", trees.link())),
            ("cover", cover(trees.cover_source()).to_owned()),
        ];
        facts.extend(source.notes.iter().map(|note| ("note", note.clone())));
        let n_columns = model.encoder().schema().fields().len();
        facts.extend([
            ("sha-256", trees.fingerprint().to_string()),
            ("features", format!("{}, of which {n_used} are asked about", trees.n_features())),
            ("columns", format!("{n_columns} ({})", model.encoder().encoding().name())),
        ]);
        facts
    }

    fn json(&self, model: &ScoringModel) -> String {
        let trees = model.trees();
        let document = json!({
            "format": "rationale/inspect/1",
            "model_format": model.source().format,
            "version": model.source().version,
            "objective": model.source().objective,
            "notes": model.source().notes,
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
