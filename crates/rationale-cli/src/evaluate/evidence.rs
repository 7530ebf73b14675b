//! `--evidence full`: what an explanation's own model says of it, in sentences.

use clap::ValueEnum;
use rationale::Seed;
use rationale::metrics::{FullEvidence, Neighbourhood, Score, Settings};
use serde_json::{Value, json};

/// Inputs nearby that are explained too.
const NEIGHBOURS: usize = 5;

/// How much is said about an explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Asked {
    /// What the method itself knows: settings, errors, gaps.
    #[default]
    Usual,
    /// Also what its own model says of it: stability under noise in the input, whether it depends on what the model has learnt, and
    /// whether it is more faithful than random numbers. Takes about 220 model calls and 10 more explanations.
    Full,
}

impl Asked {
    pub(crate) fn is_full(self) -> bool {
        self == Self::Full
    }

    pub(crate) fn settings(seed: u64) -> Settings {
        Settings {
            neighbourhood: Neighbourhood::default().with_samples(NEIGHBOURS),
            seed: Seed::new(seed),
            ..Settings::default()
        }
    }
}

/// The sentences of full evidence.
pub(crate) fn sentences(evidence: &FullEvidence) -> Vec<String> {
    evidence.verdicts.iter().map(|verdict| verdict.sentence.clone()).collect()
}

/// Full evidence as JSON.
pub(crate) fn document(evidence: &FullEvidence) -> Value {
    let verdict = |it: &rationale::metrics::Verdict| json!({"about": it.about, "passed": it.passed, "sentence": it.sentence});
    let value = |score: Option<Score>| score.and_then(Score::value);
    json!({
        "faithfulness": evidence.faithfulness.value(),
        "faithfulness_of_random": {"mean": evidence.of_random[0], "largest": evidence.of_random[1]},
        "instability": value(evidence.instability),
        "rank_correlation_after_randomisation": value(evidence.survival),
        "verdicts": evidence.verdicts.iter().map(verdict).collect::<Vec<_>>(),
    })
}
