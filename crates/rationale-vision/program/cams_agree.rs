//! Class activation maps agree with pytorch-grad-cam's on the same networks and pictures.
//!
//! The files of crates/rationale-vision/golden/grad_cam say what they hold and which versions made them. A map of ours
//! and one of theirs may differ by 1e-4 of [0, 1] at most, Shapley-CAM's by 1e-3, its second derivative being a
//! difference here. Components have no sign of their own: theirs is that of the decomposition, so the raw maps are compared
//! up to sign.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ndarray::{ArrayD, Axis, IxDyn, Slice};
use rationale_core::Silent;
use rationale_onnx::OnnxNetwork;
use rationale_tensor::{Device, Tensor};
use rationale_vision::{CamMethod, CamTarget, ClassActivation, Maps, Smoothing};
use safetensors::SafeTensors;

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates")
}

fn array(file: &SafeTensors<'_>, name: &str) -> Option<ArrayD<f64>> {
    let view = file.tensor(name).ok()?;
    let values =
        view.data().chunks_exact(4).map(|it| f64::from(f32::from_le_bytes([it[0], it[1], it[2], it[3]])));
    ArrayD::from_shape_vec(IxDyn(view.shape()), values.collect()).ok()
}

/// A golden file, the network that it is about, and its pictures.
struct Case {
    bytes: Vec<u8>,
    metadata: BTreeMap<String, String>,
    network: OnnxNetwork,
    pictures: Tensor,
}

impl Case {
    fn open(name: &str) -> Self {
        let golden = crates().join("rationale-vision/golden/grad_cam").join(format!("{name}.safetensors"));
        let bytes = std::fs::read(golden).unwrap();
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let metadata: BTreeMap<String, String> =
            header.metadata().clone().unwrap_or_default().into_iter().collect();
        let folder = crates().join("rationale-onnx/golden/networks").join(&metadata["network"]);
        let network = OnnxNetwork::read(folder.join("legacy.onnx"), &Device::flex()).unwrap();
        let expected = std::fs::read(folder.join("expected.safetensors")).unwrap();
        let input = array(&SafeTensors::deserialize(&expected).unwrap(), "input").unwrap();
        let pictures: Vec<usize> = serde_json::from_str(&metadata["pictures"]).unwrap();
        let input = input.select(Axis(0), &pictures).mapv(|it| it as f32);
        let pictures = Tensor::from_array(input.view(), &Device::flex()).unwrap();
        Self { bytes, metadata, network, pictures }
    }

    fn ours(&self, explainer: ClassActivation) -> Maps {
        let classes: Vec<usize> = serde_json::from_str(&self.metadata["classes"]).unwrap();
        let explainer =
            explainer.with_layer(&self.metadata["value"]).with_target(CamTarget::Classes(classes));
        explainer.explain(&self.network, &self.pictures, &Silent).unwrap()
    }

    fn theirs(&self, name: &str) -> Option<ArrayD<f64>> {
        array(&SafeTensors::deserialize(&self.bytes).unwrap(), name)
    }

    /// The largest difference of the final maps, at the rows and columns that the file keeps.
    fn map_difference(&self, key: &str, maps: &Maps) -> Option<f64> {
        let stride: isize = self.metadata["stride"].parse().unwrap();
        let mut ours = maps.maps.view();
        ours.slice_axis_inplace(Axis(1), Slice::new(0, None, stride));
        ours.slice_axis_inplace(Axis(2), Slice::new(0, None, stride));
        Some(largest_difference(ours.iter(), self.theirs(&format!("{key}.map"))?.iter()))
    }

    /// The largest difference of raw maps up to sign, as a part of the largest value.
    fn component_difference(&self, key: &str, maps: &Maps) -> Option<f64> {
        let theirs = self.theirs(&format!("{key}.raw"))?;
        let pairs = maps.layers[0].raw.outer_iter().zip(theirs.outer_iter());
        let of_pair = |(ours, theirs): (ndarray::ArrayView2<'_, f64>, ndarray::ArrayViewD<'_, f64>)| {
            let size = theirs.iter().fold(1e-12_f64, |most, it| most.max(it.abs()));
            let turned = theirs.mapv(|it| -it);
            let same = largest_difference(ours.iter(), theirs.iter());
            same.min(largest_difference(ours.iter(), turned.iter())) / size
        };
        pairs.map(of_pair).reduce(f64::max)
    }
}

fn largest_difference<'a>(left: impl Iterator<Item = &'a f64>, right: impl Iterator<Item = &'a f64>) -> f64 {
    left.zip(right).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// Their keys and our members, and how far apart the maps may be.
const SAME_MAPS: &[(&str, CamMethod, f64)] = &[
    ("grad-cam", CamMethod::GradCam, 1e-4),
    ("grad-cam++", CamMethod::GradCamPlusPlus, 1e-4),
    ("hires-cam", CamMethod::HiResCam, 1e-4),
    ("grad-cam-elementwise", CamMethod::ElementwiseGradCam, 1e-4),
    ("xgrad-cam", CamMethod::XGradCam, 1e-4),
    ("layer-cam", CamMethod::LayerCam, 1e-4),
    ("score-cam", CamMethod::ScoreCam, 1e-4),
    ("finer-cam", CamMethod::FinerCam { alpha: 1.0, n_similar: 3 }, 1e-4),
    ("shapley-cam", CamMethod::ShapleyCam { step: 0.01 }, 1e-3),
];

const SAME_UP_TO_SIGN: &[(&str, CamMethod)] = &[
    ("eigen-cam", CamMethod::EigenCam),
    ("eigen-grad-cam", CamMethod::EigenGradCam),
    ("kpca-cam", CamMethod::KpcaCam),
];

/// Compares every method, and lists all that are too far apart.
fn check(name: &str, without: &[&str]) {
    let case = Case::open(name);
    let mut found = Vec::new();
    let mut note = |key: &str, difference: Option<f64>, tolerance: f64| match difference {
        Some(it) if it <= tolerance => println!("{name} {key}: {it:.1e}"),
        Some(it) => found.push(format!("{key}: {it:.1e}")),
        None => println!("{name} {key}: not in the file"),
    };
    for (key, method, tolerance) in SAME_MAPS.iter().filter(|(key, ..)| !without.contains(key)) {
        note(key, case.map_difference(key, &case.ours(ClassActivation::new(*method))), *tolerance);
    }
    for (key, method) in SAME_UP_TO_SIGN.iter().filter(|(key, ..)| !without.contains(key)) {
        note(key, case.component_difference(key, &case.ours(ClassActivation::new(*method))), 1e-3);
    }
    // The variants' classes are those of the picture itself here; there, each variant's own.
    let smooth = ClassActivation::new(CamMethod::GradCam).with_smoothing(Smoothing::Augmented);
    note("grad-cam.aug-smooth", case.map_difference("grad-cam.aug-smooth", &case.ours(smooth)), 1e-3);
    let smooth = ClassActivation::new(CamMethod::GradCam).with_smoothing(Smoothing::FirstComponent);
    note(
        "grad-cam.eigen-smooth",
        case.component_difference("grad-cam.eigen-smooth", &case.ours(smooth)),
        1e-3,
    );
    // Theirs fills an ablated channel with the smallest activation less 1e7 where that is not 0: only behind a ReLU do
    // both set it to 0.
    if !without.contains(&"ablation-cam") {
        let ours = case.ours(ClassActivation::new(CamMethod::AblationCam));
        note("ablation-cam", case.map_difference("ablation-cam", &ours), 1e-4);
    }
    assert!(found.is_empty(), "{name}: {found:?}");
}

#[test]
fn of_resnet18() {
    check("resnet18.last", &[]);
    check("resnet18.early", &[]);
}

#[test]
fn of_mobilenet_v2() {
    check("mobilenet_v2.last", &[]);
}

#[test]
fn of_densenet121() {
    check("densenet121.last", &["ablation-cam"]);
}

#[test]
fn of_convnext_tiny() {
    check("convnext_tiny.last", &["ablation-cam"]);
}

#[test]
fn of_tokens_in_a_grid() {
    check("vit_b_16.last", &["ablation-cam"]);
    check("swin_t.last", &["ablation-cam"]);
}
