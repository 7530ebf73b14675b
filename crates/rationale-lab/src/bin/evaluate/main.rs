//! The project's own evaluation: methods by models, each pair a cell that the program itself measures, and one report of all.
//!
//! `cargo xtask evaluate [--quick|--full] [--resume]`. A cell that is finished is a folder; `--full` goes on where it was broken off.

mod cell;
mod models;
mod plan;
mod report;
mod review;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use rayon::prelude::*;

use cell::Cell;
use models::Models;
use plan::{Extent, Plan};

/// What is asked for.
struct Asked {
    extent: Extent,
    resume: bool,
    /// The program under evaluation.
    program: PathBuf,
    /// Where cells are kept.
    work: PathBuf,
    /// Where the report goes.
    out: PathBuf,
}

impl Asked {
    fn of(words: impl Iterator<Item = String>) -> Result<Self> {
        let (mut extent, mut resume, mut paths) = (Extent::Standard, false, Vec::new());
        for word in words {
            match word.as_str() {
                "--quick" => extent = Extent::Quick,
                "--full" => extent = Extent::Full,
                "--resume" => resume = true,
                path => paths.push(PathBuf::from(path)),
            }
        }
        let paths: [PathBuf; 3] = paths.try_into().map_err(|_| {
            anyhow::anyhow!("PROGRAM, WORK and OUT are needed, and --quick, --full or --resume by choice")
        })?;
        let [program, work, out] = paths;
        ensure!(program.is_file(), "`{}` is no program", program.display());
        let (work, program) = (work.join(extent.name()), program.canonicalize()?);
        Ok(Self { extent, resume: resume || extent == Extent::Full, program, work, out })
    }
}

fn main() -> Result<()> {
    let asked = Asked::of(std::env::args().skip(1))?;
    if !asked.resume && asked.work.exists() {
        std::fs::remove_dir_all(&asked.work)
            .with_context(|| format!("`{}` cannot be emptied", asked.work.display()))?;
    }
    std::fs::create_dir_all(&asked.work)?;
    let begun = Instant::now();
    let data = std::env::var_os("RATIONALE_TESTDATA").map(PathBuf::from);
    if data.is_none() {
        println!(
            "no test data (RATIONALE_TESTDATA): only the models and pictures that come with the program"
        );
    }
    let models = Models::prepare(&asked.program, &asked.work, data.as_deref())?;
    let plan = Plan::of(asked.extent, &models);
    println!("{} cells; {}", plan.cells.len(), plan.caps());
    let found = run(&asked.program, &asked.work, &plan)?;
    report::write(&asked.out, &plan, &models, &found)?;
    println!("Wrote {} in {:.0} s", asked.out.display(), begun.elapsed().as_secs_f64());
    Ok(())
}

/// Every cell's lines, in the plan's order; as many cells at a time as there are cores, since few methods use more than one.
fn run(program: &Path, work: &Path, plan: &Plan) -> Result<Vec<cell::Found>> {
    let n_done = AtomicUsize::new(0);
    let one = |cell: &Cell| {
        let begun = Instant::now();
        let found = cell.found(program, work)?;
        println!(
            "{:3}/{} {} {}: {} in {:.1} s",
            n_done.fetch_add(1, Ordering::Relaxed) + 1,
            plan.cells.len(),
            cell.model,
            cell.method,
            if found.failure.is_some() { "failed" } else { "done" },
            begun.elapsed().as_secs_f64()
        );
        Ok(found)
    };
    plan.cells.par_iter().with_max_len(1).map(one).collect()
}

/// Writes a text, whole or not at all.
fn write(path: &Path, text: &str) -> Result<()> {
    let written: std::io::Result<()> =
        rationale::whole::write_file(path, |out| out.write_all(text.as_bytes()));
    written.with_context(|| format!("`{}` cannot be written", path.display()))
}

/// A cell's place in the work folder.
fn folder(work: &Path, cell: &Cell, run: usize) -> PathBuf {
    work.join("cells").join(format!("{}.{}.{run}", cell.model, cell.method))
}
