//! DeepSHAP against shap 0.51.0's `DeepExplainer` (the golden files of rationale-gradient, `golden/rules.py`), and what
//! must not change it.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use std::path::PathBuf;
use std::sync::Arc;

use ndarray::{Array2, Axis};
use rationale_core::{Attributions, Background, Explain, Silent};
use rationale_onnx::OnnxNetwork;
use rationale_shapley::DeepShap;
use rationale_tensor::{Device, Element, Tensor};
use safetensors::SafeTensors;

fn tensor(name: &str, what: &str) -> Tensor {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../crates/rationale-gradient/golden/models");
    let bytes = std::fs::read(folder.join(format!("{name}.rules.safetensors"))).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let view = file.tensor(what).unwrap();
    let element = if view.dtype() == safetensors::Dtype::F32 { Element::F32 } else { Element::F64 };
    Tensor::from_bytes(view.data().to_vec(), element, view.shape(), &Device::flex()).unwrap()
}

fn rows(of: &Tensor) -> Array2<f64> {
    let n = of.shape()[0];
    Array2::from_shape_vec((n, of.len() / n), of.to_f64s().unwrap()).unwrap()
}

fn explainer(name: &str) -> DeepShap {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../crates/rationale-gradient/golden/models");
    let network = OnnxNetwork::read(folder.join(format!("{name}.onnx")), &Device::flex()).unwrap();
    let background = tensor(name, "background");
    let shape = background.shape()[1..].to_vec();
    DeepShap::new(Arc::new(network), &shape, Background::new(rows(&background)).unwrap()).unwrap()
}

fn explained(name: &str, explainer: &DeepShap) -> Attributions {
    explainer.explain_tensor(&tensor(name, "input"), &Silent).unwrap()
}

fn worst(a: &Attributions, b: &Attributions) -> f64 {
    let difference = &a.values() - &b.values();
    difference.iter().fold(0.0_f64, |worst, it| worst.max(it.abs()))
}

#[test]
fn agrees_with_shap_and_adds_up() {
    for name in ["cnn", "mlp"] {
        let found = explained(name, &explainer(name));
        let right = tensor(name, "deep_shap").to_f64s().unwrap();
        let largest = right.iter().fold(0.0_f64, |a, b| a.max(b.abs()));
        let worst = found.values().iter().zip(&right).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        println!(
            "{name}: off by {:.1e} of the largest, gap {:.1e}",
            worst / largest,
            found.completeness_gap()
        );
        assert!(
            right.len() == found.values().len() && worst < 1e-4 * largest,
            "{name}: {worst} of {largest}"
        );
        assert!(found.completeness_gap() < 1e-5);
        let base = &found.base_values();
        let relative = found.completeness_gaps() / (&found.predictions() - base);
        assert!(relative.iter().all(|it| it.abs() < 1e-3), "{relative}");
    }
}

#[test]
fn neither_batches_nor_company_change_a_row() {
    let whole = explained("mlp", &explainer("mlp"));
    for batch_size in [1, 3, 7, 1000] {
        let other = explained("mlp", &explainer("mlp").with_batch_size(batch_size));
        assert!(worst(&whole, &other) < 1e-5, "{batch_size}");
    }
    let rows = rows(&tensor("mlp", "input"));
    for row in 0..rows.nrows() {
        let alone = explainer("mlp").explain(rows.select(Axis(0), &[row]).view(), &Silent).unwrap();
        assert!(worst(&whole.select_rows(&[row]), &alone) < 1e-5);
    }
}

#[test]
fn the_error_is_that_of_the_mean_over_the_background() {
    let found = explained("mlp", &explainer("mlp"));
    let errors = found.evidence().standard_error.clone().unwrap();
    let background = rows(&tensor("mlp", "background"));
    let against = |i: usize| {
        let network = explainer("mlp");
        let one = Background::new(background.select(Axis(0), &[i])).unwrap();
        explained("mlp", &network.with_background(one))
    };
    let parts: Vec<f64> = (0..background.nrows()).map(|i| against(i).values()[[1, 2, 0]]).collect();
    let n = parts.len() as f64;
    let mean = parts.iter().sum::<f64>() / n;
    let variance = parts.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / (n - 1.0);
    assert!((mean - found.values()[[1, 2, 0]]).abs() < 1e-6);
    assert!((errors[[1, 2, 0]] - (variance / n).sqrt()).abs() < 1e-6);
    assert!(against(0).evidence().standard_error.is_none());
}

#[test]
fn rows_of_another_width_are_refused() {
    let message = explainer("mlp").explain(Array2::zeros((2, 5)).view(), &Silent).unwrap_err().to_string();
    assert!(message.contains("[2, 5]") && message.contains("[2, 6]"), "{message}");
}
