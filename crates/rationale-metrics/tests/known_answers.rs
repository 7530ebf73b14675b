//! On models whose importances are known, every metric puts the truth above noise, and noise above the truth turned round.
#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use std::any::Any;
use std::fmt::Write;

use ndarray::{Array1, Array2, ArrayView2, Axis, array};
use rationale_core::{Attributions, Error, Explain, FromFn, Predict, Progress, Randomise, Seed};
use rationale_metrics::{
    Better, Bootstrap, Case, ChannelOrder, Family, Input, Metric, NoSignal, Other, Peers, Plane, Players,
    Score, Settings,
};

/// The features that matter, and how much: one planted strongly, the others ever less, most not at all.
const WEIGHTS: [f64; 16] = [0.0, 0.0, 0.6, 0.3, 0.0, 0.0, 0.9, 0.3, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
const PLANE: Plane = Plane { height: 4, width: 4, n_channels: 1, order: ChannelOrder::First };
const N_CASES: u64 = 30;

/// What is judged: the true contributions, random ones, or the true ones turned round.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Judged {
    Truth,
    Noise,
    Inverted,
}

fn linear() -> impl Predict {
    let weights = Array1::from(WEIGHTS.to_vec()).insert_axis(Axis(1));
    FromFn::new(move |rows: ArrayView2<'_, f64>| rows.dot(&weights))
}

/// Features of about 1, and of about 2 where the model looks: what is filled from around differs from what was there.
fn row(case: u64) -> Array1<f64> {
    let mut draws = Seed::new(7).draws("rows", case, 0);
    WEIGHTS.iter().map(|weight| 0.8 + 0.4 * draws.uniform() + f64::from(*weight > 0.0)).collect()
}

impl Judged {
    /// Contributions of a row by a linear model with some weights. Noise depends on the row's every bit, as an unstable method does.
    fn attribution(self, row: &Array1<f64>, weights: &[f64]) -> Array1<f64> {
        let truth: Array1<f64> = row * &Array1::from(weights.to_vec());
        let key = row.iter().fold(0_u64, |key, x| key.rotate_left(7) ^ x.to_bits());
        let mut draws = Seed::new(key).draws("noise", 0, 0);
        match self {
            Self::Truth => truth,
            Self::Noise => (0..16).map(|_| 0.2 + 0.8 * draws.uniform()).collect(),
            // What matters most has least; the scale is any, so that it is less steady than noise.
            Self::Inverted => (2.2 - truth) * 10.0_f64.powf(2.0 * draws.uniform() - 1.0),
        }
    }
}

struct By(Judged);

impl Explain for By {
    fn explain(&self, rows: ArrayView2<'_, f64>, _: &dyn Progress) -> Result<Attributions, Error> {
        let mut values = Array2::zeros(rows.dim());
        for (row, mut value) in rows.outer_iter().zip(values.outer_iter_mut()) {
            value.assign(&self.0.attribution(&row.to_owned(), &WEIGHTS));
        }
        let zeros = Array2::zeros((rows.nrows(), 1));
        Attributions::new(values.insert_axis(Axis(2)), zeros.clone(), zeros)
    }
}

/// A linear model of two layers, of which each replaced one deals the weights anew.
#[derive(Clone)]
struct Layered(Vec<f64>);

impl Randomise for Layered {
    fn layers(&self) -> Vec<String> {
        vec!["second".to_owned(), "first".to_owned()]
    }

    fn randomised(&self, layers: &[usize], seed: Seed) -> Result<Box<dyn Randomise>, Error> {
        let mut weights = self.0.clone();
        layers.iter().for_each(|layer| seed.draws("deal", *layer as u64, 0).shuffle(&mut weights));
        Ok(Box::new(Self(weights)))
    }
}

/// The score of one metric on one case.
fn score(metric: Metric, judged: Judged, case: u64) -> Score {
    let model = linear();
    let (row, fill, players) = (row(case), Array1::zeros(16), Players::pixels(PLANE));
    let input = Input::new(&model, row.view(), fill.view(), &players).unwrap();
    let attribution = judged.attribution(&row, &WEIGHTS);
    let region: Vec<bool> = WEIGHTS.iter().map(|it| *it > 0.0).collect();
    let truth = Judged::Truth.attribution(&row, &WEIGHTS);
    // The truth follows the model's weights; noise and the inverted keep theirs, as methods that do not look at the model.
    let by_model = move |model: &dyn Randomise, rows: ArrayView2<'_, f64>| {
        let weights = (model as &dyn Any).downcast_ref::<Layered>().unwrap().0.clone();
        let weights = if judged == Judged::Truth { weights } else { WEIGHTS.to_vec() };
        let all: Vec<_> = rows.outer_iter().map(|it| judged.attribution(&it.to_owned(), &weights)).collect();
        let views: Vec<_> = all.iter().map(Array1::view).collect();
        ndarray::stack(Axis(0), &views).map_err(Error::model)
    };
    let shuffled: Array1<f64> = {
        let mut weights = WEIGHTS.to_vec();
        Seed::new(case).draws("shuffled", 0, 0).shuffle(&mut weights);
        // Noise knows half of what was learnt, the inverted nothing.
        match judged {
            Judged::Truth => Array1::from(weights),
            Judged::Noise => 0.5 * &attribution + Array1::from(weights),
            Judged::Inverted => attribution.clone(),
        }
    };
    let shifted = match judged {
        Judged::Truth => attribution.clone(),
        Judged::Noise => &attribution + 0.1,
        Judged::Inverted => &attribution + 1.0,
    };
    let (attributions, classes) = peers(judged);
    let represent = |rows: ArrayView2<'_, f64>| Ok(&rows * 2.0);
    let model_as_layers = Layered(WEIGHTS.to_vec());
    let explain = By(judged);
    let case = Case::new(attribution.view(), 0)
        .unwrap()
        .with_input(&input)
        .unwrap()
        .with_explain(&explain)
        .with_region(&region)
        .unwrap()
        .with_base_value(0.0)
        .with_randomise(&model_as_layers, &by_model)
        .with_representation(&represent)
        .with_peers(Peers { attributions: &attributions, classes: &classes, own: 0 })
        .unwrap()
        .with_other(Other::Method, truth.view())
        .unwrap()
        .with_other(Other::Output, shuffled.view())
        .unwrap()
        .with_other(Other::ShuffledLabels, shuffled.view())
        .unwrap()
        .with_other(Other::ShiftedInput, shifted.view())
        .unwrap();
    metric.with_settings(&Settings::default(), 16).measure(&case).unwrap()
}

/// Explanations of rows of two classes: of the truth those of a class are alike, of noise any, of the inverted those of the other.
fn peers(judged: Judged) -> (Array2<f64>, Vec<usize>) {
    let classes: Vec<usize> = (0..12).map(|row| row % 2).collect();
    let kind = |row: usize| match judged {
        Judged::Truth => classes[row],
        Judged::Noise => row / 2 % 2,
        Judged::Inverted => usize::from(row != 0 && classes[row] == 0),
    };
    let values = |(row, player): (usize, usize)| if player == kind(row) { 3.0 } else { 0.0 };
    (Array2::from_shape_fn((12, 16), values), classes)
}

/// The mean over cases, so signed that more is better.
fn goodness(metric: Metric, judged: Judged) -> f64 {
    let scores: Vec<Score> = (0..N_CASES).map(|case| score(metric, judged, case)).collect();
    let mean = Bootstrap::new(Seed::new(0)).summary(&scores).unwrap().mean;
    let mean = mean
        .unwrap_or_else(|| unreachable!("{} has no signal for {judged:?}: {:?}", metric.name(), scores[0]));
    if metric.better() == Better::Higher { mean } else { -mean }
}

/// Metrics that cannot tell noise from the truth turned round, and why; they must tell the truth from both.
const BLIND: [(Metric, &str); 6] = [
    (Metric::ParameterRandomisation, "both ignore the model, and keep their ranks alike"),
    (Metric::IndependentRandomisation, "both ignore the model, and keep their ranks alike"),
    (Metric::SmoothRandomisation, "both ignore the model, and keep their ranks alike"),
    (Metric::EfficientRandomisation, "both ignore the model, and do not become more complex"),
    (Metric::NonSensitivity, "both give something to every feature"),
    (Metric::EffectiveComplexity, "both give something to every feature"),
];

/// Metrics for which the table's model has no question, and where they are tested.
const ELSEWHERE: [(Metric, &str); 3] = [
    (Metric::Monotonicity, "it is the same for every order of an additive model: see below"),
    (Metric::Symmetry, "interchangeable features need equal inputs: see below"),
    (Metric::AverageIncrease, "without features that speak against the output nothing can rise: see below"),
];

#[test]
fn truth_is_above_noise_and_noise_above_the_truth_turned_round() {
    let mut table = format!("{:<34} {:>12} {:>12} {:>12}\n", "metric", "truth", "noise", "inverted");
    let mut wrong = Vec::new();
    for &metric in Metric::ALL.iter().filter(|metric| ELSEWHERE.iter().all(|it| it.0 != **metric)) {
        let [truth, noise, inverted] =
            [Judged::Truth, Judged::Noise, Judged::Inverted].map(|judged| goodness(metric, judged));
        writeln!(table, "{:<34} {truth:>12.5} {noise:>12.5} {inverted:>12.5}", metric.name()).unwrap();
        let is_blind = BLIND.iter().any(|it| it.0 == metric);
        let is_right = truth > noise && (noise > inverted || is_blind && truth > inverted);
        if !is_right {
            wrong.push(metric.name());
        }
    }
    println!("{table}");
    assert!(wrong.is_empty(), "{wrong:?}\n{table}");
}

#[test]
fn monotonicity_cannot_tell_orders_of_an_additive_model_apart() {
    let weights = array![[-1.0], [2.0], [0.5], [-0.5]];
    let model = FromFn::new(|rows: ArrayView2<'_, f64>| rows.dot(&weights));
    let (row, fill, players) = (Array1::ones(4), Array1::zeros(4), Players::columns(4));
    let input = Input::new(&model, row.view(), fill.view(), &players).unwrap();
    for attribution in
        [array![-1.0, 2.0, 0.5, -0.5], array![1.0, -2.0, -0.5, 0.5], array![4.0, 1.0, 3.0, 2.0]]
    {
        let case = Case::new(attribution.view(), 0).unwrap().with_input(&input).unwrap();
        let score = Metric::Monotonicity.with_settings(&Settings::default(), 4).measure(&case).unwrap();
        assert_eq!(score, Score::Value(0.5));
    }
}

#[test]
fn interchangeable_features_must_get_the_same() {
    let model = linear();
    let (row, fill, players) = (Array1::ones(16), Array1::zeros(16), Players::columns(16));
    let input = Input::new(&model, row.view(), fill.view(), &players).unwrap();
    let gap = |attribution: Vec<f64>| {
        let attribution = Array1::from(attribution);
        let case = Case::new(attribution.view(), 0).unwrap().with_input(&input).unwrap();
        Metric::Symmetry.with_settings(&Settings::default(), 16).measure(&case).unwrap()
    };
    let truth = WEIGHTS.to_vec();
    let mut uneven = truth.clone();
    uneven[3] = 0.6;
    assert_eq!(gap(truth), Score::Value(0.0));
    assert!(gap(uneven).value().is_some_and(|gap| gap > 0.3));
}

#[test]
fn a_map_that_hides_what_speaks_against_the_output_raises_it() {
    let model = FromFn::new(|rows: ArrayView2<'_, f64>| rows.dot(&array![[3.0], [1.0], [-2.0]]));
    let (row, fill, players) = (Array1::ones(3), Array1::zeros(3), Players::columns(3));
    let input = Input::new(&model, row.view(), fill.view(), &players).unwrap();
    let rise = |attribution: Array1<f64>| {
        let case = Case::new(attribution.view(), 0).unwrap().with_input(&input).unwrap();
        Metric::AverageIncrease.with_settings(&Settings::default(), 3).measure(&case).unwrap()
    };
    assert_eq!(rise(array![3.0, 1.0, -2.0]), Score::Value(1.0));
    assert_eq!(rise(array![-3.0, -1.0, 2.0]), Score::Value(0.0));
}

#[test]
fn a_constant_model_gets_no_signal_and_no_ranking() {
    let model = FromFn::new(|rows: ArrayView2<'_, f64>| Array2::from_elem((rows.nrows(), 1), 0.3));
    let (row, fill, players) = (row(0), Array1::zeros(16), Players::pixels(PLANE));
    let input = Input::new(&model, row.view(), fill.view(), &players).unwrap();
    let attribution = Judged::Noise.attribution(&row, &WEIGHTS);
    let explain = By(Judged::Truth);
    let case = Case::new(attribution.view(), 0).unwrap().with_input(&input).unwrap().with_explain(&explain);
    let of_model = Metric::ALL.iter().filter(|it| it.family() == Family::Faithfulness);
    for metric in of_model.filter(|it| **it != Metric::Sufficiency) {
        let score = metric.with_settings(&Settings::default(), 16).measure(&case).unwrap();
        assert_eq!(score, Score::NoSignal(NoSignal::ConstantModel), "{}", metric.name());
    }
    for metric in [Metric::NonSensitivity, Metric::Symmetry] {
        let score = metric.with_settings(&Settings::default(), 16).measure(&case).unwrap();
        assert_eq!(score, Score::NoSignal(NoSignal::ConstantModel), "{}", metric.name());
    }
}

#[test]
fn a_constant_attribution_gets_no_signal() {
    let model = linear();
    let (row, fill, players) = (row(0), Array1::zeros(16), Players::pixels(PLANE));
    let input = Input::new(&model, row.view(), fill.view(), &players).unwrap();
    let flat = Array1::from_elem(16, 0.5);
    let region: Vec<bool> = WEIGHTS.iter().map(|it| *it > 0.0).collect();
    let case = Case::new(flat.view(), 0).unwrap().with_input(&input).unwrap().with_region(&region).unwrap();
    let families = [Family::Faithfulness, Family::Localisation];
    let ordering = Metric::ALL.iter().filter(|it| families.contains(&it.family()));
    for metric in ordering.filter(|it| ![Metric::Sufficiency, Metric::Infidelity].contains(it)) {
        let score = metric.with_settings(&Settings::default(), 16).measure(&case).unwrap();
        assert_eq!(score, Score::NoSignal(NoSignal::ConstantAttribution), "{}", metric.name());
    }
}

#[test]
fn costs_are_never_understated() {
    use std::sync::atomic::{AtomicU64, Ordering};
    for &metric in Metric::ALL.iter().filter(|it| it.family() == Family::Faithfulness) {
        let asked = AtomicU64::new(0);
        let weights = Array1::from(WEIGHTS.to_vec()).insert_axis(Axis(1));
        let model = FromFn::new(|rows: ArrayView2<'_, f64>| {
            asked.fetch_add(rows.nrows() as u64, Ordering::Relaxed);
            rows.dot(&weights)
        });
        let (row, fill, players) = (row(0), Array1::zeros(16), Players::pixels(PLANE));
        let input = Input::new(&model, row.view(), fill.view(), &players).unwrap();
        let attribution = Judged::Noise.attribution(&row, &WEIGHTS);
        let (peers, classes) = peers(Judged::Noise);
        let peers = Peers { attributions: &peers, classes: &classes, own: 0 };
        let explain = By(Judged::Noise);
        let case = Case::new(attribution.view(), 0).unwrap().with_input(&input).unwrap();
        let case = case.with_peers(peers).unwrap().with_explain(&explain);
        let measure = metric.with_settings(&Settings::default(), 16);
        measure.measure(&case).unwrap();
        let (asked, stated) = (asked.load(Ordering::Relaxed), measure.cost(16).calls);
        assert!(asked <= stated, "{} asked {asked} and stated {stated}", metric.name());
    }
}
