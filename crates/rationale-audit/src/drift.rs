//! Drift: how far two portfolios have moved apart, column by column, in what goes in and in what the model makes of it.
//!
//! ```text
//! PSI = sum over bins of (a_k - b_k) ln(a_k / b_k)          shares of the later and the earlier portfolio
//! W   = integral of |F_a - F_b|, over the standard deviation of the earlier portfolio
//! ```
//!
//! | symbol | here | unit |
//! |---|---|---|
//! | PSI | [`Drifted::psi`]: bins are tenths of the earlier portfolio, or categories; missing values are one | none |
//! | W | [`Drifted::wasserstein`]: numbers only | standard deviations |
//! | expected PSI | [`Drifted::chance`]: `(K - 1)(1/n_a + 1/n_b)`, what chance alone makes of K bins (Yurdakul 2018, <https://scholarworks.wmich.edu/dissertations/3208/>) | none |
//!
//! **Holds**: both are 0 for equal portfolios. **Departs** from the usual PSI by half an applicant added to each bin, so
//! that an empty one does not make it infinite, and a limit is compared with what exceeds chance. Attributions are those of
//! at most 5000 applicants of each portfolio against at most 1000 of the earlier one, each drawn at random.

use std::path::Path;

use ndarray::{Array2, Axis};
use rationale_core::whole::{Existing, WholeFolder};
use rationale_core::{Background, FeatureGroups, Progress, Seed};
use rationale_report::{Block, Cell, Page, Section};
use rationale_tabular::{Column, Table, write_csv};
use serde::Serialize;

use crate::audit::scored;
use crate::decided::encoded;
use crate::explainer::Asked;
use crate::folder::{begun, json_text, write_text};
use crate::proxy::tenths;
use crate::{DriftLimits, Error, Scorer};

const FORMAT: &str = "rationale/drift/1";
const MOST_EXPLAINED: usize = 5000;
const MOST_REFERENCE: usize = 1000;
/// Bytes for the folded reference.
const MEMORY: usize = 1 << 30;

/// What has drifted, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A column that goes in.
    Input,
    /// The score.
    Score,
    /// A column's attribution.
    Attribution,
}

/// How far one thing has moved.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Drifted {
    /// Which kind of thing.
    pub what: What,
    /// The column; the output for the score.
    pub column: String,
    /// The population stability index.
    pub psi: f64,
    /// What chance alone would make of it on average.
    pub chance: f64,
    /// Wasserstein's distance in standard deviations of the earlier portfolio; none for texts and for what did not vary.
    pub wasserstein: Option<f64>,
    /// Whether a limit is exceeded.
    pub is_exceeded: bool,
}

/// Two portfolios compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Drift {
    /// The earlier and the later table, by their names.
    pub files: [String; 2],
    /// How many applicants they have.
    pub n_rows: [usize; 2],
    /// The limits.
    pub limits: DriftLimits,
    /// The seed of what is drawn.
    pub seed: Seed,
    /// What was compared: the score, inputs, attributions.
    pub found: Vec<Drifted>,
}

impl Drift {
    /// Compares two portfolios.
    pub fn new(
        model: &Scorer,
        output: Option<&str>,
        [before, after]: [&Table; 2],
        limits: DriftLimits,
        seed: Seed,
        progress: &dyn Progress,
    ) -> Result<Self, Error> {
        let output = model.output(output, None)?;
        let columns = |table| scored(model, table, output).map(|(scores, _)| Column::numeric(scores));
        let name = model.output_names()[output].clone();
        let mut found = vec![compared(What::Score, &name, &columns(before)?, &columns(after)?, limits)];
        for name in model.encoder().schema().names() {
            found.push(compared(What::Input, name, before.column(name)?, after.column(name)?, limits));
        }
        found.extend(attributions(model, output, [before, after], limits, seed, progress)?);
        let files = [before, after].map(|table| table.name().to_owned());
        Ok(Self { files, n_rows: [before.n_rows(), after.n_rows()], limits, seed, found })
    }

    /// What exceeds its limit.
    pub fn exceeded(&self) -> impl Iterator<Item = &Drifted> {
        self.found.iter().filter(|drifted| drifted.is_exceeded)
    }

    /// What was compared, and how far it moved: the text of `drift.json`.
    pub fn to_json(&self) -> Result<String, Error> {
        json_text(&Document {
            format: FORMAT,
            before: &self.files[0],
            after: &self.files[1],
            n_before: self.n_rows[0],
            n_after: self.n_rows[1],
            psi_limit: self.limits.psi(),
            wasserstein_limit: self.limits.wasserstein(),
            seed: self.seed.get(),
            n_exceeded: self.exceeded().count(),
            drift: &self.found,
        })
    }

    /// Writes `drift.json`, `drift.csv` and `index.html` into a folder, which is there whole or not at all.
    pub fn write(&self, folder: &Path, existing: Existing) -> Result<(), Error> {
        let part = WholeFolder::begin(folder, existing).map_err(|source| begun(folder, source))?;
        write_text(&part.path().join("drift.json"), &self.to_json()?)?;
        self.write_table(&part.path().join("drift.csv"))?;
        self.page().save(&part.path().join("index.html"))?;
        part.commit().map_err(|source| begun(folder, source))
    }

    fn write_table(&self, path: &Path) -> Result<(), Error> {
        let header = ["what", "column", "psi", "psi_by_chance", "wasserstein", "exceeded"];
        let rows = self.found.iter().map(|it| {
            vec![
                it.what.name().into(),
                it.column.as_str().into(),
                it.psi.into(),
                it.chance.into(),
                it.wasserstein.map_or(rationale_tabular::Cell::Empty, Into::into),
                if it.is_exceeded { "yes" } else { "no" }.into(),
            ]
        });
        Ok(write_csv(path, &header, rows)?)
    }

    fn page(&self) -> Page {
        let n = self.exceeded().count();
        let lead = format!(
            "{} applicants of `{}` compared with {} of `{}`: {}.",
            self.n_rows[1],
            self.files[1],
            self.n_rows[0],
            self.files[0],
            if n == 0 {
                "no limit is exceeded".to_owned()
            } else {
                format!("{n} of {} exceed a limit", self.found.len())
            }
        );
        let section = Section::new("What moved").with_block(Block::Prose(format!(
            "The population stability index, by tenths of the earlier portfolio or by category, exceeds its limit where it is more \
             than {} above what chance alone makes of it; Wasserstein's distance where it is more than {} standard deviations of \
             the earlier portfolio. Drift says that applicants or scores differ, not why, and not that the model is wrong. Of \
             the attributions, at most {MOST_EXPLAINED} applicants of each portfolio are compared.",
            self.limits.psi(),
            self.limits.wasserstein()
        )));
        let section = [What::Score, What::Input, What::Attribution]
            .into_iter()
            .fold(section, |section, what| section.with_block(self.table(what)));
        Page::new("Drift between two portfolios").with_lead(lead).with_section(section)
    }

    fn table(&self, what: What) -> Block {
        let mut found: Vec<&Drifted> = self.found.iter().filter(|it| it.what == what).collect();
        found.sort_by(|a, b| (b.psi - b.chance).total_cmp(&(a.psi - a.chance)));
        let row = |it: &&Drifted| {
            vec![
                Cell::Text(it.column.clone()),
                Cell::Number(it.psi),
                Cell::Number(it.chance),
                it.wasserstein.map_or_else(|| Cell::Text("none".to_owned()), Cell::Number),
                Cell::Text(if it.is_exceeded { "exceeded" } else { "within" }.to_owned()),
            ]
        };
        let header = ["column", "PSI", "of it by chance", "Wasserstein, in SD", "limit"];
        Block::Table {
            caption: format!("{}, what moved most first.", what.in_words()),
            header: header.map(String::from).to_vec(),
            rows: found.iter().map(row).collect(),
        }
    }
}

impl What {
    fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Score => "score",
            Self::Attribution => "attribution",
        }
    }

    fn in_words(self) -> &'static str {
        match self {
            Self::Input => "What goes in",
            Self::Score => "The score",
            Self::Attribution => "What each column gives to the score",
        }
    }
}

#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    before: &'a str,
    after: &'a str,
    n_before: usize,
    n_after: usize,
    psi_limit: f64,
    wasserstein_limit: f64,
    seed: u64,
    n_exceeded: usize,
    drift: &'a [Drifted],
}

fn attributions(
    model: &Scorer,
    output: usize,
    [before, after]: [&Table; 2],
    limits: DriftLimits,
    seed: Seed,
    progress: &dyn Progress,
) -> Result<Vec<Drifted>, Error> {
    let encoder = model.encoder();
    let columns = FeatureGroups::new(encoder.groups(), encoder.feature_names())?;
    let reference = drawn(before, MOST_REFERENCE.min(model.usual_reference_rows()), seed, "drift reference");
    let reference = Background::new(encoded(encoder, before, &reference)?)?;
    let asked = Asked { memory: MEMORY, n_rows: MOST_EXPLAINED, seed };
    let explainer = model.explainer(&reference, asked)?;
    let explain = |table: &Table, purpose: &str| -> Result<Array2<f64>, Error> {
        let rows = encoded(encoder, table, &drawn(table, MOST_EXPLAINED, seed, purpose))?;
        let explained = explainer.explain(rows.view(), output, progress)?.grouped(&columns)?;
        Ok(explained.values().index_axis(Axis(2), 0).to_owned())
    };
    let (then, now) = (explain(before, "drift before")?, explain(after, "drift after")?);
    let column = |values: &Array2<f64>, place| Column::numeric(values.column(place).to_vec());
    let one = |(place, name): (usize, &String)| {
        compared(What::Attribution, name, &column(&then, place), &column(&now, place), limits)
    };
    Ok(columns.names().iter().enumerate().map(one).collect())
}

/// How many rows [`Drift::new`] explains in all.
pub fn n_explained(before: &Table, after: &Table) -> u64 {
    (before.n_rows().min(MOST_EXPLAINED) + after.n_rows().min(MOST_EXPLAINED)) as u64
}

fn drawn(table: &Table, most: usize, seed: Seed, purpose: &str) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..table.n_rows()).collect();
    if rows.len() > most {
        seed.draws(purpose, 0, 0).shuffle(&mut rows);
        rows.truncate(most);
        rows.sort_unstable();
    }
    rows
}

fn compared(what: What, name: &str, before: &Column, after: &Column, limits: DriftLimits) -> Drifted {
    let (then, now) = match (before.numbers(), after.numbers()) {
        (Some(then), Some(now)) => by_tenths(then, now),
        _ => by_category(before, after),
    };
    let (psi, chance) = psi(&then, &now);
    let wasserstein = before.numbers().zip(after.numbers()).and_then(|(then, now)| wasserstein(then, now));
    let is_exceeded =
        psi - chance > limits.psi() || wasserstein.is_some_and(|distance| distance > limits.wasserstein());
    Drifted { what, column: name.to_owned(), psi, chance, wasserstein, is_exceeded }
}

fn by_tenths(then: &[f64], now: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let edges = tenths(then);
    let counts = |numbers: &[f64]| {
        let mut counts = vec![0.0; edges.len() + 2];
        for x in numbers {
            let bin = if x.is_nan() { edges.len() + 1 } else { edges.partition_point(|edge| edge <= x) };
            counts[bin] += 1.0;
        }
        counts
    };
    (counts(then), counts(now))
}

fn by_category(then: &Column, now: &Column) -> (Vec<f64>, Vec<f64>) {
    let mut names = then.distinct();
    names.extend(now.distinct());
    names.sort();
    names.dedup();
    let counts = |column: &Column| {
        let mut counts = vec![0.0; names.len() + 1];
        for row in 0..column.len() {
            let place =
                column.text_at(row).and_then(|text| names.binary_search_by(|it| it.as_str().cmp(&text)).ok());
            counts[place.unwrap_or(names.len())] += 1.0;
        }
        counts
    };
    (counts(then), counts(now))
}

/// The index, and what chance alone makes of it; bins that are empty in both count for nothing.
fn psi(then: &[f64], now: &[f64]) -> (f64, f64) {
    let bins: Vec<(f64, f64)> =
        then.iter().copied().zip(now.iter().copied()).filter(|(a, b)| a + b > 0.0).collect();
    let k = bins.len() as f64;
    let (n, m): (f64, f64) = (then.iter().sum(), now.iter().sum());
    let term = |(a, b): &(f64, f64)| {
        let (a, b) = ((a + 0.5) / (n + 0.5 * k), (b + 0.5) / (m + 0.5 * k));
        (b - a) * (b / a).ln()
    };
    (bins.iter().map(term).sum(), (k - 1.0).max(0.0) * (1.0 / n + 1.0 / m))
}

/// In standard deviations of `then`; none where it did not vary, or where either has no number.
fn wasserstein(then: &[f64], now: &[f64]) -> Option<f64> {
    let sorted = |numbers: &[f64]| {
        let mut sorted: Vec<f64> = numbers.iter().copied().filter(|x| x.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        sorted
    };
    let (a, b) = (sorted(then), sorted(now));
    let n = a.len() as f64;
    let mean = a.iter().sum::<f64>() / n;
    let deviation = (a.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    if a.len() < 2 || b.is_empty() || deviation <= 0.0 {
        return None;
    }
    let mut all: Vec<f64> = a.iter().chain(&b).copied().collect();
    all.sort_by(f64::total_cmp);
    let (mut i, mut j, mut total) = (0, 0, 0.0);
    for pair in all.windows(2) {
        while i < a.len() && a[i] <= pair[0] {
            i += 1;
        }
        while j < b.len() && b[j] <= pair[0] {
            j += 1;
        }
        total += (i as f64 / n - j as f64 / b.len() as f64).abs() * (pair[1] - pair[0]);
    }
    Some(total / deviation)
}

#[cfg(test)]
mod tests {
    use rationale_core::Silent;

    use super::*;
    use crate::example::{model, table};

    fn drift(before: &Table, after: &Table) -> Drift {
        Drift::new(
            &model().into(),
            Some("good"),
            [before, after],
            DriftLimits::default(),
            Seed::new(1),
            &Silent,
        )
        .unwrap()
    }

    #[test]
    fn equal_portfolios_have_not_drifted() {
        let drift = drift(&table(), &table());
        assert_eq!(drift.exceeded().count(), 0);
        assert!(drift.found.iter().all(|it| it.psi == 0.0 && it.wasserstein.is_none_or(|w| w == 0.0)));
        assert_eq!(drift.found.len(), 1 + 2 + 2);
    }

    #[test]
    fn psi_agrees_with_a_worked_example() {
        // Shares 100.5/201 and 100.5/201 against 150.5/201 and 50.5/201.
        let (value, chance) = psi(&[100.0, 100.0, 0.0], &[150.0, 50.0, 0.0]);
        let (a, b, c) = (100.5 / 201.0_f64, 150.5 / 201.0_f64, 50.5 / 201.0_f64);
        assert!((value - ((b - a) * (b / a).ln() + (c - a) * (c / a).ln())).abs() < 1e-12);
        assert!((chance - 0.01).abs() < 1e-12);
    }

    #[test]
    fn a_shift_is_its_own_distance() {
        let then: Vec<f64> = (0..100).map(f64::from).collect();
        let now: Vec<f64> = then.iter().map(|x| x + 5.0).collect();
        let deviation = (then.iter().map(|x| (x - 49.5).powi(2)).sum::<f64>() / 99.0).sqrt();
        assert!((wasserstein(&then, &now).unwrap() - 5.0 / deviation).abs() < 1e-9);
        assert_eq!(wasserstein(&[1.0, 1.0], &now), None);
    }

    #[test]
    fn a_moved_portfolio_exceeds_in_inputs_score_and_attributions() {
        let text = |job: &str, amount: usize| -> String {
            (0..200).map(|row| format!("{job},{}\n", amount + row)).collect::<Vec<_>>().concat()
        };
        let of =
            |rows: String| Table::from_csv_bytes("p.csv", format!("job,amount\n{rows}").as_bytes()).unwrap();
        let mixed = of(text("clerk", 400) + &text("none", 300));
        let moved = of(text("none", 600));
        let found = drift(&mixed, &moved);
        let kinds: Vec<What> = found.exceeded().map(|it| it.what).collect();
        for what in [What::Score, What::Input, What::Attribution] {
            assert!(kinds.contains(&what), "{what:?}: {:?}", found.found);
        }
        let room = tempfile::tempdir().unwrap();
        found.write(&room.path().join("out"), Existing::Refuse).unwrap();
        assert!(
            std::fs::read_to_string(room.path().join("out/index.html")).unwrap().contains("exceed a limit")
        );
    }
}
