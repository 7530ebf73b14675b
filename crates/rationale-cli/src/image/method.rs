//! The methods for pictures by their names.

use rationale::vision::CamMethod;

/// How a picture is explained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Method {
    /// From inside the network.
    Cam(CamMethod),
    /// From its gradients at the picture, or rules in their place.
    Slope(ByGradients),
    /// From its answers alone.
    Ask(ByAnswers),
}

/// The methods by gradients, and by rules that take their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ByGradients {
    Saliency,
    InputXGradient,
    IntegratedGradients,
    GuidedIntegratedGradients,
    SmoothGrad,
    SmoothGradSquared,
    VarGrad,
    GuidedBackprop,
    Deconvolution,
    GuidedGradCam,
    DeepLift,
    DeepLiftRevealCancel,
    LrpEpsilon,
    LrpGamma,
    LrpAlphaBeta,
    LrpZPlus,
    LrpWSquare,
    LrpFlat,
    LrpEpsilonPlus,
}

impl ByGradients {
    const ALL: [Self; 19] = [
        Self::Saliency,
        Self::InputXGradient,
        Self::IntegratedGradients,
        Self::GuidedIntegratedGradients,
        Self::SmoothGrad,
        Self::SmoothGradSquared,
        Self::VarGrad,
        Self::GuidedBackprop,
        Self::Deconvolution,
        Self::GuidedGradCam,
        Self::DeepLift,
        Self::DeepLiftRevealCancel,
        Self::LrpEpsilon,
        Self::LrpGamma,
        Self::LrpAlphaBeta,
        Self::LrpZPlus,
        Self::LrpWSquare,
        Self::LrpFlat,
        Self::LrpEpsilonPlus,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Saliency => "saliency",
            Self::InputXGradient => "input-x-gradient",
            Self::IntegratedGradients => "integrated-gradients",
            Self::GuidedIntegratedGradients => "guided-integrated-gradients",
            Self::SmoothGrad => "smooth-grad",
            Self::SmoothGradSquared => "smooth-grad-squared",
            Self::VarGrad => "var-grad",
            Self::GuidedBackprop => "guided-backprop",
            Self::Deconvolution => "deconvolution",
            Self::GuidedGradCam => "guided-grad-cam",
            Self::DeepLift => "deeplift",
            Self::DeepLiftRevealCancel => "deeplift-reveal-cancel",
            Self::LrpEpsilon => "lrp-epsilon",
            Self::LrpGamma => "lrp-gamma",
            Self::LrpAlphaBeta => "lrp-alpha-beta",
            Self::LrpZPlus => "lrp-z-plus",
            Self::LrpWSquare => "lrp-w-square",
            Self::LrpFlat => "lrp-flat",
            Self::LrpEpsilonPlus => "lrp-epsilon-plus",
        }
    }

    pub(super) fn takes_steps(self) -> bool {
        matches!(self, Self::IntegratedGradients | Self::GuidedIntegratedGradients)
    }

    pub(super) fn takes_baseline(self) -> bool {
        self.takes_steps() || matches!(self, Self::DeepLift | Self::DeepLiftRevealCancel)
    }
}

/// The methods that need only answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ByAnswers {
    Lime,
    KernelShap,
    PartitionShap,
    Rise,
    Occlusion,
}

impl ByAnswers {
    const ALL: [Self; 5] = [Self::Lime, Self::KernelShap, Self::PartitionShap, Self::Rise, Self::Occlusion];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Lime => "lime",
            Self::KernelShap => "kernel-shap",
            Self::PartitionShap => "partition-shap",
            Self::Rise => "rise",
            Self::Occlusion => "occlusion",
        }
    }
}

impl Method {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Cam(method) => method.name(),
            Self::Slope(method) => method.name(),
            Self::Ask(method) => method.name(),
        }
    }

    /// What the smallest and the largest value of a map without signs mean.
    pub(super) fn ends(self) -> (&'static str, &'static str) {
        match self {
            Self::Cam(_) => ("looks away", "looks here"),
            Self::Slope(_) => ("weighs nothing", "weighs most"),
            Self::Ask(_) => ("says nothing", "speaks for"),
        }
    }

    /// Whether it is of activations at layers.
    pub(super) fn looks_at_layers(self) -> bool {
        matches!(self, Self::Cam(_) | Self::Slope(ByGradients::GuidedGradCam))
    }

    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let by_answers = || ByAnswers::ALL.into_iter().find(|it| it.name() == text).map(Self::Ask);
        let by_gradients = || ByGradients::ALL.into_iter().find(|it| it.name() == text).map(Self::Slope);
        CamMethod::named(text).map(Self::Cam).or_else(by_gradients).or_else(by_answers).ok_or_else(|| {
            let of_layers = CamMethod::ALL.iter().map(|it| it.name());
            let others = ByGradients::ALL.map(ByGradients::name).into_iter();
            let names: Vec<_> = of_layers.chain(others).chain(ByAnswers::ALL.map(ByAnswers::name)).collect();
            format!("the methods are {}", names.join(", "))
        })
    }
}
