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

/// A remark on a case, such as a principal reason. Titles and texts that many cases share stand in the page once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Note {
    /// In a few words.
    pub title: String,
    /// In a sentence, with [`Note::SLOT`] where the values stand.
    pub text: String,
    /// The values, in order.
    pub values: Vec<String>,
}

impl Note {
    /// Stands in a text where a value does.
    pub const SLOT: char = '\u{fffc}';
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
        let mut words = Words::default();
        let mut names = Dictionary::default();
        let contributions = self.cases.iter().flat_map(|case| &case.contributions);
        contributions.for_each(|contribution| {
            names.place(&contribution.name);
        });
        let cases = self.cases.iter().map(|case| CaseDocument::of(case, &names, &mut words)).collect();
        let document = Document {
            columns: &self.columns,
            output: &self.output,
            open: self.open.as_deref(),
            names: names.words,
            texts: words.texts.words,
            titles: words.titles.words,
            sentences: words.sentences.words,
            cases,
        };
        let json = serde_json::to_string(&document)?;
        Ok(json
            .replace('<', "\\u003c")
            .replace('>', "\\u003e")
            .replace('&', "\\u0026")
            .replace('\u{2028}', "\\u2028")
            .replace('\u{2029}', "\\u2029"))
    }
}

/// Every word once, in the order of its first use.
#[derive(Default)]
struct Dictionary<'a> {
    words: Vec<&'a str>,
    places: BTreeMap<&'a str, usize>,
}

impl<'a> Dictionary<'a> {
    fn place(&mut self, word: &'a str) -> usize {
        let next = self.words.len();
        let place = *self.places.entry(word).or_insert(next);
        if place == next {
            self.words.push(word);
        }
        place
    }
}

/// What many cases share.
#[derive(Default)]
struct Words<'a> {
    texts: Dictionary<'a>,
    titles: Dictionary<'a>,
    sentences: Dictionary<'a>,
}

#[derive(Serialize)]
struct Document<'a> {
    columns: &'a [String],
    output: &'a str,
    open: Option<&'a str>,
    names: Vec<&'a str>,
    texts: Vec<&'a str>,
    titles: Vec<&'a str>,
    sentences: Vec<&'a str>,
    cases: Vec<CaseDocument<'a>>,
}

/// In few letters, for a page may hold ten thousand.
#[derive(Serialize)]
struct CaseDocument<'a> {
    id: &'a str,
    cells: Vec<CellDocument<'a>>,
    /// With all digits, as is the prediction: contributions may be far smaller than both.
    base: f64,
    prediction: f64,
    /// The attribution by the place of the name: 0 where there is none, null where it is not finite.
    values: Vec<f64>,
    /// The value's text by the place of the name, by its place among the texts.
    texts: Vec<usize>,
    /// Title and sentence by their places, then the values.
    notes: Vec<(usize, usize, &'a [String])>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum CellDocument<'a> {
    Text(Cow<'a, str>),
    Number(f64),
}

impl<'a> CaseDocument<'a> {
    fn of(case: &'a Case, names: &Dictionary<'a>, words: &mut Words<'a>) -> Self {
        let n = names.words.len();
        let (mut values, mut texts) = (vec![0.0; n], vec![words.texts.place(""); n]);
        for contribution in &case.contributions {
            if let Some(&place) = names.places.get(contribution.name.as_str()) {
                values[place] = short(contribution.value);
                // The text of what gives nothing is not shown.
                if contribution.value != 0.0 {
                    texts[place] = words.texts.place(&contribution.text);
                }
            }
        }
        let note = |note: &'a Note| {
            (words.titles.place(&note.title), words.sentences.place(&note.text), note.values.as_slice())
        };
        Self {
            id: &case.id,
            cells: case.cells.iter().map(CellDocument::of).collect(),
            base: case.base_value,
            prediction: case.prediction,
            notes: case.notes.iter().map(note).collect(),
            values,
            texts,
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

/// Five significant digits, but never fewer than stand before the point: more than is shown, and the page stays small. The
/// files beside it hold all digits.
fn short(value: f64) -> f64 {
    if value.abs() >= 1e4 {
        return value.round();
    }
    format!("{value:.4e}").parse().unwrap_or(value)
}
