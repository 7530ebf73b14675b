//! `rationale verify`: is an audit still what was written, and does the model still say so?

use std::path::PathBuf;

use clap::Args;
use rationale::audit::{Configuration, Verified, Verify};

use super::audit::program;
use super::scored::Program;
use crate::arguments::Common;
use crate::output::say;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The folder that `rationale audit` wrote.
    folder: PathBuf,
    /// Explain so many applicants again, chosen at random; 0 checks the files only.
    #[arg(long, value_name = "N", default_value_t = 100)]
    rows: usize,
    /// Demand the signature of this Ed25519 key: 64 hexadecimal digits.
    #[arg(long, value_name = "HEX")]
    public_key: Option<String>,
    #[command(flatten)]
    program: Program,
}

pub(super) fn execute(arguments: &Arguments, common: &Common) -> anyhow::Result<()> {
    let mut verify = Verify::default().with_rows(arguments.rows);
    if let Some(key) = &arguments.public_key {
        verify = verify.with_public_key(key);
    }
    if arguments.program.recorded().0.is_some() {
        let configuration = Configuration::of_audit(&arguments.folder)?;
        let table = configuration.table()?;
        verify = verify.with_model(program::start(&arguments.program, &configuration, &table, common)?);
    }
    let verified = verify.check(&arguments.folder)?;
    say(common, &if common.json { json(&verified) } else { told(&verified) })?;
    match verified.problems.len() {
        0 if arguments.rows > 0 && verified.n_explained == 0 => {
            anyhow::bail!(
                "the files are as recorded, but nothing was recomputed (--rows 0 asks for the files only)"
            )
        }
        0 => Ok(()),
        n => anyhow::bail!("the audit is not as recorded: {n} difference{}", if n == 1 { "" } else { "s" }),
    }
}

fn told(verified: &Verified) -> String {
    let mut lines = vec![format!("{} files have the recorded SHA-256", verified.n_files)];
    if verified.n_scored > 0 {
        let (n_scored, n_explained) = (verified.n_scored, verified.n_explained);
        lines.push(format!("{n_scored} applicants scored and decided again, {n_explained} explained again"));
    }
    lines.extend(verified.signed_by.iter().map(|key| format!("Signed by the key {key}")));
    lines.extend(verified.remarks.iter().cloned());
    let problems = verified.problems.iter();
    lines.extend(problems.map(|problem| format!("DIFFERS  {}: {}", problem.file, problem.what)));
    lines.join("\n")
}

fn json(verified: &Verified) -> String {
    let problems = verified.problems.iter();
    let problems: Vec<_> =
        problems.map(|problem| serde_json::json!({"file": problem.file, "what": problem.what})).collect();
    serde_json::json!({
        "format": "rationale/verified/1",
        "n_files": verified.n_files,
        "n_scored": verified.n_scored,
        "n_explained": verified.n_explained,
        "signed_by": verified.signed_by,
        "problems": problems,
        "remarks": verified.remarks,
    })
    .to_string()
}
