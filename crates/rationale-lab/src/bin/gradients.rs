//! How complete Integrated Gradients and DeepSHAP are, and what they cost, beside captum and shap:
//! `cargo xtask bench gradients [completeness|cost|memory|deep] --python PYTHON [--folder FOLDER] [--limit STEPS]`.
//!
//! PYTHON runs `peers/gradients.py`, which makes the tensors that both explain, in FOLDER. Without a word all four are
//! measured. Times are medians of runs in turns; `--limit` is that of the adaptive rule.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use ndarray::{Array2, ArrayD, Axis};
use rationale::gradient::{
    Attribution, Baseline, DeepLift, GradientMethod, IntegratedGradients, OutputTarget, Quadrature, Steps,
};
use rationale::onnx::OnnxNetwork;
use rationale::shapley::DeepShap;
use rationale::tensor::{Device, Network, Place, Run, Tensor, differentiate};
use rationale::{Background, Explain, Silent};
use serde_json::Value;

const N_RUNS: usize = 3;
const N_STEPS: usize = 50;
/// As many as go through at once by default.
const BATCH_SIZE: usize = 8;
const TOLERANCES: [f64; 2] = [0.005, 0.001];
const BASELINES: [&str; 3] = ["zero", "black", "blurred"];
const FIXED: Steps = Steps::Fixed { n_steps: N_STEPS, rule: Quadrature::GaussLegendre };

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let after = |name: &str| words.iter().position(|it| it == name).and_then(|at| words.get(at + 1));
    let folder = after("--folder").map_or_else(
        || std::env::temp_dir().join(format!("rationale-gradients-{}", std::process::id())),
        PathBuf::from,
    );
    std::fs::create_dir_all(&folder)?;
    let python = after("--python").cloned().unwrap_or_else(|| "python3".to_owned());
    let bench = Bench { folder, python, limit: after("--limit").map_or(Ok(1000), |it| it.parse())? };
    match words.first().map(String::as_str) {
        Some("completeness") => bench.completeness(),
        Some("cost") => bench.cost(),
        Some("memory") => bench.memory(),
        Some("peak") => bench.peak(words.get(1).context("how many steps?")?.parse()?),
        Some("deep") => bench.deep(),
        _ => bench.completeness().and(bench.cost()).and(bench.memory()).and(bench.deep()),
    }
}

struct Bench {
    folder: PathBuf,
    python: String,
    /// The most steps of the adaptive rule.
    limit: usize,
}

impl Bench {
    fn peer(&self, what: &str) -> Result<String> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/gradients.py");
        let output = Command::new(&self.python).args([script, what]).arg(&self.folder).output();
        let output = output.with_context(|| format!("{} does not start", self.python))?;
        ensure!(output.status.success(), "{script} failed:\n{}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?)
    }

    /// The object on the last line of what the peers print.
    fn peer_object(&self, what: &str) -> Result<Value> {
        let printed = self.peer(what)?;
        Ok(serde_json::from_str(printed.lines().last().context("the peers printed nothing")?)?)
    }

    /// The rows that captum wrote, once.
    fn captums(&self) -> Result<Vec<Value>> {
        let file = self.folder.join("completeness.json");
        if !file.exists() {
            self.peer("completeness")?;
        }
        Ok(serde_json::from_slice(&std::fs::read(file)?)?)
    }

    fn tensor(&self, name: &str) -> Result<Tensor> {
        let array: ArrayD<f32> = ndarray_npy::read_npy(self.folder.join(format!("{name}.npy")))?;
        Ok(Tensor::from_array(&array.view(), &Device::flex())?)
    }

    fn completeness(&self) -> Result<()> {
        println!(
            "| network | photograph | baseline | F(x) - F(x') | gap, 50 steps | captum's | apart | DeepLIFT's gap | to 0.5 % | to 0.1 % |\n\
             |---|---|---|---|---|---|---|---|---|---|"
        );
        let mut loaded: Option<(String, OnnxNetwork)> = None;
        for row in self.captums()? {
            let name = word(&row, "network")?;
            let network = match loaded.take() {
                Some((other, network)) if other == name => network,
                _ => pretrained(name)?,
            };
            println!("{}", self.line(&row, &network)?);
            loaded = Some((name.to_owned(), network));
        }
        Ok(())
    }

    fn line(&self, row: &Value, network: &OnnxNetwork) -> Result<String> {
        let (name, photograph, kind) =
            (word(row, "network")?, word(row, "photograph")?, word(row, "baseline")?);
        let x = self.tensor(&format!("{name}.{photograph}.input"))?;
        let baseline = self.tensor(&format!("{name}.{photograph}.{kind}"))?;
        let class = row["target"].as_u64().context("no target")?;
        let of = |steps| explained(network, &x, &baseline, Some(usize::try_from(class)?), steps);
        let fixed = of(FIXED)?;
        let (difference, gap) = (difference(&fixed), gap(&fixed));
        let captums = number(row, "gap")? / number(row, "difference")?;
        let deeplift = DeepLift::new()
            .with_baseline(Baseline::Values(baseline.clone()))
            .with_target(OutputTarget::element(usize::try_from(class)?))
            .explain(network, std::slice::from_ref(&x), &Silent)?;
        let mut cells = format!(
            "| {name} | {photograph} | {kind} | {difference:.3} | {:.3} % | {:.3} % | {:.1e} | {:.1e} |",
            100.0 * gap,
            100.0 * captums,
            (gap - captums).abs(),
            self::gap(&deeplift).abs()
        );
        eprintln!("{cells}");
        for tolerance in TOLERANCES {
            let found = of(Steps::Adaptive { tolerance, limit: self.limit })?;
            let steps = found.evidence.steps.context("no steps")?;
            let stopped = if found.evidence.warnings.is_empty() { "" } else { ", stopped" };
            write!(cells, " {steps} ({:.3} %{stopped}) |", 100.0 * self::gap(&found))?;
            eprintln!("{cells}");
        }
        Ok(cells)
    }

    fn cost(&self) -> Result<()> {
        self.captums()?;
        let network = pretrained("resnet50")?;
        let read = |kind: &str| self.tensor(&format!("resnet50.chelsea.{kind}"));
        let x = read("input")?;
        let class = network.forward(&mut Run::new(std::slice::from_ref(&x)))?[0].top_class()?[0];
        let (mut passes, mut steps) = (Vec::new(), Vec::new());
        for _ in 0..N_RUNS {
            passes.push(seconds(|| bare(&network, &x, class))?.1);
            steps.push(seconds(|| explained(&network, &x, &read("black")?, Some(class), FIXED))?.1);
        }
        let (bare, own) = (median(passes), median(steps));
        let theirs = self.peer_object("cost")?;
        let (their_bare, their_own) = (number(&theirs, "bare")?, number(&theirs, "captum")?);
        println!("ResNet-50, {N_STEPS} steps, medians of {N_RUNS}:");
        println!("  rationale {own:.2} s, bare passes {bare:.2} s, ratio {:.3}", own / bare);
        println!(
            "  captum {their_own:.2} s, bare passes {their_bare:.2} s, ratio {:.3}",
            their_own / their_bare
        );
        println!("  rationale over captum {:.2}", own / their_own);
        for kind in BASELINES {
            let steps = Steps::Adaptive { tolerance: TOLERANCES[0], limit: self.limit };
            let (found, own) = seconds(|| explained(&network, &x, &read(kind)?, Some(class), steps))?;
            let until = &theirs["until"][kind];
            let their_own = number(until, "seconds")?;
            println!(
                "  to 0.5 %, {kind}: rationale {own:.1} s ({:?} steps, gap {:.3} %), captum {their_own:.1} s ({} steps in \
                 the end, gap {:.3} %), ratio {:.2}",
                found.evidence.steps.unwrap_or(0),
                100.0 * gap(&found),
                until["n_steps"],
                100.0 * number(until, "relative_gap")?,
                own / their_own
            );
        }
        Ok(())
    }

    /// Peak memory at 50 and at 500 steps, each in a process of its own.
    fn memory(&self) -> Result<()> {
        self.captums()?;
        for n_steps in ["50", "500"] {
            let mut own = Command::new(std::env::current_exe()?);
            let status = own.args(["peak", n_steps, "--folder"]).arg(&self.folder).status()?;
            ensure!(status.success(), "the run of {n_steps} steps failed");
        }
        Ok(())
    }

    fn peak(&self, n_steps: usize) -> Result<()> {
        let network = pretrained("resnet50")?;
        let read = |kind: &str| self.tensor(&format!("resnet50.chelsea.{kind}"));
        let steps = Steps::Fixed { n_steps, rule: Quadrature::GaussLegendre };
        let found = explained(&network, &read("input")?, &read("black")?, None, steps)?;
        let status = std::fs::read_to_string("/proc/self/status")?;
        let peak = status.lines().find_map(|it| it.strip_prefix("VmHWM:")).context("no VmHWM")?;
        println!("ResNet-50, {n_steps} steps: peak memory {}, gap {:.3} %", peak.trim(), 100.0 * gap(&found));
        Ok(())
    }

    fn deep(&self) -> Result<()> {
        let theirs = self.peer_object("deep")?;
        println!(
            "| network | rationale | shap | ratio | gap | shap's | values apart |\n|---|---|---|---|---|---|---|"
        );
        for name in ["perceptron", "cnn", "residual"] {
            println!("{}", self.deep_line(name, &theirs[name])?);
        }
        Ok(())
    }

    fn deep_line(&self, name: &str, theirs: &Value) -> Result<String> {
        let file = |kind: &str| self.folder.join(format!("deep.{name}.{kind}"));
        let network = OnnxNetwork::read(file("onnx"), &Device::flex())?;
        let background: ArrayD<f32> = ndarray_npy::read_npy(file("background.npy"))?;
        let rows: ArrayD<f32> = ndarray_npy::read_npy(file("rows.npy"))?;
        let shape = rows.shape()[1..].to_vec();
        let background = Background::new(flattened(background.mapv(f64::from))?)?;
        let rows = flattened(rows.mapv(f64::from))?;
        let explainer = DeepShap::new(Arc::new(network), &shape, background)?;
        let mut times = Vec::new();
        let (mut values, mut gap) = (Vec::new(), 0.0);
        for _ in 0..N_RUNS {
            let (found, time) = seconds(|| Ok(explainer.explain(rows.view(), &Silent)?))?;
            times.push(time);
            values = found.values().iter().copied().collect();
            let moved = largest((&found.predictions() - &found.base_values()).iter().copied());
            gap = largest(found.completeness_gaps().iter().copied()) / moved;
        }
        let shaps: ArrayD<f64> = ndarray_npy::read_npy(file("values.npy"))?;
        let apart = largest(values.iter().zip(&shaps).map(|(a, b)| a - b)) / largest(shaps.iter().copied());
        let (own, their_own) = (median(times), number(theirs, "seconds")?);
        Ok(format!(
            "| {name} {shape:?} | {own:.3} s | {their_own:.3} s | {:.2} | {gap:.1e} | {:.1e} | {apart:.1e} |",
            own / their_own,
            number(theirs, "relative_gap")?
        ))
    }
}

fn pretrained(name: &str) -> Result<OnnxNetwork> {
    let folder = std::env::var_os("RATIONALE_TESTDATA").context("RATIONALE_TESTDATA names no folder")?;
    let file = match name {
        "mobilenet-v1" => "mobilenet-v1-1.0-224-f16store.onnx",
        "resnet50" => "resnet50-keras-f16store.onnx",
        _ => "inception-v3-u8w.onnx",
    };
    Ok(OnnxNetwork::read(Path::new(&folder).join("models").join(file), &Device::flex())?)
}

fn explained(
    network: &dyn Network,
    x: &Tensor,
    baseline: &Tensor,
    class: Option<usize>,
    steps: Steps,
) -> Result<Attribution> {
    let target = class.map_or_else(OutputTarget::predicted, OutputTarget::element);
    let explainer = IntegratedGradients::new()
        .with_baseline(Baseline::Values(baseline.clone()))
        .with_target(target)
        .with_steps(steps);
    Ok(explainer.explain(network, std::slice::from_ref(x), &Silent)?)
}

/// The passes forward and back alone, in the same batches.
fn bare(network: &dyn Network, x: &Tensor, class: usize) -> Result<()> {
    for first in (0..N_STEPS).step_by(BATCH_SIZE) {
        let batch = x.repeat(0, BATCH_SIZE.min(N_STEPS - first))?;
        let target = |outputs: &[Tensor]| outputs[0].narrow(1, class, class + 1);
        differentiate(network, &[batch], &[Place::Input(0)], &target)?;
    }
    Ok(())
}

fn difference(found: &Attribution) -> f64 {
    found.predictions[0] - found.base_values.as_ref().map_or(f64::NAN, |it| it[0])
}

/// The gap over the difference, with its sign.
fn gap(found: &Attribution) -> f64 {
    found.completeness_gaps.as_ref().map_or(f64::NAN, |it| it[0]) / difference(found)
}

fn flattened(rows: ArrayD<f64>) -> Result<Array2<f64>> {
    let n = rows.len_of(Axis(0));
    let width = rows.len() / n;
    Ok(rows.into_shape_with_order((n, width))?)
}

fn number(of: &Value, key: &str) -> Result<f64> {
    of[key].as_f64().with_context(|| format!("no number {key} in {of}"))
}

fn word<'a>(of: &'a Value, key: &str) -> Result<&'a str> {
    of[key].as_str().with_context(|| format!("no word {key} in {of}"))
}

fn largest(numbers: impl IntoIterator<Item = f64>) -> f64 {
    numbers.into_iter().fold(0.0, |most, it| most.max(it.abs()))
}

fn seconds<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, f64)> {
    let start = Instant::now();
    let found = work()?;
    Ok((found, start.elapsed().as_secs_f64()))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
