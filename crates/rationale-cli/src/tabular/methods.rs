//! The methods that need nothing of a model but its answers, one file a family, and the names of all methods.

mod lime;
mod linear;
mod occlusion;
mod random;
mod shapley;

use clap::{Args, ValueEnum};
use ndarray::Array2;
use rationale::{Absence, Attributions, Background, Seed};

use super::players::Players;
use super::scored::Scored;
use crate::arguments::Common;
use crate::failure::Usage;

/// How rows are explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Method {
    /// Exact Shapley values of trees.
    TreeShap,
    /// A line near each row, fitted to the model's answers about its neighbours.
    Lime,
    /// Shapley values as a regression on coalitions.
    KernelShap,
    /// Shapley values over random orders of the columns, each met forwards and backwards.
    PermutationShap,
    /// Shapley values by asking about every coalition: up to 20 columns.
    ExactShap,
    /// Shapley values, each column sampled by itself.
    SamplingShap,
    /// Owen values: columns that go together share first.
    PartitionShap,
    /// Shapley values of a model that is a line or a sum of one curve a column; refused where it is not.
    LinearShap,
    /// What the output loses without each column alone.
    Occlusion,
    /// Networks: the gradient summed on the way from --baseline.
    IntegratedGradients,
    /// Networks: DeepLIFT against each row of the background, the mean.
    DeepShap,
    /// Networks: the gradient times the way, at random points of the ways from rows of the background (expected gradients).
    GradientShap,
    /// Networks: differences from --baseline, handed back operator by operator.
    #[value(name = "deeplift")]
    DeepLift,
    /// Networks: relevance, handed back operator by operator.
    LrpEpsilon,
    /// Networks: the gradient times the number.
    InputXGradient,
    /// Networks: the gradient's size, in outputs per unit of the column.
    Saliency,
    /// Networks: saliency's mean over noisy copies, the noise a part of each feature's range.
    SmoothGrad,
    /// Numbers that know nothing of the model: what any other method must beat.
    Random,
}

impl Method {
    /// The name as typed.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::TreeShap => "tree-shap",
            Self::Lime => "lime",
            Self::KernelShap => "kernel-shap",
            Self::PermutationShap => "permutation-shap",
            Self::ExactShap => "exact-shap",
            Self::SamplingShap => "sampling-shap",
            Self::PartitionShap => "partition-shap",
            Self::LinearShap => "linear-shap",
            Self::Occlusion => "occlusion",
            Self::IntegratedGradients => "integrated-gradients",
            Self::DeepShap => "deep-shap",
            Self::GradientShap => "gradient-shap",
            Self::DeepLift => "deeplift",
            Self::LrpEpsilon => "lrp-epsilon",
            Self::InputXGradient => "input-x-gradient",
            Self::Saliency => "saliency",
            Self::SmoothGrad => "smooth-grad",
            Self::Random => "random",
        }
    }

    /// Whether it needs the inside of a network, and not its answers alone.
    pub(super) fn is_inside(self) -> bool {
        matches!(
            self,
            Self::IntegratedGradients
                | Self::DeepShap
                | Self::GradientShap
                | Self::DeepLift
                | Self::LrpEpsilon
                | Self::InputXGradient
                | Self::Saliency
                | Self::SmoothGrad
        )
    }

    /// Whether its values are to sum to the prediction less what it is compared with.
    pub(super) fn adds_up(self) -> bool {
        !matches!(
            self,
            Self::Lime
                | Self::Occlusion
                | Self::SamplingShap
                | Self::Random
                | Self::InputXGradient
                | Self::Saliency
                | Self::SmoothGrad
        )
    }

    fn is_sampled(self) -> bool {
        matches!(self, Self::KernelShap | Self::PermutationShap | Self::SamplingShap)
    }

    fn takes_samples(self) -> bool {
        self.is_sampled()
            || matches!(self, Self::Lime | Self::PartitionShap | Self::GradientShap | Self::SmoothGrad)
    }

    /// Whether absent columns are filled from a background.
    fn fills(self) -> bool {
        !matches!(self, Self::TreeShap | Self::Lime | Self::LinearShap | Self::Random)
    }

    fn takes_tolerance(self) -> bool {
        self.is_sampled() || self == Self::IntegratedGradients
    }

    fn takes_baseline(self) -> bool {
        matches!(self, Self::IntegratedGradients | Self::DeepLift)
    }
}

/// What methods by answers may be told.
#[derive(Debug, Clone, Args)]
pub(super) struct Settings {
    /// Samples a row: neighbours for lime (5000), coalitions for kernel-shap (2 columns + 2048) and partition-shap
    /// (10000), orders for permutation-shap (10), draws a column for sampling-shap, points for gradient-shap (200), noisy
    /// copies for smooth-grad (25).
    #[arg(long, value_name = "N")]
    pub(super) samples: Option<usize>,
    /// Stop sampling a row once its largest standard error is within this share of the spread of its values;
    /// integrated-gradients: take steps until values add up to within this share of the difference they explain.
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub(super) tolerance: Option<f64>,
    /// integrated-gradients: steps (50).
    #[arg(long, value_name = "N", conflicts_with = "tolerance")]
    pub(super) steps: Option<usize>,
    /// integrated-gradients, deeplift: what rows are compared with (mean).
    #[arg(long, value_enum)]
    baseline: Option<Compared>,
    /// Fill absent columns from the K rows of the background that are nearest to the row in the columns that are present,
    /// instead of from all rows: what goes together stays together.
    #[arg(long, value_name = "K")]
    nearest: Option<usize>,
    /// lime: explain each row K times more from other samples, and say how much the explanation changes.
    #[arg(long, value_name = "K")]
    stability: Option<usize>,
    /// lime: add samples until the ranking of the first three columns is settled at 95%, or say that it is not.
    #[arg(long)]
    stable: bool,
    /// lime: the most columns in the line (10).
    #[arg(long, value_name = "N")]
    features: Option<usize>,
    /// lime: the kernel's width (0.75 times the root of the number of columns).
    #[arg(long, value_name = "WIDTH")]
    kernel_width: Option<f64>,
    /// lime: how columns of numbers are cut into bins.
    #[arg(long, value_enum)]
    bins: Option<BinsName>,
    /// The most rows that the model is asked about at once.
    #[arg(long, value_name = "N", default_value_t = 1024)]
    pub(super) batch_size: usize,
}

/// What a network's rows are compared with, where one row is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Compared {
    /// The mean of the background's rows.
    Mean,
    /// Zeros.
    Zero,
    /// Each row of the background by turns: the mean of what is found.
    Each,
}

/// How columns of numbers are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum BinsName {
    /// At the quartiles.
    Quartile,
    /// At the deciles.
    Decile,
    /// Not at all: columns stay numbers.
    None,
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| *share > 0.0 && *share < 1.0);
    share.ok_or_else(|| "a share between 0 and 1 is needed, such as 0.01".to_owned())
}

impl Settings {
    /// What a network's rows are compared with.
    #[cfg(feature = "networks")]
    pub(super) fn compared(&self) -> Compared {
        self.baseline.unwrap_or(Compared::Mean)
    }

    /// So many samples, and everything else as usual.
    pub(super) fn usual(samples: Option<usize>) -> Self {
        Self {
            samples,
            tolerance: None,
            steps: None,
            baseline: None,
            nearest: None,
            stability: None,
            stable: false,
            features: None,
            kernel_width: None,
            bins: None,
            batch_size: 1024,
        }
    }

    pub(super) fn samples(&self) -> Option<usize> {
        self.samples
    }

    /// Refuses a setting that none of the methods takes.
    pub(super) fn check(&self, methods: &[Method]) -> Result<(), Usage> {
        let has_lime = methods.contains(&Method::Lime);
        let takes = |takes: fn(Method) -> bool| methods.iter().any(|method| takes(*method));
        let stray = [
            ("--samples", self.samples.is_some() && !takes(Method::takes_samples)),
            ("--tolerance", self.tolerance.is_some() && !takes(Method::takes_tolerance)),
            ("--steps", self.steps.is_some() && !methods.contains(&Method::IntegratedGradients)),
            ("--baseline", self.baseline.is_some() && !takes(Method::takes_baseline)),
            ("--nearest", self.nearest.is_some() && !takes(Method::fills)),
            ("--stability", self.stability.is_some() && !has_lime),
            ("--stable", self.stable && !has_lime),
            ("--features", self.features.is_some() && !has_lime),
            ("--kernel-width", self.kernel_width.is_some() && !has_lime),
            ("--bins", self.bins.is_some() && !has_lime),
        ];
        if let Some((option, _)) = stray.iter().find(|(_, is)| *is) {
            let names: Vec<_> = methods.iter().map(|method| method.name()).collect();
            return Err(Usage::new(format!("{option} says nothing to {}", names.join(" and "))));
        }
        if self.steps == Some(0) {
            return Err(Usage::new("--steps 0: at least 1 is needed"));
        }
        if self.nearest == Some(0) {
            return Err(Usage::new("--nearest 0: at least 1 is needed"));
        }
        if self.batch_size == 0 {
            return Err(Usage::new("--batch-size 0: at least 1 is needed"));
        }
        Ok(())
    }
}

/// Rows to explain, and all that explaining them takes.
pub(super) struct Question<'a> {
    pub(super) scored: &'a Scored,
    /// The rows `[row, feature]`, as the model takes them.
    pub(super) rows: Array2<f64>,
    /// The same `[row, column]`, categories by their numbers.
    pub(super) coded: Array2<f64>,
    /// The number of each row in its table.
    pub(super) numbers: Vec<usize>,
    /// What stands in for absent features.
    pub(super) background: Background,
    /// The rows `[row, column]` whose frequencies lime draws neighbours by.
    pub(super) training: Array2<f64>,
    pub(super) players: Players,
    /// One output only.
    pub(super) target: Option<usize>,
    pub(super) settings: &'a Settings,
    pub(super) common: &'a Common,
}

/// What a method says of the rows.
pub(super) struct Explained {
    pub(super) attributions: Attributions,
    /// What the numbers alone don't say, as JSON.
    pub(super) details: Option<serde_json::Value>,
    /// What people should know, in sentences.
    pub(super) remarks: Vec<String>,
}

impl From<Attributions> for Explained {
    fn from(attributions: Attributions) -> Self {
        Self { attributions, details: None, remarks: Vec::new() }
    }
}

impl Question<'_> {
    /// Explains the rows by one method.
    pub(super) fn explain(&self, method: Method) -> anyhow::Result<Explained> {
        let explained = match method {
            Method::Lime => return lime::explain(self),
            Method::LinearShap => linear::explain(self)?,
            Method::Occlusion => occlusion::explain(self)?,
            Method::Random => random::explain(self)?,
            _ if method.is_inside() => return Ok(self.inside(method)?.into()),
            _ => shapley::explain(self, method)?,
        };
        Ok(self.selected(explained)?.into())
    }

    fn inside(&self, method: Method) -> anyhow::Result<Attributions> {
        let inside = self.scored.inside.as_deref().ok_or_else(|| {
            Usage::new(format!(
                "{} needs the inside of a network, and the model is none: take tree-shap for trees, and lime or kernel-shap \
                 for any model",
                method.name()
            ))
        })?;
        inside.explain(self, method)
    }

    pub(super) fn seed(&self) -> Seed {
        Seed::new(self.common.seed)
    }

    /// What stands in for absent features.
    fn absence(&self) -> anyhow::Result<Absence> {
        Ok(match self.settings.nearest {
            Some(k) => Absence::nearest(self.background.clone(), k)?,
            None => Absence::marginal(self.background.clone()),
        })
    }

    /// The players' names, and the features of each.
    fn players(&self) -> anyhow::Result<rationale::FeatureGroups> {
        self.players.of(&self.scored.encoder)
    }

    /// The outputs' names, for a model of so many.
    pub(super) fn output_names(&self, n_outputs: usize) -> Vec<String> {
        match &self.scored.outputs {
            Some(names) => names.clone(),
            None if n_outputs == 1 => vec!["score".to_owned()],
            None => (0..n_outputs).map(|output| format!("score {output}")).collect(),
        }
    }

    pub(super) fn selected(&self, explained: Attributions) -> anyhow::Result<Attributions> {
        Ok(match self.target {
            Some(output) => explained.select_output(output)?,
            None => explained,
        })
    }
}
