//! Arguments as typed.

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

/// Explains the decisions of models.
#[derive(Debug, Parser)]
#[command(name = "rationale", version, max_term_width = 110)]
#[command(
    after_help = "Exit codes: 0 done, 1 failed on this input, 2 wrong usage. RATIONALE_LOG sets what is logged, \
                        such as RATIONALE_LOG=rationale_shapley=debug."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    #[cfg(feature = "tabular")]
    #[command(flatten)]
    Tabular(crate::tabular::Command),
    #[cfg(feature = "image")]
    #[command(flatten)]
    Image(crate::image::Command),
    /// Several methods side by side, with how far they agree.
    #[cfg(any(feature = "image", feature = "tabular"))]
    Compare(crate::compare::Arguments),
    /// Measure how good methods' explanations of a model are, on data.
    #[cfg(any(feature = "tabular", feature = "image", feature = "text"))]
    #[command(subcommand)]
    Evaluate(crate::evaluate::Command),
    #[cfg(feature = "text")]
    #[command(flatten)]
    Text(crate::text::Command),
    /// Print completions for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Common {
    /// Seed of everything random; the same seed gives the same bytes on any number of threads.
    #[arg(long, global = true, default_value_t = 0, value_name = "N")]
    pub seed: u64,
    /// Threads to use; all cores where not given.
    #[arg(long, global = true, value_name = "N")]
    pub threads: Option<usize>,
    /// Print the result as JSON.
    #[arg(long, global = true)]
    pub json: bool,
    /// Log more: -v tells what is being done and how long it took, -vv every detail.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Print nothing but errors.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// How the log is written, to standard error.
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
}

#[cfg(any(feature = "image", feature = "tabular", feature = "text"))]
impl Common {
    /// The same, saying nothing beside results.
    pub(crate) fn hushed(&self) -> Self {
        Self { quiet: true, ..self.clone() }
    }
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}
