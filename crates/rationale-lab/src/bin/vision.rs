//! What maps of a picture cost, against bare forward passes of the same network: `cargo xtask bench vision [--score]
//! [--python PYTHON]`.
//!
//! ResNet-50 on a photograph, from the folder that `RATIONALE_TESTDATA` names. Each figure is the median of runs that are
//! taken in turns with the bare passes. `--score` adds Score-CAM, which takes minutes. `--python` runs
//! `peers/vision.py` by this interpreter in between: PyTorch's forward pass and pytorch-grad-cam's Grad-CAM.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use rationale::Silent;
use rationale::onnx::OnnxNetwork;
use rationale::tensor::{Device, Network, Run, Tensor};
use rationale::vision::{CamMethod, ClassActivation};

const N_RUNS: usize = 9;
const BATCH_SIZE: usize = 16;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = std::env::var_os("RATIONALE_TESTDATA").context("RATIONALE_TESTDATA names no folder")?;
    let models = PathBuf::from(folder).join("models");
    let device = Device::flex();
    let network = OnnxNetwork::read(models.join("resnet50-keras-f16store.onnx"), &device)?;
    let picture = picture(&models.join("expected/resnet50.chelsea.input.npy"), &device)?;
    let peers = || {
        let python = arguments.iter().position(|it| it == "--python").and_then(|at| arguments.get(at + 1));
        python.map(|it| peers(it)).transpose()
    };
    grad_cam(&network, &picture)?;
    peers()?;
    grad_cam(&network, &picture)?;
    if arguments.iter().any(|it| it == "--score") {
        score_cam(&network, &picture)?;
    }
    Ok(())
}

fn picture(path: &std::path::Path, device: &Device) -> Result<Tensor> {
    let array: ndarray::ArrayD<f32> = ndarray_npy::read_npy(path)?;
    Ok(Tensor::from_array(&array.view(), device)?)
}

fn grad_cam(network: &dyn Network, picture: &Tensor) -> Result<()> {
    let explainer = ClassActivation::new(CamMethod::GradCam);
    let (mut bare, mut maps) = (Vec::new(), Vec::new());
    for _ in 0..N_RUNS {
        bare.push(seconds(|| forward(network, picture))?);
        maps.push(seconds(|| Ok(explainer.explain(network, picture, &Silent).map(drop)?))?);
    }
    let (bare, maps) = (median(bare), median(maps));
    println!(
        "rationale: forward {bare:.3} s; Grad-CAM {maps:.3} s, {:.2} times the forward pass",
        maps / bare
    );
    Ok(())
}

/// Every channel of the last layer, masked pictures in batches, against as many bare passes in batches of the same size.
fn score_cam(network: &dyn Network, picture: &Tensor) -> Result<()> {
    let explainer = ClassActivation::new(CamMethod::ScoreCam).with_batch_size(BATCH_SIZE);
    let batch = picture.repeat(0, BATCH_SIZE)?;
    let mut bare: Vec<f64> =
        (0..N_RUNS).map(|_| seconds(|| forward(network, &batch))).collect::<Result<_>>()?;
    let mut calls = 0;
    let maps = seconds(|| {
        calls = explainer.explain(network, picture, &Silent)?.evidence.model_calls;
        Ok(())
    })?;
    bare.extend((0..N_RUNS).map(|_| seconds(|| forward(network, &batch))).collect::<Result<Vec<_>>>()?);
    let bare = median(bare) / BATCH_SIZE as f64;
    println!(
        "rationale: Score-CAM {maps:.1} s for {calls} passes, {:.3} times as many bare passes of {:.1} ms in batches of \
         {BATCH_SIZE}",
        maps / (calls as f64 * bare),
        bare * 1e3
    );
    Ok(())
}

fn forward(network: &dyn Network, picture: &Tensor) -> Result<()> {
    let outputs = network.forward(&mut Run::new(std::slice::from_ref(picture)))?;
    ensure!(outputs[0].to_f32s()?.iter().all(|it| it.is_finite()), "the outputs are not finite");
    Ok(())
}

fn peers(python: &str) -> Result<()> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/vision.py");
    let status =
        Command::new(python).arg(script).status().with_context(|| format!("{python} does not start"))?;
    ensure!(status.success(), "{script} failed");
    Ok(())
}

fn seconds(work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed().as_secs_f64())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
