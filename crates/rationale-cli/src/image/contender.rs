//! The methods for pictures as ones that are judged.

use std::any::Any;

use ndarray::{Array2, Array3, ArrayView1, ArrayView2};
use rationale::metrics::{ChannelOrder, Plane};
use rationale::onnx::OnnxNetwork;
use rationale::tensor::{Network, Tensor};
use rationale::vision::{CamMethod, CamTarget, Layout, Picture};
use rationale::{Error, Predict, Randomise, Seed, Silent};

use super::answers::{Asked, Asking};
use super::explain::Look;
use super::gradients::Slopes;
use super::method::{ByGradients, Method};
use super::network::Loaded;
use super::seen::Colours;
use crate::arguments::Common;
use crate::evaluate::{Contender, Explained, failed, random_values};

/// All that methods need to explain inputs of a network, or of a copy of it.
pub(super) struct Bench<'a> {
    loaded: &'a Loaded,
    look: &'a Look,
    asking: &'a Asking,
    slopes: &'a Slopes,
    plane: Plane,
    colours: Colours,
    /// Whether methods that ask explain probabilities rather than logits.
    softmax: bool,
    common: Common,
}

impl<'a> Bench<'a> {
    /// Pictures that go through the network at once.
    pub(super) fn batch_size(&self) -> usize {
        self.look.batch_size()
    }

    pub(super) fn new(
        loaded: &'a Loaded,
        (look, asking, slopes): (&'a Look, &'a Asking, &'a Slopes),
        common: &Common,
    ) -> anyhow::Result<Self> {
        let (plane, colours) = (plane(loaded), Colours::of(&loaded.preparation)?);
        let softmax = look.is_softmax();
        Ok(Self { loaded, look, asking, slopes, plane, colours, softmax, common: common.hushed() })
    }

    /// Methods that ask explain probabilities, as faithfulness is measured on them.
    pub(super) fn with_softmax(self) -> Self {
        Self { softmax: true, ..self }
    }

    pub(super) fn contender(&'a self, method: Method) -> Box<dyn Contender + 'a> {
        Box::new(ByMethod { bench: self, method })
    }
}

/// How a picture lies in the network's input.
pub(super) fn plane(loaded: &Loaded) -> Plane {
    let [height, width] = loaded.preparation.size();
    let order = match loaded.preparation.layout() {
        Layout::Nchw => ChannelOrder::First,
        Layout::Nhwc => ChannelOrder::Last,
    };
    Plane { height, width, n_channels: 3, order }
}

/// The shape of one picture of a plane.
pub(super) fn shape(plane: &Plane) -> [usize; 3] {
    match plane.order {
        ChannelOrder::First => [plane.n_channels, plane.height, plane.width],
        ChannelOrder::Last => [plane.height, plane.width, plane.n_channels],
    }
}

/// A network's answers as probabilities: by softmax, unless they are.
pub(super) struct Probabilities<'a>(pub(super) &'a dyn Predict);

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

struct ByMethod<'a> {
    bench: &'a Bench<'a>,
    method: Method,
}

impl ByMethod<'_> {
    fn map(
        &self,
        network: &OnnxNetwork,
        row: ArrayView1<'_, f64>,
        output: usize,
    ) -> anyhow::Result<(Array2<f64>, u64)> {
        let Bench { loaded, look, asking, slopes, plane, colours, softmax, common } = self.bench;
        let shape = shape(plane);
        let values: Vec<f32> = row.iter().map(|it| *it as f32).collect();
        let input = Tensor::from_vec(values, &[&[1], &shape[..]].concat(), &network.interface().device)?;
        match self.method {
            Method::Cam(method) => {
                let explainer = look.explainer(method, loaded, CamTarget::Class(output), common);
                let maps = explainer.explain(network, &input, &Silent)?;
                Ok((maps.maps.index_axis_move(ndarray::Axis(0), 0), maps.evidence.model_calls))
            }
            Method::Slope(method) => slopes.map(method, (loaded, network, &input), (output, look), common),
            Method::Ask(method) => {
                let picture = Array3::from_shape_vec(shape, row.to_vec())?;
                let seen = Picture::from_rgb(colours.seen(picture.view()))?;
                let asked =
                    Asked { of: output, against: None, softmax: *softmax, batch_size: look.batch_size() };
                asking.map(method, (loaded, network, &input), &seen, &asked, common)
            }
        }
    }
}

impl Contender for ByMethod<'_> {
    fn name(&self) -> &str {
        self.method.name()
    }

    fn calls(&self) -> u64 {
        let Plane { height, width, .. } = self.bench.plane;
        match self.method {
            // A pass a channel, of which last layers have a thousand or two.
            Method::Cam(CamMethod::ScoreCam | CamMethod::AblationCam) => 1_000,
            Method::Cam(_) => 2,
            Method::Slope(method) if method.takes_steps() => 100,
            Method::Slope(
                ByGradients::SmoothGrad | ByGradients::SmoothGradSquared | ByGradients::VarGrad,
            ) => 100,
            Method::Slope(_) => 4,
            Method::Ask(method) => self.bench.asking.planned(method, (height, width)),
        }
    }

    fn explain(
        &self,
        replaced: Option<&dyn Randomise>,
        rows: ArrayView2<'_, f64>,
        output: usize,
    ) -> Result<Explained, Error> {
        let n_pixels = self.bench.plane.n_pixels();
        if self.method == Method::Cam(CamMethod::Random) {
            let seed = Seed::new(self.bench.common.seed);
            return Ok(Explained::of_values(random_values(rows, n_pixels, seed)));
        }
        let network = replaced.and_then(|it| (it as &dyn Any).downcast_ref::<OnnxNetwork>());
        let network = network.unwrap_or(&self.bench.loaded.network);
        let (mut values, mut calls) = (Array2::zeros((0, n_pixels)), 0);
        for row in rows.outer_iter() {
            let (map, counted) =
                self.map(network, row, output).map_err(|error| failed(self.method.name(), error))?;
            let map: Vec<f64> = map.iter().copied().collect();
            values.push_row(ArrayView1::from(&map)).map_err(Error::model)?;
            calls += counted;
        }
        Ok(Explained::of_values(values).with_calls(calls, rows.nrows()))
    }
}
