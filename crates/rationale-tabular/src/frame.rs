//! The one place that reads and writes through polars.

use std::fs::File;
use std::io::{Cursor, Write};

use polars::prelude::{
    Column as Series, CsvReadOptions, DataFrame, DataType, IntoColumn, NamedFrom, ParquetReader,
    ParquetWriter, PolarsResult, SerReader,
};

use crate::csv::Sound;
use crate::{Column, CsvSettings, Error};

/// Named columns, in the order of the file.
pub(crate) type Columns = Vec<(String, Column)>;

/// Reads a CSV text that was checked; every cell comes as text and is recognised here.
pub(crate) fn read_csv(file: &str, sound: &Sound, settings: &CsvSettings) -> Result<Columns, Error> {
    let frame = CsvReadOptions::default()
        .with_has_header(true)
        .with_infer_schema_length(Some(0))
        .map_parse_options(|options| options.with_separator(sound.separator).with_missing_is_null(false))
        .into_reader_with_file_handle(Cursor::new(&sound.text))
        .finish()
        .map_err(|error| Error::Csv { file: file.to_owned(), reason: error.to_string() })?;
    let columns = frame.columns().iter().map(|series| {
        let texts =
            texts(series).map_err(|error| Error::Csv { file: file.to_owned(), reason: error.to_string() })?;
        let present = |text: Option<String>| text.filter(|text| !settings.is_missing(text));
        Ok((series.name().to_string(), Column::recognised(texts.into_iter().map(present).collect())))
    });
    columns.collect()
}

/// Reads a Parquet file.
pub(crate) fn read_parquet(file: &str, handle: File) -> Result<Columns, Error> {
    let wrong = |error: polars::prelude::PolarsError| Error::Parquet {
        file: file.to_owned(),
        reason: error.to_string(),
    };
    let frame = ParquetReader::new(handle).finish().map_err(wrong)?;
    let unsupported: Vec<_> = frame
        .columns()
        .iter()
        .filter(|series| !is_supported(series.dtype()))
        .map(|series| (series.name().to_string(), series.dtype().to_string()))
        .collect();
    if !unsupported.is_empty() {
        return Err(Error::UnsupportedTypes { file: file.to_owned(), columns: unsupported });
    }
    let columns = frame.columns().iter().map(|series| {
        let column = if is_text(series.dtype()) {
            Column::text(texts(series).map_err(wrong)?)
        } else {
            Column::numeric(numbers(series).map_err(wrong)?)
        };
        Ok((series.name().to_string(), column))
    });
    columns.collect()
}

/// Writes columns as Parquet: numbers as float64 with missing as null, texts as they are.
pub(crate) fn write_parquet(columns: &[(&str, &Column)], out: &mut dyn Write) -> PolarsResult<()> {
    let series = columns.iter().map(|(name, column)| series(name, column));
    let mut frame = DataFrame::new_infer_height(series.collect())?;
    ParquetWriter::new(out).finish(&mut frame)?;
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

fn is_text(kind: &DataType) -> bool {
    matches!(kind, DataType::String | DataType::Categorical(..) | DataType::Enum(..))
}

fn is_supported(kind: &DataType) -> bool {
    is_text(kind) || kind.is_primitive_numeric() || matches!(kind, DataType::Boolean | DataType::Null)
}

fn texts(series: &Series) -> PolarsResult<Vec<Option<String>>> {
    let series = series.cast(&DataType::String)?;
    Ok(series.str()?.iter().map(|text| text.map(str::to_owned)).collect())
}

fn numbers(series: &Series) -> PolarsResult<Vec<f64>> {
    let series = series.cast(&DataType::Float64)?;
    Ok(series.f64()?.iter().map(|number| number.unwrap_or(f64::NAN)).collect())
}
