//! The findings as versioned JSON, apart from the types that the library hands out.

use serde::Serialize;

use crate::interval::Estimate;
use crate::{Case, Comparison, Direction, Findings, Performance, Reason, Rule};

const AUDIT_FORMAT: &str = "rationale/audit/1";

/// `reasons.json`: one entry a declined applicant.
#[derive(Serialize)]
pub(crate) struct CaseDocument<'a> {
    row: usize,
    id: &'a str,
    decision: &'static str,
    score: f64,
    reasons: Vec<ReasonDocument<'a>>,
}

#[derive(Serialize)]
struct ReasonDocument<'a> {
    group: &'a str,
    code: &'a str,
    sentence: &'a str,
    value: f64,
    share: f64,
    interval: Option<[f64; 2]>,
    separable: Option<bool>,
}

/// `audit.json`: what was asked and what came out, without the rows.
#[derive(Serialize)]
pub(crate) struct AuditDocument<'a> {
    format: &'static str,
    data: &'a str,
    n_rows: usize,
    model: ModelDocument<'a>,
    output: &'a str,
    /// In what attributions and the values of reasons are counted: `score`, `log-odds` or `margin`.
    unit: &'static str,
    higher_is_favourable: bool,
    rule: RuleDocument,
    cut_off: f64,
    approve_rate: f64,
    label: Option<&'a str>,
    favourable: Option<&'a str>,
    reference: &'a str,
    n_reference: usize,
    n_folds: usize,
    seed: u64,
    performance: Option<PerformanceDocument>,
    comparisons: Vec<ComparisonDocument<'a>>,
    columns_without_reason: &'a [String],
    unused_columns: &'a [String],
    limits: &'static [&'static str],
}

#[derive(Serialize)]
struct ModelDocument<'a> {
    format: &'a str,
    version: Option<&'a str>,
    sha256: Option<String>,
    n_trees: usize,
    notes: &'a [String],
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum RuleDocument {
    CutOff(f64),
    ApproveRate(f64),
}

#[derive(Serialize)]
struct PerformanceDocument {
    accuracy: EstimateDocument,
    auc: EstimateDocument,
    approved_favourable: usize,
    approved_unfavourable: usize,
    declined_favourable: usize,
    declined_unfavourable: usize,
}

#[derive(Serialize)]
struct ComparisonDocument<'a> {
    column: &'a str,
    groups: Vec<GroupDocument<'a>>,
}

#[derive(Serialize)]
struct GroupDocument<'a> {
    group: &'a str,
    n_rows: usize,
    approve_rate: EstimateDocument,
    score: EstimateDocument,
    attributions: Vec<AttributionDocument<'a>>,
}

#[derive(Serialize)]
struct AttributionDocument<'a> {
    column: &'a str,
    #[serde(flatten)]
    mean: EstimateDocument,
}

#[derive(Serialize)]
struct EstimateDocument {
    value: f64,
    interval: Option<[f64; 2]>,
}

pub(crate) fn cases(findings: &Findings) -> Vec<CaseDocument<'_>> {
    let case = |case: &'_ Case| (case.row, findings.ids[case.row].as_str(), findings.scores[case.row]);
    let document = |found| {
        let (row, id, score) = case(found);
        let reasons = found.reasons.iter().map(ReasonDocument::of).collect();
        CaseDocument { row, id, decision: "declined", score, reasons }
    };
    findings.cases.iter().map(document).collect()
}

impl<'a> ReasonDocument<'a> {
    fn of(reason: &'a Reason) -> Self {
        Self {
            group: &reason.entry.group,
            code: &reason.entry.code,
            sentence: &reason.entry.sentence,
            value: reason.value,
            share: reason.share,
            interval: reason.interval,
            separable: reason.separable,
        }
    }
}

impl<'a> AuditDocument<'a> {
    pub(crate) fn of(findings: &'a Findings) -> Self {
        let (setup, decisions) = (&findings.setup, &findings.decisions);
        Self {
            format: AUDIT_FORMAT,
            data: &setup.file,
            n_rows: findings.scores.len(),
            model: ModelDocument {
                format: &setup.source.format,
                version: setup.source.version.as_deref(),
                sha256: findings.attributions.evidence().model.map(|model| model.to_string()),
                n_trees: setup.n_trees,
                notes: &setup.source.notes,
            },
            output: &setup.output,
            unit: setup.unit.name(),
            higher_is_favourable: decisions.direction == Direction::HigherIsFavourable,
            rule: match setup.rule {
                Rule::CutOff(cut_off) => RuleDocument::CutOff(cut_off),
                Rule::ApproveRate(rate) => RuleDocument::ApproveRate(rate),
            },
            cut_off: decisions.cut_off,
            approve_rate: decisions.approve_rate(),
            label: setup.label.as_ref().map(|label| label.column.as_str()),
            favourable: setup.label.as_ref().map(|label| label.favourable.as_str()),
            reference: &setup.reference,
            n_reference: setup.n_reference,
            n_folds: setup.n_folds,
            seed: setup.seed.get(),
            performance: findings.performance.map(PerformanceDocument::of),
            comparisons: findings
                .comparisons
                .iter()
                .map(|comparison| ComparisonDocument::of(comparison, findings.attributions.feature_names()))
                .collect(),
            columns_without_reason: &setup.own_reasons,
            unused_columns: &setup.unused,
            limits: &crate::LIMITS,
        }
    }
}

impl PerformanceDocument {
    fn of(performance: Performance) -> Self {
        let counts = performance.counts;
        Self {
            accuracy: performance.accuracy.into(),
            auc: performance.auc.into(),
            approved_favourable: counts.approved_favourable,
            approved_unfavourable: counts.approved_unfavourable,
            declined_favourable: counts.declined_favourable,
            declined_unfavourable: counts.declined_unfavourable,
        }
    }
}

impl<'a> ComparisonDocument<'a> {
    fn of(comparison: &'a Comparison, columns: &'a [String]) -> Self {
        let group = |group: &'a crate::GroupFigures| GroupDocument {
            group: &group.group,
            n_rows: group.n_rows,
            approve_rate: group.approve_rate.into(),
            score: group.score.into(),
            attributions: columns
                .iter()
                .zip(&group.attributions)
                .map(|(column, mean)| AttributionDocument { column, mean: (*mean).into() })
                .collect(),
        };
        Self { column: &comparison.column, groups: comparison.groups.iter().map(group).collect() }
    }
}

impl From<Estimate> for EstimateDocument {
    fn from(estimate: Estimate) -> Self {
        Self { value: estimate.value, interval: estimate.interval }
    }
}
