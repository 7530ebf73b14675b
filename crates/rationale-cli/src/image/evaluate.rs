//! `rationale evaluate image`: methods over pictures and a network.

use std::any::Any;
use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use ndarray::{Array2, Array3, ArrayView2, Axis};
use rationale::metrics::{ChannelOrder, Plane, Players};
use rationale::onnx::OnnxNetwork;
use rationale::surrogate::{Fill, Labels, Occlusion};
use rationale::tensor::{Rows, Tensor};
use rationale::vision::{CamMethod, CamTarget, ClassActivation, Geometry, Layers, Picture};
use rationale::{Error, Predict, Randomise, Seed, Silent};

use super::network::{Loaded, Model};
use super::photograph::listed;
use crate::arguments::Common;
use crate::evaluate::{Choice, Contender, Explained, Subject, Told, random_values};
use crate::failure::Usage;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    model: Model,
    /// Pictures, or folders of pictures.
    #[arg(required = true)]
    photographs: Vec<PathBuf>,
    /// The methods: those of the CAM family, occlusion, random. Grad-CAM, Layer-CAM, occlusion and random where not given.
    #[arg(long, value_parser = method)]
    method: Vec<Method>,
    /// The layer to look at; the last one with spatial extent where not given.
    #[arg(long, value_name = "NAME")]
    layer: Option<String>,
    /// Where the objects are: a JSON object from file names to lists of boxes [left, top, right, bottom] in pixels of the photograph.
    #[arg(long, value_name = "FILE")]
    boxes: Option<PathBuf>,
    #[command(flatten)]
    choice: Choice,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Method {
    Cam(CamMethod),
    Occlusion,
}

const USUAL: [Method; 4] = [
    Method::Cam(CamMethod::GradCam),
    Method::Cam(CamMethod::LayerCam),
    Method::Occlusion,
    Method::Cam(CamMethod::Random),
];

fn method(text: &str) -> Result<Method, String> {
    if text == "occlusion" {
        return Ok(Method::Occlusion);
    }
    CamMethod::named(text).map(Method::Cam).ok_or_else(|| {
        let names: Vec<_> = CamMethod::ALL.iter().map(|it| it.name()).collect();
        format!("the methods are {}, occlusion", names.join(", "))
    })
}

pub(crate) fn execute(arguments: &Arguments, common: &Common) -> anyhow::Result<()> {
    let loaded = arguments.model.read(common)?;
    let paths = listed(&arguments.photographs)?;
    let boxes = arguments.boxes()?;
    let size = loaded.preparation.size();
    let plane = Plane { height: size[0], width: size[1], n_channels: 3, order: ChannelOrder::First };
    let players = Players::pixels(plane);
    let (mut rows, mut regions) = (Array2::zeros((0, 3 * plane.n_pixels())), Vec::new());
    for path in &paths {
        let photograph =
            Picture::open(path).map_err(|error| anyhow::anyhow!("`{}`: {error}", path.display()))?;
        let prepared = loaded.preparation.prepare(&photograph)?;
        let name = path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
        regions.push(region(boxes.as_ref().and_then(|it| it.get(&name)), prepared.geometry(), &plane)?);
        let tensor = prepared.into_tensor();
        anyhow::ensure!(
            tensor.shape()[1] == 3,
            "networks that take pictures as [row, column, channel] cannot be evaluated yet"
        );
        let row: Vec<f64> = tensor.iter().map(|it| f64::from(*it)).collect();
        rows.push_row(ndarray::ArrayView1::from(&row))?;
    }
    let answers = Rows::new(&loaded.network, &[3, size[0], size[1]])?;
    let model = Probabilities(&answers);
    let predictions = model.predict(rows.view())?;
    let outputs: Vec<usize> = predictions.outer_iter().map(largest).collect();
    let contenders = contenders(arguments, &loaded, plane, Seed::new(common.seed));
    let subject = Subject {
        model: &model,
        players: &players,
        fills: fills(&rows, &plane),
        scales: spreads(&rows),
        outputs,
        n_outputs: predictions.ncols(),
        regions,
        groups: Some(plane.patches((size[0] / 8).max(1))),
        randomise: Some(&loaded.network),
        rows,
    };
    let told =
        Told { title: "Explanations of a network".to_owned(), facts: facts(arguments, &loaded, &subject) };
    arguments.choice.evaluate(&subject, &contenders, &told, common)
}

fn facts(arguments: &Arguments, loaded: &Loaded, subject: &Subject<'_>) -> Vec<(String, String)> {
    let fact = |name: &str, value: String| (name.to_owned(), value);
    let n_boxes = subject.regions.iter().filter(|it| it.is_some()).count();
    vec![
        fact("network", arguments.model.shown()),
        fact("input", loaded.preparation.describe()),
        fact("pictures", format!("{}, {n_boxes} with boxes", subject.rows.nrows())),
        fact("output", "the probability of the predicted class".to_owned()),
        fact("absence", "the picture's mean colour".to_owned()),
    ]
}

impl Arguments {
    fn boxes(&self) -> anyhow::Result<Option<BTreeMap<String, Vec<[f64; 4]>>>> {
        let Some(path) = &self.boxes else { return Ok(None) };
        let text = std::fs::read_to_string(path)
            .map_err(|error| anyhow::anyhow!("`{}` cannot be read: {error}", path.display()))?;
        let boxes = serde_json::from_str::<BTreeMap<String, Vec<[f64; 4]>>>(&text);
        Ok(Some(boxes.map_err(|error| {
            let path = path.display();
            Usage::new(format!("`{path}`: {error}; {{\"FILE\": [[left, top, right, bottom], ..]}} is needed"))
        })?))
    }
}

/// The pixels of the network's input that lie in any of a photograph's boxes. Boxes beside what the network saw are an error.
fn region(
    boxes: Option<&Vec<[f64; 4]>>,
    geometry: &Geometry,
    plane: &Plane,
) -> anyhow::Result<Option<Vec<bool>>> {
    let Some(boxes) = boxes else { return Ok(None) };
    let window = geometry.window();
    let (across, down) = (plane.width as f64 / window.width, plane.height as f64 / window.height);
    let mut region = vec![false; plane.n_pixels()];
    for [left, top, right, bottom] in boxes {
        let seen = [
            (left - window.left) * across,
            (top - window.top) * down,
            (right - window.left) * across,
            (bottom - window.top) * down,
        ];
        for (slot, inside) in region.iter_mut().zip(plane.inside(seen)?) {
            *slot |= inside;
        }
    }
    Ok(Some(region))
}

/// Each pixel as its picture's mean, channel by channel.
fn fills(rows: &Array2<f64>, plane: &Plane) -> Array2<f64> {
    let mut fills = rows.clone();
    for mut row in fills.outer_iter_mut() {
        for mut channel in row.axis_chunks_iter_mut(Axis(0), plane.n_pixels()) {
            let mean = channel.mean().unwrap_or(0.0);
            channel.fill(mean);
        }
    }
    fills
}

/// The range of all pixels: what is a small step in one.
fn spreads(rows: &Array2<f64>) -> Vec<f64> {
    let (low, high) =
        rows.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), it| (l.min(*it), h.max(*it)));
    vec![high - low; rows.ncols()]
}

fn largest(answers: ndarray::ArrayView1<'_, f64>) -> usize {
    let best = answers
        .iter()
        .enumerate()
        .fold((0, f64::NEG_INFINITY), |best, (class, &it)| if it > best.1 { (class, it) } else { best });
    best.0
}

/// A network's answers as probabilities: by softmax, unless they are.
struct Probabilities<'a>(&'a dyn Predict);

impl Predict for Probabilities<'_> {
    fn predict(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
        let mut answers = self.0.predict(rows)?;
        for mut row in answers.outer_iter_mut() {
            let are_shares = row.iter().all(|it| (0.0..=1.0).contains(it)) && (row.sum() - 1.0).abs() < 1e-3;
            if !are_shares {
                let highest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                row.mapv_inplace(|it| (it - highest).exp());
                let total = row.sum();
                row /= total;
            }
        }
        Ok(answers)
    }
}

fn contenders<'a>(
    arguments: &'a Arguments,
    loaded: &'a Loaded,
    plane: Plane,
    seed: Seed,
) -> Vec<Box<dyn Contender + 'a>> {
    let methods = if arguments.method.is_empty() { &USUAL[..] } else { &arguments.method };
    let layer = arguments.layer.clone().or_else(|| loaded.layer.clone());
    let layers = layer.map_or(Layers::Last, |it| Layers::Named(vec![it]));
    let network = &loaded.network;
    let contender = |method: &Method| -> Box<dyn Contender + 'a> {
        match method {
            Method::Cam(CamMethod::Random) => Box::new(Random { plane, seed }),
            Method::Cam(method) => {
                Box::new(Cam { method: *method, network, plane, layers: layers.clone(), seed })
            }
            Method::Occlusion => Box::new(Occluded { network, plane }),
        }
    };
    methods.iter().map(contender).collect()
}

fn of_replaced<'a>(own: &'a OnnxNetwork, replaced: Option<&'a dyn Randomise>) -> &'a OnnxNetwork {
    replaced.and_then(|it| (it as &dyn Any).downcast_ref::<OnnxNetwork>()).unwrap_or(own)
}

/// A class activation map.
struct Cam<'a> {
    method: CamMethod,
    network: &'a OnnxNetwork,
    plane: Plane,
    layers: Layers,
    seed: Seed,
}

impl Contender for Cam<'_> {
    fn name(&self) -> &str {
        self.method.name()
    }

    fn calls(&self) -> u64 {
        match self.method {
            // A pass a channel, of which last layers have a thousand or two.
            CamMethod::ScoreCam | CamMethod::AblationCam => 1_000,
            _ => 2,
        }
    }

    fn explain(
        &self,
        replaced: Option<&dyn Randomise>,
        rows: ArrayView2<'_, f64>,
        output: usize,
    ) -> Result<Explained, Error> {
        let network = of_replaced(self.network, replaced);
        let shape = [rows.nrows(), 3, self.plane.height, self.plane.width];
        let values: Vec<f32> = rows.iter().map(|it| *it as f32).collect();
        let device = &rationale::tensor::Network::interface(network).device;
        let pictures = Tensor::from_vec(values, &shape, device)?;
        let explainer = ClassActivation::new(self.method).with_layers(self.layers.clone());
        let explainer = explainer.with_target(CamTarget::Class(output)).with_seed(self.seed);
        let maps = explainer.explain(network, &pictures, &Silent);
        let maps = maps.map_err(|error| Error::method(self.method.name(), error))?.maps;
        let values =
            maps.into_shape_with_order((rows.nrows(), self.plane.n_pixels())).map_err(Error::model)?;
        Ok(Explained { values, base_values: None })
    }
}

/// Random numbers.
struct Random {
    plane: Plane,
    seed: Seed,
}

impl Contender for Random {
    fn name(&self) -> &'static str {
        "random"
    }

    fn calls(&self) -> u64 {
        1
    }

    fn explain(
        &self,
        _: Option<&dyn Randomise>,
        rows: ArrayView2<'_, f64>,
        _: usize,
    ) -> Result<Explained, Error> {
        Ok(Explained { values: random_values(rows, self.plane.n_pixels(), self.seed), base_values: None })
    }
}

/// A window an eighth of the picture wide, moved by its half.
struct Occluded<'a> {
    network: &'a OnnxNetwork,
    plane: Plane,
}

impl Occluded<'_> {
    fn window(&self) -> (usize, usize) {
        ((self.plane.height / 6).max(1), (self.plane.width / 6).max(1))
    }
}

impl Contender for Occluded<'_> {
    fn name(&self) -> &'static str {
        "occlusion"
    }

    fn calls(&self) -> u64 {
        145
    }

    fn explain(
        &self,
        replaced: Option<&dyn Randomise>,
        rows: ArrayView2<'_, f64>,
        output: usize,
    ) -> Result<Explained, Error> {
        let network = of_replaced(self.network, replaced);
        let Plane { height, width, .. } = self.plane;
        let answers = Rows::new(network, &[3, height, width])?;
        let model = ChannelsLast { model: &Probabilities(&answers), plane: self.plane };
        let mut values = Array2::zeros((rows.nrows(), self.plane.n_pixels()));
        for (row, mut slot) in rows.outer_iter().zip(values.outer_iter_mut()) {
            let picture = Array3::from_shape_fn((height, width, 3), |(y, x, channel)| {
                row[self.plane.place(y * width + x, channel)]
            });
            let occlusion = Occlusion::new(&model, self.window()).with_fill(Fill::MeanColour);
            let maps = occlusion.with_labels(Labels::These(vec![output])).explain(picture.view(), &Silent);
            let maps = maps.map_err(|error| Error::method("occlusion", error))?;
            slot.iter_mut().zip(&maps[0].values).for_each(|(slot, value)| *slot = *value);
        }
        Ok(Explained { values, base_values: None })
    }
}

/// A model of pictures laid out with channels first, for rows with channels last.
struct ChannelsLast<'a> {
    model: &'a dyn Predict,
    plane: Plane,
}

impl Predict for ChannelsLast<'_> {
    fn predict(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
        let mut turned = Array2::zeros(rows.dim());
        for (row, mut slot) in rows.outer_iter().zip(turned.outer_iter_mut()) {
            for pixel in 0..self.plane.n_pixels() {
                (0..3).for_each(|channel| slot[self.plane.place(pixel, channel)] = row[pixel * 3 + channel]);
            }
        }
        self.model.predict(turned.view())
    }
}
