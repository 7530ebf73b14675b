//! `rationale compare tabular`: what several methods say of the same rows.

use std::fmt::Write;
use std::path::PathBuf;

use clap::Args;
use rationale::report::{Explained as Drawn, Settings, side_by_side};
use rationale::{Attributions, whole};
use serde_json::json;

use super::asked::Asked;
use super::explain::{in_shape, tree_shap};
use super::methods::Method;
use super::say;
use crate::agreement::Agreement;
use crate::arguments::Common;
use crate::bar::Bar;
use crate::failure::Usage;

#[derive(Debug, Args)]
pub(crate) struct Comparison {
    #[command(flatten)]
    asked: Asked,
    /// How many of the first columns are compared by name, place and sign.
    #[arg(long, value_name = "K", default_value_t = 5)]
    top: usize,
    /// The picture to write, of the first row: .png or .svg; the agreement over all rows goes beside it as
    /// .agreement.json.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(super) fn execute(comparison: &Comparison, common: &Common) -> anyhow::Result<()> {
    comparison.check()?;
    let asked = &comparison.asked;
    let read = asked.read(common)?;
    let asks = asked.method.iter().any(|method| *method != Method::TreeShap);
    let question = asks.then(|| asked.question(&read, common)).transpose()?;
    let mut found = Vec::new();
    for method in &asked.method {
        let explained = match &question {
            Some(question) if *method != Method::TreeShap => read.explain(question, *method)?.attributions,
            _ => comparison.by_trees(&read, common)?,
        };
        found.push((*method, explained));
    }
    comparison.draw(&found, &read.numbers)?;
    let pairs = comparison.pairs(&found);
    let text = comparison.json(&found, &pairs, &read.numbers);
    let beside = comparison.out.with_extension("agreement.json");
    let written: std::io::Result<()> = whole::write_file(&beside, |out| out.write_all(text.as_bytes()));
    written.map_err(|error| anyhow::anyhow!("`{}` cannot be written: {error}", beside.display()))?;
    say(common, &if common.json { text } else { comparison.table(&pairs, &read.numbers)? })
}

/// Two methods, and how far they agree, the mean over rows.
struct Pair {
    a: Method,
    b: Method,
    agreement: Agreement,
}

impl Comparison {
    fn check(&self) -> Result<(), Usage> {
        self.asked.check()?;
        if self.asked.method.len() < 2 {
            return Err(Usage::new("compare needs two methods or more: --method A --method B"));
        }
        if self.top == 0 {
            return Err(Usage::new("--top 0: at least 1 is needed"));
        }
        match self.out.extension().and_then(|it| it.to_str()) {
            Some("png" | "svg") => Ok(()),
            _ => Err(Usage::new(format!(
                "--out {}: the name of a .png or .svg file is needed",
                self.out.display()
            ))),
        }
    }

    fn by_trees(&self, read: &super::asked::Read, common: &Common) -> anyhow::Result<Attributions> {
        use rationale::Explain;
        let (model, background) = self.asked.of_trees(read)?;
        let bar = Bar::new("tree-shap", read.rows.nrows() as u64, common);
        let explained = tree_shap(model, background.as_ref())?.explain(read.rows.view(), &bar)?;
        in_shape(explained, read.target, &read.players, model)
    }

    fn draw(&self, found: &[(Method, Attributions)], numbers: &[usize]) -> anyhow::Result<()> {
        let mut drawn = Vec::with_capacity(found.len());
        for (method, explained) in found {
            drawn.push((method.name(), Drawn::new(explained, 0)?));
        }
        let title = format!("Row {} of {}", numbers.first().unwrap_or(&0), self.asked.data.display());
        let picture = side_by_side(&drawn, 0, &Settings::default().with_title(title))?;
        Ok(picture.save(&self.out)?)
    }

    fn pairs(&self, found: &[(Method, Attributions)]) -> Vec<Pair> {
        let mut pairs = Vec::new();
        for (at, (b, of_b)) in found.iter().enumerate() {
            for (a, of_a) in &found[..at] {
                let values = |explained: &Attributions, row: usize| explained.row(row, 0).to_vec();
                let rows = (0..of_a.n_rows())
                    .map(|row| Agreement::of(&values(of_a, row), &values(of_b, row), self.top));
                pairs.push(Pair { a: *a, b: *b, agreement: Agreement::mean(&rows.collect::<Vec<_>>()) });
            }
        }
        pairs
    }

    fn json(&self, found: &[(Method, Attributions)], pairs: &[Pair], numbers: &[usize]) -> String {
        let pair = |pair: &Pair| {
            json!({
                "a": pair.a.name(), "b": pair.b.name(), "spearman": pair.agreement.spearman,
                "kendall": pair.agreement.kendall, "jaccard": pair.agreement.jaccard,
                "rank_agreement": pair.agreement.rank, "sign_agreement": pair.agreement.sign,
            })
        };
        let output = found.first().map(|(_, explained)| explained.output_names()[0].clone());
        let document = json!({
            "format": "rationale/agreement/1", "rows": numbers, "output": output, "k": self.top,
            "pairs": pairs.iter().map(pair).collect::<Vec<_>>(),
        });
        format!("{document:#}\n")
    }

    fn table(&self, pairs: &[Pair], numbers: &[usize]) -> Result<String, std::fmt::Error> {
        let name = |pair: &Pair| format!("{} and {}", pair.a.name(), pair.b.name());
        let width = pairs.iter().map(|pair| name(pair).len()).max().unwrap_or(0);
        let mut text = format!(
            "Agreement, the mean over {} rows; the last three of the first {}\n",
            numbers.len(),
            self.top
        );
        writeln!(text, "{:width$}  Spearman  Kendall  Jaccard     rank     sign", "")?;
        for pair in pairs {
            let Agreement { spearman, kendall, jaccard, rank, sign } = pair.agreement;
            let name = name(pair);
            writeln!(
                text,
                "{name:width$}  {spearman:8.2} {kendall:8.2} {jaccard:8.2} {rank:8.2} {sign:8.2}"
            )?;
        }
        write!(text, "Wrote {}", self.out.display())?;
        Ok(text)
    }
}
