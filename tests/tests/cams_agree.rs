//! Class activation maps agree with pytorch-grad-cam's on the same networks and pictures.
//!
//! The files of crates/rationale-vision/golden/grad_cam say what they hold and which versions made them. A map of ours
//! and one of theirs may differ by 1e-4 of [0, 1] at most, Shapley-CAM's by 1e-3, its second derivative being a
//! difference here. Components have no sign of their own: theirs is that of the decomposition, so the raw maps are compared
//! up to sign.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ndarray::{ArrayD, Axis, IxDyn, Slice};
use rationale_core::Silent;
use rationale_onnx::OnnxNetwork;
use rationale_tensor::{Device, Tensor};
use rationale_vision::{CamMethod, CamTarget, ClassActivation, Maps, Picture, Smoothing};
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

/// A small network lies beside its pictures; a pretrained one is in the folder of test data, and its photographs are
/// beside the golden file, named by their size.
fn network_and_pictures(metadata: &BTreeMap<String, String>) -> (PathBuf, Tensor) {
    let name = &metadata["network"];
    if Path::new(name).extension().is_some_and(|it| it == "onnx") {
        let folder = PathBuf::from(std::env::var_os("RATIONALE_TESTDATA").unwrap());
        let names: Vec<String> = serde_json::from_str(&metadata["pictures"]).unwrap();
        let (is_caffe, size) =
            (name.starts_with("resnet50"), if name.starts_with("inception") { 299 } else { 224 });
        let photographs: Vec<Tensor> = names.iter().map(|it| photograph(it, size, is_caffe)).collect();
        return (folder.join("models").join(name), Tensor::concat(&photographs, 0).unwrap());
    }
    let folder = crates().join("rationale-onnx/golden/networks").join(name);
    let expected = std::fs::read(folder.join("expected.safetensors")).unwrap();
    let input = array(&SafeTensors::deserialize(&expected).unwrap(), "input").unwrap();
    let pictures: Vec<usize> = serde_json::from_str(&metadata["pictures"]).unwrap();
    let input = input.select(Axis(0), &pictures).mapv(|it| it as f32);
    (folder.join("legacy.onnx"), Tensor::from_array(&input.view(), &Device::flex()).unwrap())
}

/// A photograph `[1, channel, row, column]`: blue first and the means taken off, or scaled to [-1, 1].
fn photograph(name: &str, size: usize, is_caffe: bool) -> Tensor {
    let file = crates().join("rationale-vision/golden/grad_cam").join(format!("{name}-{size}.png"));
    let rgb = Picture::open(&file).unwrap().into_rgb();
    let value = |channel: usize, row: usize, column: usize| {
        let of = |channel: usize| f32::from(rgb[[row, column, channel]]);
        if is_caffe {
            of(2 - channel) - [103.939, 116.779, 123.68][channel]
        } else {
            (of(channel) - 127.5) / 127.5
        }
    };
    let array = ndarray::Array4::from_shape_fn((1, 3, size, size), |(_, c, y, x)| value(c, y, x));
    Tensor::from_array(&array.view().into_dyn(), &Device::flex()).unwrap()
}

impl Case {
    fn open(name: &str) -> Self {
        let golden = crates().join("rationale-vision/golden/grad_cam").join(format!("{name}.safetensors"));
        let bytes = std::fs::read(golden).unwrap();
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let metadata: BTreeMap<String, String> =
            header.metadata().clone().unwrap_or_default().into_iter().collect();
        let (file, pictures) = network_and_pictures(&metadata);
        let network = OnnxNetwork::read(file, &Device::flex()).unwrap();
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

    /// The largest difference of augmented maps. Each variant is explained for its own predicted class there, and for that
    /// of the picture itself by our smoothing; so theirs is put together here.
    fn augmented_difference(&self) -> Option<f64> {
        let mut sum: Option<Maps> = None;
        for (is_mirrored, factor) in
            [(false, 0.9), (false, 1.0), (false, 1.1), (true, 0.9), (true, 1.0), (true, 1.1)]
        {
            let variant = self.pictures.mul_number(factor).unwrap();
            let variant = if is_mirrored { variant.flip(3).unwrap() } else { variant };
            let explainer = ClassActivation::new(CamMethod::GradCam).with_layer(&self.metadata["value"]);
            let mut maps = explainer.explain(&self.network, &variant, &Silent).unwrap();
            if is_mirrored {
                maps.maps.invert_axis(Axis(2));
            }
            match &mut sum {
                Some(sum) => sum.maps += &maps.maps,
                None => sum = Some(maps),
            }
        }
        let mut mean = sum?;
        mean.maps /= 6.0;
        self.map_difference("grad-cam.aug-smooth", &mean)
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

/// Left out where, behind an early layer, a unit of a ReLU is so near to 0 in one of the six variants that rounding decides
/// on its slope: noise of 1e-5 on the input moves that map as far as the two libraries are apart.
const NEAR_ZERO: &str = "grad-cam.aug-smooth";

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
    if !without.contains(&"grad-cam.aug-smooth") {
        note("grad-cam.aug-smooth", case.augmented_difference(), 1e-4);
    }
    if !without.contains(&"grad-cam.eigen-smooth") {
        let ours =
            case.ours(ClassActivation::new(CamMethod::GradCam).with_smoothing(Smoothing::FirstComponent));
        note("grad-cam.eigen-smooth", case.component_difference("grad-cam.eigen-smooth", &ours), 1e-3);
    }
    // Theirs fills an ablated channel with the smallest activation less 1e7 where that is not 0: only behind a ReLU do
    // both set it to 0.
    if !without.contains(&"ablation-cam") {
        let ours = case.ours(ClassActivation::new(CamMethod::AblationCam));
        note("ablation-cam", case.map_difference("ablation-cam", &ours), 1e-4);
    }
    // Theirs knows the biases of convolutions and batch normalisations, ours those of all linear operators, of which
    // networks with layer normalisation have others.
    if !without.contains(&"full-grad") {
        let classes = serde_json::from_str(&case.metadata["classes"]).unwrap();
        let explainer = ClassActivation::new(CamMethod::FullGrad).with_target(CamTarget::Classes(classes));
        let maps = explainer.explain(&case.network, &case.pictures, &Silent).unwrap();
        println!("{name} full-grad: gap {:?}", maps.evidence.completeness_gap);
        note("full-grad", case.map_difference("full-grad", &maps), 1e-4);
    }
    assert!(found.is_empty(), "{name}: {found:?}");
}

#[test]
fn of_resnet18() {
    check("resnet18.last", &[]);
    check("resnet18.early", &[NEAR_ZERO]);
}

#[test]
fn of_mobilenet_v2() {
    check("mobilenet_v2.last", &[]);
    check("mobilenet_v2.early", &["ablation-cam"]);
}

/// The hook of theirs keeps the normalisation's output, which a ReLU then overwrites in its place: its activations are
/// those after the ReLU, its gradients those before. Only products of the two, element by element, are the same.
#[test]
fn of_densenet121() {
    let mixed = ["grad-cam", "grad-cam++", "xgrad-cam", "score-cam", "finer-cam", "shapley-cam", "eigen-cam"];
    let others = ["kpca-cam", "grad-cam.aug-smooth", "grad-cam.eigen-smooth", "ablation-cam", "full-grad"];
    check("densenet121.last", &[&mixed[..], &others].concat());
    check("densenet121.early", &["ablation-cam"]);
}

#[test]
fn of_convnext_tiny() {
    check("convnext_tiny.last", &["ablation-cam", "full-grad"]);
    // A layer normalisation follows, which does not change when a position's values are multiplied: the sum of gradient
    // times activation is 0 at each, and what both give is rounding.
    check("convnext_tiny.early", &["ablation-cam", "full-grad", "hires-cam"]);
}

#[test]
fn of_tokens_in_a_grid() {
    check("vit_b_16.last", &["ablation-cam", "full-grad"]);
    check("swin_t.last", &["ablation-cam", "full-grad"]);
}

#[test]
fn the_last_layer_is_the_one_that_is_usually_named() {
    for name in ["resnet18", "mobilenet_v2", "convnext_tiny", "vit_b_16", "swin_t"] {
        let case = Case::open(&format!("{name}.last"));
        let maps =
            ClassActivation::new(CamMethod::GradCam).explain(&case.network, &case.pictures, &Silent).unwrap();
        assert_eq!(maps.layers[0].layer.name, case.metadata["value"]);
    }
}

/// Where RATIONALE_TESTDATA names the folder of test data. Score-CAM, a pass for each of two thousand channels, is left to
/// MobileNet and the small networks.
fn check_pretrained(name: &str, without: &[&str]) {
    if std::env::var_os("RATIONALE_TESTDATA").is_some() {
        check(name, without);
    } else {
        println!("skipped: no test data");
    }
}

#[test]
fn of_mobilenet_on_photographs() {
    check_pretrained("mobilenet-v1.last", &["full-grad"]);
}

#[test]
fn of_mobilenets_early_layer_on_photographs() {
    check_pretrained("mobilenet-v1.early", &["score-cam", "full-grad", NEAR_ZERO]);
}

#[test]
fn of_resnet50_on_photographs() {
    check_pretrained("resnet50.last", &["score-cam", "full-grad", "ablation-cam"]);
}

#[test]
fn of_inception_v3_on_photographs() {
    check_pretrained("inception-v3.last", &["score-cam", "full-grad"]);
}
