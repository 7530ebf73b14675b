//! Judges maps of photographs: `cargo xtask bench pointing | sanity`.
//!
//! | command | prints |
//! |---|---|
//! | `pointing [--score]` | how often a map's maximum lies on the object, beside chance |
//! | `sanity [mobilenet\|resnet50] [--seeds N] [--layers N] [--figure FILE.svg]` | how alike maps stay while a network's layers are randomised |
//!
//! Networks and photographs are those of the folder that `RATIONALE_TESTDATA` names.

mod pointing;
mod sanity;
mod similarity;
mod stored;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.split_first() {
        Some((&"pointing", rest)) => pointing::run(rest),
        Some((&"sanity", rest)) => sanity::run(rest),
        _ => bail!("pointing or sanity is needed"),
    }
}

/// What follows an option.
fn option<'a>(words: &[&'a str], name: &str) -> Option<&'a str> {
    words.iter().position(|it| *it == name).and_then(|at| words.get(at + 1)).copied()
}
