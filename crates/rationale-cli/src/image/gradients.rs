//! Pictures explained by a network's gradients, and by rules that take their place.

use clap::{Args, ValueEnum};
use ndarray::{Array2, Axis};
use rationale::gradient::{
    Attribution, Baseline, Channels, Deconvolution, DeepLift, DeepLiftRule, GradientMethod,
    GuidedBackpropagation, GuidedIntegratedGradients, InputXGradient, IntegratedGradients, Lrp, OutputTarget,
    Saliency, Score, Shown, SmoothGrad, Smoothing, Steps, guided_grad_cam, picture_map, shown,
};
use rationale::onnx::OnnxNetwork;
use rationale::tensor::Tensor;
use rationale::vision::{CamMethod, CamTarget, Maps};
use rationale::{Progress, Seed, Silent};

use super::explain::{Found, Look};
use super::method::{ByGradients, Method};
use super::network::Loaded;
use super::photograph::Photograph;
use crate::arguments::Common;
use crate::bar::Bar;
use crate::failure::Usage;
use crate::output::note;

/// Steps of the adaptive rule, at most.
const MOST_STEPS: usize = 1000;
/// The width in pixels of the blurred baseline.
const BLUR: f64 = 10.0;
/// Noise pictures that are averaged over.
const NOISES: usize = 5;
/// Of the largest values, this part of their sum is drawn in full colour: captum's.
const OUTLIER_PERCENT: f64 = 2.0;

/// What methods by gradients compare with, and how exactly.
#[derive(Debug, Default, Args)]
pub(super) struct Slopes {
    /// integrated-gradients, guided-integrated-gradients, deeplift: what the picture is compared with (zeros of the
    /// network's input where not given).
    #[arg(long, value_enum)]
    baseline: Option<BaselineName>,
    /// integrated-gradients, guided-integrated-gradients: steps (50).
    #[arg(long, value_name = "N")]
    steps: Option<usize>,
    /// integrated-gradients: take steps until values add up to within this share of the difference they explain.
    #[arg(long, value_name = "SHARE", conflicts_with = "steps")]
    tolerance: Option<f64>,
    /// How the values of a pixel's channels become one (sum; saliency: largest).
    #[arg(long, value_enum)]
    channels: Option<ChannelsName>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum BaselineName {
    /// Zeros as the network takes them.
    Zero,
    /// A black picture.
    Black,
    /// The picture, blurred.
    Blurred,
    /// Noise, five times.
    Noise,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ChannelsName {
    Sum,
    Absolute,
    Largest,
}

impl Slopes {
    /// Refuses what none of the methods takes.
    pub(super) fn check(&self, methods: &[Method]) -> Result<(), Usage> {
        let has = |takes: fn(ByGradients) -> bool| {
            methods.iter().any(|it| matches!(it, Method::Slope(by) if takes(*by)))
        };
        let stray = [
            ("--baseline", self.baseline.is_some() && !has(ByGradients::takes_baseline)),
            ("--steps", self.steps.is_some() && !has(ByGradients::takes_steps)),
            ("--tolerance", self.tolerance.is_some() && !has(|it| it == ByGradients::IntegratedGradients)),
            ("--channels", self.channels.is_some() && !has(|_| true)),
        ];
        if let Some((option, _)) = stray.iter().find(|(_, is)| *is) {
            return Err(Usage::new(format!("{option} says nothing to these methods")));
        }
        if self.tolerance.is_some_and(|it| !(it > 0.0 && it < 1.0)) {
            return Err(Usage::new("--tolerance: a share between 0 and 1 is needed, such as 0.005"));
        }
        Ok(())
    }

    pub(super) fn explain(
        &self,
        method: ByGradients,
        (loaded, photograph): (&Loaded, &Photograph),
        (target, look): (&CamTarget, &Look),
        common: &Common,
    ) -> anyhow::Result<Found> {
        let target = output_target(target, look.is_softmax())?;
        let (network, input) = (&loaded.network, &photograph.input);
        let question = Question { slopes: self, loaded, network, input, target, look, common };
        let bar = Bar::counting(method.name(), common);
        let found = question.explain(method, &bar)?;
        drop(bar);
        for warning in &found.evidence.warnings {
            note(common, &format!("{}: {warning}", method.name()));
        }
        self.found(method, &found, look.is_signed())
    }

    /// The map `[row, column]` of one input, every value as the method gives it, and the passes through the network that it took;
    /// `network` may be a copy of the one that was loaded.
    pub(super) fn map(
        &self,
        method: ByGradients,
        (loaded, network, input): (&Loaded, &OnnxNetwork, &Tensor),
        (class, look): (usize, &Look),
        common: &Common,
    ) -> anyhow::Result<(Array2<f64>, u64)> {
        let target = output_target(&CamTarget::Class(class), look.is_softmax())?;
        let question = Question { slopes: self, loaded, network, input, target, look, common };
        let found = question.explain(method, &Silent)?;
        let map = picture_map(&found.values[0], self.channels(method))?;
        Ok((map.index_axis_move(Axis(0), 0), found.evidence.model_calls))
    }

    fn found(&self, method: ByGradients, found: &Attribution, is_signed: bool) -> anyhow::Result<Found> {
        let map = picture_map(&found.values[0], self.channels(method))?;
        let which = if is_signed { Shown::Both } else { Shown::Absolute };
        let map = shown(map.view(), which, OUTLIER_PERCENT)?;
        let map: Array2<f32> = map.index_axis(Axis(0), 0).mapv(|it| it as f32);
        Ok(Found {
            map,
            target: found.targets.first().copied().unwrap_or(0),
            logits: found.logits.index_axis(Axis(0), 0).to_vec(),
            evidence: found.evidence.clone(),
            place: told(found),
            full: None,
        })
    }

    fn channels(&self, method: ByGradients) -> Channels {
        match self.channels {
            Some(ChannelsName::Absolute) => Channels::SumOfAbsolute,
            Some(ChannelsName::Largest) => Channels::Largest,
            None if method == ByGradients::Saliency => Channels::Largest,
            Some(ChannelsName::Sum) | None => Channels::Sum,
        }
    }
}

/// What a reader should know of the values, in a few words.
fn told(found: &Attribution) -> String {
    let steps = found.evidence.steps.map(|steps| format!("{steps} steps"));
    let gap = found.relative_gaps().and_then(|it| it.first().copied()).filter(|it| it.is_finite());
    let gap = gap.map(|gap| format!("gap {:.2} %", 100.0 * gap.abs()));
    let parts: Vec<String> = [steps, gap].into_iter().flatten().collect();
    if parts.is_empty() { "the network's input".to_owned() } else { parts.join(", ") }
}

fn output_target(target: &CamTarget, is_softmax: bool) -> anyhow::Result<OutputTarget> {
    let target = match target {
        CamTarget::Predicted => OutputTarget::predicted(),
        CamTarget::Class(class) => OutputTarget::element(*class),
        _ => {
            return Err(
                Usage::new("--against goes with methods of the CAM family and those that only ask").into()
            );
        }
    };
    Ok(target.with_score(if is_softmax { Score::Softmax } else { Score::Logit }))
}

/// One picture, and how it is explained.
struct Question<'a> {
    slopes: &'a Slopes,
    loaded: &'a Loaded,
    network: &'a OnnxNetwork,
    input: &'a Tensor,
    target: OutputTarget,
    look: &'a Look,
    common: &'a Common,
}

impl Question<'_> {
    fn explain(&self, method: ByGradients, progress: &dyn Progress) -> anyhow::Result<Attribution> {
        use ByGradients as By;
        let (target, batch_size) = (self.target.clone(), self.look.batch_size());
        macro_rules! told {
            ($method:expr) => {
                $method.with_target(target).with_batch_size(batch_size)
            };
        }
        match method {
            By::Saliency => self.run(&told!(Saliency::new()), progress),
            By::InputXGradient => self.run(&told!(InputXGradient::new()), progress),
            By::IntegratedGradients => {
                let method =
                    IntegratedGradients::new().with_baseline(self.baseline()?).with_steps(self.steps());
                self.run(&told!(method), progress)
            }
            By::GuidedIntegratedGradients => {
                let method = GuidedIntegratedGradients::new().with_baseline(self.baseline()?);
                let method = match self.slopes.steps {
                    Some(n) => method.with_n_steps(n),
                    None => method,
                };
                self.run(&told!(method), progress)
            }
            By::SmoothGrad => self.smooth(Smoothing::Mean, progress),
            By::SmoothGradSquared => self.smooth(Smoothing::Squared, progress),
            By::VarGrad => self.smooth(Smoothing::Variance, progress),
            By::GuidedBackprop => self.run(&told!(GuidedBackpropagation::new()), progress),
            By::Deconvolution => self.run(&told!(Deconvolution::new()), progress),
            By::GuidedGradCam => {
                let guided = self.run(&told!(GuidedBackpropagation::new()), progress)?;
                let maps = self.grad_cam(&guided, progress)?;
                Ok(guided_grad_cam(guided, maps.maps.view())?)
            }
            By::DeepLift => self.deeplift(DeepLiftRule::Rescale, progress),
            By::DeepLiftRevealCancel => self.deeplift(DeepLiftRule::RevealCancel, progress),
            By::LrpEpsilon => self.relevance(&told!(Lrp::epsilon(1e-6)), progress),
            By::LrpGamma => self.relevance(&told!(Lrp::gamma(0.25)), progress),
            By::LrpAlphaBeta => self.relevance(&told!(Lrp::alpha_beta(2.0, 1.0)), progress),
            By::LrpZPlus => self.relevance(&told!(Lrp::z_plus()), progress),
            By::LrpWSquare => self.relevance(&told!(Lrp::w_square()), progress),
            By::LrpFlat => self.relevance(&told!(Lrp::flat()), progress),
            By::LrpEpsilonPlus => self.relevance(&told!(Lrp::epsilon_plus()), progress),
        }
    }

    fn run(&self, method: &dyn GradientMethod, progress: &dyn Progress) -> anyhow::Result<Attribution> {
        Ok(method.explain(self.network, std::slice::from_ref(self.input), progress)?)
    }

    /// Rules of relevance look at weights, so batch normalisations are folded into them.
    fn relevance(&self, method: &Lrp, progress: &dyn Progress) -> anyhow::Result<Attribution> {
        let network = self.loaded.network.clone().with_batch_normalization_folded()?;
        Ok(method.explain(&network, std::slice::from_ref(self.input), progress)?)
    }

    fn smooth(&self, kind: Smoothing, progress: &dyn Progress) -> anyhow::Result<Attribution> {
        let of = Saliency::new().with_target(self.target.clone()).with_batch_size(self.look.batch_size());
        let method = SmoothGrad::new(of).with_kind(kind).with_seed(Seed::new(self.common.seed));
        self.run(&method, progress)
    }

    fn deeplift(&self, rule: DeepLiftRule, progress: &dyn Progress) -> anyhow::Result<Attribution> {
        let method = DeepLift::new().with_rule(rule).with_baseline(self.baseline()?);
        let method = method.with_target(self.target.clone()).with_batch_size(self.look.batch_size());
        self.run(&method, progress)
    }

    /// Where the network looks for the class that was explained.
    fn grad_cam(&self, guided: &Attribution, progress: &dyn Progress) -> anyhow::Result<Maps> {
        let class = CamTarget::Class(guided.targets.first().copied().unwrap_or(0));
        let explainer = self.look.explainer(CamMethod::GradCam, self.loaded, class, self.common);
        Ok(explainer.explain(self.network, self.input, progress)?)
    }

    fn steps(&self) -> Steps {
        match (self.slopes.tolerance, self.slopes.steps) {
            (Some(tolerance), _) => Steps::Adaptive { tolerance, limit: MOST_STEPS },
            (None, Some(n_steps)) => {
                Steps::Fixed { n_steps, rule: rationale::gradient::Quadrature::GaussLegendre }
            }
            (None, None) => Steps::default(),
        }
    }

    fn baseline(&self) -> anyhow::Result<Baseline> {
        Ok(match self.slopes.baseline {
            None | Some(BaselineName::Zero) => Baseline::Zero,
            Some(BaselineName::Black) => Baseline::Values(self.black()?),
            Some(BaselineName::Blurred) => Baseline::Blurred { sigma: BLUR },
            Some(BaselineName::Noise) => {
                let values = self.input.to_f64s()?;
                let low = values.iter().copied().fold(f64::INFINITY, f64::min);
                let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                Baseline::Uniform { low, high, n_draws: NOISES, seed: Seed::new(self.common.seed) }
            }
        })
    }

    /// A black picture as the network takes it.
    fn black(&self) -> anyhow::Result<Tensor> {
        let [height, width] = self.loaded.preparation.size();
        let plain = ndarray::Array3::zeros((height, width, 3));
        let tensor = self.loaded.preparation.tensor(plain.view())?;
        Ok(Tensor::from_array(&tensor.view().into_dyn(), &self.loaded.device)?)
    }
}
