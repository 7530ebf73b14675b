//! Golden files: what a reference library said, with its version and the tolerance.

use std::path::Path;

use ndarray::{ArrayD, IxDyn};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A golden file: who made it, how close we must come, and the cases.
#[derive(Debug, Deserialize)]
pub struct Golden<Case> {
    /// The reference libraries and their versions.
    pub requires: Vec<String>,
    /// The largest absolute difference allowed.
    pub tolerance: f64,
    /// The cases.
    pub cases: Vec<Case>,
}

/// An array as shape and values in row-major order; null stands for NaN, "inf" and "-inf" for the infinities.
#[derive(Debug, Deserialize)]
pub struct Tensor {
    shape: Vec<usize>,
    values: Vec<Value>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged)]
enum Value {
    Number(Option<f64>),
    Infinite(Infinity),
}

#[derive(Debug, Clone, Copy, Deserialize)]
enum Infinity {
    #[serde(rename = "inf")]
    Plus,
    #[serde(rename = "-inf")]
    Minus,
}

impl Value {
    fn number(self) -> f64 {
        match self {
            Self::Number(number) => number.unwrap_or(f64::NAN),
            Self::Infinite(Infinity::Plus) => f64::INFINITY,
            Self::Infinite(Infinity::Minus) => f64::NEG_INFINITY,
        }
    }
}

impl Tensor {
    /// The array. Fails where shape and values do not match.
    pub fn array(&self) -> Result<ArrayD<f64>, String> {
        let values = self.values.iter().map(|value| value.number()).collect();
        ArrayD::from_shape_vec(IxDyn(&self.shape), values).map_err(|error| error.to_string())
    }
}

/// Reads a golden file.
pub fn read<Case: DeserializeOwned>(path: &Path) -> Result<Golden<Case>, String> {
    let name = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
    serde_json::from_str(&text).map_err(|error| format!("{name}: {error}"))
}

/// The largest absolute difference between an array and the reference; infinite where shapes differ or one has a NaN.
pub fn difference<'a>(ours: impl Into<ndarray::ArrayViewD<'a, f64>>, reference: &ArrayD<f64>) -> f64 {
    let ours = ours.into();
    if ours.shape() != reference.shape() {
        return f64::INFINITY;
    }
    let gaps = ours.iter().zip(reference).map(|(a, b)| (a - b).abs());
    gaps.fold(0.0, |worst, gap| if gap.is_nan() { f64::INFINITY } else { gap.max(worst) })
}
