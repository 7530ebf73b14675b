//! The texts, and what stands where a word is absent.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use rationale::text::Absent;

use super::model::Loaded;
use crate::failure::Usage;

#[derive(Debug, Default, Args)]
pub(super) struct Source {
    /// The texts.
    #[arg(required_unless_present = "file")]
    texts: Vec<String>,
    /// A file of texts, one a line.
    #[arg(long, value_name = "FILE", conflicts_with = "texts")]
    file: Option<PathBuf>,
    /// Cut a text that is too long instead of failing.
    #[arg(long)]
    cut: bool,
}

#[derive(Debug, Default, Args)]
pub(super) struct Absence {
    /// What stands where a word is absent; a mask where the tokenizer has one.
    #[arg(long, value_enum)]
    absent: Option<AbsentName>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AbsentName {
    /// The tokenizer's mask token, or its token for what is not known.
    Mask,
    /// Nothing.
    Cut,
}

impl Source {
    pub(super) fn cut(&self) -> bool {
        self.cut
    }

    pub(super) fn texts(&self) -> anyhow::Result<Vec<String>> {
        let Some(path) = &self.file else { return Ok(self.texts.clone()) };
        let bytes = std::fs::read(path)
            .map_err(|error| anyhow::anyhow!("`{}` cannot be read: {error}", path.display()))?;
        let text = String::from_utf8(bytes).map_err(|error| {
            anyhow::anyhow!(
                "`{}` is not UTF-8 (byte {}): convert it, as by iconv -f latin1 -t utf-8",
                path.display(),
                error.utf8_error().valid_up_to()
            )
        })?;
        let lines: Vec<String> = text.lines().filter(|it| !it.trim().is_empty()).map(str::to_owned).collect();
        anyhow::ensure!(!lines.is_empty(), "`{}` holds no text", path.display());
        Ok(lines)
    }
}

impl Absence {
    pub(super) fn of(&self, loaded: &Loaded) -> anyhow::Result<Absent> {
        match (self.absent, loaded.tokenizer.mask()) {
            (Some(AbsentName::Cut), _) | (None, None) => Ok(Absent::Cut),
            (_, Some((id, token))) => Ok(Absent::Masked { id, token }),
            (Some(AbsentName::Mask), None) => {
                Err(Usage::new("--absent mask: the tokenizer has no token for what is hidden or unknown")
                    .into())
            }
        }
    }
}
