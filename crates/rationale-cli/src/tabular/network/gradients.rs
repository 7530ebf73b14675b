//! Rows explained by gradients, and by rules in their place, at a network's input.

use ndarray::{Array2, ArrayView2, Axis};
use rationale::gradient::{
    Baseline, DeepLift, ExpectedGradients, GradientMethod, InputXGradient, IntegratedGradients, Lrp, Noise,
    OutputTarget, Quadrature, Saliency, Score, SmoothGrad, Steps,
};
use rationale::tensor::{Network, Tensor};
use rationale::{Attributions, Evidence, Predict};

use super::TableNetwork;
use crate::bar::Bar;
use crate::tabular::methods::{Compared, Method, Question};

/// Steps of the adaptive rule, at most.
const MOST_STEPS: usize = 1000;
/// smooth-grad's noise, as a part of each feature's range over the background.
const NOISE: f64 = 0.15;
/// Draws of smooth-grad.
const DRAWS: usize = 25;
/// lrp-epsilon's stabiliser.
const EPSILON: f64 = 1e-6;

pub(super) struct Slopes<'a> {
    network: &'a TableNetwork,
    question: &'a Question<'a>,
}

impl<'a> Slopes<'a> {
    pub(super) fn new(network: &'a TableNetwork, question: &'a Question<'a>) -> Self {
        Self { network, question }
    }

    /// The values `[row, feature, output]` of the outputs asked for.
    pub(super) fn explain(&self, method: Method) -> anyhow::Result<Attributions> {
        let question = self.question;
        let n_outputs =
            self.network.predict(question.background.rows().slice_axis(Axis(0), (0..1).into()))?;
        let names = question.output_names(n_outputs.ncols());
        let outputs = question.target.map_or_else(|| (0..names.len()).collect(), |output| vec![output]);
        let rows = self.tensor(question.rows.view())?;
        let bar = Bar::counting(method.name(), question.common);
        let of_output = |&output: &usize| -> anyhow::Result<Attributions> {
            let method = self.method(method, output)?;
            let found = method.explain(&*self.network.network, std::slice::from_ref(&rows), &bar)?;
            Ok(found.to_table(0)?)
        };
        let parts = outputs.iter().map(of_output).collect::<anyhow::Result<Vec<_>>>()?;
        let names = outputs.iter().map(|output| names[*output].clone()).collect();
        let evidence = self.evidence(method, &parts);
        Ok(joined(&parts)?.with_output_names(names)?.with_evidence(evidence))
    }

    fn method(&self, method: Method, output: usize) -> anyhow::Result<Box<dyn GradientMethod>> {
        let score = if self.network.is_softmax { Score::Softmax } else { Score::Logit };
        let target = OutputTarget::element(output).with_score(score);
        let (settings, seed) = (self.question.settings, self.question.seed());
        macro_rules! told {
            ($method:expr) => {
                $method.with_target(target).with_batch_size(settings.batch_size)
            };
        }
        Ok(match method {
            Method::Saliency => Box::new(told!(Saliency::new())),
            Method::InputXGradient => Box::new(told!(InputXGradient::new())),
            Method::IntegratedGradients => {
                let method = IntegratedGradients::new().with_baseline(self.baseline()?);
                Box::new(told!(method.with_steps(self.steps())))
            }
            Method::GradientShap => {
                let references = self.tensor(self.question.background.rows())?;
                let method = told!(ExpectedGradients::new(vec![references])).with_seed(seed);
                Box::new(match settings.samples {
                    Some(n) => method.with_samples(n),
                    None => method,
                })
            }
            // Noise is given for as many rows as go through at once.
            Method::SmoothGrad => {
                let method = Saliency::new().with_target(target).with_batch_size(1);
                Box::new(SmoothGrad::new(method).with_noise(Noise::Given(self.noise()?)))
            }
            Method::DeepLift => Box::new(told!(DeepLift::new().with_baseline(self.baseline()?))),
            _ => Box::new(told!(Lrp::epsilon(EPSILON))),
        })
    }

    fn tensor(&self, rows: ArrayView2<'_, f64>) -> anyhow::Result<Tensor> {
        let interface = self.network.network.interface();
        let shape = [rows.nrows(), rows.ncols()];
        let tensor = Tensor::from_vec(rows.iter().copied().collect(), &shape, &interface.device)?;
        Ok(tensor.cast(interface.inputs[0].element)?)
    }

    fn baseline(&self) -> anyhow::Result<Baseline> {
        let background = self.question.background.rows();
        Ok(match self.question.settings.compared() {
            Compared::Zero => Baseline::Zero,
            Compared::Mean => Baseline::Mean(self.tensor(background)?),
            Compared::Each => {
                let row = |row| self.tensor(row).map(Baseline::Values);
                let rows = background.axis_chunks_iter(Axis(0), 1).map(row);
                Baseline::Several(rows.collect::<anyhow::Result<_>>()?)
            }
        })
    }

    fn steps(&self) -> Steps {
        let settings = self.question.settings;
        match (settings.tolerance, settings.steps) {
            (Some(tolerance), _) => Steps::Adaptive { tolerance, limit: MOST_STEPS },
            (None, Some(n_steps)) => Steps::Fixed { n_steps, rule: Quadrature::GaussLegendre },
            (None, None) => Steps::default(),
        }
    }

    /// Columns have units of their own, so each feature's noise is a part of its own range.
    fn noise(&self) -> anyhow::Result<Vec<Vec<Tensor>>> {
        let deviations: Vec<f64> = self
            .question
            .background
            .rows()
            .columns()
            .into_iter()
            .map(|column| {
                let (low, high) =
                    column.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), it| {
                        (low.min(*it), high.max(*it))
                    });
                NOISE * (high - low)
            })
            .collect();
        let draw = |sample: usize| {
            let mut draws = self.question.seed().draws("smooth-grad", 0, sample as u64);
            let noise = Array2::from_shape_fn((1, deviations.len()), |(_, i)| deviations[i] * draws.normal());
            Ok(vec![self.tensor(noise.view())?])
        };
        (0..self.question.settings.samples.unwrap_or(DRAWS)).map(draw).collect()
    }

    /// That of the first output, with the costs and the gaps of all.
    fn evidence(&self, method: Method, parts: &[Attributions]) -> Evidence {
        let mut evidence = parts.first().map(|it| it.evidence().clone()).unwrap_or_default();
        let all = || parts.iter().map(Attributions::evidence);
        evidence.model_calls = all().map(|it| it.model_calls).sum();
        evidence.steps = all().filter_map(|it| it.steps).max();
        evidence.completeness_gap = all().filter_map(|it| it.completeness_gap).reduce(f64::max);
        if parts.len() > 1 {
            (evidence.completeness_gaps, evidence.standard_error) = (None, None);
            evidence = evidence.with_parameter("target", "each output");
        }
        if method == Method::SmoothGrad {
            evidence = evidence
                .with_parameter("noise", "a part of each feature's range over the background")
                .with_parameter("noise_part", NOISE)
                .with_seed(self.question.seed());
        }
        let has_base =
            matches!(method, Method::IntegratedGradients | Method::DeepLift | Method::GradientShap);
        if has_base {
            return evidence.with_background(&self.question.background);
        }
        evidence.with_parameter("completeness", "the values need not sum to anything")
    }
}

/// Outputs side by side.
fn joined(parts: &[Attributions]) -> anyhow::Result<Attributions> {
    let values: Vec<_> = parts.iter().map(Attributions::values).collect();
    let base: Vec<_> = parts.iter().map(Attributions::base_values).collect();
    let predictions: Vec<_> = parts.iter().map(Attributions::predictions).collect();
    Ok(Attributions::new(
        ndarray::concatenate(Axis(2), &values)?,
        ndarray::concatenate(Axis(1), &base)?,
        ndarray::concatenate(Axis(1), &predictions)?,
    )?)
}
