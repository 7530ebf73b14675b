//! What an audit was asked, and what it found.

use std::borrow::Cow;

use rationale_core::{Attributions, Seed};
use rationale_tabular::Column;

use crate::catalogue::{Entry, Reasons};
use crate::limit::{EXACT, LIMITS, SAMPLED};
use crate::shown::Shown;
use crate::{
    Case, Comparison, Decisions, Estimate, Label, Performance, Population, Reason, Rule, Source, Thresholds,
};

/// In what attributions are counted: trees add up on the margin, which a link turns into the score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// The score itself.
    Score,
    /// The log-odds of the score.
    LogOdds,
    /// The model's margin, which its link turns into the score.
    Margin,
}

impl Unit {
    /// What the report calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Score => "score",
            Self::LogOdds => "log-odds",
            Self::Margin => "margin",
        }
    }
}

/// What was asked, as it was understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Setup {
    /// The table of applicants.
    pub file: String,
    /// The output that is the score.
    pub output: String,
    /// The rule as given.
    pub rule: Rule,
    /// The outcomes' column and favourable value.
    pub label: Option<Label>,
    /// Against whom applicants are compared.
    pub reference: String,
    /// How many rows that is.
    pub n_reference: usize,
    /// From how many rows those were drawn at random; as many as there are where all were taken.
    pub n_reference_available: usize,
    /// What the reference is to those with whom applicants are meant to be compared.
    pub population: Population,
    /// Into how many folds it was split for intervals; 0 where it is too small or a census.
    pub n_folds: usize,
    /// How many other fits of the model were asked too.
    pub n_refits: usize,
    /// The seed of folds and bootstrap.
    pub seed: Seed,
    /// In what attributions and reasons are counted.
    pub unit: Unit,
    /// Whether a catalogue of reasons was given.
    pub has_catalogue: bool,
    /// The template of letters.
    pub letter: Option<String>,
    /// How many trees the model has; none where it only answers, and values are sampled.
    pub n_trees: Option<usize>,
    /// All reasons.
    pub reasons: Reasons,
    /// Columns of the table that nothing here looks at.
    pub unused: Vec<String>,
    /// Where the model comes from.
    pub source: Source,
    /// From where on figures are pointed out.
    pub thresholds: Thresholds,
}

impl Setup {
    /// The reasons that are columns under their own names.
    pub fn own_reasons(&self) -> Vec<&str> {
        self.reasons.entries[self.reasons.n_listed..].iter().map(|entry| entry.group.as_str()).collect()
    }

    /// What the figures mean and do not mean.
    pub fn limits(&self) -> Vec<&'static str> {
        let mut limits = LIMITS.to_vec();
        if self.n_trees.is_none() {
            limits[EXACT] = SAMPLED;
        }
        limits
    }

    /// Where the intervals of reasons come from, and what they cover.
    pub fn intervals_in_words(&self) -> String {
        let n = self.n_reference;
        match (self.population, self.n_folds) {
            (Population::Census, _) => format!(
                "none: census. The reference's {n} rows are stated to be all there are, so there is no chance in their choice"
            ),
            (_, 0) => "none: the reference has fewer than four rows".to_owned(),
            (_, folds) => format!(
                "95%, from the reference's {n} rows split at random into {folds} folds (Student's t with {} degrees of \
                 freedom). They cover the chance choice of these {n} rows from their population{} and nothing else: not the \
                 fitting of the model, not the choice of the reference",
                folds - 1,
                if self.n_trees.is_none() { ", the sampling of the values," } else { "" }
            ),
        }
    }
}

/// What applicants are called.
#[derive(Debug, Clone, PartialEq)]
pub struct Ids(pub(crate) Option<Column>);

impl Ids {
    /// An applicant's name: of the column of names, or its row counted from 0.
    pub fn of(&self, row: usize) -> Cow<'_, str> {
        match &self.0 {
            None => Cow::Owned(row.to_string()),
            Some(column) => column.text_at(row).unwrap_or_else(|| Cow::Owned(format!("row {row}"))),
        }
    }
}

/// Two columns that work together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// The columns.
    pub columns: [usize; 2],
    /// The mean size of what they give together beyond what each gives alone, both orders added up.
    pub strength: Estimate,
}

/// Everything that an audit found.
#[derive(Debug, Clone, PartialEq)]
pub struct Findings {
    /// What was asked.
    pub setup: Setup,
    /// Of every applicant `[row, column, 1]`, on the margin.
    pub attributions: Attributions,
    /// The mean size of each column's attribution.
    pub importance: Vec<f64>,
    /// The pairs of columns that interact most, strongest first.
    pub pairs: Vec<Pair>,
    /// How many applicants the pairs were measured on.
    pub n_paired: usize,
    /// The applicants that figures and the page show.
    pub shown: Shown,
    /// Scores `[row]`, after the link.
    pub scores: Vec<f64>,
    /// Who is approved.
    pub decisions: Decisions,
    /// What happened `[row]`, true where favourable, none where it is not known.
    pub outcomes: Option<Vec<Option<bool>>>,
    /// What applicants are called.
    pub ids: Ids,
    /// The reasons of those declined, in the order of rows.
    pub cases: Vec<Case>,
    /// Groups side by side, one comparison a protected column and a pair of them.
    pub comparisons: Vec<Comparison>,
    /// How well scores and decisions agree with outcomes.
    pub performance: Option<Performance>,
}

impl Findings {
    /// The catalogue's words for a reason.
    pub fn entry(&self, reason: &Reason) -> &Entry {
        &self.setup.reasons.entries[reason.group]
    }

    /// The declined applicant with the worst score.
    pub fn worst(&self) -> Option<&Case> {
        let good = |case: &&Case| self.decisions.direction.sign() * self.scores[case.row];
        self.cases.iter().min_by(|a, b| good(a).total_cmp(&good(b)))
    }

    /// The columns with the largest mean |attribution|, largest first.
    pub fn most_important(&self, n: usize) -> Vec<usize> {
        let mut columns: Vec<usize> = (0..self.importance.len()).collect();
        columns.sort_by(|&a, &b| self.importance[b].total_cmp(&self.importance[a]));
        columns.truncate(n);
        columns
    }

    /// How many declined applicants have a first reason that nobody can change.
    pub fn n_immutable(&self) -> usize {
        let is = |case: &&Case| case.reasons.iter().any(|reason| self.entry(reason).immutable);
        self.cases.iter().filter(is).count()
    }
}
