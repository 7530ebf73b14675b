//! What an audit found, in a few lines for the terminal.

use std::fmt::Write;
use std::path::Path;

use rationale::audit::{Case, Direction, Estimate, Findings, Rule};
use rationale::report::number;

use crate::arguments::Common;

/// The findings for people, or as JSON.
pub(super) fn of(findings: &Findings, folder: &Path, common: &Common) -> anyhow::Result<String> {
    if common.json {
        return Ok(findings.to_json()?);
    }
    let mut text = String::new();
    write_decision(&mut text, findings)?;
    if let Some(performance) = &findings.performance {
        let (accuracy, auc) = (interval(performance.accuracy), interval(performance.auc));
        let n_known = performance.counts.n();
        writeln!(text, "Against {n_known} known outcomes: accuracy {accuracy}, AUC {auc}")?;
        if performance.auc.value < 0.5 {
            writeln!(text, "  An AUC below 0.5: is the score's direction as stated?")?;
        }
    }
    writeln!(
        text,
        "Explained {} applicants {} (largest gap {:.0e}), compared with {} ({} rows)",
        findings.scores.len(),
        if findings.setup.n_trees.is_some() { "exactly" } else { "by sampling" },
        findings.attributions.completeness_gap(),
        findings.setup.reference,
        findings.setup.n_reference
    )?;
    if !findings.setup.unused.is_empty() {
        writeln!(text, "Not looked at: {}", findings.setup.unused.join(", "))?;
    }
    if let Some(case) = findings.worst() {
        write_case(&mut text, findings, case)?;
    }
    writeln!(text, "Wrote {}: open {}", folder.display(), folder.join("index.html").display())?;
    Ok(text)
}

fn write_decision(text: &mut String, findings: &Findings) -> std::fmt::Result {
    let decisions = &findings.decisions;
    let side = match decisions.direction {
        Direction::HigherIsFavourable => "at or above",
        Direction::LowerIsFavourable => "at or below",
    };
    let rule = match findings.setup.rule {
        Rule::CutOff(_) => "stated cut-off".to_owned(),
        Rule::ApproveRate(rate) => {
            format!("stated approve rate {rate}, reached {:.3}", decisions.approve_rate())
        }
    };
    writeln!(
        text,
        "Approved is whoever has `{}` {side} {} ({rule}): {} approved, {} declined",
        findings.setup.output,
        number(decisions.cut_off),
        decisions.accepted().len(),
        findings.cases.len()
    )
}

fn write_case(text: &mut String, findings: &Findings, case: &Case) -> std::fmt::Result {
    let score = number(findings.scores[case.row]);
    let id = findings.ids.of(case.row);
    writeln!(text, "Applicant {id} has the worst score ({score}) for these reasons:")?;
    for (rank, reason) in case.reasons.iter().enumerate() {
        let chance = if reason.separable == Some(false) {
            "  (its place before the next could be chance)"
        } else {
            ""
        };
        let share = 100.0 * reason.share;
        writeln!(text, "  {}. {share:>3.0}%  {}{chance}", rank + 1, findings.entry(reason).sentence)?;
    }
    Ok(())
}

fn interval(estimate: Estimate) -> String {
    match estimate.interval {
        Some([low, high]) => format!("{} [{}, {}]", number(estimate.value), number(low), number(high)),
        None => number(estimate.value),
    }
}
