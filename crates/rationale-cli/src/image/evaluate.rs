//! `rationale evaluate image`: methods over pictures and a network.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use ndarray::{Array2, ArrayView1};
use rationale::Predict;
use rationale::metrics::{Plane, Players};
use rationale::tensor::Rows;
use rationale::vision::{CamMethod, Geometry, Picture};

use super::answers::Asking;
use super::contender::{Bench, Probabilities, plane, shape};
use super::explain::Look;
use super::gradients::Slopes;
use super::method::{ByAnswers, ByGradients, Method};
use super::network::{Loaded, Model};
use super::photograph::listed;
use crate::arguments::Common;
use crate::evaluate::{Choice, Part, Subject, Told};
use crate::failure::Usage;
use crate::output::note;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    model: Model,
    /// Pictures, or folders of pictures.
    #[arg(required = true)]
    photographs: Vec<PathBuf>,
    /// The methods, as `rationale image` has them; grad-cam, layer-cam, integrated-gradients, occlusion and random where not given.
    #[arg(long, value_parser = Method::parse)]
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

/// What is judged where nobody says otherwise: one method a kind, and the control.
const USUAL: [Method; 5] = [
    Method::Cam(CamMethod::GradCam),
    Method::Cam(CamMethod::LayerCam),
    Method::Slope(ByGradients::IntegratedGradients),
    Method::Ask(ByAnswers::Occlusion),
    Method::Cam(CamMethod::Random),
];

pub(crate) fn execute(arguments: &Arguments, common: &Common) -> anyhow::Result<()> {
    let loaded = arguments.model.read(common)?;
    let plane = plane(&loaded);
    let players = Players::pixels(plane);
    let Inputs { rows, regions, n_unseen } = arguments.inputs(&loaded, &plane, common)?;
    let look = Look::at(arguments.layer.as_deref());
    let answers = Rows::new(&loaded.network, &shape(&plane))?.with_batch_size(look.batch_size());
    let model = Probabilities(&answers);
    let predictions = model.predict(rows.view())?;
    let outputs = predictions.outer_iter().map(largest).collect();
    let subject = subject((&model, &loaded), (&plane, &players), rows, outputs, predictions.ncols());
    let subject = Subject { regions, ..subject };
    let (slopes, asking) = (Slopes::default(), Asking::with_samples(arguments.choice.method_samples));
    let bench = Bench::new(&loaded, (&look, &asking, &slopes), common)?.with_softmax();
    let methods = if arguments.method.is_empty() { &USUAL[..] } else { &arguments.method };
    let contenders: Vec<_> = methods.iter().map(|method| bench.contender(*method)).collect();
    let facts = facts(arguments, &loaded, &subject, n_unseen);
    let told = Told { title: "Explanations of a network".to_owned(), facts };
    let part = Part { subject: &subject, contenders: &contenders };
    arguments.choice.evaluate(&[part], &told, common)
}

/// Pictures as what is judged: a pixel is a player, and the picture's mean colour stands for its absence.
pub(super) fn subject<'a>(
    (model, loaded): (&'a dyn Predict, &'a Loaded),
    (plane, players): (&Plane, &'a Players),
    rows: Array2<f64>,
    outputs: Vec<usize>,
    n_outputs: usize,
) -> Subject<'a> {
    Subject {
        model,
        players,
        fills: fills(&rows, plane),
        are_quantities: true,
        scales: spreads(&rows),
        neighbours: None,
        regions: vec![None; outputs.len()],
        outputs,
        n_outputs,
        groups: Some(plane.patches((plane.height / 8).max(1))),
        randomise: Some(&loaded.network),
        rows,
    }
}

fn facts(
    arguments: &Arguments,
    loaded: &Loaded,
    subject: &Subject<'_>,
    n_unseen: usize,
) -> Vec<(String, String)> {
    let fact = |name: &str, value: String| (name.to_owned(), value);
    let n_boxes = subject.regions.iter().filter(|it| it.is_some()).count();
    let unseen = match n_unseen {
        0 => String::new(),
        1 => "; 1 more whose boxes the network does not see".to_owned(),
        n => format!("; {n} more whose boxes the network does not see"),
    };
    vec![
        fact("network", arguments.model.shown()),
        fact("input", loaded.preparation.describe()),
        fact("pictures", format!("{}, {n_boxes} with boxes{unseen}", subject.rows.nrows())),
        fact("output", "the probability of the predicted class".to_owned()),
        fact("absence", "the picture's mean colour".to_owned()),
    ]
}

/// What the network is asked about.
struct Inputs {
    /// `[picture, number]`.
    rows: Array2<f64>,
    /// Where the objects of each picture are.
    regions: Vec<Option<Vec<bool>>>,
    /// How many pictures have boxes, and none in what the network sees.
    n_unseen: usize,
}

impl Arguments {
    fn inputs(&self, loaded: &Loaded, plane: &Plane, common: &Common) -> anyhow::Result<Inputs> {
        let all_boxes = self.boxes()?;
        let (rows, regions) = (Array2::zeros((0, 3 * plane.n_pixels())), Vec::new());
        let mut inputs = Inputs { rows, regions, n_unseen: 0 };
        for path in &listed(&self.photographs)? {
            let photograph =
                Picture::open(path).map_err(|error| anyhow::anyhow!("`{}`: {error}", path.display()))?;
            let prepared = loaded.preparation.prepare(&photograph)?;
            let name = path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
            let boxes = all_boxes.get(&name).map_or(&[][..], Vec::as_slice);
            let region = region(boxes, prepared.geometry(), plane)
                .map_err(|error| anyhow::anyhow!("the boxes of `{name}`: {error}"))?;
            inputs.n_unseen += usize::from(region.is_none() && !boxes.is_empty());
            inputs.regions.push(region);
            let row: Vec<f64> = prepared.into_tensor().iter().map(|it| f64::from(*it)).collect();
            inputs.rows.push_row(ArrayView1::from(&row))?;
        }
        if inputs.n_unseen > 0 && inputs.regions.iter().all(Option::is_none) {
            note(
                common,
                "every box lies beside what the network sees of its picture: none is left to judge by",
            );
        }
        Ok(inputs)
    }

    fn boxes(&self) -> anyhow::Result<BTreeMap<String, Vec<[f64; 4]>>> {
        let Some(path) = &self.boxes else { return Ok(BTreeMap::new()) };
        let text = std::fs::read_to_string(path)
            .map_err(|error| anyhow::anyhow!("`{}` cannot be read: {error}", path.display()))?;
        let boxes = serde_json::from_str::<BTreeMap<String, Vec<[f64; 4]>>>(&text);
        Ok(boxes.map_err(|error| {
            let path = path.display();
            Usage::new(format!("`{path}`: {error}; {{\"FILE\": [[left, top, right, bottom], ..]}} is needed"))
        })?)
    }
}

/// The pixels of the network's input that lie in any of a photograph's boxes; none where no box has a pixel in what the
/// network sees, since a crop cuts objects off. A box beside the photograph itself is an error.
fn region(
    boxes: &[[f64; 4]],
    geometry: &Geometry,
    plane: &Plane,
) -> Result<Option<Vec<bool>>, rationale::metrics::Error> {
    let [height, width] = geometry.photograph();
    let whole = Plane { height, width, ..*plane };
    let window = geometry.window();
    let (across, down) = (plane.width as f64 / window.width, plane.height as f64 / window.height);
    let mut region = vec![false; plane.n_pixels()];
    for &[left, top, right, bottom] in boxes {
        whole.inside([left, top, right, bottom])?;
        let seen = [
            (left - window.left) * across,
            (top - window.top) * down,
            (right - window.left) * across,
            (bottom - window.top) * down,
        ];
        match plane.inside(seen) {
            Ok(inside) => region.iter_mut().zip(inside).for_each(|(slot, inside)| *slot |= inside),
            Err(rationale::metrics::Error::Box { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(region.contains(&true).then_some(region))
}

/// Each pixel as its picture's mean, channel by channel.
fn fills(rows: &Array2<f64>, plane: &Plane) -> Array2<f64> {
    let mut fills = rows.clone();
    for mut row in fills.outer_iter_mut() {
        for channel in 0..plane.n_channels {
            let places = || (0..plane.n_pixels()).map(|pixel| plane.place(pixel, channel));
            let mean = places().map(|place| row[place]).sum::<f64>() / plane.n_pixels() as f64;
            places().for_each(|place| row[place] = mean);
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

pub(super) fn largest(answers: ndarray::ArrayView1<'_, f64>) -> usize {
    let best = answers
        .iter()
        .enumerate()
        .fold((0, f64::NEG_INFINITY), |best, (class, &it)| if it > best.1 { (class, it) } else { best });
    best.0
}
