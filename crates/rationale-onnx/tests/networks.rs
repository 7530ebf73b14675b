//! Networks of torchvision, small, as both of PyTorch's exporters write them: outputs, gradients, and what is seen
//! inside, against PyTorch in double precision, on every device that is built in. What the files hold is told at the head
//! of `golden/networks.py`.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

mod devices;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rationale_onnx::OnnxNetwork;
use rationale_tensor::{Device, Element, Error, Place, Tensor, differentiate};
use safetensors::SafeTensors;

use devices::devices;

/// What is allowed where PyTorch itself, in single precision, does not err more.
const TOLERANCE: f64 = 1e-4;

/// The small networks of the project, or the folder of large ones that `golden/networks.py --full` has written.
fn folder() -> PathBuf {
    let small = || Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/networks");
    std::env::var_os("RATIONALE_FULL_NETWORKS").map_or_else(small, PathBuf::from)
}

/// What PyTorch says of a network.
struct Expected {
    bytes: Vec<u8>,
    metadata: BTreeMap<String, String>,
}

impl Expected {
    fn read(network: &Path) -> Self {
        let bytes = std::fs::read(network.join("expected.safetensors")).unwrap();
        let (_, head) = SafeTensors::read_metadata(&bytes).unwrap();
        let metadata = head.metadata().clone().unwrap().into_iter().collect();
        Self { bytes, metadata }
    }

    fn told(&self, key: &str) -> &str {
        &self.metadata[key]
    }

    fn tensor(&self, name: &str, device: &Device) -> Tensor {
        let file = SafeTensors::deserialize(&self.bytes).unwrap();
        let view = file.tensor(name).unwrap();
        Tensor::from_bytes(view.data().to_vec(), Element::F32, view.shape(), device).unwrap()
    }

    /// What is wrong with a tensor, if anything is.
    fn difference(&self, name: &str, actual: &Tensor) -> Option<String> {
        let right = self.tensor(name, &actual.device());
        if right.shape() != actual.shape() {
            return Some(format!("{name} has shape {:?}, but {:?} is right", actual.shape(), right.shape()));
        }
        let of_pytorch: BTreeMap<String, f64> = serde_json::from_str(self.told("float32_error")).unwrap();
        let allowed = TOLERANCE.max(2.0 * of_pytorch[name]);
        let error = relative_error(&right.to_f64s().unwrap(), &actual.to_f64s().unwrap());
        println!("{name}: {error:.1e}");
        (error.is_nan() || error > allowed)
            .then(|| format!("{name} errs by {error:e}, allowed is {allowed:e}"))
    }
}

/// The length of the difference over that of the right vector.
fn relative_error(right: &[f64], actual: &[f64]) -> f64 {
    let length = |it: &mut dyn Iterator<Item = f64>| it.map(|it| it * it).sum::<f64>().sqrt();
    let difference = length(&mut right.iter().zip(actual).map(|(a, b)| a - b));
    if difference == 0.0 { 0.0 } else { difference / length(&mut right.iter().copied()) }
}

/// What is wrong with one export of a network on a device.
fn failures(file: &Path, expected: &Expected, device: &Device) -> Vec<String> {
    let export = file.file_stem().unwrap().to_str().unwrap();
    println!("{} on {}", file.display(), device.name());
    let network = match OnnxNetwork::read(file, device) {
        Ok(network) => network,
        Err(error) => return vec![format!("{export}: {error}")],
    };
    let values: BTreeMap<String, String> =
        serde_json::from_str(expected.told(&format!("values.{export}"))).unwrap();
    let sites: Vec<String> = serde_json::from_str(expected.told("sites")).unwrap();
    let class: usize = expected.told("class").parse().unwrap();
    let of_sites = sites.iter().map(|site| Place::Site(values[site].clone()));
    let places: Vec<Place> = [Place::Input(0)].into_iter().chain(of_sites).collect();
    let target = |outputs: &[Tensor]| -> Result<Tensor, Error> { outputs[0].narrow(1, class, class + 1) };
    let found = match differentiate(&network, &[expected.tensor("input", device)], &places, &target) {
        Ok(found) => found,
        Err(error) => return vec![format!("{export}: {error}")],
    };
    let mut pairs =
        vec![("logits".to_owned(), &found.outputs[0]), ("input.gradient".to_owned(), &found.gradients[0])];
    for (i, site) in sites.iter().enumerate() {
        pairs.push((format!("{site}.activation"), &found.values[i + 1]));
        pairs.push((format!("{site}.gradient"), &found.gradients[i + 1]));
    }
    let differences = pairs.iter().filter_map(|(name, actual)| expected.difference(name, actual));
    differences.map(|it| format!("{export}: {it}")).collect()
}

fn check(network: &str) {
    let folder = folder().join(network);
    let expected = Expected::read(&folder);
    let files = std::fs::read_dir(&folder).unwrap().map(|it| it.unwrap().path());
    let exports: BTreeSet<PathBuf> =
        files.filter(|it| it.extension().is_some_and(|it| it == "onnx")).collect();
    assert!(!exports.is_empty());
    for device in devices() {
        let failures: Vec<String> =
            exports.iter().flat_map(|file| failures(file, &expected, &device)).collect();
        assert!(failures.is_empty(), "{network} on {}:\n{}", device.name(), failures.join("\n"));
    }
}

macro_rules! networks {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            check(stringify!($name));
        })*

        #[test]
        fn every_network_is_tested() {
            let found = std::fs::read_dir(folder()).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
            let tested = [$(stringify!($name)),*].map(str::to_owned);
            assert_eq!(found.collect::<BTreeSet<_>>(), BTreeSet::from(tested));
        }
    };
}

networks! {
    convnext_tiny densenet121 efficientnet_b0 inception_v3 mobilenet_v2 resnet18 swin_t vgg16 vit_b_16
}
