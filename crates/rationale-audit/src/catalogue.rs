//! Which columns make one reason, and the words for it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use rationale_core::FeatureGroups;
use serde::Deserialize;

use crate::Error;

/// The reasons that may be given to an applicant, as a TOML file lists them:
///
/// ```toml
/// [[reason]]
/// code = "01"
/// group = "Existing debts"
/// columns = ["credit_history", "number_of_credits"]
/// sentence = "Your other debts and how they were paid."
/// ```
///
/// The attributions of a reason's columns (and of all categories of a column) are summed. A column that no reason names
/// is a reason of its own, with its name as code, group and sentence.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    #[serde(default, rename = "reason")]
    entries: Vec<Entry>,
}

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The code that systems downstream know.
    pub code: String,
    /// What the columns are together.
    pub group: String,
    /// The columns whose attributions are summed.
    pub columns: Vec<String>,
    /// What the applicant is told.
    pub sentence: String,
}

impl Catalogue {
    /// Reads a TOML file.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let file = path.display().to_string();
        let text =
            fs::read_to_string(path).map_err(|source| Error::ReadCatalogue { file: file.clone(), source })?;
        Self::from_toml(&file, &text)
    }

    /// Reads TOML text; `file` stands in messages.
    pub fn from_toml(file: &str, text: &str) -> Result<Self, Error> {
        let catalogue: Self = toml::from_str(text)
            .map_err(|source| Error::CatalogueToml { file: file.to_owned(), source: Box::new(source) })?;
        catalogue.check(file)?;
        Ok(catalogue)
    }

    /// The reasons as listed.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The reasons for the columns of a model, each with its columns.
    pub fn reasons(&self, columns: &[String]) -> Result<Reasons, Error> {
        let place = |name: &String| columns.iter().position(|column| column == name);
        let named = self.entries.iter().flat_map(|entry| &entry.columns);
        let unknown: Vec<String> = named.filter(|name| place(name).is_none()).cloned().collect();
        if !unknown.is_empty() {
            return Err(Error::CatalogueColumns { unknown, known: columns.to_vec() });
        }
        let mut named: Vec<&String> = self.entries.iter().flat_map(|entry| &entry.columns).collect();
        named.sort();
        if let Some(pair) = named.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Error::CatalogueTwice { column: pair[0].clone() });
        }
        let members = |entry: &Entry| entry.columns.iter().filter_map(place).collect();
        let groups = self.entries.iter().map(|entry| (entry.group.clone(), members(entry))).collect();
        let groups = FeatureGroups::new(groups, columns)?;
        let mut names: Vec<&String> = groups.names().iter().collect();
        names.sort();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Error::CatalogueGroup { group: pair[0].clone() });
        }
        let own = groups.names()[self.entries.len()..].iter().map(|name| Entry {
            code: name.clone(),
            group: name.clone(),
            columns: vec![name.clone()],
            sentence: name.clone(),
        });
        Ok(Reasons { entries: self.entries.iter().cloned().chain(own).collect(), groups })
    }

    fn check(&self, file: &str) -> Result<(), Error> {
        if self.entries.is_empty() {
            return Err(Error::CatalogueNothing { file: file.to_owned() });
        }
        let mut seen = BTreeSet::new();
        for entry in &self.entries {
            let file = || file.to_owned();
            if entry.columns.is_empty() {
                return Err(Error::CatalogueEmpty { file: file(), code: entry.code.clone() });
            }
            if entry.group.trim().is_empty() || entry.sentence.trim().is_empty() {
                return Err(Error::CatalogueWords { file: file(), code: entry.code.clone() });
            }
            if !seen.insert(&entry.code) {
                return Err(Error::CatalogueCode { file: file(), code: entry.code.clone() });
            }
        }
        Ok(())
    }
}

/// The reasons of a model: the catalogue's, then one for each column that it does not name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reasons {
    /// The words, in the order of the groups.
    pub entries: Vec<Entry>,
    /// The columns of each reason.
    pub groups: FeatureGroups,
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "[[reason]]\ncode = \"7\"\ngroup = \"Work\"\ncolumns = [\"job\"]\nsentence = \"Your work.\"\n";

    fn columns() -> Vec<String> {
        ["amount", "job"].map(String::from).to_vec()
    }

    #[test]
    fn a_column_without_a_reason_is_one_of_its_own() {
        let reasons = Catalogue::from_toml("c.toml", TEXT).unwrap().reasons(&columns()).unwrap();
        let codes: Vec<&str> = reasons.entries.iter().map(|entry| entry.code.as_str()).collect();
        assert_eq!(codes, ["7", "amount"]);
        assert_eq!(reasons.groups.members(), [[1], [0]]);
    }

    #[test]
    fn a_column_that_the_model_does_not_use_is_named() {
        let error = Catalogue::from_toml("c.toml", TEXT).unwrap().reasons(&["age".to_owned()]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the catalogue names columns that the model does not use: `job`; the model's columns are `age`"
        );
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        let error = |text: &str| Catalogue::from_toml("c.toml", text).unwrap_err().to_string();
        assert!(
            error(&TEXT.replace("sentence", "sentense")).contains("line 5"),
            "{}",
            error(&TEXT.replace("sentence", "sentense"))
        );
        assert_eq!(error(&TEXT.repeat(2)), "`c.toml`: the code `7` stands twice; give each reason its own");
        assert!(error(&TEXT.replace("[\"job\"]", "[]")).contains("`7` has no columns"));
        assert!(error(&TEXT.replace("Your work.", " ")).contains("told nothing"));
        assert!(error("").contains("`c.toml` holds no reason"));
    }

    #[test]
    fn two_reasons_have_two_names_and_no_column_in_common() {
        let error = |text: &str| {
            let catalogue = Catalogue::from_toml("c.toml", text).unwrap();
            catalogue.reasons(&columns()).unwrap_err().to_string()
        };
        assert!(error(&TEXT.replace("Work", "amount")).contains("the group `amount` stands twice"));
        let second = TEXT.replace("\"7\"", "\"8\"").replace("Work", "Job");
        assert!(error(&format!("{TEXT}{second}")).contains("names the column `job` in two reasons"));
    }
}
