//! Reviews with their labels.

use std::path::Path;

use anyhow::{Result, ensure};
use rationale::Seed;
use rationale::tabular::Table;

/// A text and whether it is positive (1) or negative (0).
pub(crate) struct Review {
    pub(crate) text: String,
    pub(crate) label: usize,
    pub(crate) source: String,
}

/// Reviews to learn from, and others held out: a tenth, drawn by the seed.
pub(crate) fn read(path: &Path, seed: Seed) -> Result<(Vec<Review>, Vec<Review>)> {
    let table = Table::read(path)?;
    let (texts, labels, sources) = (table.column("text")?, table.column("label")?, table.column("source")?);
    let mut reviews = Vec::new();
    for row in 0..table.n_rows() {
        let text = |column: &rationale::tabular::Column| {
            column.text_at(row).map(|it| it.to_string()).unwrap_or_default()
        };
        let label = text(labels).trim_end_matches(".0").to_owned();
        ensure!(label == "0" || label == "1", "row {row}: the label is `{label}`, but must be 0 or 1");
        let content = text(texts).replace("<br />", " ");
        reviews.push(Review { text: content, label: usize::from(label == "1"), source: text(sources) });
    }
    seed.draws("split of reviews", 0, 0).shuffle(&mut reviews);
    let held_out = reviews.split_off(reviews.len() - reviews.len() / 10);
    Ok((reviews, held_out))
}
