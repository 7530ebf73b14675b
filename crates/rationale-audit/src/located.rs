//! On which line of a configuration stands what only the model or the table shows to be wrong.

use std::fs;
use std::path::Path;

use crate::Error;
use crate::configuration::quoted;

impl Error {
    /// The same, with the line of the configuration that states the word it is about, where there is such a line.
    pub fn located(self, file: &Path) -> Self {
        let place = self.word().and_then(|word| {
            let text = fs::read_to_string(file).ok()?;
            let is_stated = |line: &str| {
                let line = line.trim_start();
                let is_bare = line.strip_prefix(&word).is_some_and(|rest| rest.trim_start().starts_with('='));
                !line.starts_with('#') && (is_bare || line.contains(&quoted(&word)))
            };
            text.lines().position(is_stated)
        });
        match place {
            None => self,
            Some(at) => {
                Self::Stated { file: file.display().to_string(), line: at + 1, source: Box::new(self) }
            }
        }
    }

    /// The column, code or output that is wrong.
    fn word(&self) -> Option<String> {
        match self {
            Self::Output { asked, .. } => asked.clone(),
            Self::Bands { column, .. }
            | Self::BandsOfTexts { column }
            | Self::Groups { column, .. }
            | Self::CatalogueNoCode { column, .. }
            | Self::CatalogueTwice { column } => Some(column.clone()),
            Self::CatalogueColumns { unknown, .. } => unknown.first().cloned(),
            Self::Contradiction { output } => Some(output.clone()),
            Self::Table(error) => match error.as_ref() {
                rationale_tabular::Error::UnknownColumns { columns, .. } => {
                    columns.first().map(|it| it.name.clone())
                }
                _ => None,
            },
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::table;

    #[test]
    fn what_only_the_table_shows_names_its_line_too() {
        let room = tempfile::tempdir().unwrap();
        let path = room.path().join("audit.toml");
        let text = "cut_off = 1\n# label = \"sax\"\nid = \"who\"\n\n[[protected]]\ncolumn = \"sax\"\n";
        crate::folder::write_text(&path, text).unwrap();
        let error = Error::from(table().column("sax").unwrap_err()).located(&path).to_string();
        assert!(error.contains("audit.toml`, line 6: `loans.csv` has no column `sax`"), "{error}");
        assert!(matches!(Error::NoRule.located(&path), Error::NoRule));
    }
}
