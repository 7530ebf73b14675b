//! `rationale compare image`: several methods side by side, with how far they agree.

use std::path::PathBuf;

use clap::Args;
use rationale::vision::CamMethod;

use super::answers::Asking;
use super::explain::{Look, Shown};
use super::gradients::Slopes;
use super::method::Method;
use super::network::Model;
use super::photograph::Photograph;
use super::render::{self, Format, Style};
use crate::agreement::{correlation, ranks};
use crate::arguments::Common;
use crate::failure::Usage;
use crate::output::say;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    model: Model,
    /// The picture.
    photograph: PathBuf,
    /// The methods; all that need one gradient where not given.
    #[arg(long, value_parser = Method::parse)]
    method: Vec<Method>,
    #[command(flatten)]
    look: Look,
    #[command(flatten)]
    asking: Asking,
    #[command(flatten)]
    slopes: Slopes,
    #[command(flatten)]
    style: Style,
    /// The sheet to write: .png or .svg; the agreement goes beside it as .agreement.json.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

const USUAL: [Method; 6] = [
    Method::Cam(CamMethod::GradCam),
    Method::Cam(CamMethod::GradCamPlusPlus),
    Method::Cam(CamMethod::HiResCam),
    Method::Cam(CamMethod::XGradCam),
    Method::Cam(CamMethod::LayerCam),
    Method::Cam(CamMethod::Random),
];

const AGREEMENT: &str = "Agreement is the rank correlation of two maps over all pixels; a method that agrees with `random` says \
                         nothing of this network.";

pub(super) fn execute(arguments: &Arguments, common: &Common) -> anyhow::Result<()> {
    if render::format(&arguments.out)? != Format::Picture {
        return Err(Usage::new("--out: a sheet is a .png or .svg file").into());
    }
    let methods = if arguments.method.is_empty() { USUAL.to_vec() } else { arguments.method.clone() };
    arguments.look.check(&methods)?;
    arguments.asking.check(&methods)?;
    arguments.slopes.check(&methods)?;
    let loaded = arguments.model.read(common)?;
    let photograph = Photograph::read(&arguments.photograph, &loaded)?;
    let shown = Shown::of(
        &loaded,
        &photograph,
        &methods,
        (&arguments.look, &arguments.asking, &arguments.slopes),
        common,
    )?;
    let agreement = agreement(&shown);
    render::write(&shown.sheet(&arguments.style, AGREEMENT)?, &photograph.name, &arguments.out)?;
    let text = json(&methods, &agreement);
    super::explain::write_text(&arguments.out.with_extension("agreement.json"), &text)?;
    say(common, &if common.json { text } else { table(&methods, &agreement) })
}

/// Rank correlations of each pair of maps.
fn agreement(shown: &Shown<'_>) -> Vec<Vec<f64>> {
    let ranks: Vec<Vec<f64>> =
        shown.maps.iter().map(|(_, found)| ranks(found.map.iter().map(|it| f64::from(*it)))).collect();
    ranks.iter().map(|a| ranks.iter().map(|b| correlation(a, b)).collect()).collect()
}

fn table(methods: &[Method], agreement: &[Vec<f64>]) -> String {
    let width = methods.iter().map(|it| it.name().len()).max().unwrap_or(0);
    let mut lines = vec!["Agreement (rank correlation of maps)".to_owned()];
    for (method, row) in methods.iter().zip(agreement) {
        let cells: Vec<String> = row.iter().map(|it| format!("{it:6.2}")).collect();
        lines.push(format!("{:width$} {}", method.name(), cells.join(" ")));
    }
    lines.join("\n")
}

fn json(methods: &[Method], agreement: &[Vec<f64>]) -> String {
    let names: Vec<_> = methods.iter().map(|it| it.name()).collect();
    format!("{:#}\n", serde_json::json!({"methods": names, "rank_correlation": agreement}))
}
