//! Trains the small networks that `rationale-datasets` ships: `cargo xtask train sentiment REVIEWS.csv` and
//! `cargo xtask train credit`.
//!
//! Everything is drawn from one seed, so the same data on the same kind of processor give the same file. What is printed as
//! held out is measured on the file as it was written, weights in half precision and all.

mod adam;
mod credit;
mod onnx;
mod reviews;
mod sentiment;
mod vocabulary;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/data");
    match words[..] {
        ["credit"] => credit::train(&folder),
        ["sentiment", reviews] => sentiment::train(&PathBuf::from(reviews), &folder),
        _ => bail!("train credit | train sentiment REVIEWS.csv (columns text, label, source)"),
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let written: std::io::Result<()> = rationale::whole::write_file(path, |out| out.write_all(bytes));
    written.with_context(|| format!("`{}` cannot be written", path.display()))?;
    println!("wrote {} ({} bytes)", path.display(), bytes.len());
    Ok(())
}
