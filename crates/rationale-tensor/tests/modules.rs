//! Networks written with burn's modules, with weights from files: they answer and differentiate as PyTorch does.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use std::path::PathBuf;

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig, PaddingConfig2d};
use burn::tensor::Tensor as BurnTensor;
use rationale_tensor::ops::{ADD, GELU, MATMUL, MUL, RELU, Softmax, Standardise};
use rationale_tensor::rules::{GuidedBackpropagation, Reference, Rescale};
use rationale_tensor::{
    Device, Differentiated, Element, Error, Interface, Layout, Network, Place, Port, Run, Site, Tensor,
    differentiate, differentiate_run, load_weights,
};
use safetensors::SafeTensors;

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden/modules").join(name)
}

fn interface(site: &str, shape: &[Option<usize>], device: &Device) -> Interface {
    let port = |name: &str, shape: Option<Vec<Option<usize>>>| Port {
        name: name.into(),
        element: Element::F32,
        shape,
    };
    Interface {
        inputs: vec![port("input", Some(shape.to_vec()))],
        outputs: vec![port("output", None)],
        sites: vec![Site { name: site.into(), operator: "module".into(), node: String::new() }],
        device: device.clone(),
    }
}

#[derive(Module, Debug)]
struct ConvolutionalModules {
    first: Conv2d,
    second: Conv2d,
    classifier: Linear,
}

/// A small convolutional network with one site, before its head.
struct Convolutional {
    modules: ConvolutionalModules,
    interface: Interface,
}

impl Convolutional {
    fn new(device: &Device) -> Self {
        let on = device.to_burn();
        let modules = ConvolutionalModules {
            first: Conv2dConfig::new([3, 4], [3, 3]).with_padding(PaddingConfig2d::Same).init(&on),
            second: Conv2dConfig::new([4, 6], [3, 3]).with_stride([2, 2]).init(&on),
            classifier: LinearConfig::new(6, 5).init(&on),
        };
        let interface = interface("features", &[None, Some(3), None, None], device);
        Self { modules: modules.no_grad(), interface }
    }

    fn features(&self, run: &Run<'_>) -> Result<Tensor, Error> {
        let first = self.modules.first.forward(run.input(0)?.to_burn());
        let first = run.one(&RELU, &[&Tensor::from_burn(first)])?;
        run.one(&RELU, &[&Tensor::from_burn(self.modules.second.forward(first.to_burn()))])
    }

    fn head(&self, x: BurnTensor<4>) -> BurnTensor<2> {
        let pooled = x.mean_dim(3).mean_dim(2);
        let [n, channels, _, _] = pooled.dims();
        self.modules.classifier.forward(pooled.reshape([n, channels]))
    }
}

impl Network for Convolutional {
    fn interface(&self) -> &Interface {
        &self.interface
    }

    fn forward(&self, run: &mut Run<'_>) -> Result<Vec<Tensor>, Error> {
        let features = run.site("features", |run| self.features(run))?;
        Ok(vec![Tensor::from_burn(self.head(features.to_burn()))])
    }
}

#[derive(Module, Debug)]
struct BlockModules {
    before: LayerNorm,
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    between: LayerNorm,
    widen: Linear,
    narrow: Linear,
}

/// A transformer's block with one site, after its attention.
struct Block {
    modules: BlockModules,
    interface: Interface,
}

impl Block {
    fn new(device: &Device) -> Self {
        let on = device.to_burn();
        let linear = |from, to| LinearConfig::new(from, to).init(&on);
        let modules = BlockModules {
            before: LayerNormConfig::new(8).init(&on),
            query: linear(8, 8),
            key: linear(8, 8),
            value: linear(8, 8),
            output: linear(8, 8),
            between: LayerNormConfig::new(8).init(&on),
            widen: linear(8, 16),
            narrow: linear(16, 8),
        };
        Self { modules: modules.no_grad(), interface: interface("attended", &[None, None, Some(8)], device) }
    }

    fn attended(&self, run: &Run<'_>) -> Result<Tensor, Error> {
        let x = run.input(0)?;
        let [n, tokens, width] = x.to_burn::<3>().dims();
        let heads =
            |it: BurnTensor<3>| Tensor::from_burn(it.reshape([n, tokens, 2, width / 2]).swap_dims(1, 2));
        let y = normalised(run, &self.modules.before, x)?.to_burn::<3>();
        let (q, k) =
            (heads(self.modules.query.forward(y.clone())), heads(self.modules.key.forward(y.clone())));
        let scores =
            run.one(&MATMUL, &[&q, &k.swap(2, 3)?])?.mul_number(1.0 / (width as f64 / 2.0).sqrt())?;
        let weights = run.one(&Softmax(3), &[&scores])?;
        let mixed = run.one(&MATMUL, &[&weights, &heads(self.modules.value.forward(y))])?;
        let joined = mixed.swap(1, 2)?.reshape(&[n, tokens, width])?;
        run.one(&ADD, &[x, &Tensor::from_burn(self.modules.output.forward(joined.to_burn::<3>()))])
    }

    fn fed_forward(&self, run: &Run<'_>, x: &Tensor) -> Result<Tensor, Error> {
        let between = normalised(run, &self.modules.between, x)?;
        let wide = Tensor::from_burn(self.modules.widen.forward(between.to_burn::<3>()));
        let wide = run.one(&GELU, &[&wide])?;
        run.one(&ADD, &[x, &Tensor::from_burn(self.modules.narrow.forward(wide.to_burn::<3>()))])
    }
}

/// Layer normalisation with a module's weights, in parts that rules know.
fn normalised(run: &Run<'_>, module: &LayerNorm, x: &Tensor) -> Result<Tensor, Error> {
    let standard = run.one(&Standardise { dimension: 2, epsilon: 1e-5 }, &[x])?;
    let scaled = run.one(&MUL, &[&standard, &Tensor::from_burn(module.gamma.val())])?;
    match &module.beta {
        Some(beta) => run.one(&ADD, &[&scaled, &Tensor::from_burn(beta.val())]),
        None => Ok(scaled),
    }
}

impl Network for Block {
    fn interface(&self) -> &Interface {
        &self.interface
    }

    fn forward(&self, run: &mut Run<'_>) -> Result<Vec<Tensor>, Error> {
        let attended = run.site("attended", |run| self.attended(run))?;
        Ok(vec![self.fed_forward(run, &attended)?])
    }
}

struct Expected(Vec<u8>);

impl Expected {
    fn read(name: &str) -> Self {
        Self(std::fs::read(golden(&format!("{name}.expected.safetensors"))).unwrap())
    }

    fn tensor(&self, name: &str, device: &Device) -> Tensor {
        let file = SafeTensors::deserialize(&self.0).unwrap();
        let view = file.tensor(name).unwrap();
        Tensor::from_bytes(view.data().to_vec(), Element::F32, view.shape(), device).unwrap()
    }
}

fn check(network: &dyn Network, name: &str) {
    let (expected, device) = (Expected::read(name), Device::flex());
    let site = network.interface().sites[0].name.clone();
    let places = [Place::Input(0), Place::Site(site)];
    let input = expected.tensor("input", &device);
    let found = differentiate(network, &[input], &places, &|outputs| Ok(outputs[0].clone())).unwrap();
    let close = |what: &str, actual: &Tensor| {
        let right = expected.tensor(what, &device);
        assert_eq!(actual.shape(), right.shape(), "{what}");
        let pairs = actual.to_f64s().unwrap().into_iter().zip(right.to_f64s().unwrap());
        let worst = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(worst < 1e-5, "{what} of {name} differs by {worst}");
    };
    close("output", &found.outputs[0]);
    close("input.gradient", &found.gradients[0]);
    close("site.activation", &found.values[1]);
    close("site.gradient", &found.gradients[1]);
}

const OF_SEQUENTIAL: [(&str, &str); 2] = [(r"^features\.0\.", "first."), (r"^features\.2\.", "second.")];

#[test]
fn a_convolutional_network_agrees_with_pytorch_from_either_kind_of_file() {
    for file in ["convolutional.pt", "convolutional.safetensors"] {
        let mut network = Convolutional::new(&Device::flex());
        load_weights(&mut network.modules, &golden(file), Layout::PyTorch, &OF_SEQUENTIAL).unwrap();
        check(&network, "convolutional");
    }
}

#[test]
fn a_transformer_block_agrees_with_pytorch_from_either_kind_of_file() {
    for file in ["block.pt", "block.safetensors"] {
        let mut network = Block::new(&Device::flex());
        load_weights(&mut network.modules, &golden(file), Layout::PyTorch, &[]).unwrap();
        check(&network, "block");
    }
}

/// DeepLIFT of the sum of the outputs, and how far its values are from adding up.
fn deeplift_gap(network: &dyn Network, x: &Tensor, x0: &Tensor) -> f64 {
    let reference = Reference::record(network, Run::new(std::slice::from_ref(x0))).unwrap();
    let rule = Rescale::new(&reference);
    let run = Run::new(std::slice::from_ref(x)).with_rule(&rule);
    let Differentiated { outputs, gradients, .. } =
        differentiate_run(network, run, &[Place::Input(0)], &|outputs| Ok(outputs[0].clone())).unwrap();
    let sum = |it: &Tensor| it.to_f64s().unwrap().iter().sum::<f64>();
    let values = sum(&gradients[0].mul(&x.sub(x0).unwrap()).unwrap());
    let difference = sum(&outputs[0]) - sum(&reference.outputs()[0]);
    assert!(difference.abs() > 1e-3, "the outputs differ");
    ((values - difference) / difference).abs()
}

#[test]
fn deeplift_is_complete_on_networks_written_by_hand() {
    let device = Device::flex();
    let of = |name: &str| Expected::read(name).tensor("input", &device);
    let mut convolutional = Convolutional::new(&device);
    load_weights(&mut convolutional.modules, &golden("convolutional.pt"), Layout::PyTorch, &OF_SEQUENTIAL)
        .unwrap();
    let x = of("convolutional");
    let gap = deeplift_gap(&convolutional, &x, &x.full_like(0.0).unwrap());
    assert!(gap < 1e-4, "{gap}");
    let mut block = Block::new(&device);
    load_weights(&mut block.modules, &golden("block.pt"), Layout::PyTorch, &[]).unwrap();
    let x = of("block");
    let gap = deeplift_gap(&block, &x, &x.mul_number(-0.3).unwrap());
    assert!(gap < 1e-3, "{gap}");
}

#[test]
fn guided_backpropagation_reaches_networks_written_by_hand() {
    let device = Device::flex();
    let network = Convolutional::new(&device);
    let x = Tensor::full(0.5, &[1, 3, 9, 9], Element::F32, &device).unwrap();
    let run = Run::new(std::slice::from_ref(&x)).with_rule(&GuidedBackpropagation);
    let target = |outputs: &[Tensor]| Ok(outputs[0].clone());
    let places = [Place::Input(0)];
    let guided = differentiate_run(&network, run, &places, &target).unwrap();
    let plain = differentiate(&network, &[x], &places, &target).unwrap();
    assert_ne!(guided.gradients[0].to_f64s().unwrap(), plain.gradients[0].to_f64s().unwrap());
}

#[test]
fn a_run_that_begins_at_a_site_needs_no_input() {
    let device = Device::flex();
    let network = Convolutional::new(&device);
    let x = Tensor::full(0.5, &[1, 3, 9, 9], Element::F32, &device).unwrap();
    let mut watching = Run::new(&[x]).watch("features");
    let whole = network.forward(&mut watching).unwrap();
    let features = watching.watched("features").unwrap().clone();
    let resumed = network.forward(&mut Run::new(&[]).begin_at("features", features)).unwrap();
    assert_eq!(whole[0].to_f64s().unwrap(), resumed[0].to_f64s().unwrap());
}

#[test]
fn a_run_that_asks_for_a_site_alone_stops_there() {
    let device = Device::flex();
    let network = Convolutional::new(&device);
    let x = Tensor::full(0.5, &[1, 3, 9, 9], Element::F32, &device).unwrap();
    let mut run = Run::new(&[x]).watch("features").only_watched();
    assert_eq!(network.forward(&mut run).unwrap_err(), Error::Finished);
    assert_eq!(run.watched("features").unwrap().shape(), [1, 6, 4, 4]);
}

#[test]
fn weights_that_do_not_fit_are_refused_by_name() {
    let mut network = Convolutional::new(&Device::flex());
    let wrong = load_weights(&mut network.modules, &golden("block.safetensors"), Layout::PyTorch, &[]);
    let message = wrong.unwrap_err().to_string();
    assert!(message.contains("block.safetensors") && message.contains("first.weight"), "{message}");
    let absent = load_weights(&mut network.modules, &golden("none.pt"), Layout::PyTorch, &[]);
    assert!(absent.unwrap_err().to_string().contains("none.pt"));
}
