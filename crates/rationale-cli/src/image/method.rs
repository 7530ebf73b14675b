//! The methods for pictures by their names.

use rationale::vision::CamMethod;

/// How a picture is explained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Method {
    /// From inside the network.
    Cam(CamMethod),
    /// From its answers alone.
    Ask(ByAnswers),
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
            Self::Ask(method) => method.name(),
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let by_answers = ByAnswers::ALL.into_iter().find(|it| it.name() == text).map(Self::Ask);
        by_answers.or_else(|| CamMethod::named(text).map(Self::Cam)).ok_or_else(|| {
            let of_layers = CamMethod::ALL.iter().map(|it| it.name());
            let names: Vec<_> = of_layers.chain(ByAnswers::ALL.map(ByAnswers::name)).collect();
            format!("the methods are {}", names.join(", "))
        })
    }
}
