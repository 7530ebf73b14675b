//! Pictures explained by a network's answers alone: what changes when parts of the picture are hidden.

use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Args, ValueEnum};
use ndarray::{Array1, Array2, Array3, ArrayView2, Axis};
use rationale::onnx::OnnxNetwork;
use rationale::report::number;
use rationale::shapley::{Estimator, FeatureTree, KernelShap, PartitionShap, explain_game};
use rationale::surrogate::superpixels::{Quickshift, Segments, Slic, Superpixels};
use rationale::surrogate::{Fill, Labels, Lime, LimePicture, Occlusion, PictureGame, PictureMap, Rise};
use rationale::tensor::{Rows, Tensor};
use rationale::vision::{Layout, Picture};
use rationale::{Error, Evidence, Predict, Progress, Seed, Silent};

use super::explain::Found;
use super::method::{ByAnswers, Method};
use super::network::Loaded;
use super::photograph::Photograph;
use crate::arguments::Common;
use crate::bar::Bar;
use crate::failure::Usage;
use crate::output::note;

/// shap's number for pictures.
const PARTITION_SAMPLES: usize = 500;
const PICTURE_SAMPLES: usize = 1000;
const RISE_SAMPLES: usize = 4000;
const BLUR: f64 = 10.0;

/// How parts of a picture are hidden, and how often.
#[derive(Debug, Default, Args)]
pub(super) struct Asking {
    /// lime, kernel-shap, rise, partition-shap: how often the network is asked (1000; rise 4000, partition-shap 500).
    #[arg(long, value_name = "N")]
    samples: Option<usize>,
    /// lime, kernel-shap, partition-shap: how the picture is cut into parts.
    #[arg(long, value_enum)]
    superpixels: Option<Cut>,
    /// The number of parts for slic (50).
    #[arg(long, value_name = "N")]
    segments: Option<usize>,
    /// What stands where a part is hidden: mean (of the part; of the picture for occlusion), blur, or a colour R,G,B;
    /// rise takes black where not given, the others mean.
    #[arg(long, value_parser = hidden)]
    fill: Option<Hidden>,
    /// occlusion: the side of the window (an eighth of the picture).
    #[arg(long, value_name = "PIXELS")]
    window: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Cut {
    /// Climbing to the densest neighbour, as lime does.
    Quickshift,
    /// k-means from a grid.
    Slic,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hidden {
    Mean,
    Blur,
    Colour([u8; 3]),
}

fn hidden(text: &str) -> Result<Hidden, String> {
    match text {
        "mean" => return Ok(Hidden::Mean),
        "blur" => return Ok(Hidden::Blur),
        _ => {}
    }
    let channels: Option<Vec<u8>> = text.split(',').map(|it| it.trim().parse().ok()).collect();
    match channels.as_deref() {
        Some(&[r, g, b]) => Ok(Hidden::Colour([r, g, b])),
        _ => Err("mean, blur, or a colour such as 127,127,127 is needed".to_owned()),
    }
}

/// What the network is asked for.
pub(super) struct Asked {
    pub(super) of: usize,
    pub(super) against: Option<usize>,
    pub(super) softmax: bool,
    /// Pictures that go through the network at once on each thread.
    pub(super) batch_size: usize,
}

/// Batches that a method asks for together, so that every thread has one.
const BATCHES_TOGETHER: usize = 8;

impl Asked {
    /// Pictures that are asked about together.
    fn together(&self) -> usize {
        self.batch_size.saturating_mul(BATCHES_TOGETHER)
    }
}

impl Found {
    pub(super) fn with_logits(self, logits: &[f64]) -> Self {
        Self { logits: logits.to_vec(), ..self }
    }
}

impl Asking {
    /// Refuses what none of the methods takes.
    pub(super) fn check(&self, methods: &[Method]) -> Result<(), Usage> {
        let has = |wanted: &[ByAnswers]| {
            methods.iter().any(|it| matches!(it, Method::Ask(by) if wanted.contains(by)))
        };
        let parts = [ByAnswers::Lime, ByAnswers::KernelShap, ByAnswers::PartitionShap];
        let sampled = [ByAnswers::Lime, ByAnswers::KernelShap, ByAnswers::PartitionShap, ByAnswers::Rise];
        let any = [sampled.as_slice(), &[ByAnswers::Occlusion]].concat();
        let stray = [
            ("--samples", self.samples.is_some() && !has(&sampled)),
            ("--superpixels", self.superpixels.is_some() && !has(&parts)),
            ("--segments", self.segments.is_some() && self.superpixels != Some(Cut::Slic)),
            ("--fill", self.fill.is_some() && !has(&any)),
            ("--window", self.window.is_some() && !has(&[ByAnswers::Occlusion])),
        ];
        match stray.iter().find(|(_, is)| *is) {
            Some(("--segments", _)) => Err(Usage::new("--segments goes with --superpixels slic")),
            Some((option, _)) => Err(Usage::new(format!("{option} says nothing to these methods"))),
            None => Ok(()),
        }
    }

    pub(super) fn explain(
        &self,
        method: ByAnswers,
        (loaded, photograph): (&Loaded, &Photograph),
        asked: &Asked,
        signed: bool,
        common: &Common,
    ) -> anyhow::Result<Found> {
        let (height, width, _) = photograph.seen.rgb().dim();
        let planned = self.planned(method, (height, width));
        let bar = Bar::of_calls(method.name(), planned, common);
        let model = Answers::new((loaded, &loaded.network), (height, width), asked, &bar);
        let seen = &photograph.seen;
        let (values, evidence, place) = self.values(method, (&model, &photograph.input, seen), common)?;
        drop(bar);
        if values.iter().all(|value| *value == 0.0) {
            let text = "the network gives the same answer whatever is hidden: there is nothing to attribute";
            note(common, &format!("{}: {text}", method.name()));
        }
        let evidence = if asked.softmax { evidence.with_parameter("score", "softmax") } else { evidence };
        Ok(Found {
            map: scaled(&values, signed),
            target: asked.of,
            logits: Vec::new(),
            evidence,
            place,
            full: None,
        })
    }

    fn values<'a>(
        &'a self,
        method: ByAnswers,
        (model, input, seen): (&'a Answers<'a>, &Tensor, &'a Picture),
        common: &'a Common,
    ) -> anyhow::Result<Values> {
        let picture = model.picture(input)?;
        let question = Question { asking: self, model, picture, seen, common };
        match method {
            ByAnswers::Lime => question.lime(),
            ByAnswers::KernelShap | ByAnswers::PartitionShap => question.shapley(method),
            ByAnswers::Rise => question.rise(),
            ByAnswers::Occlusion => question.occlusion(),
        }
    }

    /// The map `[row, column]` of one input, every value as the method gives it, and the answers that it took; `network` may be a copy of
    /// the one that was loaded.
    pub(super) fn map(
        &self,
        method: ByAnswers,
        (loaded, network, input): (&Loaded, &OnnxNetwork, &Tensor),
        seen: &Picture,
        asked: &Asked,
        common: &Common,
    ) -> anyhow::Result<(Array2<f64>, u64)> {
        let (height, width, _) = seen.rgb().dim();
        let bar = Bar::of_calls(method.name(), 0, common);
        let model = Answers::new((loaded, network), (height, width), asked, &bar);
        let (values, _, _) = self.values(method, (&model, input, seen), common)?;
        Ok((values, model.n_calls()))
    }

    /// So many samples at most, and everything else as usual.
    pub(super) fn with_samples(samples: Option<usize>) -> Self {
        Self { samples, ..Self::default() }
    }

    pub(super) fn planned(&self, method: ByAnswers, (height, width): (usize, usize)) -> u64 {
        let (side, stride) = (self.side(height, width), self.side(height, width).div_ceil(2));
        let steps = |length: usize| (length - side).div_ceil(stride) + 1;
        let usual = match method {
            ByAnswers::Rise => RISE_SAMPLES,
            ByAnswers::PartitionShap => PARTITION_SAMPLES,
            ByAnswers::Occlusion => return (steps(height) * steps(width) + 1) as u64,
            _ => PICTURE_SAMPLES,
        };
        self.samples.unwrap_or(usual) as u64
    }

    /// The side of the window that hides.
    fn side(&self, height: usize, width: usize) -> usize {
        self.window.unwrap_or(height.min(width).div_ceil(8)).clamp(1, height.min(width))
    }
}

/// One picture, and how it is asked about.
struct Question<'a> {
    asking: &'a Asking,
    model: &'a Answers<'a>,
    /// `[height, width, channel]` in the network's own numbers.
    picture: Array3<f64>,
    /// The same `[height, width, channel]` as people see it.
    seen: &'a Picture,
    common: &'a Common,
}

/// Values of pixels, what they rest on, and where was looked.
type Values = (Array2<f64>, Evidence, String);

impl Question<'_> {
    fn lime(&self) -> anyhow::Result<Values> {
        let lime = Lime::for_pictures()
            .with_samples(self.asking.samples.unwrap_or(PICTURE_SAMPLES))
            .with_labels(Labels::All)
            .with_batch_size(self.model.asked.together())
            .with_seed(Seed::new(self.common.seed));
        let explainer = LimePicture::new(self.model).with_fill(self.fill()?).with_lime(lime);
        let explained = explainer.explain_cut(self.picture.view(), self.segments()?, &Silent)?;
        let map = explained.map(0).unwrap_or_else(|| Array2::zeros((0, 0)));
        let local = &explained.explanation.models[0];
        let place = format!("{}, R2 {}", self.parts(explained.segments.len()), number(local.r_squared));
        let errors = local.terms.iter().map(|term| (term.feature, term.standard_error));
        let mut of_parts = Array3::zeros((1, explained.segments.len(), 1));
        errors.for_each(|(part, error)| of_parts[[0, part, 0]] = error);
        Ok((map, explained.explanation.evidence.with_standard_error(of_parts), place))
    }

    fn shapley(&self, method: ByAnswers) -> anyhow::Result<Values> {
        let segments = self.segments()?;
        let game = PictureGame::new(self.model, self.picture.view(), &segments, &self.fill()?)?;
        let samples = self.asking.samples;
        let estimator: Box<dyn Estimator> = if method == ByAnswers::KernelShap {
            let seed = Seed::new(self.common.seed);
            Box::new(KernelShap::new().with_samples(samples.unwrap_or(PICTURE_SAMPLES)).with_seed(seed))
        } else {
            let tree = FeatureTree::new(segments.len(), merges(&segments))?;
            Box::new(PartitionShap::new(tree).with_samples(samples.unwrap_or(PARTITION_SAMPLES)))
        };
        let batched = Batched { game: &game, batch_size: self.model.asked.together() };
        let found = explain_game(estimator.as_ref(), &batched, 0)?;
        let values: Vec<f64> = found.values.column(0).to_vec();
        let mut evidence = estimator.settings().with_baseline(self.hidden_in_words());
        evidence.completeness_gap =
            Some((values.iter().sum::<f64>() - (found.everybody[0] - found.nobody[0])).abs());
        evidence.standard_error = found.standard_error.map(|it| it.insert_axis(Axis(0)));
        evidence.separable = found.separable.map(|it| it.insert_axis(Axis(0)));
        let evidence =
            evidence.with_parameter("superpixels", segments.len()).with_model_calls(self.model.n_calls());
        Ok((segments.paint(&values)?, evidence, self.parts(segments.len())))
    }

    fn rise(&self) -> anyhow::Result<Values> {
        let samples = self.asking.samples.unwrap_or(RISE_SAMPLES);
        let fill = match self.asking.fill {
            Some(_) => self.fill()?,
            None => self.colour([0; 3])?,
        };
        let rise = Rise::new(self.model)
            .with_samples(samples)
            .with_fill(fill)
            .with_batch_size(self.model.asked.together())
            .with_seed(Seed::new(self.common.seed));
        let map = only(rise.explain(self.picture.view(), &Silent)?)?;
        // Where nothing depends on a pixel, it has the mean of all masks.
        let values = map.values.mapv(|value| value - map.mean_output);
        let values = if map.is_constant { Array2::zeros(values.dim()) } else { values };
        Ok((values, map.evidence, format!("{samples} random masks")))
    }

    fn occlusion(&self) -> anyhow::Result<Values> {
        let (height, width, _) = self.picture.dim();
        let side = self.asking.side(height, width);
        let occlusion = Occlusion::new(self.model, (side, side))
            .with_fill(self.fill()?)
            .with_batch_size(self.model.asked.together());
        let map = only(occlusion.explain(self.picture.view(), &Silent)?)?;
        Ok((map.values, map.evidence, format!("a window of {side} x {side} pixels")))
    }

    fn segments(&self) -> anyhow::Result<Segments> {
        let cut = match self.asking.superpixels {
            Some(Cut::Slic) => Superpixels::Slic(Slic::new(self.asking.segments.unwrap_or(50))),
            _ => Superpixels::Quickshift(Quickshift::for_lime()),
        };
        Ok(cut.cut(self.seen.rgb().mapv(|it| f64::from(it) / 255.0).view())?)
    }

    fn parts(&self, n: usize) -> String {
        let cut = if self.asking.superpixels == Some(Cut::Slic) { "slic" } else { "quickshift" };
        format!("{n} superpixels ({cut})")
    }

    fn fill(&self) -> anyhow::Result<Fill> {
        Ok(match self.asking.fill {
            None | Some(Hidden::Mean) => Fill::MeanColour,
            Some(Hidden::Blur) => Fill::Blur { sigma: BLUR },
            Some(Hidden::Colour(colour)) => self.colour(colour)?,
        })
    }

    fn hidden_in_words(&self) -> &'static str {
        match self.asking.fill {
            None | Some(Hidden::Mean) => "each part's mean colour",
            Some(Hidden::Blur) => "the picture blurred",
            Some(Hidden::Colour(_)) => "one colour",
        }
    }

    /// A colour as the network takes it: a picture of nothing else is prepared like any.
    fn colour(&self, colour: [u8; 3]) -> anyhow::Result<Fill> {
        let (height, width, _) = self.picture.dim();
        let plain = Array3::from_shape_fn((height, width, 3), |(_, _, channel)| colour[channel]);
        let tensor = self.model.loaded.preparation.tensor(plain.view())?.mapv(f64::from);
        let picture = self.model.in_order(tensor.index_axis_move(Axis(0), 0));
        Ok(Fill::Colour((0..3).map(|channel| picture[[0, 0, channel]]).collect()))
    }
}

fn only(maps: Vec<PictureMap>) -> anyhow::Result<PictureMap> {
    maps.into_iter().next().ok_or_else(|| anyhow::anyhow!("the network has no output"))
}

/// A game asked in bounded batches: a coalition is a whole picture.
struct Batched<'a> {
    game: &'a PictureGame<'a>,
    batch_size: usize,
}

impl rationale::Game for Batched<'_> {
    fn n_players(&self) -> usize {
        rationale::Game::n_players(self.game)
    }

    fn value(&self, coalitions: ArrayView2<'_, bool>) -> Result<Array2<f64>, Error> {
        let batches = coalitions.axis_chunks_iter(Axis(0), self.batch_size);
        let worth: Vec<Array2<f64>> =
            batches.map(|batch| rationale::Game::value(self.game, batch)).collect::<Result<_, _>>()?;
        let views: Vec<_> = worth.iter().map(Array2::view).collect();
        ndarray::concatenate(Axis(0), &views).map_err(Error::model)
    }
}

/// Negative values cut off and the largest made 1; where signed, the largest magnitude.
fn scaled(values: &Array2<f64>, signed: bool) -> Array2<f32> {
    let values = if signed { values.clone() } else { values.mapv(|value| value.max(0.0)) };
    let largest = values.iter().fold(0.0_f64, |a, b| a.max(b.abs()));
    values.mapv(|value| if largest > 0.0 { (value / largest) as f32 } else { 0.0 })
}

/// A tree over parts by where they lie: halves of halves, cut across the longer side.
fn merges(segments: &Segments) -> Vec<[usize; 2]> {
    let n = segments.len();
    let (mut sums, mut counts) = (vec![[0.0, 0.0]; n], vec![0.0; n]);
    for ((y, x), &part) in segments.labels().indexed_iter() {
        sums[part] = [sums[part][0] + y as f64, sums[part][1] + x as f64];
        counts[part] += 1.0;
    }
    let middles: Vec<[f64; 2]> = sums.iter().zip(&counts).map(|(sum, n)| sum.map(|it| it / n)).collect();
    let mut merges = Vec::new();
    join((0..n).collect(), &middles, &mut merges);
    merges
}

/// Joins parts into one node and gives it.
fn join(mut parts: Vec<usize>, middles: &[[f64; 2]], merges: &mut Vec<[usize; 2]>) -> usize {
    if parts.len() < 2 {
        return parts.first().copied().unwrap_or(0);
    }
    let spread = |axis: usize| {
        let places = || parts.iter().map(|&part| middles[part][axis]);
        places().fold(f64::MIN, f64::max) - places().fold(f64::MAX, f64::min)
    };
    let axis = usize::from(spread(1) > spread(0));
    parts.sort_by(|&a, &b| middles[a][axis].total_cmp(&middles[b][axis]).then(a.cmp(&b)));
    let others = parts.split_off(parts.len() / 2);
    let (left, right) = (join(parts, middles, merges), join(others, middles, merges));
    merges.push([left, right]);
    middles.len() + merges.len() - 1
}

/// A network as a function of pictures `[height, width, channel]` laid out as rows; one number a picture.
struct Answers<'a> {
    loaded: &'a Loaded,
    network: &'a OnnxNetwork,
    size: (usize, usize),
    asked: &'a Asked,
    bar: &'a Bar,
    n_calls: std::sync::atomic::AtomicU64,
    /// A network exported for one picture takes no more at once.
    one_at_a_time: AtomicBool,
}

impl<'a> Answers<'a> {
    fn new(
        (loaded, network): (&'a Loaded, &'a OnnxNetwork),
        size: (usize, usize),
        asked: &'a Asked,
        bar: &'a Bar,
    ) -> Self {
        let n_calls = std::sync::atomic::AtomicU64::new(0);
        Self { loaded, network, size, asked, bar, n_calls, one_at_a_time: AtomicBool::new(false) }
    }

    fn n_calls(&self) -> u64 {
        self.n_calls.load(Ordering::Relaxed)
    }

    fn is_channel_first(&self) -> bool {
        self.loaded.preparation.layout() == Layout::Nchw
    }

    /// The network's input `[1, ..]` as `[height, width, channel]`.
    fn picture(&self, input: &Tensor) -> anyhow::Result<Array3<f64>> {
        let shape = input.shape();
        anyhow::ensure!(shape.len() == 4, "the network's input is {shape:?}; one of a picture is needed");
        let input = Array3::from_shape_vec((shape[1], shape[2], shape[3]), input.to_f64s()?)?;
        Ok(self.in_order(input))
    }

    fn in_order(&self, input: Array3<f64>) -> Array3<f64> {
        let input = if self.is_channel_first() { input.permuted_axes([1, 2, 0]) } else { input };
        input.as_standard_layout().into_owned()
    }

    /// Asks about pictures `[picture, row column channel]`, so many at once on each thread.
    fn ask(&self, rows: ArrayView2<'_, f64>, batch_size: usize) -> Result<Array2<f64>, Error> {
        let (height, width) = self.size;
        let n_channels = rows.ncols() / (height * width);
        let answers = |shape: [usize; 3], rows: ArrayView2<'_, f64>| {
            Rows::new(self.network, &shape)?.with_batch_size(batch_size).predict(rows)
        };
        if !self.is_channel_first() {
            return answers([height, width, n_channels], rows);
        }
        let shape = (rows.nrows(), height, width, n_channels);
        let pictures = rows.to_shape(shape).map_err(Error::model)?;
        let pictures = pictures.view().permuted_axes([0, 3, 1, 2]);
        let pictures = pictures.to_shape(rows.dim()).map_err(Error::model)?;
        answers([n_channels, height, width], pictures.view())
    }

    fn score(&self, outputs: ndarray::ArrayView1<'_, f64>) -> f64 {
        let scores: Array1<f64> = if self.asked.softmax {
            let largest = outputs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let powers = outputs.mapv(|it| (it - largest).exp());
            let total = powers.sum();
            powers / total
        } else {
            outputs.to_owned()
        };
        scores[self.asked.of] - self.asked.against.map_or(0.0, |against| scores[against])
    }
}

impl Predict for Answers<'_> {
    fn predict(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
        let alone = rows.nrows() < 2 || self.one_at_a_time.load(Ordering::Relaxed);
        let answers = if alone {
            self.ask(rows, 1)?
        } else {
            self.ask(rows, self.asked.batch_size).or_else(|_| {
                self.one_at_a_time.store(true, Ordering::Relaxed);
                self.ask(rows, 1)
            })?
        };
        self.n_calls.fetch_add(rows.nrows() as u64, Ordering::Relaxed);
        self.bar.advance(rows.nrows() as u64);
        Ok(answers.map_axis(Axis(1), |outputs| self.score(outputs)).insert_axis(Axis(1)))
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn parts_that_lie_together_are_joined_first() {
        let segments = Segments::new(array![[0, 1, 2, 3], [0, 1, 2, 3]].view()).unwrap();
        assert_eq!(merges(&segments), [[0, 1], [2, 3], [4, 5]]);
        assert!(merges(&Segments::new(array![[7, 7]].view()).unwrap()).is_empty());
    }

    #[test]
    fn maps_are_scaled_to_their_largest() {
        let values = array![[-4.0, 2.0]];
        assert_eq!(scaled(&values, false), array![[0.0, 1.0]]);
        assert_eq!(scaled(&values, true), array![[-1.0, 0.5]]);
        assert_eq!(scaled(&array![[0.0]], true), array![[0.0]]);
    }

    #[test]
    fn a_fill_is_a_word_or_a_colour() {
        assert_eq!(hidden("127, 0,255"), Ok(Hidden::Colour([127, 0, 255])));
        assert!(hidden("256,0,0").is_err() && hidden("green").is_err());
    }
}
