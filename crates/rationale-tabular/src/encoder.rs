//! Tables to rows of numbers, by a schema.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayViewMut1};

use crate::column::number;
use crate::table::repeated;
use crate::{Column, Error, Field, FieldKind, Schema, Table};

/// How categories become numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// One feature a field: the category's place in the dictionary; missing is NaN.
    Ordinal,
    /// One feature a category, 1 or 0, called `field=category`; missing is all 0.
    OneHot,
}

impl Encoding {
    /// The name in model files: `ordinal`, `one-hot`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ordinal => "ordinal",
            Self::OneHot => "one-hot",
        }
    }

    /// The encoding of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Ordinal, Self::OneHot].into_iter().find(|encoding| encoding.name() == name)
    }
}

/// What to do about a category that the schema does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnseenCategory {
    /// Fail, naming it.
    #[default]
    Refuse,
    /// Take it for missing.
    Missing,
}

/// What to do about missing values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MissingValues {
    /// Encode them.
    #[default]
    Allow,
    /// Fail, naming the first one.
    Refuse,
}

/// Turns tables into rows of numbers by a schema.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoder {
    schema: Schema,
    encoding: Encoding,
    unseen: UnseenCategory,
    missing: MissingValues,
    feature_names: Vec<String>,
}

/// Rows of numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoded {
    /// `[row, feature]`.
    pub rows: Array2<f64>,
    /// Columns of the table that the schema does not name.
    pub ignored: Vec<String>,
}

impl Encoder {
    /// Fails where two features would have one name.
    pub fn new(schema: Schema, encoding: Encoding) -> Result<Self, Error> {
        let feature_names: Vec<String> =
            schema.fields().iter().flat_map(|field| names(field, encoding)).collect();
        let names = repeated(&feature_names);
        if !names.is_empty() {
            return Err(Error::DuplicateFeatures { names });
        }
        let (unseen, missing) = (UnseenCategory::default(), MissingValues::default());
        Ok(Self { schema, encoding, unseen, missing, feature_names })
    }

    /// Sets what happens to unseen categories.
    pub fn with_unseen(mut self, unseen: UnseenCategory) -> Self {
        self.unseen = unseen;
        self
    }

    /// Sets what happens to missing values.
    pub fn with_missing(mut self, missing: MissingValues) -> Self {
        self.missing = missing;
        self
    }

    /// The schema.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The encoding.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// What happens to unseen categories.
    pub fn unseen(&self) -> UnseenCategory {
        self.unseen
    }

    /// The features' names.
    pub fn feature_names(&self) -> &[String] {
        &self.feature_names
    }

    /// How many features there are.
    pub fn n_features(&self) -> usize {
        self.feature_names.len()
    }

    /// The features of each field, in the schema's order, for `FeatureGroups::new`.
    pub fn groups(&self) -> Vec<(String, Vec<usize>)> {
        let mut next = 0;
        let mut group = |field: &Field| {
            let first = next;
            next += width(field, self.encoding);
            (field.name.clone(), (first..next).collect())
        };
        self.schema.fields().iter().map(&mut group).collect()
    }

    /// Encodes a table; columns are found by name. Infinite numbers are refused.
    pub fn encode(&self, table: &Table) -> Result<Encoded, Error> {
        table.check_columns(&self.schema.names())?;
        let mut rows = Array2::zeros((table.n_rows(), self.n_features()));
        let mut first = 0;
        for field in self.schema.fields() {
            for (code, mut encoded) in self.codes(table, field)?.into_iter().zip(rows.rows_mut()) {
                self.write(field, code, first, &mut encoded);
            }
            first += width(field, self.encoding);
        }
        let known = self.schema.names();
        let ignored = table.column_names().into_iter().filter(|name| !known.contains(name));
        Ok(Encoded { rows, ignored: ignored.map(str::to_owned).collect() })
    }

    /// The values of the schema's field for people, row by row; `missing` where one is.
    pub fn display_values(&self, table: &Table, field: usize) -> Result<Vec<String>, Error> {
        let field = &self.schema.fields()[field];
        let column = table.column(&field.name)?;
        let dictionary = match &field.kind {
            FieldKind::Numeric => None,
            FieldKind::Categorical { categories } => Some(Dictionary::new(categories)),
        };
        let value = |row| {
            let Some(text) = column.text_at(row) else { return "missing".to_owned() };
            let category = dictionary.as_ref().and_then(|known| known.category(column, row, &text));
            category.map_or_else(|| text.into_owned(), str::to_owned)
        };
        Ok((0..column.len()).map(value).collect())
    }

    /// The field's number or category's place in each row; NaN where it is missing.
    fn codes(&self, table: &Table, field: &Field) -> Result<Vec<f64>, Error> {
        let column = table.column(&field.name)?;
        let codes = match &field.kind {
            FieldKind::Numeric => numbers(table, field, column)?,
            FieldKind::Categorical { categories } => self.categories(table, field, column, categories)?,
        };
        let missing = codes.iter().position(|code| code.is_nan());
        if let (Some(row), MissingValues::Refuse) = (missing, self.missing) {
            let (file, column, place) = (table.name().to_owned(), field.name.clone(), table.place(row));
            return Err(Error::MissingValue { file, column, place });
        }
        Ok(codes)
    }

    fn categories(
        &self,
        table: &Table,
        field: &Field,
        column: &Column,
        categories: &[String],
    ) -> Result<Vec<f64>, Error> {
        let dictionary = Dictionary::new(categories);
        let code = |row| {
            let Some(text) = column.text_at(row) else { return Ok(f64::NAN) };
            match dictionary.code(column, row, &text) {
                Some(code) => Ok(code as f64),
                None if self.unseen == UnseenCategory::Missing => Ok(f64::NAN),
                None => Err(unseen(table, field, row, &text, categories)),
            }
        };
        (0..column.len()).map(code).collect()
    }

    fn write(&self, field: &Field, code: f64, first: usize, encoded: &mut ArrayViewMut1<'_, f64>) {
        if matches!(field.kind, FieldKind::Numeric) || self.encoding == Encoding::Ordinal {
            encoded[first] = code;
        } else if !code.is_nan() {
            #[expect(clippy::cast_sign_loss, reason = "a place in the dictionary")]
            let category = code as usize;
            encoded[first + category] = 1.0;
        }
    }
}

/// The categories of a field, by their spelling.
struct Dictionary<'a> {
    codes: BTreeMap<&'a str, usize>,
    categories: &'a [String],
}

impl<'a> Dictionary<'a> {
    fn new(categories: &'a [String]) -> Self {
        let codes = categories.iter().enumerate().map(|(code, category)| (category.as_str(), code)).collect();
        Self { codes, categories }
    }

    fn category(&self, column: &Column, row: usize, text: &str) -> Option<&'a str> {
        self.code(column, row, text).map(|code| self.categories[code].as_str())
    }

    /// A category's place. `1.50` is a text in a column that holds words too, and a number in one that does not: there
    /// it is found by its value.
    fn code(&self, column: &Column, row: usize, text: &str) -> Option<usize> {
        let by_value = |value| self.categories.iter().position(|category| number(category) == Some(value));
        self.codes.get(text).copied().or_else(|| column.numbers().and_then(|numbers| by_value(numbers[row])))
    }
}

fn names(field: &Field, encoding: Encoding) -> Vec<String> {
    match (&field.kind, encoding) {
        (FieldKind::Categorical { categories }, Encoding::OneHot) => {
            categories.iter().map(|category| format!("{}={category}", field.name)).collect()
        }
        _ => vec![field.name.clone()],
    }
}

fn width(field: &Field, encoding: Encoding) -> usize {
    match (&field.kind, encoding) {
        (FieldKind::Categorical { categories }, Encoding::OneHot) => categories.len(),
        _ => 1,
    }
}

fn numbers(table: &Table, field: &Field, column: &Column) -> Result<Vec<f64>, Error> {
    let at = |row| (table.name().to_owned(), field.name.clone(), table.place(row));
    let parse = |row| {
        let Some(text) = column.text_at(row) else { return Ok(f64::NAN) };
        text.trim().parse().map_err(|_| {
            let (file, column, place) = at(row);
            Error::NotNumeric { file, column, place, text: text.into_owned() }
        })
    };
    let numbers = match column.numbers() {
        Some(numbers) => numbers.to_vec(),
        None => (0..column.len()).map(parse).collect::<Result<Vec<f64>, Error>>()?,
    };
    let Some(row) = numbers.iter().position(|number| number.is_infinite()) else { return Ok(numbers) };
    let (file, column, place) = at(row);
    Err(Error::NotFinite { file, column, place, value: numbers[row] })
}

fn unseen(table: &Table, field: &Field, row: usize, value: &str, known: &[String]) -> Error {
    Error::UnseenCategory {
        file: table.name().to_owned(),
        column: field.name.clone(),
        place: table.place(row),
        value: value.to_owned(),
        known: known.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    fn table(text: &str) -> Table {
        Table::from_csv_bytes("a.csv", text.as_bytes()).unwrap()
    }

    fn encoder(encoding: Encoding) -> Encoder {
        let learnt = table("job,age\nclerk,1\nbaker,2\n");
        Encoder::new(Schema::learn(&learnt, &[] as &[&str]).unwrap(), encoding).unwrap()
    }

    fn error(text: &str) -> String {
        encoder(Encoding::OneHot).encode(&table(text)).unwrap_err().to_string()
    }

    #[test]
    fn ordinal_codes_are_places_in_the_dictionary() {
        let encoded = encoder(Encoding::Ordinal).encode(&table("age,job,x\n7,clerk,0\n8,baker,0\n")).unwrap();
        assert_eq!(encoded.rows, array![[1.0, 7.0], [0.0, 8.0]]);
        assert_eq!(encoded.ignored, ["x"]);
    }

    #[test]
    fn groups_are_the_fields_of_a_one_hot_encoding() {
        assert_eq!(encoder(Encoding::OneHot).groups(), [("job".into(), vec![0, 1]), ("age".into(), vec![2])]);
    }

    #[test]
    fn missing_is_nan_or_all_zeros() {
        let missing = table("job,age\n,\nclerk,3\n");
        let ordinal = encoder(Encoding::Ordinal).encode(&missing).unwrap().rows;
        assert!(ordinal.row(0).iter().all(|x| x.is_nan()));
        let one_hot = encoder(Encoding::OneHot).encode(&missing).unwrap().rows;
        assert!(one_hot[[0, 0]] == 0.0 && one_hot[[0, 1]] == 0.0 && one_hot[[0, 2]].is_nan());
    }

    #[test]
    fn refused_missing_values_are_named() {
        let encoder = encoder(Encoding::OneHot).with_missing(MissingValues::Refuse);
        let error = encoder.encode(&table("job,age\nclerk,1\nclerk,\n")).unwrap_err().to_string();
        assert!(
            error.starts_with("`a.csv`, column `age`, data row 2 (line 3): the value is missing"),
            "{error}"
        );
    }

    #[test]
    fn an_unseen_category_is_named_with_the_known_ones() {
        assert_eq!(
            error("job,age\nclerk,1\npilot,2\n"),
            "`a.csv`, column `job`, data row 2 (line 3): `pilot` did not occur in training; known are `baker`, `clerk`; \
             correct the value, or choose to treat unseen categories as missing"
        );
        let lenient = encoder(Encoding::OneHot).with_unseen(UnseenCategory::Missing);
        assert_eq!(lenient.encode(&table("job,age\npilot,2\n")).unwrap().rows, array![[0.0, 0.0, 2.0]]);
    }

    #[test]
    fn infinity_and_words_are_no_numbers() {
        assert_eq!(
            error("job,age\nclerk,1\nclerk,-inf\n"),
            "`a.csv`, column `age`, data row 2 (line 3): -inf is not finite; write a number, or leave the cell empty if \
             the value is missing"
        );
        let word = error("job,age\nclerk,old\n");
        assert!(
            word.starts_with("`a.csv`, column `age`, data row 1 (line 2): `old` is not a number"),
            "{word}"
        );
    }

    #[test]
    fn a_category_that_looks_like_a_number_is_found_in_a_column_of_numbers() {
        let learnt = table("rate\n1.50\nbase\n");
        let schema = Schema::learn(&learnt, &[] as &[&str]).unwrap();
        let encoder = Encoder::new(schema, Encoding::Ordinal).unwrap();
        let numbers = table("rate\n1.50\n");
        assert_eq!(encoder.encode(&numbers).unwrap().rows, array![[0.0]]);
        assert_eq!(encoder.display_values(&numbers, 0).unwrap(), ["1.50"]);
    }

    #[test]
    fn values_are_displayed_as_people_write_them() {
        let shown = table("age,job\n7.0,clerk\n,pilot\n");
        let display =
            |row: usize, field| encoder(Encoding::OneHot).display_values(&shown, field).unwrap()[row].clone();
        assert_eq!(
            [display(0, 0), display(0, 1), display(1, 0), display(1, 1)],
            ["clerk", "7", "pilot", "missing"]
        );
    }

    #[test]
    fn every_column_that_is_not_there_is_named() {
        assert_eq!(
            error("x,jobs\n1,clerk\n"),
            "`a.csv` has no column `job` (did you mean `jobs`?), `age`; its columns are `x`, `jobs`"
        );
    }

    #[test]
    fn two_features_of_one_name_are_refused() {
        let clash = table("a,a=x\nx,1\ny,2\n");
        let schema = Schema::learn(&clash, &[] as &[&str]).unwrap();
        assert_eq!(
            Encoder::new(schema.clone(), Encoding::OneHot).unwrap_err().to_string(),
            "several features would be called `a=x`; rename a column or choose the ordinal encoding"
        );
        assert!(Encoder::new(schema, Encoding::Ordinal).is_ok());
    }
}
