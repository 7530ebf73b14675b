//! The methods that explain a text by its words.

use clap::ValueEnum;
use ndarray::{Array2, Array3, Axis};
use rationale::shapley::{
    Estimator, ExactShap, FeatureTree, KernelShap, PartitionShap, PermutationShap, SamplingShap, explain_game,
};
use rationale::surrogate::{Labels, Lime, LimeText, occlude};
use rationale::{Attributions, Evidence, Fingerprint, Game, Progress, Seed};

/// How to explain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Method {
    /// A line through the answers to texts without some words.
    Lime,
    /// Shapley values by weighted least squares.
    KernelShap,
    /// Shapley values by orders of words, forwards and backwards.
    PermutationShap,
    /// Shapley values by orders of words.
    SamplingShap,
    /// Shapley values over all sets of words, up to 20 words.
    ExactShap,
    /// Owen values over halves of the sentence.
    PartitionShap,
    /// What is lost without each word.
    Occlusion,
    /// The gradient's size at each word.
    Saliency,
    /// The gradient times what the word became.
    InputXGradient,
    /// The gradient summed on the way from a text of masks.
    IntegratedGradients,
    /// The gradient's mean over noisy copies.
    SmoothGrad,
    /// Differences from a text of masks, handed back operator by operator.
    #[value(name = "deeplift")]
    DeepLift,
    /// Relevance, handed back operator by operator.
    LrpEpsilon,
    /// Numbers that say nothing, to compare with.
    Random,
}

/// What a method works on.
pub(super) struct Task<'a> {
    pub(super) game: &'a dyn Game,
    pub(super) words: Vec<String>,
    pub(super) text: &'a str,
    pub(super) target: usize,
    pub(super) classes: Vec<String>,
    pub(super) samples: Option<usize>,
    pub(super) seed: Seed,
}

impl Method {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Lime => "lime",
            Self::KernelShap => "kernel-shap",
            Self::PermutationShap => "permutation-shap",
            Self::SamplingShap => "sampling-shap",
            Self::ExactShap => "exact-shap",
            Self::PartitionShap => "partition-shap",
            Self::Occlusion => "occlusion",
            Self::Saliency => "saliency",
            Self::InputXGradient => "input-x-gradient",
            Self::IntegratedGradients => "integrated-gradients",
            Self::SmoothGrad => "smooth-grad",
            Self::DeepLift => "deeplift",
            Self::LrpEpsilon => "lrp-epsilon",
            Self::Random => "random",
        }
    }

    /// Whether it needs the network's inside, and not its answers alone.
    pub(super) fn is_inside(self) -> bool {
        matches!(
            self,
            Self::Saliency
                | Self::InputXGradient
                | Self::IntegratedGradients
                | Self::SmoothGrad
                | Self::DeepLift
                | Self::LrpEpsilon
        )
    }

    /// Whether its values promise to add up to what the words change.
    pub(super) fn adds_up(self) -> bool {
        matches!(self, Self::KernelShap | Self::PermutationShap | Self::ExactShap | Self::PartitionShap)
    }

    /// What it is to be told so that it asks about so many texts.
    pub(super) fn samples_of(self, calls: usize, n_words: usize) -> usize {
        match self {
            Self::PermutationShap | Self::SamplingShap => (calls / (2 * n_words.max(1))).max(2),
            _ => calls,
        }
    }

    /// The words' values for the target `[1, word, 1]`, with their evidence.
    pub(super) fn explain(self, task: &Task<'_>, progress: &dyn Progress) -> anyhow::Result<Attributions> {
        match self {
            Self::Lime => task.lime(progress),
            Self::Occlusion => task.occlusion(progress),
            Self::Random => task.random(),
            _ => task.shapley(&*self.estimator(task)?),
        }
    }

    fn estimator(self, task: &Task<'_>) -> anyhow::Result<Box<dyn Estimator>> {
        macro_rules! sampled {
            ($start:expr) => {{
                let method = $start.with_seed(task.seed);
                Box::new(match task.samples {
                    Some(n) => method.with_samples(n),
                    None => method,
                })
            }};
        }
        Ok(match self {
            Self::KernelShap => sampled!(KernelShap::new()),
            Self::PermutationShap => sampled!(PermutationShap::new()),
            Self::SamplingShap => sampled!(SamplingShap::new()),
            Self::PartitionShap => {
                let method = PartitionShap::new(halves(task.words.len())?);
                Box::new(match task.samples {
                    Some(n) => method.with_samples(n),
                    None => method,
                })
            }
            _ => Box::new(ExactShap::new()),
        })
    }
}

/// Neighbours are joined in pairs, pairs in fours: a balanced tree over the sentence.
fn halves(n_words: usize) -> anyhow::Result<FeatureTree> {
    let mut nodes: Vec<usize> = (0..n_words).collect();
    let mut merges = Vec::new();
    while nodes.len() > 1 {
        let join = |pair: &[usize]| match *pair {
            [left, right] => {
                merges.push([left, right]);
                n_words + merges.len() - 1
            }
            _ => pair[0],
        };
        nodes = nodes.chunks(2).map(join).collect();
    }
    Ok(FeatureTree::new(n_words, merges)?)
}

impl Task<'_> {
    fn shapley(&self, estimator: &dyn Estimator) -> anyhow::Result<Attributions> {
        let row = Fingerprint::of_bytes(self.text.as_bytes()).prefix();
        let found = explain_game(estimator, self.game, row)?;
        let mut evidence = estimator.settings().with_parameter("samples_drawn", found.samples);
        if let Some(errors) = found.standard_error {
            evidence = evidence.with_standard_error(errors.insert_axis(Axis(0)));
        }
        if let Some(separable) = found.separable {
            evidence = evidence.with_separable(separable.insert_axis(Axis(0)));
        }
        let one_row = |values: ndarray::Array1<f64>| values.insert_axis(Axis(0));
        self.attributions(found.values, one_row(found.nobody), one_row(found.everybody), evidence)
    }

    fn lime(&self, progress: &dyn Progress) -> anyhow::Result<Attributions> {
        let n = self.words.len();
        let lime = Lime::default()
            .with_samples(self.samples.unwrap_or(1_000))
            .with_features(n)
            .with_labels(Labels::These(vec![self.target]))
            .with_seed(self.seed);
        let found = LimeText::explain_game(self.game, self.words.clone(), &lime, progress)?;
        let local = &found.models[0];
        let mut values = Array3::zeros((1, n, 1));
        let mut errors = Array3::zeros((1, n, 1));
        let mut separable = Array3::from_elem((1, n.saturating_sub(1), 1), false);
        for (rank, term) in local.terms.iter().enumerate() {
            values[[0, term.feature, 0]] = term.coefficient;
            errors[[0, term.feature, 0]] = term.standard_error;
            if rank + 1 < n {
                separable[[0, rank, 0]] = term.is_clear_of_next == Some(true);
            }
        }
        let evidence = found.evidence.clone().with_parameter("r_squared", local.r_squared);
        let evidence = evidence.with_standard_error(errors).with_separable(separable);
        let one = |value: f64| Array2::from_elem((1, 1), value);
        let found = Attributions::new(values, one(local.intercept), one(local.prediction))?;
        let found = found.with_output_names(vec![self.classes[self.target].clone()])?;
        Ok(found.with_feature_names(self.words.clone())?.with_evidence(evidence))
    }

    fn occlusion(&self, progress: &dyn Progress) -> anyhow::Result<Attributions> {
        let losses = occlude(self.game, 1_000, progress)?;
        let ends = self.ends()?;
        let evidence = Evidence::new("occlusion", "words");
        let (nobody, everybody) = (ends.select(Axis(0), &[0]), ends.select(Axis(0), &[1]));
        self.attributions(losses, nobody, everybody, evidence)
    }

    fn random(&self) -> anyhow::Result<Attributions> {
        let mut draws = self.seed.draws("random", Fingerprint::of_bytes(self.text.as_bytes()).prefix(), 0);
        let ends = self.ends()?;
        let values = Array2::from_shape_simple_fn((self.words.len(), ends.ncols()), || draws.normal());
        let evidence = Evidence::new("random", "normal").with_seed(self.seed);
        self.attributions(values, ends.select(Axis(0), &[0]), ends.select(Axis(0), &[1]), evidence)
    }

    /// What nobody and everybody is worth.
    fn ends(&self) -> anyhow::Result<Array2<f64>> {
        let coalitions = Array2::from_shape_fn((2, self.words.len()), |(row, _)| row == 1);
        Ok(self.game.value(coalitions.view())?)
    }

    fn attributions(
        &self,
        values: Array2<f64>,
        nobody: Array2<f64>,
        everybody: Array2<f64>,
        evidence: Evidence,
    ) -> anyhow::Result<Attributions> {
        let found = Attributions::new(values.insert_axis(Axis(0)), nobody, everybody)?;
        let found = found.with_feature_names(self.words.clone())?.with_output_names(self.classes.clone())?;
        Ok(found.with_evidence(evidence).select_output(self.target)?)
    }
}
