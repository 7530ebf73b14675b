//! Rules of attribution on three small networks, against captum 0.9.0 and shap 0.51.0 in float64 (`golden/rules.py`), and
//! composites against zennit 0.5.1 (`golden/composites.py`).
//!
//! Where the peers' values are right, ours are the same to 1e-4 of the largest; where the peers are not complete, ours are.

#![cfg(feature = "flex")]
#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use std::path::PathBuf;

use rationale_core::Silent;
use rationale_gradient::{
    Attribution, Baseline, Deconvolution, DeepLift, DeepLiftRule, GradientMethod, GuidedBackpropagation, Lrp,
    OutputTarget,
};
use rationale_onnx::OnnxNetwork;
use rationale_tensor::rules::{LayerRule, RelevancePropagation};
use rationale_tensor::{Device, Element, Place, Tensor};
use safetensors::{Dtype, SafeTensors};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden/models")
}

fn network(name: &str) -> OnnxNetwork {
    OnnxNetwork::read(folder().join(format!("{name}.onnx")), &Device::flex()).unwrap()
}

fn tensor(bytes: &[u8], name: &str) -> Tensor {
    let file = SafeTensors::deserialize(bytes).unwrap();
    let view = file.tensor(name).unwrap();
    let element = match view.dtype() {
        Dtype::I64 => Element::I64,
        Dtype::F32 => Element::F32,
        _ => Element::F64,
    };
    Tensor::from_bytes(view.data().to_vec(), element, view.shape(), &Device::flex()).unwrap()
}

struct Golden {
    network: OnnxNetwork,
    bytes: Vec<u8>,
    place: Place,
    inputs: Vec<Tensor>,
}

impl Golden {
    fn read(name: &str) -> Self {
        let bytes = std::fs::read(folder().join(format!("{name}.rules.safetensors"))).unwrap();
        let inputs = vec![tensor(&bytes, "input")];
        Self { network: network(name), bytes, place: Place::Input(0), inputs }
    }

    /// The transformer, explained at its embedding.
    fn transformer() -> Self {
        let ids = std::fs::read(folder().join("transformer.safetensors")).unwrap();
        let place = Place::Site("/embedding/Gather_output_0".to_owned());
        Self { place, inputs: vec![tensor(&ids, "input")], ..Self::read("transformer") }
    }

    fn numbers(&self, name: &str) -> Vec<f64> {
        tensor(&self.bytes, name).to_f64s().unwrap()
    }

    fn target(&self) -> OutputTarget {
        OutputTarget::each(self.targets())
    }

    fn targets(&self) -> Vec<usize> {
        let targets = tensor(&self.bytes, "targets").to_i64s().unwrap();
        targets.into_iter().map(|it| usize::try_from(it).unwrap()).collect()
    }

    /// One baseline for each row of the background.
    fn background(&self) -> Baseline {
        let rows = tensor(&self.bytes, "background");
        let n = rows.shape()[0];
        Baseline::Several((0..n).map(|i| Baseline::Values(rows.narrow(0, i, i + 1).unwrap())).collect())
    }

    fn deeplift(&self) -> DeepLift {
        let baseline = Baseline::Values(tensor(&self.bytes, "baseline"));
        DeepLift::new().at(self.place.clone()).with_target(self.target()).with_baseline(baseline)
    }

    fn explain(&self, method: &dyn GradientMethod) -> Attribution {
        method.explain(&self.network, &self.inputs, &Silent).unwrap()
    }

    fn values(&self, method: &dyn GradientMethod) -> Vec<f64> {
        self.explain(method).values[0].iter().copied().collect()
    }

    fn check(&self, method: &dyn GradientMethod, name: &str) {
        close(name, &self.values(method), &self.numbers(name));
    }

    /// Of shap's values `[row, .., class]` those of the targets.
    fn shap(&self) -> Vec<f64> {
        let (all, targets) = (tensor(&self.bytes, "deep_shap"), self.targets());
        let (n, classes) = (all.shape()[0], *all.shape().last().unwrap());
        let (width, all) = (all.len() / (n * classes), all.to_f64s().unwrap());
        let at = |row: usize, i: usize| all[(row * width + i) * classes + targets[row]];
        (0..n).flat_map(|row| (0..width).map(move |i| (row, i))).map(|(row, i)| at(row, i)).collect()
    }
}

fn close(what: &str, actual: &[f64], right: &[f64]) {
    let size = largest(right.iter().copied());
    let worst = largest(actual.iter().zip(right).map(|(a, b)| a - b)) / size;
    println!("{what}: off by {worst:.1e} of the largest");
    assert!(actual.len() == right.len() && worst < 1e-4, "{what} is off by {worst} of the largest value");
}

fn largest(numbers: impl IntoIterator<Item = f64>) -> f64 {
    numbers.into_iter().fold(0.0, |a, b| a.max(b.abs()))
}

#[test]
fn deeplift_agrees_with_captum_on_dense_layers() {
    let golden = Golden::read("mlp");
    golden.check(&golden.deeplift(), "deeplift");
    let over_background = golden.deeplift().with_baseline(golden.background());
    golden.check(&over_background, "deeplift_shap");
    close("shap", &golden.values(&over_background), &golden.shap());
    assert!(largest(golden.explain(&over_background).relative_gaps().unwrap()) < 1e-4);
}

#[test]
fn deeplift_agrees_with_shap_on_max_pooling_where_captum_is_incomplete() {
    let golden = Golden::read("cnn");
    let over_background = golden.deeplift().with_baseline(golden.background());
    close("shap", &golden.values(&over_background), &golden.shap());
    let (ours, captums) = (golden.explain(&golden.deeplift()), largest(golden.numbers("deeplift.gap")));
    let own = largest(ours.completeness_gaps.clone().unwrap());
    println!("gap on a CNN with max-pooling: {own:.1e}, captum's {captums:.1e}");
    assert!(captums > 1e-2 && own < 1e-5 && largest(ours.relative_gaps().unwrap()) < 1e-3);
}

#[test]
fn deeplift_is_complete_on_a_transformer_where_captum_and_shap_are_not() {
    let golden = Golden::transformer();
    let gap = |method: &DeepLift| largest(golden.explain(method).completeness_gaps.unwrap());
    let (own, captums) = (gap(&golden.deeplift()), largest(golden.numbers("deeplift.gap")));
    let over_background = gap(&golden.deeplift().with_baseline(golden.background()));
    let shaps = largest(golden.numbers("deep_shap.gap"));
    println!(
        "gap on a transformer: {own:.1e}, captum's {captums:.1e}; {over_background:.1e}, shap's {shaps:.1e}"
    );
    assert!(own < 1e-4 && captums > 0.1);
    assert!(over_background < 1e-4 && shaps > 0.1);
    let revealed = gap(&golden.deeplift().with_rule(DeepLiftRule::RevealCancel));
    assert!(revealed < 1e-4, "{revealed}");
}

#[test]
fn an_example_is_explained_alone_as_among_others() {
    for golden in [Golden::read("cnn"), Golden::read("mlp"), Golden::transformer()] {
        let explainer = golden.deeplift().with_baseline(golden.background());
        let together = golden.values(&explainer);
        close("alone", &golden.values(&explainer.with_batch_size(1)), &together);
    }
}

#[test]
fn reveal_cancel_is_complete_with_batch_normalisation_left_in_place() {
    let folded = Golden::read("cnn");
    let revealed = folded.deeplift().with_rule(DeepLiftRule::RevealCancel);
    assert!(largest(folded.explain(&revealed).completeness_gaps.unwrap()) < 1e-5);
    let right = folded.values(&revealed);
    let unfolded = Golden { network: network("cnn.unfused"), ..folded };
    close("batch normalisation carries both parts", &unfolded.values(&revealed), &right);
}

#[test]
fn filtered_gradients_agree_with_captum() {
    for golden in [Golden::read("cnn"), Golden::read("mlp"), Golden::transformer()] {
        let (place, target) = (golden.place.clone(), golden.target());
        let guided = GuidedBackpropagation::new().at(place.clone()).with_target(target.clone());
        golden.check(&guided, "guided");
        golden.check(&Deconvolution::new().at(place).with_target(target), "deconvolution");
    }
}

#[test]
fn lrp_agrees_with_captum() {
    for name in ["cnn", "mlp"] {
        let golden = Golden::read(name);
        golden.check(&Lrp::epsilon(1e-9).with_target(golden.target()), "lrp.epsilon");
    }
    let golden = Golden::read("plain");
    let rules = [
        (LayerRule::Epsilon(1e-9), "lrp.epsilon"),
        (LayerRule::Gamma(0.25), "lrp.gamma"),
        (LayerRule::z_plus(), "lrp.alpha1_beta0"),
    ];
    for (rule, name) in rules {
        let rules = RelevancePropagation::new(rule, LayerRule::Epsilon(1e-9));
        let explainer = Lrp::new("lrp", rules).with_target(golden.target());
        golden.check(&explainer, name);
        let gaps = golden.explain(&explainer).relative_gaps().unwrap();
        assert!(largest(gaps.iter().copied()) < 1e-3, "{gaps}");
    }
}

#[test]
fn composites_agree_with_zennit_with_batch_normalisation_fused_or_folded() {
    let bytes = std::fs::read(folder().join("cnn.composites.safetensors")).unwrap();
    let bound = |name| tensor(&bytes, name).cast(Element::F32).unwrap();
    let composites = [
        (RelevancePropagation::epsilon(1e-6), "epsilon"),
        (RelevancePropagation::epsilon_plus(), "epsilon_plus"),
        (RelevancePropagation::epsilon_plus_flat(), "epsilon_plus_flat"),
        (RelevancePropagation::epsilon_gamma_box(bound("low"), bound("high")), "epsilon_gamma_box"),
        (RelevancePropagation::epsilon_alpha2_beta1(), "epsilon_alpha2_beta1"),
        (RelevancePropagation::epsilon_alpha2_beta1_flat(), "epsilon_alpha2_beta1_flat"),
    ];
    let folded = network("cnn.unfused").with_batch_normalization_folded().unwrap();
    for network in [network("cnn"), folded] {
        let inputs = vec![tensor(&bytes, "input")];
        let golden = Golden { network, bytes: bytes.clone(), place: Place::Input(0), inputs };
        for (rules, name) in &composites {
            golden.check(&Lrp::new("lrp", rules.clone()).with_target(golden.target()), name);
        }
    }
}

#[test]
fn lrp_passes_a_transformer_and_says_what_was_lost() {
    let golden = Golden::transformer();
    let explainer = Lrp::epsilon(1e-6).at(golden.place.clone()).with_target(golden.target());
    let found = golden.explain(&explainer);
    assert!(found.values[0].iter().all(|it| it.is_finite()));
    assert!(found.completeness_gaps.unwrap().iter().all(|it| it.is_finite() && *it != 0.0));
}
