//! What both kinds of evaluation let a user choose.

use std::path::PathBuf;

use clap::Args;
use rationale::Seed;
use rationale::metrics::{Metric, Settings};

use crate::arguments::Common;
use crate::failure::Usage;

/// Fewer samples than this make no line and no regression.
const LEAST_SAMPLES: usize = 16;

#[derive(Debug, Args)]
pub(crate) struct Choice {
    /// The metrics; all that the model, the data and the methods allow where not given.
    #[arg(long, value_parser = metric)]
    pub metric: Vec<Metric>,
    /// The most model calls to spend; fewer inputs first, then fewer metrics.
    #[arg(long, value_name = "N")]
    pub budget: Option<u64>,
    /// Points of a curve.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub steps: usize,
    /// Random subsets of a metric that draws any.
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub samples: usize,
    /// Neighbours of an input for robustness.
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub neighbours: usize,
    /// Layers that are randomised.
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub layers: usize,
    /// The most model calls of an explanation by a method that samples; each method's own number where not given.
    #[arg(long, value_name = "N")]
    pub method_samples: Option<usize>,
    /// The folder to write, whole or not at all.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Replace the folder if it is there and not empty.
    #[arg(long)]
    pub force: bool,
}

fn metric(text: &str) -> Result<Metric, String> {
    Metric::named(text).ok_or_else(|| {
        let names: Vec<_> = Metric::ALL.iter().map(|it| it.name()).collect();
        format!("the metrics are {}", names.join(", "))
    })
}

impl Choice {
    pub(crate) fn settings(&self, common: &Common) -> Result<Settings, Usage> {
        let counts = [
            ("--steps", self.steps, 1),
            ("--samples", self.samples, 2),
            ("--neighbours", self.neighbours, 1),
            ("--layers", self.layers, 1),
        ];
        if self.method_samples.is_some_and(|given| given < LEAST_SAMPLES) {
            return Err(Usage::new(format!("--method-samples: at least {LEAST_SAMPLES} are needed")));
        }
        if let Some((name, given, least)) = counts.into_iter().find(|(_, given, least)| given < least) {
            return Err(Usage::new(format!("{name} {given}: at least {least} is needed")));
        }
        let usual = Settings::default();
        Ok(Settings {
            n_steps: self.steps,
            n_samples: self.samples,
            neighbourhood: usual.neighbourhood.with_samples(self.neighbours),
            n_layers: self.layers,
            seed: Seed::new(common.seed),
        })
    }
}
