//! Same attributions, same perturbations in: the number of Quantus, captum and pytorch-grad-cam out.
//!
//! The peers compute in float32 in places, so a difference counts as a share of the number where that is above 1.
#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]
#![expect(clippy::cast_sign_loss, reason = "the file holds the number of an output")]

use std::collections::BTreeMap;
use std::path::Path;

use ndarray::{Array1, Array2, ArrayView2, Axis, Ix1, Ix2};
use rationale_core::{Attributions, Error, Explain, FromFn, Progress};
use rationale_metrics::{
    AttributionLocalisation, AverageDrop, AverageIncrease, AverageSensitivity, Case, ChannelOrder,
    EffectiveComplexity, Entropy, FaithfulnessCorrelation, FaithfulnessEstimate, Input, Irof, LocalLipschitz,
    MaxSensitivity, Measure, Monotonicity, MonotonicityCorrelation, Neighbourhood, NonSensitivity, Other,
    PixelFlipping, Plane, Players, PointingGame, RandomOutput, RegionPerturbation, RelativeInputStability,
    RelativeOutputStability, RelevanceMassAccuracy, RelevanceRankAccuracy, Road, RocAuc, Selectivity,
    Sparseness, Ties, TopKIntersection, infidelity,
};
use rationale_testkit::golden::{self, Tensor};
use serde::Deserialize;

const PLANE: Plane = Plane { height: 6, width: 6, n_channels: 1, order: ChannelOrder::First };

#[derive(Deserialize)]
struct Peer {
    w: Tensor,
    v: Tensor,
    x: Tensor,
    attribution: Tensor,
    distinct: Tensor,
    output: usize,
    region: Vec<bool>,
    subsets: Vec<Vec<usize>>,
    displacements: Tensor,
    road_counts: Vec<usize>,
    says: BTreeMap<String, Vec<f64>>,
}

fn row(tensor: &Tensor) -> Array1<f64> {
    tensor.array().unwrap().into_dimensionality::<Ix1>().unwrap()
}

fn matrix(tensor: &Tensor) -> Array2<f64> {
    tensor.array().unwrap().into_dimensionality::<Ix2>().unwrap()
}

/// The model's gradient times its input, of one output.
struct Slopes {
    w: Array2<f64>,
    v: Array2<f64>,
    output: usize,
}

impl Slopes {
    fn of(&self, rows: ArrayView2<'_, f64>) -> Array2<f64> {
        let (w, v) = (self.w.column(self.output), self.v.column(self.output));
        &rows * &w + &rows * &rows * 2.0 * v
    }
}

impl Explain for Slopes {
    fn explain(&self, rows: ArrayView2<'_, f64>, _: &dyn Progress) -> Result<Attributions, Error> {
        let zeros = Array2::zeros((rows.nrows(), 1));
        Attributions::new(self.of(rows).insert_axis(Axis(2)), zeros.clone(), zeros)
    }
}

/// What ours says, by the peers' names.
fn ours(peer: &Peer) -> BTreeMap<&'static str, Vec<f64>> {
    let (w, v, x) = (matrix(&peer.w), matrix(&peer.v), row(&peer.x));
    let slopes = Slopes { w: w.clone(), v: v.clone(), output: peer.output };
    let model = FromFn::new(move |rows: ArrayView2<'_, f64>| rows.dot(&w) + (&rows * &rows).dot(&v));
    let (fill, players, patches) = (Array1::zeros(36), Players::pixels(PLANE), PLANE.patches(2));
    let input = Input::new(&model, x.view(), fill.view(), &players).unwrap();
    let case = |attribution: Array1<f64>| {
        let case = Case::new(attribution.view(), peer.output).unwrap().with_input(&input).unwrap();
        case.with_region(&peer.region).unwrap().with_explain(&slopes)
    };
    let given = case(row(&peer.attribution));
    let distinct = case(row(&peer.distinct));
    let grouped = distinct.clone().with_groups(&patches).unwrap();
    let truth = case(slopes.of(x.view().insert_axis(Axis(0))).row(0).to_owned());
    let one = |measure: &dyn Measure, case: &Case<'_>| vec![measure.measure(case).unwrap().value().unwrap()];
    let near = Neighbourhood::default().with_radius(0.05).with_samples(7);
    let ties = Ties::ByIndex;

    let monotone = Monotonicity::default().with_ties(ties).outputs(&distinct).unwrap();
    let segments = Irof::default().with_ties(ties).outputs(&grouped).unwrap();
    let shares: Vec<f64> = segments.iter().map(|it| it / segments[0]).collect();
    let trapezoids: f64 = shares[1..].windows(2).map(|it| f64::midpoint(it[0], it[1])).sum();
    let losses = RegionPerturbation::default().with_regions(5).with_ties(ties).losses(&grouped).unwrap();
    let answers = model_answers(&model, &x, &matrix(&peer.displacements), peer.output);
    let other = Slopes {
        output: peer.says["random_logit_output"][0] as usize,
        w: slopes.w.clone(),
        v: slopes.v.clone(),
    };
    let other = other.of(x.view().insert_axis(Axis(0)));
    let road = Road::default().with_noise(0.0).with_ties(ties);
    let road = road.with_shares(peer.road_counts.iter().map(|it| *it as f64 / 36.0).collect());
    let whole = model_answers(&model, &x, &Array2::zeros((1, 36)), peer.output)[0];

    BTreeMap::from([
        ("pixel_flipping", one(&PixelFlipping::default().with_step(4).with_ties(ties), &distinct)),
        ("faithfulness_correlation", {
            let score = FaithfulnessCorrelation::default().of_subsets(&given, &peer.subsets).unwrap();
            vec![score.value().unwrap()]
        }),
        ("faithfulness_estimate", one(&FaithfulnessEstimate::default(), &distinct)),
        // Quantus 0.6 puts its baseline into its baseline, step by step, and finds that the output never falls.
        ("monotonicity", vec![if monotone.is_sorted() { f64::NAN } else { 1.0 }]),
        ("monotonicity_correlation", one(&MonotonicityCorrelation, &distinct)),
        ("selectivity", Selectivity::default().with_ties(ties).outputs(&grouped).unwrap()),
        ("region_perturbation", losses[1..].to_vec()),
        ("irof", vec![(segments.len() - 1) as f64 - trapezoids]),
        ("sparseness", one(&Sparseness, &given)),
        ("entropy", one(&Entropy, &given)),
        // Quantus counts, ours is a share.
        ("effective_complexity", scaled(one(&EffectiveComplexity::default(), &given), 36.0)),
        ("pointing_game", one(&PointingGame, &given)),
        ("attribution_localisation", one(&AttributionLocalisation, &given)),
        ("top_k_intersection", one(&TopKIntersection::default().with_k(8).with_ties(ties), &distinct)),
        ("relevance_rank_accuracy", one(&RelevanceRankAccuracy::default().with_ties(ties), &distinct)),
        ("relevance_mass_accuracy", one(&RelevanceMassAccuracy, &given)),
        ("roc_auc", one(&RocAuc, &given)),
        ("non_sensitivity", scaled(one(&NonSensitivity::default(), &given), 36.0)),
        ("max_sensitivity", one(&MaxSensitivity::default().with_neighbourhood(near), &truth)),
        ("average_sensitivity", one(&AverageSensitivity::default().with_neighbourhood(near), &truth)),
        ("local_lipschitz", one(&LocalLipschitz::default().with_neighbourhood(near), &truth)),
        (
            "relative_input_stability",
            one(&RelativeInputStability::default().with_neighbourhood(near), &truth),
        ),
        (
            "relative_output_stability",
            one(&RelativeOutputStability::default().with_neighbourhood(near), &truth),
        ),
        ("random_logit", one(&RandomOutput, &truth.clone().with_other(Other::Output, other.row(0)).unwrap())),
        ("captum_infidelity", {
            let losses: Vec<f64> = answers.iter().map(|it| whole - it).collect();
            vec![infidelity(&given.attribution(), matrix(&peer.displacements).view(), &losses).unwrap()]
        }),
        ("captum_sensitivity_max", one(&MaxSensitivity::default().with_neighbourhood(near), &truth)),
        // pytorch-grad-cam does not divide by the output.
        ("grad_cam_drop", scaled(one(&AverageDrop, &distinct), whole)),
        ("grad_cam_increase", one(&AverageIncrease, &distinct)),
        ("grad_cam_road", one(&road, &distinct)),
    ])
}

fn scaled(values: Vec<f64>, factor: f64) -> Vec<f64> {
    values.into_iter().map(|value| value * factor).collect()
}

/// The output for the input minus each displacement.
fn model_answers(
    model: &dyn rationale_core::Predict,
    x: &Array1<f64>,
    displacements: &Array2<f64>,
    output: usize,
) -> Vec<f64> {
    model.predict((x - displacements).view()).unwrap().column(output).to_vec()
}

#[test]
fn says_what_the_peers_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/metrics.json");
    let golden = golden::read::<Peer>(&path).unwrap();
    let mut wrong = Vec::new();
    for (number, peer) in golden.cases.iter().enumerate() {
        let ours = ours(peer);
        for (name, theirs) in peer.says.iter().filter(|it| it.0 != "random_logit_output") {
            let ours = ours.get(name.as_str()).unwrap();
            assert_eq!(ours.len(), theirs.len(), "{name}");
            let gaps = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs() / b.abs().max(1.0));
            if !gaps.clone().all(|gap| gap <= golden.tolerance) {
                wrong.push(format!("case {number}, {name}: ours {ours:?}, theirs {theirs:?}"));
            }
        }
    }
    assert!(golden.cases.len() >= 4 && wrong.is_empty(), "{wrong:#?}");
}
