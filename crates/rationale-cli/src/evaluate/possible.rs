//! Which metrics can be measured at all, found without asking the model anything.

use ndarray::{Array1, Array2, ArrayView2};
use rationale::metrics::{Case, Error, Input, Metric, Other, Peers, Settings};
use rationale::{Attributions, Error as CoreError, Explain, Predict, Progress, Randomise, Seed};

use super::judge::Part;

/// Those that move or blend the numbers of an input: where a number stands for a word or a category, there is nothing between
/// two of them.
const OF_QUANTITIES: [Metric; 7] = [
    Metric::AverageDrop,
    Metric::AverageIncrease,
    Metric::Adcc,
    Metric::LocalLipschitz,
    Metric::Continuity,
    Metric::RelativeInputStability,
    Metric::SmoothRandomisation,
];

/// A model and a method that refuse every question: a metric that gets as far as asking has all it needs.
struct Refusing;

const REFUSED: CoreError = CoreError::Empty { what: "the list of answers" };

impl Predict for Refusing {
    fn predict(&self, _: ArrayView2<'_, f64>) -> Result<Array2<f64>, CoreError> {
        Err(REFUSED)
    }
}

impl Explain for Refusing {
    fn explain(&self, _: ArrayView2<'_, f64>, _: &dyn Progress) -> Result<Attributions, CoreError> {
        Err(REFUSED)
    }
}

impl Randomise for Refusing {
    fn layers(&self) -> Vec<String> {
        vec!["all".to_owned()]
    }

    fn randomised(&self, _: &[usize], _: Seed) -> Result<Box<dyn Randomise>, CoreError> {
        Err(REFUSED)
    }
}

/// Fails where a metric lacks something that the part cannot give.
pub(super) fn check(part: &Part<'_>, metric: Metric, settings: &Settings) -> Result<(), anyhow::Error> {
    if !part.subject.are_quantities && OF_QUANTITIES.contains(&metric) {
        anyhow::bail!(
            "{} moves or blends the numbers of an input, and here they stand for words or categories",
            metric.name()
        );
    }
    match measured(part, metric, settings) {
        Err(error @ Error::Missing { .. }) => Err(in_words(&error)),
        _ => Ok(()),
    }
}

fn measured(part: &Part<'_>, metric: Metric, settings: &Settings) -> Result<(), Error> {
    let subject = part.subject;
    let n_players = subject.players.len();
    let input = Input::new(&Refusing, subject.rows.row(0), subject.fills.row(0), subject.players)?;
    let values: Array1<f64> = (0..n_players).map(|player| player as f64).collect();
    let peers = values.clone().insert_axis(ndarray::Axis(0));
    let explain = |_: &dyn Randomise, _: ArrayView2<'_, f64>| Err(REFUSED);
    let mut case = Case::new(values.view(), 0)?.with_input(&input)?.with_explain(&Refusing);
    if subject.rows.nrows() > 1 {
        case = case.with_peers(Peers { attributions: &peers, classes: &[0], own: 0 })?;
    }
    if part.contenders.iter().any(|it| it.adds_up()) {
        case = case.with_base_value(0.0);
    }
    if let Some(region) = subject.regions.iter().flatten().next() {
        case = case.with_region(region)?;
    }
    if subject.randomise.is_some() {
        case = case.with_randomise(&Refusing, &explain);
    }
    if part.contenders.len() > 1 {
        case = case.with_other(Other::Method, values.view())?;
    }
    if subject.n_outputs > 1 {
        case = case.with_other(Other::Output, values.view())?;
    }
    metric.with_settings(settings, n_players).measure(&case).map(|_| ())
}

/// What is missing, with the option that gives it.
pub(super) fn in_words(error: &Error) -> anyhow::Error {
    let Error::Missing { metric, what, with } = error else { return anyhow::anyhow!("{error}") };
    let how = match *with {
        "Case::with_region" => {
            "give the boxes of objects in pictures by --boxes FILE, within what the network sees"
        }
        "Case::with_peers" => "give two inputs or more",
        "Case::with_base_value" => "none of these methods promises to add up",
        "Case::with_other" => "two methods or more by --method, or a model of several outputs",
        "Case::with_randomise" => "a program that only answers has none that can be reached",
        _ => "this command has none to give",
    };
    anyhow::anyhow!("{metric} needs {what}: {how}")
}
