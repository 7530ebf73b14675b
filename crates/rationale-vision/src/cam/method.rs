//! The members of the family by their names.

use std::fmt;

use super::look::Place;
use super::weights::Weights;
use super::{
    ablation_cam, elementwise_grad_cam, grad_cam, grad_cam_plus_plus, hires_cam, layer_cam, random_cam,
    score_cam, shapley_cam, xgrad_cam, zhou_cam,
};
use crate::Error;

/// A member of the family. Each one's file has its formula, what it costs and where it departs from others' versions.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum CamMethod {
    /// Class activation mapping (Zhou 2016): exact, for networks that end in global average pooling and one linear
    /// layer; refused for others.
    Cam,
    /// Grad-CAM (Selvaraju 2017).
    #[default]
    GradCam,
    /// Grad-CAM++ (Chattopadhay 2018).
    GradCamPlusPlus,
    /// HiResCAM (Draelos 2020).
    HiResCam,
    /// Element-wise Grad-CAM.
    ElementwiseGradCam,
    /// XGrad-CAM (Fu 2020).
    XGradCam,
    /// LayerCAM (Jiang 2021).
    LayerCam,
    /// Eigen-CAM (Muhammad 2020).
    EigenCam,
    /// The first component of gradient times activation.
    EigenGradCam,
    /// KPCA-CAM (Karmani 2024): the first component under a sigmoid kernel.
    KpcaCam,
    /// Score-CAM (Wang 2020).
    ScoreCam,
    /// Ablation-CAM (Desai 2020).
    AblationCam,
    /// FullGrad (Srinivas 2019): all layers together, and no choice of one.
    FullGrad,
    /// Shapley-CAM (Cai 2025).
    ShapleyCam {
        /// The step of the difference that stands for the second derivative, as a part of the activations.
        step: f64,
    },
    /// Finer-CAM (Zhang 2025): what tells the class from those most like it.
    FinerCam {
        /// How much the other classes count; the paper has 1.
        alpha: f64,
        /// How many other classes there are; pytorch-grad-cam has 3.
        n_similar: usize,
    },
    /// Random weights: what a map looks like that knows nothing of the class.
    Random,
}

/// How the weighted activations become one map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reduction {
    Sum,
    FirstComponent,
    KernelComponent,
}

impl CamMethod {
    /// Every member, with the settings of its paper.
    pub const ALL: [Self; 16] = [
        Self::Cam,
        Self::GradCam,
        Self::GradCamPlusPlus,
        Self::HiResCam,
        Self::ElementwiseGradCam,
        Self::XGradCam,
        Self::LayerCam,
        Self::EigenCam,
        Self::EigenGradCam,
        Self::KpcaCam,
        Self::ScoreCam,
        Self::AblationCam,
        Self::FullGrad,
        Self::ShapleyCam { step: 0.01 },
        Self::FinerCam { alpha: 1.0, n_similar: 3 },
        Self::Random,
    ];

    /// Its name, as the program spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cam => "cam",
            Self::GradCam => "grad-cam",
            Self::GradCamPlusPlus => "grad-cam++",
            Self::HiResCam => "hires-cam",
            Self::ElementwiseGradCam => "elementwise-grad-cam",
            Self::XGradCam => "xgrad-cam",
            Self::LayerCam => "layer-cam",
            Self::EigenCam => "eigen-cam",
            Self::EigenGradCam => "eigen-grad-cam",
            Self::KpcaCam => "kpca-cam",
            Self::ScoreCam => "score-cam",
            Self::AblationCam => "ablation-cam",
            Self::FullGrad => "full-grad",
            Self::ShapleyCam { .. } => "shapley-cam",
            Self::FinerCam { .. } => "finer-cam",
            Self::Random => "random",
        }
    }

    /// The member of this name.
    ///
    /// ```
    /// use rationale_vision::CamMethod;
    ///
    /// assert_eq!(CamMethod::named("grad-cam++"), Some(CamMethod::GradCamPlusPlus));
    /// assert_eq!(CamMethod::named("gradcam"), None);
    /// ```
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// Whether it asks for the gradient at the layer.
    pub(super) fn needs_gradient(self) -> bool {
        !matches!(self, Self::EigenCam | Self::KpcaCam | Self::ScoreCam | Self::AblationCam | Self::Random)
    }

    pub(super) fn reduction(self) -> Reduction {
        match self {
            Self::EigenCam | Self::EigenGradCam => Reduction::FirstComponent,
            Self::KpcaCam => Reduction::KernelComponent,
            _ => Reduction::Sum,
        }
    }

    pub(super) fn weights(self, at: &Place<'_>) -> Result<Weights, Error> {
        let (activation, gradient) = (at.activation(), at.gradient());
        match self {
            Self::Cam => zhou_cam::weights(at),
            Self::GradCam | Self::FinerCam { .. } => Ok(grad_cam::weights(gradient)),
            Self::GradCamPlusPlus => Ok(grad_cam_plus_plus::weights(activation, gradient)),
            Self::HiResCam | Self::EigenGradCam => Ok(hires_cam::weights(gradient)),
            Self::ElementwiseGradCam => Ok(elementwise_grad_cam::weights(activation, gradient)),
            Self::XGradCam => Ok(xgrad_cam::weights(activation, gradient)),
            Self::LayerCam => Ok(layer_cam::weights(gradient)),
            // FullGrad looks at no layer, and is never asked for one's weights.
            Self::EigenCam | Self::KpcaCam | Self::FullGrad => Ok(Weights::ones(activation)),
            Self::ShapleyCam { step } => shapley_cam::weights(at, step),
            Self::ScoreCam => score_cam::weights(at),
            Self::AblationCam => ablation_cam::weights(at),
            Self::Random => Ok(random_cam::weights(at)),
        }
    }
}

impl fmt::Display for CamMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_finds_its_member() {
        for method in CamMethod::ALL {
            assert_eq!(CamMethod::named(method.name()), Some(method));
        }
    }
}
