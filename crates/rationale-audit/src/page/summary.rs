//! What was found, in a few sentences, and what cannot be concluded.

use rationale_report::{Block, Section, number};

use crate::words::{percent, with_interval};
use crate::{Comparison, Findings};

/// The section at the top.
pub(super) fn section(findings: &Findings) -> Section {
    let mut found = vec![declined(findings), reasons(findings)];
    found.extend(findings.performance.map(|performance| {
        format!(
            "Against the {} known outcomes the score puts a favourable one above an unfavourable one with chance {}.",
            performance.counts.n(),
            with_interval(performance.auc)
        )
    }));
    found.extend(findings.comparisons.iter().map(|comparison| groups(findings, comparison)));
    let section = Section::new("Summary");
    let section = found.into_iter().fold(section, |section, text| section.with_block(Block::Prose(text)));
    warnings(findings).into_iter().fold(section, |section, text| section.with_block(Block::Notice(text)))
}

fn declined(findings: &Findings) -> String {
    let n = findings.scores.len();
    let n_declined = findings.cases.len();
    let first = most_common_first(findings);
    let most = first.map_or_else(String::new, |(group, share)| {
        format!(" The most common first reason is `{group}` ({} of them).", percent(share))
    });
    format!("{n_declined} of {n} applicants are declined ({}).{most}", percent(n_declined as f64 / n as f64))
}

fn most_common_first(findings: &Findings) -> Option<(&str, f64)> {
    let mut counts = vec![0_usize; findings.setup.reasons.entries.len()];
    let first = findings.cases.iter().filter_map(|case| case.reasons.first());
    first.for_each(|reason| counts[reason.group] += 1);
    let group = (0..counts.len()).rev().max_by_key(|&group| counts[group])?;
    let share = counts[group] as f64 / findings.cases.len().max(1) as f64;
    (counts[group] > 0).then(|| (findings.setup.reasons.entries[group].group.as_str(), share))
}

fn reasons(findings: &Findings) -> String {
    let first = || findings.cases.iter().filter_map(|case| case.reasons.first());
    let n = first().count();
    let told = first().filter(|reason| reason.separable == Some(true)).count();
    let apart = match findings.setup.n_folds {
        0 => String::new(),
        _ => format!(
            " For {} of those declined, the first reason is told apart from the second beyond the chance choice of the \
             reference.",
            percent(told as f64 / n.max(1) as f64)
        ),
    };
    let kept = || first().filter_map(|reason| reason.refits);
    let (total, stayed) = kept().fold((0, 0), |(n, kept), refits| (n + refits.n, kept + refits.kept));
    let refits = match total {
        0 => " Whether another fit of the model would give the same reasons was not asked.".to_owned(),
        _ => format!(
            " Over {} other fits of the model the first reason stays among the principal ones in {}.",
            findings.setup.n_refits,
            percent(stayed as f64 / total as f64)
        ),
    };
    format!("Reasons compare with {}.{apart}{refits}", findings.setup.reference)
}

fn groups(findings: &Findings, comparison: &Comparison) -> String {
    let limit = findings.setup.thresholds.four_fifths;
    let below = |group: &&crate::GroupFigures| group.ratio.is_some_and(|ratio| ratio.value < limit);
    let low: Vec<String> = comparison
        .groups
        .iter()
        .filter(below)
        .map(|group| {
            format!("`{}` ({})", group.group, number(group.ratio.map_or(f64::NAN, |ratio| ratio.value)))
        })
        .collect();
    let approval = if low.is_empty() {
        format!("no group's approval rate is below {limit} of the highest")
    } else {
        format!("below {limit} of the highest approval rate: {}", low.join(", "))
    };
    let columns = findings.attributions.feature_names();
    let mut through: Vec<&str> = comparison
        .gaps
        .iter()
        .filter(|gap| gap.is_found)
        .filter_map(|gap| Some(columns[gap.column?].as_str()))
        .collect();
    through.sort_unstable();
    through.dedup();
    let gaps = if through.is_empty() {
        "no gap in attributions is told apart from chance".to_owned()
    } else {
        format!("gaps in attributions are found in {} of {} columns", through.len(), columns.len())
    };
    format!("By `{}`: {approval}; {gaps}.", comparison.column)
}

/// What a reader must not overlook.
fn warnings(findings: &Findings) -> Vec<String> {
    let mut warnings = vec![
        "What cannot be concluded: that a reason caused anything, that another decision would follow if it were different, that \
         the model is fair or unfair, or that a law is kept. See “What these figures mean”."
            .to_owned(),
    ];
    if findings.n_immutable() > 0 {
        warnings.push(format!(
            "{} declined applicants have a principal reason that the catalogue marks as immutable: something that they cannot \
             change.",
            findings.n_immutable()
        ));
    }
    let silent = findings.cases.iter().filter(|case| case.reasons.is_empty()).count();
    if silent > 0 {
        warnings.push(format!(
            "{silent} declined applicants have no reason at all: nothing lowered their score against the reference. Is the \
             reference the right one?"
        ));
    }
    if findings.performance.is_some_and(|performance| performance.auc.value < 0.5) {
        warnings.push(
            "Outcomes are worse where scores are better: is the score's direction as stated?".to_owned(),
        );
    }
    warnings
}
