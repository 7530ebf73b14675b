//! Adebayo et al. 2018, <https://arxiv.org/abs/1810.03292>: what survives the loss of what a network has learnt did not show
//! it. The embedded MobileNet loses its upper layers; Grad-CAM loses its order, guided backpropagation keeps most of it.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use std::any::Any;

use ndarray::{Array2, Axis};
use rationale::gradient::{Channels, GradientMethod, GuidedBackpropagation, OutputTarget, picture_map};
use rationale::metrics::spearman;
use rationale::onnx::OnnxNetwork;
use rationale::tensor::{Device, Tensor};
use rationale::vision::{CamMethod, CamTarget, ClassActivation, Picture, Preset, Sign};
use rationale::{Randomise, Seed, Silent};
use rationale_datasets::{CHELSEA, MOBILENET};

/// Egyptian cat.
const CLASS: usize = 286;
const N_SEEDS: u64 = 3;
/// The classifier and the two blocks below it, of 13.
const REPLACED: std::ops::Range<usize> = 0..5;

fn input() -> Tensor {
    let picture = Picture::decode(CHELSEA).unwrap();
    let prepared = Preset::ImagenetTf.preparation([224, 224]).unwrap().prepare(&picture).unwrap();
    Tensor::from_array(&prepared.into_tensor().view().into_dyn(), &Device::flex()).unwrap()
}

fn grad_cam(network: &OnnxNetwork, input: &Tensor) -> Array2<f64> {
    let explainer =
        ClassActivation::new(CamMethod::GradCam).with_target(CamTarget::Class(CLASS)).with_sign(Sign::Both);
    explainer.explain(network, input, &Silent).unwrap().maps.index_axis(Axis(0), 0).to_owned()
}

fn guided(network: &OnnxNetwork, input: &Tensor) -> Array2<f64> {
    let method = GuidedBackpropagation::new().with_target(OutputTarget::element(CLASS));
    let found = method.explain(network, std::slice::from_ref(input), &Silent).unwrap();
    picture_map(&found.values[0], Channels::SumOfAbsolute).unwrap().index_axis(Axis(0), 0).to_owned()
}

/// The mean rank correlation with the maps of randomised networks.
fn survival(method: fn(&OnnxNetwork, &Tensor) -> Array2<f64>) -> f64 {
    let (network, input) = (OnnxNetwork::from_bytes(MOBILENET, &Device::flex()).unwrap(), input());
    let flat = |it: Array2<f64>| it.into_iter().collect::<Vec<f64>>();
    let own = flat(method(&network, &input));
    let correlation = |seed| {
        let replaced = network.randomised(&REPLACED.collect::<Vec<_>>(), Seed::new(seed)).unwrap();
        let replaced: &dyn Any = replaced.as_ref();
        spearman(&own, &flat(method(replaced.downcast_ref().unwrap(), &input))).unwrap_or(0.0)
    };
    (0..N_SEEDS).map(correlation).sum::<f64>() / N_SEEDS as f64
}

#[test]
fn grad_cam_loses_its_order_with_the_upper_layers_and_guided_backpropagation_keeps_it() {
    let [map, guided] = [survival(grad_cam), survival(guided)];
    assert!(map.abs() < 0.3 && guided > 0.5, "Grad-CAM {map:.3}, guided backpropagation {guided:.3}");
}
