//! `rationale compare`: several methods side by side, with how far they agree.

use std::path::PathBuf;

use clap::Args;
use rationale::report::Sheet;
use rationale::vision::CamMethod;

use super::explain::{Look, Shown};
use super::network::Model;
use super::photograph::Photograph;
use super::render::{self, Format, Style};
use crate::arguments::Common;
use crate::failure::Usage;
use crate::output::say;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// What is compared: `image`.
    #[arg(value_parser = ["image"])]
    kind: String,
    #[command(flatten)]
    model: Model,
    /// The picture.
    photograph: PathBuf,
    /// The methods; all that need one gradient where not given.
    #[arg(long, value_parser = super::explain::method)]
    method: Vec<CamMethod>,
    #[command(flatten)]
    look: Look,
    #[command(flatten)]
    style: Style,
    /// The sheet to write: .png or .svg; the agreement goes beside it as .agreement.json.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

const USUAL: [CamMethod; 6] = [
    CamMethod::GradCam,
    CamMethod::GradCamPlusPlus,
    CamMethod::HiResCam,
    CamMethod::XGradCam,
    CamMethod::LayerCam,
    CamMethod::Random,
];

pub(super) fn execute(arguments: &Arguments, common: &Common) -> anyhow::Result<()> {
    if render::format(&arguments.out)? != Format::Picture {
        return Err(Usage::new("--out: a sheet is a .png or .svg file").into());
    }
    arguments.look.check()?;
    let loaded = arguments.model.read(common)?;
    let photograph = Photograph::read(&arguments.photograph, &loaded)?;
    let methods = if arguments.method.is_empty() { USUAL.to_vec() } else { arguments.method.clone() };
    let shown = Shown::of(&loaded, &photograph, &methods, &arguments.look, common)?;
    let agreement = agreement(&shown);
    let sheet = Sheet::new(shown.panels(&arguments.style)?).with_note(
        "Agreement is the rank correlation of two maps over all pixels; a method that agrees with `random` says nothing of \
         this network.",
    );
    render::write(&sheet, &photograph.name, &arguments.out)?;
    let text = json(&methods, &agreement);
    super::explain::write_text(&arguments.out.with_extension("agreement.json"), &text)?;
    say(common, &if common.json { text } else { table(&methods, &agreement) })
}

/// Rank correlations of each pair of maps.
fn agreement(shown: &Shown<'_>) -> Vec<Vec<f64>> {
    let ranks: Vec<Vec<f64>> =
        shown.maps.iter().map(|(_, maps)| ranks(Shown::map(maps).iter().copied())).collect();
    ranks.iter().map(|a| ranks.iter().map(|b| correlation(a, b)).collect()).collect()
}

/// The rank of each value, equals sharing the mean of theirs.
fn ranks(values: impl Iterator<Item = f32>) -> Vec<f64> {
    let values: Vec<f32> = values.collect();
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let equal =
            order[start..].iter().take_while(|it| values[**it] == values[order[start]]).count().max(1);
        let mean = start as f64 + (equal - 1) as f64 / 2.0;
        order[start..start + equal].iter().for_each(|it| ranks[*it] = mean);
        start += equal;
    }
    ranks
}

/// Pearson's correlation; 0 where either does not vary.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let mean = |it: &[f64]| it.iter().sum::<f64>() / it.len().max(1) as f64;
    let (of_a, of_b) = (mean(a), mean(b));
    let product: f64 = a.iter().zip(b).map(|(x, y)| (x - of_a) * (y - of_b)).sum();
    let square = |it: &[f64], mean: f64| it.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
    let scale = (square(a, of_a) * square(b, of_b)).sqrt();
    if scale > 0.0 { product / scale } else { 0.0 }
}

fn table(methods: &[CamMethod], agreement: &[Vec<f64>]) -> String {
    let width = methods.iter().map(|it| it.name().len()).max().unwrap_or(0);
    let mut lines = vec!["Agreement (rank correlation of maps)".to_owned()];
    for (method, row) in methods.iter().zip(agreement) {
        let cells: Vec<String> = row.iter().map(|it| format!("{it:6.2}")).collect();
        lines.push(format!("{:width$} {}", method.name(), cells.join(" ")));
    }
    lines.join("\n")
}

fn json(methods: &[CamMethod], agreement: &[Vec<f64>]) -> String {
    let names: Vec<_> = methods.iter().map(|it| it.name()).collect();
    format!("{:#}\n", serde_json::json!({"methods": names, "rank_correlation": agreement}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_share_their_rank() {
        assert_eq!(ranks([3.0, 1.0, 3.0, 0.0].into_iter()), [2.5, 1.0, 2.5, 0.0]);
    }

    #[test]
    fn a_constant_map_agrees_with_none() {
        assert_eq!(correlation(&[1.0, 2.0, 3.0], &[2.0, 4.0, 6.0]), 1.0);
        assert_eq!(correlation(&[1.0, 2.0, 3.0], &[1.0, 1.0, 1.0]), 0.0);
    }
}
