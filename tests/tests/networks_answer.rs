//! Pretrained networks answer what ONNX Runtime answered, and know a cat and a cup of coffee from their files.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use std::fs::File;
use std::path::PathBuf;

use ndarray::ArrayD;
use ndarray_npy::ReadNpyExt;
use rationale_onnx::OnnxNetwork;
use rationale_tensor::{Device, Network, Run, Tensor};
use rationale_tests::Room;

/// The file, the name of what is expected of it, its preset, and how far logits may be off: a thousandth of their range;
/// where weights are stored as float16 and the expected ones come from float32, 0.05.
const NETWORKS: [(&str, &str, &str, Option<f64>); 4] = [
    ("mobilenet-v1-1.0-224-f32.onnx", "mobilenet-v1", "imagenet-tf", None),
    ("mobilenet-v1-1.0-224-f16store.onnx", "mobilenet-v1", "imagenet-tf", Some(0.05)),
    ("resnet50-keras-f16store.onnx", "resnet50", "imagenet-caffe", Some(0.05)),
    ("inception-v3-u8w.onnx", "inception-v3", "imagenet-tf", None),
];

fn test_data() -> Option<PathBuf> {
    let folder = std::env::var_os("RATIONALE_TESTDATA").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: no test data");
    }
    folder
}

fn array(path: PathBuf) -> ArrayD<f32> {
    ArrayD::read_npy(File::open(path).unwrap()).unwrap()
}

#[test]
fn logits_are_those_of_onnx_runtime() {
    let Some(folder) = test_data().map(|it| it.join("models")) else { return };
    for (file, name, _, bound) in NETWORKS {
        let device = Device::flex();
        let network = OnnxNetwork::read(folder.join(file), &device).unwrap();
        let expected = |what: &str| array(folder.join(format!("expected/{name}.chelsea.{what}.npy")));
        let input = Tensor::from_array(&expected("input").view(), &device).unwrap();
        let found = network.forward(&mut Run::new(&[input])).unwrap()[0].to_f64s().unwrap();
        let right: Vec<f64> = expected("logits").iter().map(|it| f64::from(*it)).collect();
        assert_eq!(found.len(), right.len());
        let differences = found.iter().zip(&right).map(|(a, b)| (a - b).abs());
        let worst = differences.fold(0.0, f64::max);
        let ends = right.iter().fold((f64::MAX, f64::MIN), |(low, high), it| (low.min(*it), high.max(*it)));
        let allowed = bound.unwrap_or(1e-3 * (ends.1 - ends.0));
        println!("{file}: {worst:.1e} of {:.1}", ends.1 - ends.0);
        assert!(worst <= allowed, "{file} is off by {worst}");
    }
}

#[test]
fn each_network_knows_the_cat_and_the_coffee() {
    let Some(folder) = test_data() else { return };
    let room = Room::new(env!("CARGO_BIN_EXE_rationale-under-test"));
    for (file, _, preset, _) in NETWORKS {
        for (photograph, class) in [("chelsea.png", "Egyptian cat"), ("coffee.png", "espresso")] {
            let model = folder.join("models").join(file).display().to_string();
            let picture = folder.join("images/skimage").join(photograph).display().to_string();
            let arguments =
                ["image", &model, &picture, "--preset", preset, "--method", "grad-cam", "--out", "heat.png"];
            let answer = room.run(&arguments);
            assert_eq!(answer.code, 0, "{}", answer.err);
            assert!(answer.out.starts_with(&format!("{photograph}: {class}")), "{file}: {}", answer.out);
        }
    }
}
