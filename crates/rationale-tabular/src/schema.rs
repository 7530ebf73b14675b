//! What the columns of a table mean to a model.

use serde::{Deserialize, Serialize};

use crate::table::repeated;
use crate::{Column, ColumnKind, Error, Table};

/// A text column with more categories than this is taken for an identifier.
pub const MOST_CATEGORIES: usize = 1000;

/// The fields that a model was trained on, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Schema {
    fields: Vec<Field>,
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// The column's name.
    pub name: String,
    /// What it holds.
    #[serde(flatten)]
    pub kind: FieldKind,
}

/// What a field holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FieldKind {
    /// Numbers.
    Numeric,
    /// One of these texts; a category's code is its place in the list.
    Categorical {
        /// The dictionary.
        categories: Vec<String>,
    },
}

impl Schema {
    /// Takes fields; no name may stand twice, nor a category in one dictionary.
    pub fn new(fields: Vec<Field>) -> Result<Self, Error> {
        let names: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
        let columns = repeated(&names);
        if !columns.is_empty() {
            return Err(Error::DuplicateColumns { file: "the schema".to_owned(), columns });
        }
        for field in &fields {
            if let FieldKind::Categorical { categories } = &field.kind {
                check_dictionary(&field.name, categories)?;
            }
        }
        Ok(Self { fields })
    }

    /// Learns the fields from a table, all columns but the `excluded`: texts become categories, sorted.
    pub fn learn(table: &Table, excluded: &[impl AsRef<str>]) -> Result<Self, Error> {
        Self::learn_bounded(table, excluded, MOST_CATEGORIES)
    }

    /// As [`Schema::learn`], with another bound on the categories of one field.
    pub fn learn_bounded(
        table: &Table,
        excluded: &[impl AsRef<str>],
        most_categories: usize,
    ) -> Result<Self, Error> {
        let table = table.without_columns(excluded)?;
        let empty: Vec<String> = table
            .columns()
            .filter(|(_, c)| c.n_missing() == c.len())
            .map(|(name, _)| name.to_owned())
            .collect();
        if !empty.is_empty() {
            return Err(Error::AllMissing { file: table.name().to_owned(), columns: empty });
        }
        let fields = table.columns().map(|(name, column)| field(&table, name, column, most_categories));
        let fields = fields.collect::<Result<Vec<_>, _>>()?;
        if fields.is_empty() {
            return Err(Error::NoFields { file: table.name().to_owned() });
        }
        Self::new(fields)
    }

    /// The fields.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The fields' names.
    pub fn names(&self) -> Vec<&str> {
        self.fields.iter().map(|field| field.name.as_str()).collect()
    }

    /// As JSON: `[{"name", "kind": "numeric"}, {"name", "kind": "categorical", "categories"}]`.
    pub fn to_json(&self) -> serde_json::Value {
        // Plain texts and lists cannot fail to become JSON.
        serde_json::to_value(self).unwrap_or_default()
    }

    /// From JSON.
    pub fn from_json(json: &serde_json::Value) -> Result<Self, Error> {
        let read = Self::deserialize(json).map_err(|source| Error::SchemaJson { source })?;
        Self::new(read.fields)
    }
}

fn field(table: &Table, name: &str, column: &Column, most: usize) -> Result<Field, Error> {
    if column.kind() == ColumnKind::Numeric {
        return Ok(Field { name: name.to_owned(), kind: FieldKind::Numeric });
    }
    let categories = column.distinct();
    let found = categories.len();
    if found > most {
        let (file, column) = (table.name().to_owned(), name.to_owned());
        return Err(Error::TooManyCategories { file, column, found, most });
    }
    Ok(Field { name: name.to_owned(), kind: FieldKind::Categorical { categories } })
}

fn check_dictionary(field: &str, categories: &[String]) -> Result<(), Error> {
    match repeated(categories).into_iter().next() {
        Some(category) => Err(Error::DuplicateCategory { field: field.to_owned(), category }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learn(text: &str, excluded: &[&str]) -> Result<Schema, Error> {
        Schema::learn_bounded(&Table::from_csv_bytes("a.csv", text.as_bytes()).unwrap(), excluded, 3)
    }

    #[test]
    fn goes_to_json_and_back() {
        let schema = learn("job,age,id\nclerk,1,7\nbaker,2,8\n", &["id"]).unwrap();
        assert_eq!(schema.names(), ["job", "age"]);
        let json = schema.to_json();
        assert_eq!(
            json[0],
            serde_json::json!({"name": "job", "kind": "categorical", "categories": ["baker", "clerk"]})
        );
        assert_eq!(Schema::from_json(&json).unwrap(), schema);
    }

    #[test]
    fn every_column_without_a_value_is_named() {
        assert_eq!(
            learn("a,b,c\n1,,NA\n2,,\n", &[]).unwrap_err().to_string(),
            "`a.csv`: every value is missing in `b`, `c`; nothing can be learnt from such columns: exclude them"
        );
    }

    #[test]
    fn a_schema_that_contradicts_itself_is_refused() {
        let read = |json| Schema::from_json(&json).unwrap_err().to_string();
        let twice =
            serde_json::json!([{"name": "job", "kind": "categorical", "categories": ["a", "b", "a"]}]);
        assert_eq!(read(twice), "the schema lists the category `a` of `job` twice; each may stand once");
        let numeric = serde_json::json!({"name": "age", "kind": "numeric"});
        let error = read(serde_json::json!([numeric, numeric]));
        assert_eq!(error, "`the schema` has several columns called `age`; each name may stand once");
        let error = read(serde_json::json!([{"name": "age", "kind": "date"}]));
        assert!(error.starts_with("not a schema of a table: unknown variant `date`"), "{error}");
    }

    #[test]
    fn excluding_every_column_leaves_nothing_to_learn() {
        let error = learn("a\n1\n", &["a"]).unwrap_err().to_string();
        assert_eq!(error, "`a.csv`: no column is left to learn from; exclude fewer");
    }

    #[test]
    fn an_identifier_is_no_category() {
        let error = learn("id\na\nb\nc\nd\n", &[]).unwrap_err().to_string();
        assert!(error.contains("`id` has 4 distinct values, and at most 3 are allowed"), "{error}");
    }

    #[test]
    fn excluding_a_column_that_is_not_there_fails() {
        assert!(matches!(learn("a\n1\n", &["b"]), Err(Error::UnknownColumns { .. })));
    }
}
