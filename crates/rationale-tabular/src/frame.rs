//! The one place that reads and writes through polars.

use std::fs::File;
use std::io::{Cursor, Write};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use polars::prelude::{
    ArrowDataType, Column as Series, CsvReadOptions, DataFrame, DataType, IntoColumn, NamedFrom,
    ParallelStrategy, ParquetReader, ParquetWriter, PlSmallStr, PolarsError, PolarsResult, SerReader,
};

use crate::csv::Sound;
use crate::{Column, CsvSettings, Error};

/// Cells that are texts at a time, each of 16 bytes or more; the others wait as the file has them, or are columns already.
const CELLS_AT_ONCE: usize = 1 << 22;

/// Named columns, in the order of the file.
pub(crate) type Columns = Vec<(String, Column)>;

/// Reads a CSV text that was checked; every cell comes as text and is recognised here.
pub(crate) fn read_csv(file: &str, sound: &Sound, settings: &CsvSettings) -> Result<Columns, Error> {
    read_csv_as(file, sound, settings, |_, texts| Some(Column::recognised(texts)))
}

/// The same, with a say in what becomes of each column's texts; a column that becomes nothing is left out.
pub(crate) fn read_csv_as(
    file: &str,
    sound: &Sound,
    settings: &CsvSettings,
    column: impl Fn(&str, &[Option<&str>]) -> Option<Column>,
) -> Result<Columns, Error> {
    read_csv_in(file, sound, settings, CELLS_AT_ONCE, column)
}

/// The same, with at most so many cells (and at least a column) as texts at a time.
fn read_csv_in(
    file: &str,
    sound: &Sound,
    settings: &CsvSettings,
    n_cells: usize,
    column: impl Fn(&str, &[Option<&str>]) -> Option<Column>,
) -> Result<Columns, Error> {
    let n_at_once = (n_cells / sound.lines.len().max(1)).max(1);
    let mut columns = Vec::with_capacity(sound.header.len());
    for first in (0..sound.header.len()).step_by(n_at_once) {
        let some = first..(first + n_at_once).min(sound.header.len());
        let frame = csv_texts(file, sound, some.clone())?;
        for (name, series) in sound.header[some].iter().zip(frame.columns()) {
            let cells = series.str().map_err(|error| wrong_csv(file, &error))?.iter();
            let cells: Vec<_> = cells.map(|cell| cell.filter(|cell| !settings.is_missing(cell))).collect();
            columns.extend(column(name, &cells).map(|column| (name.clone(), column)));
        }
    }
    Ok(columns)
}

/// Some columns of a CSV text, every cell as it stands there.
fn csv_texts(file: &str, sound: &Sound, columns: Range<usize>) -> Result<DataFrame, Error> {
    let names: Vec<PlSmallStr> = columns.map(|column| column.to_string().into()).collect();
    let frame = CsvReadOptions::default()
        .with_has_header(true)
        .with_infer_schema_length(Some(0))
        .with_columns(Some(names.into()))
        .map_parse_options(|options| options.with_separator(sound.separator).with_missing_is_null(false))
        .into_reader_with_file_handle(Cursor::new(&sound.text))
        .finish()
        .map_err(|error| wrong_csv(file, &error))?;
    let (actual, expected) = (frame.height(), sound.lines.len());
    if actual != expected {
        let reason =
            format!("{expected} rows were counted, and {actual} were read; are all double quotes doubled?");
        return Err(Error::Csv { file: file.to_owned(), reason });
    }
    Ok(frame)
}

fn wrong_csv(file: &str, error: &PolarsError) -> Error {
    Error::Csv { file: file.to_owned(), reason: error.to_string() }
}

/// Reads a Parquet file. Its types are looked at first, all of them; on some that are not read, polars would panic. So it
/// does on some damaged files.
pub(crate) fn read_parquet(file: &str, handle: File) -> Result<Columns, Error> {
    let wrong = |reason: String| Error::Parquet { file: file.to_owned(), reason };
    let read = catch_unwind(AssertUnwindSafe(|| {
        let mut reader = ParquetReader::new(handle);
        let unsupported = unsupported(&mut reader).map_err(|error| wrong(error.to_string()))?;
        if !unsupported.is_empty() {
            return Err(Error::UnsupportedTypes { file: file.to_owned(), columns: unsupported });
        }
        let frame = reader.finish().and_then(|frame| columns(&frame));
        frame.map_err(|error| wrong(error.to_string()))
    }));
    read.unwrap_or_else(|_| Err(wrong("its parts contradict each other; is the file damaged?".to_owned())))
}

/// Reads some columns of a Parquet file in memory, of all rows or of some (first, how many), on the calling thread.
pub(crate) fn read_part(
    file: &str,
    bytes: &[u8],
    names: &[&str],
    rows: Option<(usize, usize)>,
) -> Result<Columns, Error> {
    let wrong = |reason: String| Error::Parquet { file: file.to_owned(), reason };
    let read = catch_unwind(AssertUnwindSafe(|| {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let reader = ParquetReader::new(Cursor::new(bytes)).with_columns(Some(names)).with_slice(rows);
        let frame = reader.read_parallel(ParallelStrategy::None).set_rechunk(true).finish();
        frame.and_then(|frame| columns(&frame)).map_err(|error| wrong(error.to_string()))
    }));
    read.unwrap_or_else(|_| Err(wrong("its parts contradict each other; is the file damaged?".to_owned())))
}

/// The names of a Parquet file's columns, and whether each holds texts. Of the `wanted` ones every type must be readable.
pub(crate) fn parquet_kinds(
    file: &str,
    handle: File,
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<(String, bool)>, Error> {
    let wrong = |reason: String| Error::Parquet { file: file.to_owned(), reason };
    let read = catch_unwind(AssertUnwindSafe(|| {
        let mut reader = ParquetReader::new(handle);
        let mut unsupported = unsupported(&mut reader).map_err(|error| wrong(error.to_string()))?;
        unsupported.retain(|(name, _)| wanted(name));
        if !unsupported.is_empty() {
            return Err(Error::UnsupportedTypes { file: file.to_owned(), columns: unsupported });
        }
        let schema = reader.schema().map_err(|error| wrong(error.to_string()))?;
        Ok(schema.iter().map(|(name, field)| (name.to_string(), is_text(&field.dtype))).collect())
    }));
    read.unwrap_or_else(|_| Err(wrong("its footer contradicts itself; is the file damaged?".to_owned())))
}

fn is_text(kind: &ArrowDataType) -> bool {
    use ArrowDataType as Kind;
    match kind {
        Kind::Dictionary(_, values, _) => is_text(values),
        kind => [Kind::Utf8, Kind::LargeUtf8, Kind::Utf8View].contains(kind),
    }
}

/// The columns that cannot be read, with their types.
fn unsupported(reader: &mut ParquetReader<File>) -> PolarsResult<Vec<(String, String)>> {
    let schema = reader.schema()?;
    let unsupported = schema.iter().filter(|(_, field)| !is_supported(&field.dtype));
    Ok(unsupported.map(|(name, field)| (name.to_string(), type_name(&field.dtype))).collect())
}

fn is_supported(kind: &ArrowDataType) -> bool {
    use ArrowDataType as Kind;
    match kind {
        Kind::Dictionary(_, values, _) => is_supported(values),
        Kind::Utf8 | Kind::LargeUtf8 | Kind::Utf8View | Kind::Null | Kind::Boolean => true,
        // Narrower integers and half floats each take a feature of polars.
        kind => [Kind::Int32, Kind::Int64, Kind::UInt32, Kind::UInt64, Kind::Float32, Kind::Float64]
            .contains(kind),
    }
}

/// The type's name without its parameters.
fn type_name(kind: &ArrowDataType) -> String {
    let name = format!("{kind:?}");
    name.split('(').next().unwrap_or(&name).to_owned()
}

fn columns(frame: &DataFrame) -> PolarsResult<Columns> {
    let column = |series: &Series| {
        let is_text =
            matches!(series.dtype(), DataType::String | DataType::Categorical(..) | DataType::Enum(..));
        let column = if is_text { texts(series)? } else { numbers(series)? };
        Ok((series.name().to_string(), column))
    };
    frame.columns().iter().map(column).collect()
}

fn texts(series: &Series) -> PolarsResult<Column> {
    let series = series.cast(&DataType::String)?;
    Ok(Column::text(series.str()?.iter()))
}

fn numbers(series: &Series) -> PolarsResult<Column> {
    let series = series.cast(&DataType::Float64)?;
    Ok(Column::numeric(series.f64()?.iter().map(|number| number.unwrap_or(f64::NAN)).collect()))
}

/// Writes columns as Parquet: numbers as float64 with missing as null, texts as they are.
pub(crate) fn write_parquet(columns: &[(&str, &Column)], out: &mut dyn Write) -> PolarsResult<()> {
    let series = columns.iter().map(|(name, column)| series(name, column));
    let mut frame = DataFrame::new_infer_height(series.collect())?;
    ParquetWriter::new(out).finish(&mut frame)?;
    Ok(())
}

/// The same as one row group, on the calling thread.
pub(crate) fn write_parquet_part(columns: &[(&str, &Column)], out: &mut dyn Write) -> PolarsResult<()> {
    let series = columns.iter().map(|(name, column)| series(name, column));
    let mut frame = DataFrame::new_infer_height(series.collect())?;
    let n_rows = frame.height().max(1);
    ParquetWriter::new(out).with_row_group_size(Some(n_rows)).set_parallel(false).finish(&mut frame)?;
    Ok(())
}

fn series(name: &str, column: &Column) -> Series {
    if let Some(numbers) = column.numbers() {
        let present: Vec<Option<f64>> = numbers.iter().map(|x| (!x.is_nan()).then_some(*x)).collect();
        return polars::prelude::Series::new(name.into(), present).into_column();
    }
    let texts: Vec<_> = (0..column.len()).map(|row| column.text_at(row)).collect();
    let texts: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
    polars::prelude::Series::new(name.into(), texts).into_column()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::Table;

    fn write(path: &Path, frame: Vec<Series>) {
        let mut frame = DataFrame::new_infer_height(frame).unwrap();
        let mut bytes = Vec::new();
        ParquetWriter::new(&mut bytes).finish(&mut frame).unwrap();
        rationale_core::whole::write_file(path, |out| out.write_all(&bytes)).unwrap();
    }

    fn series<T>(name: &str, values: T) -> Series
    where
        polars::prelude::Series: NamedFrom<T, [Option<bool>]>,
    {
        polars::prelude::Series::new(name.into(), values).into_column()
    }

    #[test]
    fn columns_are_the_same_however_many_are_read_at_a_time() {
        let text = b"name,a,b,c\nx,1,\"p,q\",\ny,2,NA,3\n";
        let settings = CsvSettings::default();
        let sound = crate::csv::check("t.csv", text, &settings).unwrap();
        let keep = |_: &str, texts: &[Option<&str>]| Some(Column::recognised(texts));
        let of = |n_cells| read_csv_in("t.csv", &sound, &settings, n_cells, keep).unwrap();
        let keep_all = of(CELLS_AT_ONCE);
        assert_eq!(keep_all.iter().map(|it| it.0.as_str()).collect::<Vec<_>>(), ["name", "a", "b", "c"]);
        for n_cells in [1, 2, 4, 6] {
            // Missing numbers are not equal to each other.
            assert_eq!(format!("{:?}", of(n_cells)), format!("{keep_all:?}"), "{n_cells}");
        }
    }

    #[test]
    fn booleans_are_one_and_zero() {
        let room = tempfile::tempdir().unwrap();
        let path = room.path().join("a.parquet");
        write(&path, vec![series("x", vec![Some(true), Some(false), None])]);
        let table = Table::read_parquet(&path).unwrap();
        let x = table.column("x").unwrap();
        assert_eq!((&x.numbers().unwrap()[..2], x.is_missing(2)), (&[1.0, 0.0][..], true));
        assert_eq!(crate::labels(&table.select_rows(&[0, 1]), "x", "true").unwrap(), [true, false]);
    }

    #[test]
    fn every_column_of_a_type_that_is_not_read_is_named() {
        let room = tempfile::tempdir().unwrap();
        let path = room.path().join("a.parquet");
        let bytes = |name: &str| {
            polars::prelude::Series::new(name.into(), vec![Some(&b"ab"[..]), None]).into_column()
        };
        write(&path, vec![bytes("x"), series("y", vec![Some(true), None]), bytes("z")]);
        assert_eq!(
            Table::read(&path).unwrap_err().to_string(),
            format!(
                "`{}` has columns of types that cannot be read: `x` (BinaryView), `z` (BinaryView); write them as \
                 32-bit or 64-bit numbers or as text, or leave them out",
                path.display()
            )
        );
    }

    #[test]
    fn a_damaged_file_is_an_error() {
        let room = tempfile::tempdir().unwrap();
        let path = room.path().join("a.parquet");
        write(&path, vec![series("x", vec![Some(true), Some(false), None])]);
        let sound = std::fs::read(&path).unwrap();
        let mut damaged: Vec<_> = (4..sound.len()).map(|length| sound[..length].to_vec()).collect();
        // The first page's size, out by two: polars panics on it.
        let mut contradicting = sound.clone();
        contradicting[7] ^= 2;
        damaged.push(contradicting);
        for bytes in damaged {
            rationale_core::whole::write_file(&path, |out| out.write_all(&bytes)).unwrap();
            let error = Table::read_parquet(&path).unwrap_err();
            assert!(matches!(error, Error::Parquet { .. }), "{} bytes: {error}", bytes.len());
        }
    }
}
