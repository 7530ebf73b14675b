//! Planted truth: applicants declined for known reasons by a known additive scorecard.
//!
//! A column's exact value is closed form: `f_j(x_j) - E f_j(X_j)`, the mean over the generator's population. With
//! `f_j` a sum of steps and `X_j` standard normal that mean is a sum of normal tail probabilities.

use std::collections::BTreeMap;

use rationale_core::{Seed, Silent};
use rationale_tabular::{Column, Encoder, Encoding, Field, FieldKind, Schema, Table};
use rationale_trees::{Missing, NodeSpec, Outputs, Side, Split, Test, Tree, TreeEnsemble};
use statrs::distribution::{ContinuousCDF, Normal};

use crate::{Audit, Findings, Population, Reference, Rule, ScoringModel};

const N_COLUMNS: usize = 6;
const STEPS: [f64; 5] = [-1.5, -0.5, 0.0, 0.7, 1.6];

fn height(column: usize, step: usize) -> f64 {
    (0.3 + 0.1 * column as f64) * (1.0 + 0.2 * ((column + step) % 3) as f64)
}

fn scorecard() -> ScoringModel {
    let stump = |column: usize, step: usize| {
        let missing = Missing::nan(Side::Right);
        let split = Split { feature: column, test: Test::Less(STEPS[step]), missing, left: 1, right: 2 };
        let nodes = vec![
            NodeSpec::split(split),
            NodeSpec::leaf(vec![0.0]),
            NodeSpec::leaf(vec![height(column, step)]),
        ];
        Tree::new(nodes, Outputs::All).unwrap()
    };
    let trees = (0..N_COLUMNS).flat_map(|column| (0..STEPS.len()).map(move |step| stump(column, step)));
    let fields = (0..N_COLUMNS).map(|k| Field { name: format!("x{k}"), kind: FieldKind::Numeric });
    let encoder = Encoder::new(Schema::new(fields.collect()).unwrap(), Encoding::Ordinal).unwrap();
    let trees = TreeEnsemble::new(trees.collect(), N_COLUMNS, 1)
        .and_then(|trees| trees.with_feature_names(encoder.feature_names().to_vec()))
        .unwrap();
    ScoringModel::new(trees, encoder).unwrap()
}

/// Standard normal columns that go together (correlation 0.36).
fn drawn(n_rows: usize, purpose: &str, sample: u64) -> Vec<[f64; N_COLUMNS]> {
    let mut draws = Seed::new(11).draws(purpose, 0, sample);
    let mut row = || {
        let common = draws.normal();
        [(); N_COLUMNS].map(|()| 0.6 * common + 0.8 * draws.normal())
    };
    (0..n_rows).map(|_| row()).collect()
}

fn table(rows: &[[f64; N_COLUMNS]]) -> Table {
    let column = |k: usize| (format!("x{k}"), Column::numeric(rows.iter().map(|row| row[k]).collect()));
    Table::new("planted", (0..N_COLUMNS).map(column).collect()).unwrap()
}

/// What a column gives to an applicant against everybody whom the generator could draw.
fn truth(column: usize, x: f64) -> f64 {
    let normal = Normal::new(0.0, 1.0).unwrap();
    let one =
        |step: usize| height(column, step) * (f64::from(u8::from(x >= STEPS[step])) - normal.sf(STEPS[step]));
    (0..STEPS.len()).map(one).sum()
}

fn audited(applicants: &Table, reference: Table, population: Population) -> Findings {
    let audit = Audit::new(scorecard(), Rule::ApproveRate(0.5))
        .with_reference(Reference::Rows(Box::new(reference)))
        .with_population(population);
    audit.decide(applicants).unwrap().explain(&Silent).unwrap()
}

#[test]
fn every_first_reason_is_the_planted_one() {
    let rows = drawn(400, "applicants", 0);
    let reference = drawn(200, "census", 0);
    let mean = |column: usize, step: usize| {
        reference.iter().filter(|row| row[column] >= STEPS[step]).count() as f64 / reference.len() as f64
    };
    let exact = |column: usize, x: f64| -> f64 {
        let one =
            |step: usize| height(column, step) * (f64::from(u8::from(x >= STEPS[step])) - mean(column, step));
        (0..STEPS.len()).map(one).sum()
    };
    let findings = audited(&table(&rows), table(&reference), Population::Census);
    assert!(findings.cases.len() >= 190);
    for case in &findings.cases {
        let planted: BTreeMap<usize, f64> =
            (0..N_COLUMNS).map(|k| (k, exact(k, rows[case.row][k]))).collect();
        let lowest = planted.values().copied().fold(f64::INFINITY, f64::min);
        let first = &case.reasons[0];
        // Two columns may be exactly alike; any of them is right.
        assert!((planted[&first.group] - lowest).abs() < 1e-9, "row {}", case.row);
        assert!((first.value + lowest).abs() < 1e-9);
    }
}

#[test]
fn intervals_cover_the_value_under_the_generator() {
    let rows = drawn(60, "applicants", 1);
    let (mut covered, mut n) = (0_usize, 0_usize);
    for sample in 0..120 {
        let findings = audited(&table(&rows), table(&drawn(500, "reference", sample)), Population::Sampled);
        for case in &findings.cases {
            for reason in &case.reasons {
                let [low, high] = reason.interval.unwrap();
                let value = -truth(reason.group, rows[case.row][reason.group]);
                covered += usize::from(low <= value && value <= high);
                n += 1;
            }
        }
    }
    let share = covered as f64 / n as f64;
    assert!((0.93..=0.97).contains(&share), "{covered} of {n}");
}
