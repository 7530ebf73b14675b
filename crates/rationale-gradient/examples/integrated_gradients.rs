//! How many steps Integrated Gradients needs on a network, and what they cost over the bare passes:
//! `cargo run --release -p rationale-gradient --example integrated_gradients MODEL.onnx INPUT.npy BLACK [STEPS [TOLERANCE,.. LIMIT]]`, where
//! BLACK is the number, or the number of each channel with commas between, that a black picture has.

use std::time::Instant;

use ndarray::ArrayD;
use rationale_core::Silent;
use rationale_gradient::{Attribution, Baseline, GradientMethod, IntegratedGradients, Quadrature, Steps};
use rationale_onnx::OnnxNetwork;
use rationale_tensor::{Device, Network, Place, Tensor, differentiate};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// As many as go through at once by default.
const BATCH: usize = 8;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, input, black, rest @ ..] = &arguments[..] else {
        return Err("give MODEL.onnx INPUT.npy BLACK [STEPS [TOLERANCE,.. LIMIT]]".into());
    };
    let network = OnnxNetwork::read(model, &Device::flex())?;
    let input: ArrayD<f32> = ndarray_npy::read_npy(input)?;
    let x = Tensor::from_array(&input.view(), &Device::flex())?;
    let n_steps = rest.first().map_or(Ok(50), |it| it.parse())?;
    bare(&network, &x, n_steps)?;
    for (name, baseline) in baselines(&x, black)? {
        let of_steps = |steps| IntegratedGradients::new().with_baseline(baseline.clone()).with_steps(steps);
        let fixed = Steps::Fixed { n_steps, rule: Quadrature::GaussLegendre };
        report(name, &format!("{n_steps} steps"), &of_steps(fixed), &network, &x)?;
        let [tolerances, limit] = rest.get(1..3).unwrap_or_default() else { continue };
        for tolerance in tolerances.split(',') {
            let steps = Steps::Adaptive { tolerance: tolerance.parse()?, limit: limit.parse()? };
            report(name, &format!("adaptive {tolerance}"), &of_steps(steps), &network, &x)?;
        }
    }
    Ok(())
}

fn baselines(x: &Tensor, black: &str) -> Outcome<Vec<(&'static str, Baseline)>> {
    let black: Vec<f32> = black.split(',').map(str::parse).collect::<Result<_, _>>()?;
    let black =
        Tensor::from_vec(black.clone(), &[1, black.len(), 1, 1], &Device::flex())?.expand(&x.shape())?;
    Ok(vec![
        ("zero", Baseline::Zero),
        ("black", Baseline::Values(black)),
        ("blurred", Baseline::Blurred { sigma: 10.0 }),
    ])
}

/// The passes forward and back alone, in the same batches.
fn bare(network: &dyn Network, x: &Tensor, n_steps: usize) -> Outcome<()> {
    let class = network.forward(&mut rationale_tensor::Run::new(std::slice::from_ref(x)))?[0].top_class()?[0];
    let start = Instant::now();
    for first in (0..n_steps).step_by(BATCH) {
        let batch = x.repeat(0, BATCH.min(n_steps - first))?;
        let target = |outputs: &[Tensor]| outputs[0].narrow(1, class, class + 1);
        differentiate(network, &[batch], &[Place::Input(0)], &target)?;
    }
    println!("bare: class {class}, {n_steps} passes {:.2} s", start.elapsed().as_secs_f64());
    Ok(())
}

fn report(
    baseline: &str,
    what: &str,
    explainer: &IntegratedGradients,
    network: &dyn Network,
    x: &Tensor,
) -> Outcome<()> {
    let start = Instant::now();
    let found: Attribution = explainer.explain(network, std::slice::from_ref(x), &Silent)?;
    let seconds = start.elapsed().as_secs_f64();
    let base = found.base_values.as_ref().map_or(f64::NAN, |it| it[0]);
    let gap = found.completeness_gaps.as_ref().map_or(f64::NAN, |it| it[0]);
    let difference = found.predictions[0] - base;
    println!(
        "{baseline}, {what}: steps {:?}, difference {difference:.5}, gap {gap:.5}, relative {:.5}, {seconds:.2} s {:?}",
        found.evidence.steps,
        gap / difference,
        found.evidence.warnings
    );
    Ok(())
}
