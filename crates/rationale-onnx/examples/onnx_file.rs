//! Reads an ONNX file and says what it holds: `cargo run --release -p rationale-onnx --example onnx_file MODEL.onnx`.

use std::collections::BTreeMap;
use std::time::Instant;

use rationale_onnx::ModelFile;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("give the path of an ONNX file")?;
    let start = Instant::now();
    let file = ModelFile::read(&path)?;
    let seconds = start.elapsed().as_secs_f64();
    let n_bytes: usize = file.graph.initialisers.iter().map(|it| it.bytes.len()).sum();
    println!("{path}: read in {seconds:.3} s, {n_bytes} bytes of initialisers");
    println!(
        "IR {}, {} {}, opsets {:?}",
        file.ir_version, file.producer.name, file.producer.version, file.opsets
    );
    file.graph.open_inputs().for_each(|input| println!("input {input:?}"));
    file.graph.outputs.iter().for_each(|output| println!("output {output:?}"));
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    file.graph.nodes.iter().for_each(|node| *counts.entry(&node.operator).or_default() += 1);
    println!("operators {counts:?}; {} functions", file.functions.len());
    Ok(())
}
