//! Attributions agree with captum's and shap's on a CNN, a perceptron and a transformer from ONNX files.
//!
//! What the files of `golden/models` hold is told at the head of `golden/captum.py`. The relative L2 difference may be 1e-4: captum
//! computed in float64, this in float32. shap multiplies its float32 samples by itself.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]
#![expect(clippy::cast_sign_loss, reason = "indices in golden files are not negative")]

use std::path::{Path, PathBuf};

use ndarray::{ArrayD, Axis, IxDyn};
use rationale_core::Silent;
use rationale_gradient::{
    Attribution, Baseline, ExpectedGradients, GradientMethod, InputXGradient, IntegratedGradients,
    InternalInfluence, LayerConductance, Noise, OutputTarget, Pair, Quadrature, Saliency, Sign, Slope,
    SmoothGrad, Smoothing, Steps,
};
use rationale_onnx::OnnxNetwork;
use rationale_tensor::{Device, Element, Place, Tensor};
use safetensors::{Dtype, SafeTensors};

const TOLERANCE: f64 = 1e-4;

struct Golden {
    bytes: Vec<u8>,
    network: OnnxNetwork,
    site: String,
    /// Where the input's attributions are: the input itself, or the embedding.
    input: Place,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/models")
}

impl Golden {
    fn read(name: &str) -> Self {
        let bytes = std::fs::read(folder().join(format!("{name}.safetensors"))).unwrap();
        let (_, head) = SafeTensors::read_metadata(&bytes).unwrap();
        let metadata = head.metadata().clone().unwrap();
        let network = OnnxNetwork::read(folder().join(format!("{name}.onnx")), &Device::flex()).unwrap();
        let input = metadata.get("embedding").map_or(Place::Input(0), |it| Place::Site(it.clone()));
        Self { site: metadata["site"].clone(), input, network, bytes }
    }

    fn array(&self, name: &str) -> ArrayD<f64> {
        let file = SafeTensors::deserialize(&self.bytes).unwrap();
        let view = file.tensor(name).unwrap();
        let words = view.data().chunks_exact(8).map(|it| <[u8; 8]>::try_from(it).unwrap());
        let values = match view.dtype() {
            Dtype::I64 => words.map(|it| i64::from_le_bytes(it) as f64).collect(),
            Dtype::F64 => words.map(f64::from_le_bytes).collect(),
            _ => view
                .data()
                .chunks_exact(4)
                .map(|it| f64::from(f32::from_le_bytes(it.try_into().unwrap())))
                .collect(),
        };
        ArrayD::from_shape_vec(IxDyn(view.shape()), values).unwrap()
    }

    fn tensor(&self, name: &str) -> Tensor {
        tensor(&self.array(name))
    }

    fn numbers(&self, name: &str) -> Vec<usize> {
        self.array(name).iter().map(|it| *it as usize).collect()
    }

    fn target(&self) -> OutputTarget {
        OutputTarget::each(self.numbers("targets"))
    }

    /// The baseline: of token ids, what the network makes of them.
    fn baseline(&self) -> Baseline {
        match self.input {
            Place::Input(_) => Baseline::Values(self.tensor("baseline")),
            Place::Site(_) => Baseline::Inputs(vec![self.tensor("baseline")]),
        }
    }

    fn explain(&self, method: &dyn GradientMethod) -> Attribution {
        method.explain(&self.network, &[self.tensor("input")], &Silent).unwrap()
    }

    fn check(&self, name: &str, method: &dyn GradientMethod) {
        compare(name, &self.explain(method).values[0], &self.array(name));
    }

    fn path(&self) -> IntegratedGradients {
        IntegratedGradients::new()
            .at(self.input.clone())
            .with_target(self.target())
            .with_baseline(self.baseline())
    }
}

fn tensor(array: &ArrayD<f64>) -> Tensor {
    Tensor::from_vec(array.iter().copied().collect(), array.shape(), &Device::flex())
        .and_then(|it| it.cast(Element::F32))
        .unwrap()
}

fn compare(name: &str, actual: &ArrayD<f64>, right: &ArrayD<f64>) {
    assert_eq!(actual.shape(), right.shape(), "{name}");
    let length = |it: &ArrayD<f64>| it.mapv(|it| it * it).sum().sqrt();
    let error = length(&(actual - right)) / length(right);
    println!("{name}: {error:.1e}");
    assert!(error <= TOLERANCE, "{name} differs by {error:e}");
}

fn gradients(golden: &Golden) {
    let saliency = Saliency::new().at(golden.input.clone()).with_target(golden.target());
    golden.check("saliency", &saliency);
    golden.check("gradient", &saliency.with_sign(Sign::Both));
    let method = InputXGradient::new().at(golden.input.clone()).with_target(golden.target());
    golden.check("input_x_gradient", &method);
}

fn integrated(golden: &Golden) {
    for (name, rule) in [
        ("gausslegendre", Quadrature::GaussLegendre),
        ("riemann_left", Quadrature::RiemannLeft),
        ("riemann_right", Quadrature::RiemannRight),
        ("riemann_middle", Quadrature::RiemannMiddle),
    ] {
        let method = golden.path().with_steps(Steps::Fixed { n_steps: 50, rule });
        golden.check(&format!("integrated_gradients.{name}"), &method);
    }
    let baseline = match golden.input {
        Place::Input(_) => vec![golden.tensor("baseline")],
        Place::Site(_) => vec![golden.tensor("baseline").cast(Element::I64).unwrap()],
    };
    let method = golden.path().at(Place::Site(golden.site.clone()));
    // The baseline of a layer is the layer's value at the baselines, example by example.
    golden.check("layer.integrated_gradients", &method.with_baseline(Baseline::Inputs(baseline)));
}

fn inside(golden: &Golden) {
    let conductance = LayerConductance::new(&golden.site)
        .along(golden.input.clone())
        .with_target(golden.target())
        .with_baseline(golden.baseline());
    let as_captum = conductance.clone().with_rule(Quadrature::GaussLegendre).with_slope(Slope::Left);
    golden.check("layer.conductance", &as_captum);
    let gap = |it: &dyn GradientMethod| golden.explain(it).evidence.completeness_gap.unwrap();
    let (ours, theirs) = (gap(&conductance), gap(&as_captum));
    println!("conductance: largest gap {ours:.1e}, with captum's slopes {theirs:.1e}");
    assert!(ours < theirs);
    let influence = InternalInfluence::new(&golden.site)
        .along(golden.input.clone())
        .with_target(golden.target())
        .with_baseline(golden.baseline());
    golden.check("layer.internal_influence", &influence);
}

fn noisy(golden: &Golden) {
    let noise: Vec<Vec<Tensor>> =
        golden.array("noise").axis_iter(Axis(0)).map(|it| vec![tensor(&it.to_owned())]).collect();
    for (name, kind) in [
        ("smoothgrad", Smoothing::Mean),
        ("smoothgrad_sq", Smoothing::Squared),
        ("vargrad", Smoothing::Variance),
    ] {
        let gradient =
            Saliency::new().with_sign(Sign::Both).at(golden.input.clone()).with_target(golden.target());
        let method = SmoothGrad::new(gradient).with_kind(kind).with_noise(Noise::Given(noise.clone()));
        golden.check(name, &method);
    }
}

fn expected(golden: &Golden) {
    let (references, alphas) = (golden.array("pairs.reference"), golden.array("pairs.alpha"));
    let rows = references.outer_iter().zip(alphas.outer_iter());
    let pairs: Vec<Vec<Pair>> = rows
        .map(|(references, alphas)| {
            let pair = |(it, alpha): (&f64, &f64)| Pair { reference: *it as usize, alpha: *alpha };
            references.iter().zip(&alphas).map(pair).collect()
        })
        .collect();
    let right = golden.array("shap");
    for class in 0..right.shape()[right.ndim() - 1] {
        let method = ExpectedGradients::new(vec![golden.tensor("background")])
            .at(golden.input.clone())
            .with_target(OutputTarget::element(class))
            .with_pairs(pairs.clone());
        let of_class = right.index_axis(Axis(right.ndim() - 1), class).to_owned();
        compare(&format!("shap, class {class}"), &golden.explain(&method).values[0], &of_class);
    }
}

fn check(name: &str) {
    let golden = Golden::read(name);
    for part in [gradients, integrated, inside, noisy, expected] {
        part(&golden);
    }
}

#[test]
fn on_a_cnn() {
    check("cnn");
}

#[test]
fn on_a_perceptron() {
    check("mlp");
}

#[test]
fn on_a_transformer_at_its_embedding() {
    check("transformer");
}

#[test]
fn fusing_a_batch_normalisation_changes_nothing() {
    let golden = Golden::read("cnn");
    let unfused = OnnxNetwork::read(folder().join("cnn.unfused.onnx"), &Device::flex()).unwrap();
    let fused = golden.explain(&golden.path());
    let other = golden.path().explain(&unfused, &[golden.tensor("input")], &Silent).unwrap();
    let largest = fused.values[0].iter().fold(0.0_f64, |largest, it| largest.max(it.abs()));
    let error = (&fused.values[0] - &other.values[0]).iter().fold(0.0_f64, |most, it| most.max(it.abs()));
    assert!(error < 1e-5 * largest.max(1.0), "{error:e}");
}

#[test]
fn token_ids_have_no_gradient_and_the_embedding_is_offered() {
    let golden = Golden::read("transformer");
    let error =
        Saliency::new().explain(&golden.network, &[golden.tensor("input")], &Silent).unwrap_err().to_string();
    assert!(
        error.starts_with("input 0 holds int64 elements, to which there is no gradient; explain"),
        "{error}"
    );
    assert!(error.contains("sites behind it: `/embedding/Gather_output_0`"), "{error}");
}

#[test]
fn a_site_that_does_not_exist_is_an_error_with_the_nearest_name() {
    let golden = Golden::read("transformer");
    let method = Saliency::new().at(Place::Site("/block1/Softmax_output_0".into()));
    let error = method.explain(&golden.network, &[golden.tensor("input")], &Silent).unwrap_err();
    assert!(error.to_string().contains("did you mean `/block1/"), "{error}");
}
