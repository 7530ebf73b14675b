//! Bad input is refused by name.

use ndarray::{Array1, ArrayView2, array};
use rationale_core::FromFn;
use rationale_metrics::{
    Case, ChannelOrder, Deletion, Input, Measure, Metric, Other, Peers, Plane, Players, PointingGame, Score,
    Settings, Sufficiency, Wish,
};

fn message<T>(result: Result<T, rationale_metrics::Error>) -> String {
    result.err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn no_labels() {
    let case = Case::new(array![1.0, 2.0].view(), 0).unwrap().attribution();
    let own = Array1::from(case);
    let case = Case::new(own.view(), 0).unwrap();
    assert_eq!(
        message(PointingGame.measure(&case)),
        "pointing-game needs a label: the region in which the attribution should be; give it with Case::with_region"
    );
}

#[test]
fn one_row_has_no_peer() {
    let all = array![[1.0, 2.0]];
    let peers = Peers { attributions: &all, classes: &[1], own: 0 };
    let case = Case::new(all.row(0), 0).unwrap().with_peers(peers).unwrap();
    assert!(matches!(Sufficiency::default().measure(&case).unwrap(), Score::NoSignal(_)));
    assert!(matches!(
        Metric::Consistency.with_settings(&Settings::default(), 2).measure(&case).unwrap(),
        Score::NoSignal(_)
    ));
}

#[test]
fn boxes_outside_the_picture() {
    let plane = Plane { height: 4, width: 4, n_channels: 3, order: ChannelOrder::First };
    assert_eq!(
        message(plane.inside([10.0, 0.0, 20.0, 4.0])),
        "the box from column 10, row 0 to column 20, row 4 has no pixel in a picture of 4 x 4"
    );
    assert!(message(plane.inside([f64::NAN, 0.0, 2.0, 2.0])).contains("has no pixel"));
}

#[test]
fn attributions_of_another_shape() {
    let model = FromFn::new(|rows: ArrayView2<'_, f64>| rows.to_owned());
    let (row, players) = (array![1.0, 2.0], Players::columns(2));
    let input = Input::new(&model, row.view(), row.view(), &players).unwrap();
    let attribution = array![1.0, 2.0, 3.0];
    let case = Case::new(attribution.view(), 0).unwrap();
    assert_eq!(message(case.clone().with_input(&input)), "the attribution has 3 values, but 2 are needed");
    let other = array![1.0];
    let refused = case.with_other(Other::Method, other.view());
    assert_eq!(message(refused), "the other attribution has 1 values, but 3 are needed");
}

#[test]
fn attributions_that_are_no_numbers() {
    let refused = message(Case::new(array![1.0, f64::NAN].view(), 0));
    assert_eq!(refused, "the attribution holds NaN at position 1; only finite numbers can be judged");
    assert!(message(Case::new(array![].view(), 0)).contains("is empty"));
}

#[test]
fn answers_that_are_no_numbers_and_outputs_that_are_not_there() {
    let nan = FromFn::new(|rows: ArrayView2<'_, f64>| rows.mapv(|x| x / 0.0 * 0.0));
    let (row, fill, players) = (array![1.0, 2.0], array![0.0, 0.0], Players::columns(2));
    let attribution = array![1.0, 2.0];
    let input = Input::new(&nan, row.view(), fill.view(), &players).unwrap();
    let case = Case::new(attribution.view(), 0).unwrap().with_input(&input).unwrap();
    assert!(message(Deletion::default().measure(&case)).starts_with("the model's answer holds NaN"));
    let same = FromFn::new(|rows: ArrayView2<'_, f64>| rows.to_owned());
    let input = Input::new(&same, row.view(), fill.view(), &players).unwrap();
    let case = Case::new(attribution.view(), 2).unwrap().with_input(&input).unwrap();
    assert!(
        message(Deletion::default().measure(&case)).contains("output 2 was asked for, but the model has 2")
    );
}

#[test]
fn a_budget_too_small_says_the_smallest_that_works() {
    let wish = Wish {
        metrics: &[Metric::Infidelity, Metric::Deletion],
        settings: &Settings::default(),
        n_players: 1000,
        explanation_calls: &[100, 7],
        n_inputs: 3,
    };
    let refused = message(wish.within(10));
    assert_eq!(
        refused,
        "a budget of 10 model calls is too small for any metric asked for; the smallest that works is 129 (deletion, one row)"
    );
    assert_eq!(wish.within(129).unwrap().metrics, [Metric::Deletion]);
}
