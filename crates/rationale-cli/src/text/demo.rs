//! The demo's sentence: the embedded network that reads, and which words its answer rests on.

use std::path::Path;

use rationale::whole::write_file;
use rationale_datasets::{SENTIMENT, SENTIMENT_TOKENIZER};

use super::explain::Arguments;
use super::methods::Method;
use super::page;
use crate::arguments::Common;

const SENTENCE: &str = "The actors are wonderful, but the plot is terrible and the end is a bore.";
const METHODS: [Method; 3] = [Method::IntegratedGradients, Method::PartitionShap, Method::Lime];

/// Writes the network, its tokenizer and the page into a folder; says what was read.
pub(crate) fn write(folder: &Path, common: &Common) -> anyhow::Result<String> {
    let (model, tokenizer) = (folder.join("sentiment.onnx"), folder.join("tokenizer.json"));
    put(&model, SENTIMENT)?;
    put(&tokenizer, SENTIMENT_TOKENIZER.as_bytes())?;
    let arguments = Arguments::of(model, tokenizer, &METHODS);
    let shown = arguments.explain_all(&[SENTENCE.to_owned()], &common.hushed())?;
    put(&folder.join("sentence.html"), page::html("sentiment.onnx", &shown).as_bytes())?;
    Ok(shown.iter().map(|it| format!("sentence.html: {}", it.headline())).collect::<Vec<_>>().join("\n"))
}

fn put(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let written: std::io::Result<()> = write_file(path, |out| out.write_all(bytes));
    written.map_err(|error| anyhow::anyhow!("`{}` cannot be written: {error}", path.display()))
}
