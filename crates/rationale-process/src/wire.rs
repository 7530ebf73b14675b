//! Rows as lines of text, and lines of text as scores.

use std::fmt::Write;

use ndarray::ArrayView1;
use serde_json::Value;

/// How a row and its scores are written on a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// JSON: a row is a list of numbers, missing values null; an answer is a number or a list of numbers.
    #[default]
    Json,
    /// Comma-separated: missing values are empty; an answer is numbers between commas.
    Csv,
}

/// What is wrong with a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Text(&'static str),
    NotFinite,
}

/// The names of each column's categories; none for a column of numbers.
pub(crate) type Categories = [Option<Vec<String>>];

impl Format {
    /// Adds a row and the end of its line. Numbers have as many digits as float64 needs; a category's number is written
    /// as its name.
    pub(crate) fn write(self, row: ArrayView1<'_, f64>, categories: &Categories, out: &mut String) {
        if self == Self::Json {
            out.push('[');
        }
        for (place, value) in row.iter().enumerate() {
            if place > 0 {
                out.push(',');
            }
            match categories.get(place).and_then(|names| name_of(names.as_deref()?, *value)) {
                Some(name) => self.write_text(name, out),
                None => self.write_number(*value, out),
            }
        }
        out.push_str(if self == Self::Json { "]\n" } else { "\n" });
    }

    fn write_text(self, text: &str, out: &mut String) {
        match self {
            Self::Json => out.push_str(&Value::from(text).to_string()),
            Self::Csv if text.contains([',', '"', '\n', '\r']) => {
                out.push('"');
                out.push_str(&text.replace('"', "\"\""));
                out.push('"');
            }
            Self::Csv => out.push_str(text),
        }
    }

    fn write_number(self, value: f64, out: &mut String) {
        let written = match self {
            Self::Json if value.is_nan() => write!(out, "null"),
            Self::Csv if value.is_nan() => Ok(()),
            // JSON has no infinities; a number beyond the largest is read as one.
            Self::Json if value.is_infinite() => out.write_str(if value > 0.0 { "1e999" } else { "-1e999" }),
            _ => write!(out, "{value}"),
        };
        debug_assert!(written.is_ok(), "text in memory can always be written");
    }

    /// The scores on a line.
    pub(crate) fn read(self, line: &str) -> Result<Vec<f64>, Fault> {
        let scores = match self {
            Self::Json => from_json(line)?,
            Self::Csv => from_csv(line)?,
        };
        if scores.iter().all(|score| score.is_finite()) { Ok(scores) } else { Err(Fault::NotFinite) }
    }
}

/// The name of a category by its number; none for a number that is none of theirs, such as a missing value.
fn name_of(names: &[String], value: f64) -> Option<&str> {
    let is_place = value >= 0.0 && value.fract() == 0.0 && value < names.len() as f64;
    #[expect(clippy::cast_sign_loss, reason = "checked just above")]
    is_place.then(|| names[value as usize].as_str())
}

fn from_json(line: &str) -> Result<Vec<f64>, Fault> {
    const NEEDED: &str = "a JSON number or a list of numbers on one line";
    // Programs write these although JSON does not know them.
    if line
        .split(['[', ',', ']'])
        .any(|part| part.trim().parse::<f64>().is_ok_and(|value| !value.is_finite()))
    {
        return Err(Fault::NotFinite);
    }
    let numbers = match serde_json::from_str(line) {
        Ok(Value::Array(scores)) if !scores.is_empty() => scores.iter().map(number).collect(),
        Ok(value) => number(&value).map(|score| vec![score]),
        Err(_) => None,
    };
    numbers.ok_or(Fault::Text(NEEDED))
}

fn number(value: &Value) -> Option<f64> {
    // null is how most libraries write NaN.
    if value.is_null() { Some(f64::NAN) } else { value.as_f64() }
}

fn from_csv(line: &str) -> Result<Vec<f64>, Fault> {
    let scores = line.split(',').map(|cell| cell.trim().parse().ok());
    scores
        .collect::<Option<Vec<f64>>>()
        .ok_or(Fault::Text("a number, or numbers between commas, on one line"))
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    fn written(format: Format) -> String {
        let mut out = String::new();
        format.write(array![0.1 + 0.2, f64::NAN, -3.0, f64::INFINITY].view(), &[], &mut out);
        out
    }

    #[test]
    fn categories_are_written_by_their_names() {
        let categories = [None, Some(vec!["a \"b\", c".to_owned(), "baker".to_owned()])];
        let written = |format: Format, code: f64| {
            let mut out = String::new();
            format.write(array![7.0, code].view(), &categories, &mut out);
            out
        };
        assert_eq!(written(Format::Json, 0.0), "[7,\"a \\\"b\\\", c\"]\n");
        assert_eq!(written(Format::Csv, 0.0), "7,\"a \"\"b\"\", c\"\n");
        assert_eq!(written(Format::Csv, 1.0), "7,baker\n");
        assert_eq!(written(Format::Json, f64::NAN), "[7,null]\n");
    }

    #[test]
    fn numbers_keep_their_digits_and_missing_values_their_place() {
        assert_eq!(written(Format::Json), "[0.30000000000000004,null,-3,1e999]\n");
        assert_eq!(written(Format::Csv), "0.30000000000000004,,-3,inf\n");
    }

    #[test]
    fn an_answer_is_a_number_or_several() {
        assert_eq!(Format::Json.read("0.25"), Ok(vec![0.25]));
        assert_eq!(Format::Json.read(" [1, 2e-3] "), Ok(vec![1.0, 2e-3]));
        assert_eq!(Format::Csv.read("1, 2e-3"), Ok(vec![1.0, 2e-3]));
    }

    #[test]
    fn text_and_numbers_that_are_not_finite_are_told_apart() {
        for line in ["NaN", "[1, NaN]", "null", "[-Infinity]"] {
            assert_eq!(Format::Json.read(line), Err(Fault::NotFinite), "{line}");
        }
        for line in ["good", "", "[]", "[1, \"a\"]", "{\"score\": 1}"] {
            assert!(matches!(Format::Json.read(line), Err(Fault::Text(_))), "{line}");
        }
        assert_eq!(Format::Csv.read("nan"), Err(Fault::NotFinite));
        assert!(matches!(Format::Csv.read("0.5;0.5"), Err(Fault::Text(_))));
    }
}
