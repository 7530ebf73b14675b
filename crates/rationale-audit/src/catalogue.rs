//! Which columns make one reason, and the words for it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use rationale_core::FeatureGroups;
use serde::Deserialize;

use crate::Error;

/// The catalogues that come with the crate: their names, and their texts.
const BUILT_IN: [(&str, &str); 2] = [
    ("hmda", include_str!("../assets/hmda.toml")),
    ("consumer-credit", include_str!("../assets/consumer-credit.toml")),
];

/// The reasons that may be given to an applicant, as a TOML file lists them:
///
/// ```toml
/// letter = """
/// Application {id} was declined. The principal reasons are:
/// {reasons}
/// """
///
/// [[reason]]
/// code = "01"
/// group = "Existing debts"
/// columns = ["credit_history", "number_of_credits"]
/// sentence = "Your other debts and how they were paid."
/// actionable = true    # can the applicant do something about it?
///
/// [[reason]]
/// code = "02"
/// group = "Enquiries"
/// columns = ["enquiries_6_months"]
/// sentence = "The number of recent enquiries in your credit file."
/// inquiries = true     # a fifth reason, where it is not among the first four
/// ```
///
/// The attributions of a reason's columns (and of all categories of a column) are summed. A column that no reason names
/// is a reason of its own, with its name as code, group and sentence. A reason without the key `columns` is one that no
/// column gives, until [`Catalogue::with_columns`] says otherwise: so a list of codes fits many models, and a language
/// is a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    letter: Option<String>,
    #[serde(default, rename = "reason")]
    entries: Vec<Entry>,
}

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The code that systems downstream know.
    pub code: String,
    /// What the columns are together.
    pub group: String,
    /// The columns whose attributions are summed; none where nothing in the model gives this reason.
    pub columns: Option<Vec<String>>,
    /// What the applicant is told.
    pub sentence: String,
    /// Whether the applicant can do something about it; not said where it is not.
    pub actionable: Option<bool>,
    /// Whether it is something that nobody can change, such as an age: the report points at such a reason.
    #[serde(default)]
    pub immutable: bool,
    /// Whether it is the number of enquiries, which is given as a fifth reason where it is not among the first four.
    #[serde(default)]
    pub inquiries: bool,
}

impl Entry {
    fn members(&self) -> &[String] {
        self.columns.as_deref().unwrap_or_default()
    }

    /// A column that no catalogue names.
    fn own(name: &str) -> Self {
        let words = || name.to_owned();
        let columns = Some(vec![words()]);
        Self { code: words(), group: words(), columns, sentence: words(), ..Self::default() }
    }
}

impl Catalogue {
    /// Reads a TOML file.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let file = path.display().to_string();
        let text =
            fs::read_to_string(path).map_err(|source| Error::ReadCatalogue { file: file.clone(), source })?;
        Self::from_toml(&file, &text)
    }

    /// The text of a catalogue that comes with the program: `hmda` (the nine denial reasons of Regulation C) or
    /// `consumer-credit`. Neither names columns.
    pub fn built_in(name: &str) -> Option<&'static str> {
        BUILT_IN.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
    }

    /// Reads TOML text; `file` stands in messages.
    pub fn from_toml(file: &str, text: &str) -> Result<Self, Error> {
        let catalogue: Self = toml::from_str(text)
            .map_err(|source| Error::CatalogueToml { file: file.to_owned(), source: Box::new(source) })?;
        catalogue.check(file)?;
        Ok(catalogue)
    }

    /// Gives columns to codes, besides those that the catalogue names itself.
    pub fn with_columns(mut self, codes: &BTreeMap<String, String>) -> Result<Self, Error> {
        for (column, code) in codes {
            let known = || self.entries.iter().map(|entry| entry.code.clone()).collect();
            let Some(place) = self.entries.iter().position(|entry| entry.code == *code) else {
                let (column, code) = (column.clone(), code.clone());
                return Err(Error::CatalogueNoCode { column, code, known: known() });
            };
            self.entries[place].columns.get_or_insert_default().push(column.clone());
        }
        Ok(self)
    }

    /// The reasons as listed.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The letter's template, where the catalogue has one.
    pub fn letter(&self) -> Option<&str> {
        self.letter.as_deref()
    }

    /// The reasons for the columns of a model, each with its columns; those that no column gives are left out.
    pub fn reasons(&self, columns: &[String]) -> Result<Reasons, Error> {
        let listed = || self.entries.iter().filter(|entry| !entry.members().is_empty());
        let place = |name: &String| columns.iter().position(|column| column == name);
        let named = listed().flat_map(Entry::members);
        let unknown: Vec<String> = named.filter(|name| place(name).is_none()).cloned().collect();
        if !unknown.is_empty() {
            return Err(Error::CatalogueColumns { unknown, known: columns.to_vec() });
        }
        if let Some(column) = repeated(listed().flat_map(Entry::members)) {
            return Err(Error::CatalogueTwice { column: column.clone() });
        }
        let members = |entry: &Entry| entry.members().iter().filter_map(place).collect();
        let groups = listed().map(|entry| (entry.group.clone(), members(entry))).collect();
        let groups = FeatureGroups::new(groups, columns)?;
        if let Some(group) = repeated(groups.names()) {
            return Err(Error::CatalogueGroup { group: group.clone() });
        }
        let n_listed = listed().count();
        let own = groups.names()[n_listed..].iter().map(|name| Entry::own(name));
        Ok(Reasons { entries: listed().cloned().chain(own).collect(), n_listed, groups })
    }

    fn check(&self, file: &str) -> Result<(), Error> {
        let file = || file.to_owned();
        if self.entries.is_empty() {
            return Err(Error::CatalogueNothing { file: file() });
        }
        let mut seen = BTreeSet::new();
        for entry in &self.entries {
            let code = || entry.code.clone();
            if entry.columns.as_ref().is_some_and(Vec::is_empty) {
                return Err(Error::CatalogueEmpty { file: file(), code: code() });
            }
            if entry.group.trim().is_empty() || entry.sentence.trim().is_empty() {
                return Err(Error::CatalogueWords { file: file(), code: code() });
            }
            if entry.immutable && entry.actionable == Some(true) {
                return Err(Error::CatalogueFlags { file: file(), code: code() });
            }
            if !seen.insert(&entry.code) {
                return Err(Error::CatalogueCode { file: file(), code: code() });
            }
        }
        Ok(())
    }
}

/// A name that stands more than once.
fn repeated<'a>(names: impl IntoIterator<Item = &'a String>) -> Option<&'a String> {
    let mut names: Vec<&String> = names.into_iter().collect();
    names.sort();
    names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}

/// The reasons of a model: the catalogue's, then one for each column that it does not name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reasons {
    /// The words, in the order of the groups.
    pub entries: Vec<Entry>,
    /// How many of them the catalogue lists; the others are columns under their own names.
    pub n_listed: usize,
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
        assert_eq!((codes, reasons.n_listed), (vec!["7", "amount"], 1));
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
        let flags = format!("{TEXT}actionable = true\nimmutable = true\n");
        assert!(error(&flags).contains("`7` is said to be immutable and actionable"));
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

    #[test]
    fn the_catalogues_of_the_crate_are_sound_and_take_columns() {
        for (name, text) in BUILT_IN {
            let catalogue = Catalogue::from_toml(name, text).unwrap();
            assert!(catalogue.letter().is_some_and(|letter| letter.contains("{reasons}")), "{name}");
            assert_eq!(catalogue.reasons(&columns()).unwrap().n_listed, 0, "{name}");
        }
        let hmda = Catalogue::from_toml("hmda", Catalogue::built_in("hmda").unwrap()).unwrap();
        let codes: Vec<&str> = hmda.entries().iter().map(|entry| entry.code.as_str()).collect();
        assert_eq!(codes, ["1", "2", "3", "4", "5", "6", "7", "8", "9"]);
        let given = [("job", "2"), ("amount", "1")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        let reasons = hmda.clone().with_columns(&BTreeMap::from(given)).unwrap().reasons(&columns()).unwrap();
        assert_eq!(reasons.groups.members(), [[0], [1]]);
        let given = BTreeMap::from([("job".to_owned(), "12".to_owned())]);
        let error = hmda.with_columns(&given).unwrap_err().to_string();
        assert!(error.starts_with("the column `job` is given the code `12`, which the catalogue"), "{error}");
    }
}
