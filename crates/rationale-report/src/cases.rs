//! The page's table of cases, and what its script knows of them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use minijinja::{Value, context};
use serde::Serialize;

use crate::page::{Cell, cells, header};
use crate::{Error, number};

/// Rows of the table that are there without JavaScript.
const STATIC_ROWS: usize = 50;

/// Explained rows that can be searched, sorted and opened.
#[derive(Debug, Clone, Default)]
pub struct Cases {
    columns: Vec<String>,
    cases: Vec<Case>,
    output: String,
    open: Option<String>,
}

/// One explained row.
#[derive(Debug, Clone, Default)]
pub struct Case {
    /// What it is called; also its link, `#case-ID`. Where two are called alike, the link opens the first.
    pub id: String,
    /// What the table shows of it, one cell a column.
    pub cells: Vec<Cell>,
    /// The value from which its contributions start.
    pub base_value: f64,
    /// The value at which they arrive.
    pub prediction: f64,
    /// Its features.
    pub contributions: Vec<Contribution>,
    /// What is to be said about it.
    pub notes: Vec<Note>,
}

/// What one feature gives to one case.
#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    /// The feature's name.
    pub name: String,
    /// Its value, for people.
    pub text: String,
    /// Its attribution.
    pub value: f64,
}

/// A remark on a case, such as a principal reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// In a few words.
    pub title: String,
    /// In a sentence.
    pub text: String,
}

impl Cases {
    /// No cases yet; the table's columns, and what the predictions are called.
    pub fn new(columns: Vec<String>, output: impl Into<String>) -> Self {
        Self { columns, output: output.into(), ..Self::default() }
    }

    /// Adds cases.
    pub fn with_cases(mut self, cases: Vec<Case>) -> Self {
        self.cases.extend(cases);
        self
    }

    /// Opens this case first; else the first one.
    pub fn with_open_case(mut self, id: impl Into<String>) -> Self {
        self.open = Some(id.into());
        self
    }

    pub(crate) fn context(&self) -> Result<Value, Error> {
        let first: Vec<Value> = self.cases.iter().take(STATIC_ROWS).map(|case| cells(&case.cells)).collect();
        Ok(context! {
            kind => "cases",
            header => header(&self.columns, self.cases.first().map(|case| case.cells.as_slice())),
            n_cases => self.cases.len(),
            n_static => first.len(),
            rows => first,
            json => Value::from_safe_string(self.json()?),
        })
    }

    /// The cases for the page's script; nothing in it can end the element that it stands in.
    fn json(&self) -> Result<String, Error> {
        let names = self.names();
        let mut ordered = vec![""; names.len()];
        names.iter().for_each(|(name, place)| ordered[*place] = name);
        let document = Document {
            columns: &self.columns,
            output: &self.output,
            open: self.open.as_deref(),
            names: ordered,
            cases: self.cases.iter().map(|case| CaseDocument::of(case, &names)).collect(),
        };
        let json = serde_json::to_string(&document)?;
        Ok(json
            .replace('<', "\\u003c")
            .replace('>', "\\u003e")
            .replace('&', "\\u0026")
            .replace('\u{2028}', "\\u2028")
            .replace('\u{2029}', "\\u2029"))
    }

    /// Every feature's name once, with its place.
    fn names(&self) -> BTreeMap<&str, usize> {
        let mut names = BTreeMap::new();
        for contribution in self.cases.iter().flat_map(|case| &case.contributions) {
            let next = names.len();
            names.entry(contribution.name.as_str()).or_insert(next);
        }
        names
    }
}

#[derive(Serialize)]
struct Document<'a> {
    columns: &'a [String],
    output: &'a str,
    open: Option<&'a str>,
    names: Vec<&'a str>,
    cases: Vec<CaseDocument<'a>>,
}

#[derive(Serialize)]
struct CaseDocument<'a> {
    id: &'a str,
    cells: Vec<CellDocument<'a>>,
    /// With all digits, as is the prediction: contributions may be far smaller than both.
    base: f64,
    prediction: f64,
    /// (place of the name, attribution, the value's text); zeros left out, null where it is not finite.
    contributions: Vec<(usize, f64, &'a str)>,
    notes: &'a [Note],
}

#[derive(Serialize)]
#[serde(untagged)]
enum CellDocument<'a> {
    Text(Cow<'a, str>),
    Number(f64),
}

impl<'a> CaseDocument<'a> {
    fn of(case: &'a Case, names: &BTreeMap<&str, usize>) -> Self {
        let place = |contribution: &Contribution| names.get(contribution.name.as_str()).copied();
        let contributions = case.contributions.iter().filter(|contribution| contribution.value != 0.0);
        Self {
            id: &case.id,
            cells: case.cells.iter().map(CellDocument::of).collect(),
            base: case.base_value,
            prediction: case.prediction,
            contributions: contributions
                .filter_map(|c| Some((place(c)?, short(c.value), c.text.as_str())))
                .collect(),
            notes: &case.notes,
        }
    }
}

impl<'a> CellDocument<'a> {
    fn of(cell: &'a Cell) -> Self {
        match cell {
            Cell::Text(text) => Self::Text(text.into()),
            // JSON has no words for these.
            Cell::Number(value) if !value.is_finite() => Self::Text(number(*value).into()),
            Cell::Number(value) => Self::Number(short(*value)),
        }
    }
}

/// Six significant digits, but never fewer than stand before the point: enough to read, and the page stays small. The
/// files beside it hold all digits.
fn short(value: f64) -> f64 {
    if value.abs() >= 1e5 {
        return value.round();
    }
    format!("{value:.5e}").parse().unwrap_or(value)
}
