//! The findings as versioned JSON, apart from the types that the library hands out.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

use crate::interval::Estimate;
use crate::{
    Case, Comparison, Direction, Findings, Gap, GroupFigures, Performance, Population, Proxy, Reason, Rule,
};

const AUDIT_FORMAT: &str = "rationale/audit/2";
/// What made the audit.
pub(crate) const PROGRAM: &str = concat!("rationale ", env!("CARGO_PKG_VERSION"));

/// `reasons.json`: one entry a declined applicant, made while it is written.
pub(crate) struct Cases<'a>(pub &'a Findings);

impl Serialize for Cases<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.cases.iter().map(|case| CaseDocument::of(self.0, case)))
    }
}

#[derive(Serialize)]
struct CaseDocument<'a> {
    row: usize,
    id: Cow<'a, str>,
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
    /// Null where the reference is too small, or a census.
    interval: Option<[f64; 2]>,
    separable: Option<bool>,
    actionable: Option<bool>,
    immutable: bool,
    refits: Option<RefitsDocument>,
}

#[derive(Serialize)]
struct RefitsDocument {
    n: usize,
    range: [f64; 2],
    kept: usize,
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
    n_reference_available: usize,
    population: &'static str,
    n_folds: usize,
    /// Where the intervals of reasons come from, and what they cover.
    intervals: String,
    n_refits: usize,
    seed: u64,
    program: &'static str,
    engine: &'a str,
    completeness_gap: f64,
    data_sha256: Option<String>,
    reference_sha256: Option<String>,
    n_declined: usize,
    n_with_immutable_reason: usize,
    importance: Vec<ColumnDocument<'a>>,
    interactions: Vec<PairDocument<'a>>,
    n_interactions_measured_on: usize,
    performance: Option<PerformanceDocument>,
    comparisons: Vec<ComparisonDocument<'a>>,
    columns_without_reason: Vec<&'a str>,
    unused_columns: &'a [String],
    limits: Vec<&'static str>,
}

#[derive(Serialize)]
struct ColumnDocument<'a> {
    column: &'a str,
    mean_absolute: f64,
}

#[derive(Serialize)]
struct ModelDocument<'a> {
    format: &'a str,
    version: Option<&'a str>,
    sha256: Option<String>,
    /// Null where the model only answers.
    n_trees: Option<usize>,
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
struct PairDocument<'a> {
    columns: [&'a str; 2],
    strength: EstimateDocument,
}

#[derive(Serialize)]
struct ComparisonDocument<'a> {
    column: &'a str,
    compared_with: &'a str,
    groups: Vec<GroupDocument<'a>>,
    gaps: Vec<GapDocument<'a>>,
    proxies: Vec<ProxyDocument<'a>>,
}

#[derive(Serialize)]
struct GroupDocument<'a> {
    group: &'a str,
    n_rows: usize,
    approve_rate: EstimateDocument,
    ratio: Option<EstimateDocument>,
    score: EstimateDocument,
    score_quantiles: [f64; 5],
    approved_of_favourable: Option<EstimateDocument>,
    approved_of_unfavourable: Option<EstimateDocument>,
    favourable_by_fifth_of_score: Vec<Option<EstimateDocument>>,
    attributions: Vec<AttributionDocument<'a>>,
}

#[derive(Serialize)]
struct GapDocument<'a> {
    group: &'a str,
    /// Null for all columns together.
    column: Option<&'a str>,
    difference: EstimateDocument,
    p: f64,
    p_holm: f64,
    found: bool,
    share_of_margin_gap: Option<f64>,
}

#[derive(Serialize)]
struct ProxyDocument<'a> {
    column: &'a str,
    cramers_v: f64,
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

impl<'a> CaseDocument<'a> {
    fn of(findings: &'a Findings, case: &'a Case) -> Self {
        Self {
            row: case.row,
            id: findings.ids.of(case.row),
            decision: "declined",
            score: findings.scores[case.row],
            reasons: case.reasons.iter().map(|reason| ReasonDocument::of(findings, reason)).collect(),
        }
    }
}

impl<'a> ReasonDocument<'a> {
    fn of(findings: &'a Findings, reason: &Reason) -> Self {
        let entry = findings.entry(reason);
        Self {
            group: &entry.group,
            code: &entry.code,
            sentence: &entry.sentence,
            value: reason.value,
            share: reason.share,
            interval: reason.interval,
            separable: reason.separable,
            actionable: entry.actionable,
            immutable: entry.immutable,
            refits: reason.refits.map(|it| RefitsDocument { n: it.n, range: it.range, kept: it.kept }),
        }
    }
}

impl<'a> AuditDocument<'a> {
    pub(crate) fn of(findings: &'a Findings) -> Self {
        let (setup, decisions) = (&findings.setup, &findings.decisions);
        let (evidence, columns) = (findings.attributions.evidence(), findings.attributions.feature_names());
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
            n_reference_available: setup.n_reference_available,
            population: match setup.population {
                Population::Sampled => "sampled",
                Population::Census => "census",
            },
            n_folds: setup.n_folds,
            intervals: setup.intervals_in_words(),
            n_refits: setup.n_refits,
            seed: setup.seed.get(),
            program: PROGRAM,
            engine: &evidence.engine,
            completeness_gap: findings.attributions.completeness_gap(),
            data_sha256: evidence.data.map(|print| print.to_string()),
            reference_sha256: evidence.background.map(|print| print.to_string()),
            n_declined: findings.cases.len(),
            n_with_immutable_reason: findings.n_immutable(),
            importance: columns
                .iter()
                .zip(&findings.importance)
                .map(|(column, &mean_absolute)| ColumnDocument { column, mean_absolute })
                .collect(),
            interactions: findings
                .pairs
                .iter()
                .map(|pair| PairDocument {
                    columns: pair.columns.map(|column| columns[column].as_str()),
                    strength: pair.strength.into(),
                })
                .collect(),
            n_interactions_measured_on: findings.n_paired,
            performance: findings.performance.map(PerformanceDocument::of),
            comparisons: findings
                .comparisons
                .iter()
                .map(|comparison| ComparisonDocument::of(comparison, findings.attributions.feature_names()))
                .collect(),
            columns_without_reason: setup.own_reasons(),
            unused_columns: &setup.unused,
            limits: setup.limits(),
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
        let name = |group: usize| comparison.groups[group].group.as_str();
        let gap = |gap: &Gap| GapDocument {
            group: name(gap.group),
            column: gap.column.map(|column| columns[column].as_str()),
            difference: gap.difference.into(),
            p: gap.p,
            p_holm: gap.adjusted,
            found: gap.is_found,
            share_of_margin_gap: gap.share,
        };
        let proxy =
            |proxy: &Proxy| ProxyDocument { column: &columns[proxy.column], cramers_v: proxy.strength };
        Self {
            column: &comparison.column,
            compared_with: name(comparison.against),
            groups: comparison.groups.iter().map(|group| GroupDocument::of(group, columns)).collect(),
            gaps: comparison.gaps.iter().map(gap).collect(),
            proxies: comparison.proxies.iter().map(proxy).collect(),
        }
    }
}

impl<'a> GroupDocument<'a> {
    fn of(group: &'a GroupFigures, columns: &'a [String]) -> Self {
        let means = columns.iter().zip(&group.attributions);
        Self {
            group: &group.group,
            n_rows: group.n_rows,
            approve_rate: group.approve_rate.into(),
            ratio: group.ratio.map(Into::into),
            score: group.score.into(),
            score_quantiles: group.quantiles,
            approved_of_favourable: group.opportunity.map(Into::into),
            approved_of_unfavourable: group.wrongly_approved.map(Into::into),
            favourable_by_fifth_of_score: group
                .outcome_by_score
                .iter()
                .map(|it| it.map(Into::into))
                .collect(),
            attributions: means
                .map(|(column, mean)| AttributionDocument { column, mean: (*mean).into() })
                .collect(),
        }
    }
}

impl From<Estimate> for EstimateDocument {
    fn from(estimate: Estimate) -> Self {
        Self { value: estimate.value, interval: estimate.interval }
    }
}
