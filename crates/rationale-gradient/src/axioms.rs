//! What the family promises, and how it fails: axioms on random networks, and bad input.
#![cfg(feature = "flex")]

use proptest::prelude::*;
use rationale_core::Silent;
use rationale_tensor::ops::{RELU, SUB};
use rationale_tensor::{Element, Place, Tensor};

use crate::toy::{Toy, numbers, of_rows, piecewise_linear, tensor, toy};
use crate::{
    Attribution, Baseline, DeepLift, Error, GradientMethod, IntegratedGradients, LayerConductance,
    OutputTarget, Saliency, Score, Steps,
};

fn integrated(network: &Toy, x: &[f32], n: usize, steps: Steps) -> Attribution {
    let explainer = IntegratedGradients::new().with_steps(steps).with_batch_size(64);
    explainer.explain(network, &[tensor(x, &[x.len() / n, n])], &Silent).unwrap()
}

const CLOSE: Steps = Steps::Adaptive { tolerance: 1e-3, limit: 4095 };

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_feature_that_alone_changes_the_output_is_given_the_change(
        weights in prop::collection::vec(-1.0_f32..1.0, 30), x in prop::collection::vec(0.5_f32..1.5, 3), feature in 0_usize..3
    ) {
        let network = piecewise_linear(3, weights);
        let mut alone = vec![0.0; 3];
        alone[feature] = x[feature];
        let found = integrated(&network, &alone, 3, CLOSE);
        let difference = found.predictions[0] - found.base_values.as_ref().unwrap()[0];
        prop_assume!(difference.abs() > 1e-2 && found.evidence.warnings.is_empty());
        for i in 0..3 {
            let right = if i == feature { difference } else { 0.0 };
            prop_assert!((found.values[0][[0, i]] - right).abs() <= 2e-3 * difference.abs());
        }
    }

    #[test]
    fn values_at_inputs_and_inside_add_up(
        weights in prop::collection::vec(-1.0_f32..1.0, 30), x in prop::collection::vec(-1.0_f32..1.0, 3)
    ) {
        let network = piecewise_linear(3, weights);
        let found = integrated(&network, &x, 3, CLOSE);
        let difference = found.predictions[0] - found.base_values.as_ref().unwrap()[0];
        let gap = found.completeness_gaps.as_ref().unwrap()[0];
        prop_assert!((found.values[0].sum() - difference - gap).abs() < 1e-6);
        prop_assert!(gap.abs() <= 1e-3 * difference.abs() || !found.evidence.warnings.is_empty());
        let inside = LayerConductance::new("hidden").with_n_steps(400).with_batch_size(64);
        let inside = inside.explain(&network, &[tensor(&x, &[1, 3])], &Silent).unwrap();
        // The layer is linear behind the site: its slopes are constant, and the pieces add up exactly.
        prop_assert!(inside.evidence.completeness_gap.unwrap() < 1e-4);
    }
}

#[test]
fn two_ways_to_write_a_network_have_one_attribution() {
    let hidden = |x: &[Tensor]| x[0].mul_number(2.0)?.sub(&x[1])?.add_number(-0.3);
    let by_relu = of_rows(2, move |x| hidden(x)?.relu());
    let by_absolute = of_rows(2, move |x| {
        let it = hidden(x)?;
        it.add(&it.abs()?)?.mul_number(0.5)
    });
    let x = numbers(10, 3.0);
    let one = integrated(&by_relu, &x, 2, Steps::default());
    let other = integrated(&by_absolute, &x, 2, Steps::default());
    assert!((&one.values[0] - &other.values[0]).iter().all(|it| it.abs() < 1e-5));
}

/// max(max(x0, 0) - 1 - max(x1, 0), 0), or with max(x0 - 1, 0) in the place of max(x0, 0) - 1: figure 7 of Sundararajan et al.
fn written(is_shifted_before: bool) -> Toy {
    toy(Element::F32, &[None, Some(2)], &[], move |run| {
        let (x0, x1) = (run.input(0)?.narrow(1, 0, 1)?, run.input(0)?.narrow(1, 1, 2)?);
        let first = if is_shifted_before {
            run.one(&RELU, &[&x0.add_number(-1.0)?])?
        } else {
            run.one(&RELU, &[&x0])?.add_number(-1.0)?
        };
        let hidden = run.one(&SUB, &[&first, &run.one(&RELU, &[&x1])?])?;
        Ok(vec![run.one(&RELU, &[&hidden])?])
    })
}

#[test]
fn deeplift_depends_on_how_a_network_is_written_and_integrated_gradients_do_not() {
    let check = |method: &dyn GradientMethod, is_shifted_before, right: [f64; 2]| {
        let network = written(is_shifted_before);
        let found = method.explain(&network, &[tensor(&[3.0, 1.0], &[1, 2])], &Silent).unwrap();
        assert!(found.values[0].iter().zip(right).all(|(a, b)| (a - b).abs() < 1e-5), "{:?}", found.values);
    };
    for is_shifted_before in [false, true] {
        check(&IntegratedGradients::new(), is_shifted_before, [1.5, -0.5]);
    }
    check(&DeepLift::new(), false, [1.5, -0.5]);
    check(&DeepLift::new(), true, [2.0, -1.0]);
}

#[test]
fn a_site_that_the_output_is_not_computed_from_has_zeros_and_a_warning() {
    let network = toy(Element::F32, &[None, Some(1)], &[("used", "Mul"), ("unused", "Mul")], |run| {
        let used = run.site("used", |run| run.input(0)?.mul_number(2.0))?;
        run.site("unused", |run| run.input(0)?.mul_number(3.0))?;
        Ok(vec![used])
    });
    let x = [tensor(&[1.0, 2.0], &[2, 1])];
    let explainer = IntegratedGradients::new().at(Place::Site("unused".into()));
    let found = explainer.explain(&network, &x, &Silent).unwrap();
    assert_eq!(found.values[0].as_slice().unwrap(), [0.0, 0.0]);
    assert_eq!(
        found.evidence.warnings,
        ["every value at site `unused` is 0: the target does not depend on it"]
    );
}

#[test]
fn the_first_site_with_a_number_that_is_not_finite_is_named() {
    let network =
        toy(Element::F32, &[None, Some(1)], &[("fine", "Mul"), ("root", "Sqrt"), ("after", "Mul")], |run| {
            let fine = run.site("fine", |run| run.input(0)?.mul_number(2.0))?;
            let root = run.site("root", |_| fine.sqrt())?;
            Ok(vec![run.site("after", |_| root.mul_number(2.0))?])
        });
    let error = Saliency::new().explain(&network, &[tensor(&[1.0, -1.0], &[2, 1])], &Silent).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Sqrt `node_of_root` is the first to make a number that is not finite: NaN at position 1 of `root`"
    );
    let error = Saliency::new().explain(&network, &[tensor(&[0.0], &[1, 1])], &Silent).unwrap_err();
    assert!(matches!(error, Error::GradientNotFinite { .. }), "{error}");
    let error = Saliency::new().explain(&network, &[tensor(&[f32::NAN], &[1, 1])], &Silent).unwrap_err();
    assert!(error.to_string().starts_with("input 0 holds NaN at position 0"), "{error}");
}

#[test]
fn wrong_targets_places_and_counts_are_refused() {
    let network = of_rows(2, |x| x[0].mul(&x[1]));
    let explain =
        |it: &Saliency| it.explain(&network, &[tensor(&[1.0; 4], &[2, 2])], &Silent).unwrap_err().to_string();
    let target = |it| Saliency::new().with_target(it);
    assert!(
        explain(&target(OutputTarget::element(1))).contains("output 1 was asked for, but the model has 1")
    );
    assert!(explain(&target(OutputTarget::each(vec![0]))).contains("are given, but 2 are needed"));
    assert!(explain(&target(OutputTarget::predicted().with_output(3))).contains("output 3 was asked for"));
    assert!(explain(&Saliency::new().at(Place::Input(1))).contains("1 inputs, counted from 0"));
    assert!(explain(&Saliency::new().with_places(Vec::new())).contains("the list of places is empty"));
    assert!(explain(&Saliency::new().with_batch_size(0)).contains("the batch size is 0"));
    let none = Saliency::new().explain(&network, &[tensor(&[], &[0, 2])], &Silent).unwrap_err();
    assert!(none.to_string().contains("the list of examples is empty"), "{none}");
}

#[test]
fn a_softmax_has_its_own_slope() {
    // p0 = 1 / (1 + e^(x1 - x0)): dp0/dx0 = p0 p1, 1/4 at equal logits.
    let network = of_rows(2, |x| Tensor::concat(x, 1));
    let target = OutputTarget::element(0).with_score(Score::Softmax);
    let explainer = Saliency::new().with_sign(crate::Sign::Both).with_target(target);
    let found = explainer.explain(&network, &[tensor(&[3.0, 3.0], &[1, 2])], &Silent).unwrap();
    assert!((found.values[0][[0, 0]] - 0.25).abs() < 1e-6 && (found.values[0][[0, 1]] + 0.25).abs() < 1e-6);
    assert_eq!(found.logits.as_slice().unwrap(), [3.0, 3.0]);
    assert!((found.predictions[0] - 0.5).abs() < 1e-6);
}

#[test]
fn a_network_for_one_example_at_a_time_gives_the_same() {
    let any = of_rows(2, |x| x[0].mul(&x[1]));
    let one = toy(Element::F32, &[Some(1), Some(2)], &[], |run| {
        let x = run.input(0)?;
        assert_eq!(x.shape(), [1, 2]);
        Ok(vec![x.narrow(1, 0, 1)?.mul(&x.narrow(1, 1, 2)?)?])
    });
    let x = numbers(6, 1.0);
    let found = integrated(&one, &x, 2, Steps::default());
    assert!(
        (&found.values[0] - &integrated(&any, &x, 2, Steps::default()).values[0])
            .iter()
            .all(|it| it.abs() < 1e-6)
    );
}

#[test]
fn a_table_of_attributions_has_names_of_its_own_and_the_evidence() {
    let found = integrated(&of_rows(2, |x| x[0].mul(&x[1])), &[1.0, 2.0, 3.0, 4.0], 2, Steps::default());
    let table = found.to_table(0).unwrap();
    assert_eq!(table.values().dim(), (2, 2, 1));
    assert_eq!(table.evidence().method, "integrated-gradients");
    assert_eq!(table.predictions()[[1, 0]], 12.0);
    assert!(found.to_table(1).is_err());
}

#[test]
fn a_mean_of_examples_is_a_baseline_for_all() {
    let network = of_rows(1, |x| x[0].mul(&x[0]));
    let baseline = Baseline::Mean(tensor(&[1.0, 3.0], &[2, 1]));
    let explainer = IntegratedGradients::new().with_baseline(baseline);
    let found = explainer.explain(&network, &[tensor(&[3.0, 2.0], &[2, 1])], &Silent).unwrap();
    assert!((found.values[0][[0, 0]] - 5.0).abs() < 1e-5 && found.values[0][[1, 0]].abs() < 1e-6);
    assert_eq!(found.base_values.unwrap().to_vec(), [4.0, 4.0]);
}
