//! Attributions and tables as files, whole or absent.
//!
//! | format | attributions | interactions |
//! |---|---|---|
//! | `.parquet`, `.csv` | one row each: `row`, features, `base_value`, `prediction`; with several outputs `name[output]` | one row for each cell of the full matrix, both (a, b) and (b, a): `row`, `feature_a`, `feature_b`, `output`, `value` |
//! | `.json` | `rationale/attributions/1`, see [`rationale_core::json`] | `rationale/interactions/1` |
//! | `.npy` | float64 `[row, feature, output]` | float64 `[row, feature, feature, output]` |
//!
//! Rows count from 0. A feature called `row`, `base_value` or `prediction` is written as `row (feature)`.

use std::io::{self, Write};
use std::path::Path;

use ndarray::{ArrayView4, Axis};
use ndarray_npy::WriteNpyExt;
use rationale_core::{Attributions, json, whole};
use serde::Serialize;

use crate::{Cell, Column, Error, Table, frame, write_csv};

/// The format of an output file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputFormat {
    /// Apache Parquet.
    Parquet,
    /// Comma-separated values with a header, RFC 4180.
    Csv,
    /// JSON.
    Json,
    /// NumPy's array format.
    Npy,
}

impl OutputFormat {
    const ALL: [(&'static str, Self); 4] =
        [("parquet", Self::Parquet), ("csv", Self::Csv), ("json", Self::Json), ("npy", Self::Npy)];

    /// The format that a path's extension names.
    pub fn from_path(path: &Path) -> Result<Self, Error> {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let found = Self::ALL.iter().find(|(name, _)| name.eq_ignore_ascii_case(extension));
        found
            .map(|(_, format)| *format)
            .ok_or_else(|| unknown_extension(path, &Self::ALL.map(|(name, _)| name)))
    }
}

/// Writes attributions.
pub fn write_attributions(
    attributions: &Attributions,
    path: &Path,
    format: OutputFormat,
) -> Result<(), Error> {
    let rows: Vec<usize> = (0..attributions.n_rows()).collect();
    write_attributions_of(attributions, &rows, path, format)
}

/// Writes attributions of some rows of a table, whose numbers there stand in the column `row`.
pub fn write_attributions_of(
    attributions: &Attributions,
    rows: &[usize],
    path: &Path,
    format: OutputFormat,
) -> Result<(), Error> {
    check_count("the numbers of rows", attributions.n_rows(), rows.len())?;
    match format {
        OutputFormat::Json => write(path, |out| out.write_all(json::attributions(attributions).as_bytes())),
        OutputFormat::Npy => {
            write(path, |out| attributions.values().write_npy(out).map_err(io::Error::other))
        }
        OutputFormat::Csv => write_columns_as_csv(path, &attribution_columns(attributions, rows)),
        OutputFormat::Parquet => write_columns_as_parquet(path, &attribution_columns(attributions, rows)),
    }
}

/// Writes interactions `[row, feature, feature, output]`.
pub fn write_interactions(
    values: ArrayView4<'_, f64>,
    feature_names: &[String],
    output_names: &[String],
    path: &Path,
    format: OutputFormat,
) -> Result<(), Error> {
    let (_, n_features, n_partners, n_outputs) = values.dim();
    check_count("features on the second axis of interactions", n_features, n_partners)?;
    check_count("names of features", n_features, feature_names.len())?;
    check_count("names of outputs", n_outputs, output_names.len())?;
    match format {
        OutputFormat::Npy => write(path, |out| values.write_npy(out).map_err(io::Error::other)),
        OutputFormat::Json => write(path, |out| {
            let values = values.outer_iter().map(|row| nested(&row.into_dyn())).collect();
            let format = "rationale/interactions/1";
            let document = InteractionsDocument { format, feature_names, output_names, values };
            serde_json::to_writer(&mut *out, &document)?;
            out.write_all(b"\n")
        }),
        OutputFormat::Csv => {
            write_columns_as_csv(path, &interaction_columns(values, feature_names, output_names))
        }
        OutputFormat::Parquet => {
            write_columns_as_parquet(path, &interaction_columns(values, feature_names, output_names))
        }
    }
}

/// Writes a table as CSV or Parquet.
pub fn write_table(table: &Table, path: &Path, format: OutputFormat) -> Result<(), Error> {
    let columns: Vec<(String, Column)> =
        table.columns().map(|(name, column)| (name.to_owned(), column.clone())).collect();
    match format {
        OutputFormat::Csv => write_columns_as_csv(path, &columns),
        OutputFormat::Parquet => write_columns_as_parquet(path, &columns),
        OutputFormat::Json | OutputFormat::Npy => Err(unknown_extension(path, &["parquet", "csv"])),
    }
}

pub(crate) fn write(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Error> {
    whole::write_file(path, write).map_err(|source| Error::Write { file: path.display().to_string(), source })
}

fn write_columns_as_csv(path: &Path, columns: &[(String, Column)]) -> Result<(), Error> {
    let header: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let n_rows = columns.first().map_or(0, |(_, column)| column.len());
    write_csv(
        path,
        &header,
        (0..n_rows).map(|row| columns.iter().map(|(_, column)| cell(column, row)).collect()),
    )
}

fn write_columns_as_parquet(path: &Path, columns: &[(String, Column)]) -> Result<(), Error> {
    let columns: Vec<(&str, &Column)> =
        columns.iter().map(|(name, column)| (name.as_str(), column)).collect();
    write(path, |out| frame::write_parquet(&columns, out).map_err(io::Error::other))
}

fn cell(column: &Column, row: usize) -> Cell<'_> {
    match column.numbers() {
        Some(numbers) => Cell::Number(numbers[row]),
        None => column.text_at(row).map_or(Cell::Empty, Cell::Text),
    }
}

/// The columns of a Parquet or CSV file of attributions of rows with these numbers: `row`, features, base values,
/// predictions, output by output.
pub fn attribution_columns(attributions: &Attributions, rows: &[usize]) -> Vec<(String, Column)> {
    let mut columns = vec![("row".to_owned(), counts(rows.iter().copied()))];
    let named = |name: &str, output: usize| match attributions.output_names() {
        [_] => name.to_owned(),
        outputs => format!("{name}[{}]", outputs[output]),
    };
    let reserved = ["row", "base_value", "prediction"];
    for output in 0..attributions.n_outputs() {
        for (feature, name) in attributions.feature_names().iter().enumerate() {
            let is_reserved = reserved.contains(&name.as_str());
            let name = if is_reserved { format!("{name} (feature)") } else { name.clone() };
            let of_output = attributions.values().index_axis_move(Axis(2), output);
            columns.push((named(&name, output), Column::numeric(of_output.column(feature).to_vec())));
        }
    }
    for (name, ends) in
        [("base_value", attributions.base_values()), ("prediction", attributions.predictions())]
    {
        for (output, values) in ends.columns().into_iter().enumerate() {
            columns.push((named(name, output), Column::numeric(values.to_vec())));
        }
    }
    columns
}

fn interaction_columns(
    values: ArrayView4<'_, f64>,
    feature_names: &[String],
    output_names: &[String],
) -> Vec<(String, Column)> {
    let cells = || values.indexed_iter().map(|(place, _)| place);
    vec![
        ("row".to_owned(), counts(cells().map(|(row, ..)| row))),
        ("feature_a".to_owned(), Column::text(cells().map(|(_, a, ..)| Some(&feature_names[a])))),
        ("feature_b".to_owned(), Column::text(cells().map(|(_, _, b, _)| Some(&feature_names[b])))),
        ("output".to_owned(), Column::text(cells().map(|(.., output)| Some(&output_names[output])))),
        ("value".to_owned(), Column::numeric(values.iter().copied().collect())),
    ]
}

fn counts(rows: impl Iterator<Item = usize>) -> Column {
    Column::numeric(rows.map(|row| row as f64).collect())
}

#[derive(Serialize)]
struct InteractionsDocument<'a> {
    format: &'static str,
    feature_names: &'a [String],
    output_names: &'a [String],
    values: Vec<serde_json::Value>,
}

fn nested(values: &ndarray::ArrayViewD<'_, f64>) -> serde_json::Value {
    match values.ndim() {
        0 => values.first().copied().map_or(serde_json::Value::Null, serde_json::Value::from),
        _ => values.outer_iter().map(|part| nested(&part)).collect(),
    }
}

fn check_count(what: &'static str, expected: usize, actual: usize) -> Result<(), Error> {
    if expected == actual { Ok(()) } else { Err(Error::Count { what, expected, actual }) }
}

fn unknown_extension(path: &Path, known: &[&str]) -> Error {
    let known = known.iter().map(|name| format!(".{name}")).collect();
    Error::UnknownExtension { file: path.display().to_string(), known }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array3, Array4, array};
    use ndarray_npy::ReadNpyExt;
    use tempfile::TempDir;

    use super::*;

    fn explained() -> Attributions {
        let values = array![[[0.25], [-1.0]], [[f64::NAN], [3.0]]];
        Attributions::new(values, array![[1.0], [1.0]], array![[0.25], [4.0]])
            .unwrap()
            .with_feature_names(vec!["=cmd|'/c calc'!A1".into(), "row".into()])
            .unwrap()
    }

    fn written(name: &str) -> (TempDir, std::path::PathBuf) {
        let room = tempfile::tempdir().unwrap();
        let path = room.path().join(name);
        write_attributions(&explained(), &path, OutputFormat::from_path(&path).unwrap()).unwrap();
        (room, path)
    }

    #[test]
    fn csv_disarms_formulas_and_keeps_reserved_names_apart() {
        let (_room, path) = written("a.csv");
        assert_eq!(
            std::fs::read_to_string(path).unwrap(),
            "row,'=cmd|'/c calc'!A1,row (feature),base_value,prediction\n0,0.25,-1,1,0.25\n1,,3,1,4\n"
        );
    }

    #[test]
    fn parquet_reads_back() {
        let (_room, path) = written("a.parquet");
        let read = Table::read(&path).unwrap();
        assert_eq!(read.column("prediction").unwrap().numbers().unwrap(), [0.25, 4.0]);
        assert!(read.column("=cmd|'/c calc'!A1").unwrap().is_missing(1));
    }

    #[test]
    fn npy_reads_back_bit_by_bit() {
        let (_room, path) = written("a.npy");
        let read = Array3::<f64>::read_npy(std::fs::File::open(path).unwrap()).unwrap();
        assert_eq!(read.mapv(f64::to_bits), explained().values().mapv(f64::to_bits));
    }

    #[test]
    fn json_names_its_format() {
        let (_room, path) = written("a.json");
        assert!(
            std::fs::read_to_string(path).unwrap().starts_with("{\"format\":\"rationale/attributions/1\"")
        );
    }

    #[test]
    fn several_outputs_are_named_in_every_column() {
        let values = Array3::zeros((1, 1, 2));
        let explained =
            Attributions::new(values, ndarray::Array2::zeros((1, 2)), ndarray::Array2::zeros((1, 2)));
        let names: Vec<_> =
            attribution_columns(&explained.unwrap(), &[0]).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names[1], "feature 0[output 0]");
        assert_eq!(names[6], "prediction[output 1]");
    }

    #[test]
    fn interactions_have_a_line_for_each_pair() {
        let room = tempfile::tempdir().unwrap();
        let names = |n: usize| (0..n).map(|k| format!("x{k}")).collect::<Vec<_>>();
        let values = Array4::from_shape_fn((1, 2, 2, 1), |(_, a, b, _)| (a * 2 + b) as f64);
        for name in ["a.csv", "a.json", "a.npy", "a.parquet"] {
            let path = room.path().join(name);
            let format = OutputFormat::from_path(&path).unwrap();
            write_interactions(values.view(), &names(2), &names(1), &path, format).unwrap();
        }
        let csv = std::fs::read_to_string(room.path().join("a.csv")).unwrap();
        assert!(csv.ends_with("0,x1,x0,x0,2\n0,x1,x1,x0,3\n"), "{csv}");
        let json = std::fs::read_to_string(room.path().join("a.json")).unwrap();
        assert!(json.contains("\"values\":[[[[0.0],[1.0]],[[2.0],[3.0]]]]"), "{json}");
    }

    #[test]
    fn interactions_need_names_that_fit() {
        let values = Array4::zeros((1, 2, 2, 1));
        let names = ["x".to_owned()];
        let write = |values: &Array4<f64>| {
            write_interactions(values.view(), &names, &names, Path::new("a.csv"), OutputFormat::Csv)
        };
        let error = write(&values).unwrap_err().to_string();
        assert_eq!(error, "names of features: 1 were given, but 2 are needed");
        assert!(matches!(
            write(&Array4::zeros((1, 1, 2, 1))),
            Err(Error::Count { expected: 1, actual: 2, .. })
        ));
    }

    #[test]
    fn a_table_means_the_same_as_csv_and_as_parquet() {
        let room = tempfile::tempdir().unwrap();
        for text in ["a,b\n1.5,é\n,\"x, \"\"y\"\"\n\"\n", "a\nx\n\"\"\ny\n"] {
            let table = Table::from_csv_bytes("t", text.as_bytes()).unwrap();
            for name in ["t.csv", "t.parquet"] {
                let path = room.path().join(name);
                write_table(&table, &path, OutputFormat::from_path(&path).unwrap()).unwrap();
                assert_eq!(Table::read(&path).unwrap().fingerprint(), table.fingerprint(), "{name}");
            }
        }
    }

    #[test]
    fn a_table_is_no_array() {
        let table = Table::from_csv_bytes("t", b"a\n1\n").unwrap();
        let error = write_table(&table, Path::new("a.npy"), OutputFormat::Npy).unwrap_err().to_string();
        assert_eq!(
            error,
            "`a.npy`: the extension must be one of `.parquet`, `.csv`, for it chooses the format"
        );
    }

    #[test]
    fn a_write_that_fails_leaves_the_old_file_and_no_part() {
        let (room, path) = written("a.parquet");
        let old = std::fs::read(&path).unwrap();
        let twice = explained().with_feature_names(vec!["x".into(), "x".into()]).unwrap();
        let error = write_attributions(&twice, &path, OutputFormat::Parquet).unwrap_err();
        assert!(matches!(error, Error::Write { .. }), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), old);
        assert_eq!(std::fs::read_dir(room.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_unknown_extension_names_the_known_ones() {
        let error = OutputFormat::from_path(Path::new("a.xlsx")).unwrap_err().to_string();
        assert!(error.contains("`.parquet`, `.csv`, `.json`, `.npy`"), "{error}");
    }

    #[test]
    fn rows_keep_the_numbers_they_are_given() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("some.csv");
        let n_rows = explained().n_rows();
        let numbers: Vec<usize> = (0..n_rows).map(|row| 10 * row + 7).collect();
        write_attributions_of(&explained(), &numbers, &path, OutputFormat::Csv).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.lines().nth(1).unwrap().starts_with("7,"), "{text}");
        let error = write_attributions_of(&explained(), &[], &path, OutputFormat::Csv).unwrap_err();
        assert!(error.to_string().contains("numbers of rows"), "{error}");
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let path = Path::new("/nowhere/at/all.csv");
        let error = write_attributions(&explained(), path, OutputFormat::Csv).unwrap_err().to_string();
        assert!(error.starts_with("`/nowhere/at/all.csv` cannot be written"), "{error}");
    }
}
