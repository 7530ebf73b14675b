//! Texts explained by gradients, and by rules in their place, at the site where tokens have become numbers.

use clap::Args;
use ndarray::{Array1, Array2, Array3, Axis};
use rationale::gradient::{
    Attribution, Baseline, DeepLift, GradientMethod, InputXGradient, IntegratedGradients, Lrp, OutputTarget,
    Quadrature, Saliency, Score, SmoothGrad, Steps,
};
use rationale::onnx::OnnxNetwork;
use rationale::tensor::{Place, Tensor};
use rationale::text::{Absent, Encoded, Sequence, TextNetwork, words};
use rationale::{Attributions, Progress};

use super::methods::{Method, Task};
use super::model::Loaded;
use crate::failure::Usage;

/// Steps of the adaptive rule, at most.
const MOST_STEPS: usize = 1000;

/// How methods by gradients go about it.
#[derive(Debug, Default, Args)]
pub(super) struct Slopes {
    /// Methods by gradients: the value in which tokens have become numbers; found by itself where a table is looked up.
    #[arg(long, value_name = "NAME")]
    embedding: Option<String>,
    /// integrated-gradients: steps (50).
    #[arg(long, value_name = "N")]
    steps: Option<usize>,
    /// integrated-gradients: take steps until values add up to within this share of the difference they explain.
    #[arg(long, value_name = "SHARE", conflicts_with = "steps")]
    tolerance: Option<f64>,
}

/// A text inside the network.
pub(super) struct Inside<'a> {
    own: &'a OnnxNetwork,
    network: &'a TextNetwork<'a>,
    /// What the network reads: the text's tokens, or others in their places.
    sequence: Sequence,
    encoded: &'a Encoded,
    absent: &'a Absent,
    slopes: &'a Slopes,
    site: String,
    is_softmax: bool,
}

impl Slopes {
    /// A site, and everything else as usual.
    pub(super) fn at(embedding: Option<&str>) -> Self {
        Self { embedding: embedding.map(str::to_owned), ..Self::default() }
    }

    /// Refuses what none of the methods takes.
    pub(super) fn check(&self, methods: &[Method]) -> Result<(), Usage> {
        let integrates = methods.contains(&Method::IntegratedGradients);
        let stray = [
            ("--embedding", self.embedding.is_some() && !methods.iter().any(|it| it.is_inside())),
            ("--steps", self.steps.is_some() && !integrates),
            ("--tolerance", self.tolerance.is_some() && !integrates),
        ];
        match stray.iter().find(|(_, is)| *is) {
            Some((option, _)) => Err(Usage::new(format!("{option} says nothing to these methods"))),
            None => Ok(()),
        }
    }

    pub(super) fn inside<'a>(
        &'a self,
        (loaded, network): (&'a Loaded, &'a TextNetwork<'a>),
        (encoded, absent): (&'a Encoded, &'a Absent),
        is_softmax: bool,
    ) -> anyhow::Result<Inside<'a>> {
        let site = self.embedding.clone().or_else(|| loaded.embedding().map(str::to_owned));
        let site = site.ok_or_else(|| {
            Usage::new(
                "no table in which tokens are looked up was found: name the value in which they have become numbers by \
                 --embedding NAME (`rationale inspect` lists them)",
            )
        })?;
        let (own, sequence) = (loaded.network(), Sequence::of(encoded));
        Ok(Inside { own, network, sequence, encoded, absent, slopes: self, site, is_softmax })
    }

    fn steps(&self) -> Steps {
        match (self.tolerance, self.steps) {
            (Some(tolerance), _) => Steps::Adaptive { tolerance, limit: MOST_STEPS },
            (None, Some(n_steps)) => Steps::Fixed { n_steps, rule: Quadrature::GaussLegendre },
            (None, None) => Steps::default(),
        }
    }
}

impl<'a> Inside<'a> {
    /// The same text with other tokens in the places of its own, in a copy of the network.
    pub(super) fn with(self, own: &'a OnnxNetwork, sequence: Sequence) -> Self {
        Self { own, sequence, ..self }
    }

    /// The words' values for the target `[1, word, 1]`, with their evidence.
    pub(super) fn explain(
        &self,
        method: Method,
        task: &Task<'_>,
        progress: &dyn Progress,
    ) -> anyhow::Result<Attributions> {
        let score = if self.is_softmax { Score::Softmax } else { Score::Logit };
        let target = OutputTarget::element(task.target).with_score(score);
        macro_rules! told {
            ($method:expr) => {
                $method.at(Place::Site(self.site.clone())).with_target(target)
            };
        }
        let found = match method {
            Method::Saliency => self.run(&told!(Saliency::new()), progress)?,
            Method::InputXGradient => self.run(&told!(InputXGradient::new()), progress)?,
            Method::IntegratedGradients => {
                let method = IntegratedGradients::new().with_baseline(self.baseline()?);
                self.run(&told!(method.with_steps(self.slopes.steps())), progress)?
            }
            Method::SmoothGrad => {
                self.run(&SmoothGrad::new(told!(Saliency::new())).with_seed(task.seed), progress)?
            }
            Method::DeepLift => {
                self.run(&told!(DeepLift::new().with_baseline(self.baseline()?)), progress)?
            }
            _ => self.run(&told!(Lrp::epsilon(1e-6)), progress)?,
        };
        self.of_words(&found, task)
    }

    fn run(&self, method: &dyn GradientMethod, progress: &dyn Progress) -> anyhow::Result<Attribution> {
        let inputs = self.network.tensors(&self.sequence)?;
        Ok(method.explain(self.own, &inputs, progress)?)
    }

    /// What the network has there for a text of masks, or zeros where words are cut out.
    fn baseline(&self) -> anyhow::Result<Baseline> {
        let Absent::Masked { id, .. } = self.absent else { return Ok(Baseline::Zero) };
        let ids = self.encoded.ids().iter().zip(self.encoded.is_special());
        let masked = ids.map(|(own, is_special)| if *is_special { *own } else { *id }).collect();
        let inputs: Vec<Tensor> = self.network.tensors(&Sequence::new(masked))?;
        Ok(Baseline::Inputs(inputs))
    }

    /// Numbers of a token are summed, and tokens of a word; what belongs to no word is in the evidence.
    fn of_words(&self, found: &Attribution, task: &Task<'_>) -> anyhow::Result<Attributions> {
        let values = &found.values[0];
        let n_tokens = self.encoded.len();
        let (shape, n) = (values.shape().to_vec(), values.len());
        anyhow::ensure!(
            shape.get(1) == Some(&n_tokens),
            "`{}` has shape {shape:?}, not one row of numbers for each of {n_tokens} tokens: name another by --embedding",
            self.site
        );
        let rows = Array2::from_shape_vec((n_tokens, n / n_tokens), values.iter().copied().collect())?;
        let of_tokens: Vec<f64> = rows.sum_axis(Axis(1)).to_vec();
        let merged = self.encoded.merge(&of_tokens, &words(task.text));
        let n_words = merged.of_words.len();
        let values = Array3::from_shape_vec((1, n_words, 1), merged.of_words)?;
        let one = |it: Option<&Array1<f64>>| Array2::from_elem((1, 1), it.map_or(0.0, |it| it[0]));
        let base = one(found.base_values.as_ref());
        let evidence = found.evidence.clone().with_parameter("of_no_word", merged.of_others);
        let explained = Attributions::new(values, base, one(Some(&found.predictions)))?
            .with_feature_names(task.words.clone())?
            .with_output_names(vec![task.classes[task.target].clone()])?;
        Ok(explained.with_evidence(evidence))
    }
}
