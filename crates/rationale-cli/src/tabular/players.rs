//! What is one player: a feature of the model, a column of the table, or columns that the user puts together.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use rationale::FeatureGroups;
use rationale::tabular::Encoder;

use super::methods::Method;
use crate::failure::Usage;

/// What is one player, where no groups are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum By {
    /// As the model numbers them.
    Feature,
    /// As the table names them.
    Column,
}

/// What is asked about players.
#[derive(Debug, Args)]
pub(super) struct AskedPlayers {
    /// One value a feature of the model, or one a column of the table: its one-hot features are one player then
    /// (tree-shap: their values are summed). tree-shap alone explains features where not given, all else columns.
    #[arg(long, value_enum)]
    by: Option<By>,
    /// Columns that are one player, under a name: loan=credit_amount,duration_in_month. May be given several times; other
    /// columns stay by themselves (tree-shap, linear-shap and lime: values of the columns are summed).
    #[arg(long, value_name = "NAME=A,B,..", value_parser = group)]
    group: Vec<Group>,
    /// A file with more such groups, one NAME=A,B,.. a line.
    #[arg(long, value_name = "FILE")]
    groups: Option<PathBuf>,
}

/// Columns under one name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    name: String,
    columns: Vec<String>,
}

fn group(text: &str) -> Result<Group, String> {
    let needed =
        || format!("`{text}` is no group: a name and its columns are needed, such as loan=amount,duration");
    let (name, columns) = text.split_once('=').ok_or_else(needed)?;
    let columns: Vec<String> = columns.split(',').map(|column| column.trim().to_owned()).collect();
    let name = name.trim().to_owned();
    let is_empty = name.is_empty() || columns.iter().any(String::is_empty);
    if is_empty { Err(needed()) } else { Ok(Group { name, columns }) }
}

impl AskedPlayers {
    pub(super) fn check(&self) -> Result<(), Usage> {
        if self.by == Some(By::Feature) && self.has_groups() {
            return Err(Usage::new("--group and --groups join columns: leave --by feature out"));
        }
        Ok(())
    }

    fn has_groups(&self) -> bool {
        !self.group.is_empty() || self.groups.is_some()
    }

    /// Whether each feature of the model is by itself.
    pub(super) fn is_by_feature(&self, methods: &[Method]) -> bool {
        self.by(methods) == By::Feature
    }

    fn by(&self, methods: &[Method]) -> By {
        let is_usual = methods == [Method::TreeShap] && !self.has_groups();
        self.by.unwrap_or(if is_usual { By::Feature } else { By::Column })
    }

    pub(super) fn file(&self) -> Option<&Path> {
        self.groups.as_deref()
    }

    pub(super) fn read(&self, methods: &[Method]) -> anyhow::Result<Players> {
        let mut groups = self.group.clone();
        if let Some(path) = &self.groups {
            groups.extend(read(path)?);
        }
        Ok(Players { by: self.by(methods), groups })
    }
}

fn read(path: &Path) -> anyhow::Result<Vec<Group>> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| anyhow::anyhow!("`{shown}` cannot be read: {error}"))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let one = |(number, line): (usize, &str)| {
        group(line).map_err(|error| anyhow::anyhow!("`{shown}`, line {}: {error}", number + 1))
    };
    lines.map(one).collect()
}

/// Who the players are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Players {
    pub(super) by: By,
    groups: Vec<Group>,
}

impl Players {
    /// One a column of the table.
    pub(super) fn columns() -> Self {
        Self { by: By::Column, groups: Vec::new() }
    }

    /// The players' names, and the features of each in an encoder's rows: named groups first.
    pub(super) fn of(&self, encoder: &Encoder) -> anyhow::Result<FeatureGroups> {
        let groups = match self.by {
            By::Feature => Vec::new(),
            By::Column => self.joined(encoder.groups())?,
        };
        Ok(FeatureGroups::new(groups, encoder.feature_names())?)
    }

    /// Columns with their features, those of a group as one.
    fn joined(&self, mut columns: Vec<(String, Vec<usize>)>) -> anyhow::Result<Vec<(String, Vec<usize>)>> {
        let known: Vec<String> = columns.iter().map(|(name, _)| name.clone()).collect();
        let mut joined: Vec<(String, Vec<usize>)> = Vec::with_capacity(columns.len());
        for group in &self.groups {
            let mut features = Vec::new();
            for column in &group.columns {
                match columns.iter().position(|(name, _)| name == column) {
                    Some(place) => features.extend(columns.remove(place).1),
                    None if known.contains(column) => {
                        anyhow::bail!(
                            "group `{}`: column `{column}` is in a group already; it may be in one, once",
                            group.name
                        )
                    }
                    None => anyhow::bail!(
                        "group `{}`: there is no column `{column}`; there are {}",
                        group.name,
                        known.join(", ")
                    ),
                }
            }
            joined.push((group.name.clone(), features));
        }
        joined.extend(columns);
        match (1..joined.len()).find(|&at| joined[..at].iter().any(|(name, _)| *name == joined[at].0)) {
            Some(twice) => {
                anyhow::bail!("two players would be named `{}`: give the group another name", joined[twice].0)
            }
            None => Ok(joined),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn players(groups: &[&str]) -> Players {
        let groups = groups.iter().map(|text| group(text)).collect::<Result<_, _>>();
        Players { by: By::Column, groups: groups.unwrap_or_default() }
    }

    fn columns() -> Vec<(String, Vec<usize>)> {
        vec![("a".to_owned(), vec![0]), ("b".to_owned(), vec![1, 2]), ("c".to_owned(), vec![3])]
    }

    #[test]
    fn groups_come_first_and_other_columns_stay() {
        let joined = players(&["x=c, b"]).joined(columns());
        let expected = vec![("x".to_owned(), vec![3, 1, 2]), ("a".to_owned(), vec![0])];
        assert_eq!(joined.ok(), Some(expected));
    }

    #[test]
    fn a_text_that_is_no_group_is_refused() {
        for text in ["x", "=a", "x=", "x=a,,b"] {
            assert!(group(text).is_err_and(|error| error.contains("is no group")), "{text}");
        }
    }

    #[test]
    fn columns_must_exist_and_be_in_one_group_and_names_must_differ() {
        let refused = |groups: &[&str], part: &str| {
            let error = players(groups).joined(columns()).err().map(|error| error.to_string());
            assert!(error.as_ref().is_some_and(|error| error.contains(part)), "{error:?}");
        };
        refused(&["x=a,d"], "no column `d`; there are a, b, c");
        refused(&["x=a", "y=b,a"], "group `y`: column `a` is in a group already");
        refused(&["x=a,a"], "once");
        refused(&["c=a,b"], "two players would be named `c`");
    }
}
