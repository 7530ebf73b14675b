//! Evidence on request: what can be said of one explanation without knowing what is right.

use ndarray::Array1;

use crate::{AverageSensitivity, Case, Degradation, Error, Measure, ParameterRandomisation, Score, Settings};

/// What an explanation's own model says of it.
#[derive(Debug, Clone, PartialEq)]
pub struct FullEvidence {
    /// The mean relative change of the attribution for inputs nearby; none where the method was not given.
    pub instability: Option<Score>,
    /// The mean rank correlation with the attributions of randomised models; none where the model cannot be randomised.
    pub survival: Option<Score>,
    /// How much more the output falls when what is said to matter most goes first ([`Degradation`]).
    pub faithfulness: Score,
    /// The same of random attributions: mean, and the largest.
    pub of_random: [f64; 2],
    /// The three in words, each with its verdict.
    pub verdicts: Vec<Verdict>,
}

/// A plain sentence, and whether it speaks for the explanation.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// What was looked at: `stability`, `randomisation`, `faithfulness`.
    pub about: &'static str,
    /// Whether the explanation passed; none where there was nothing to measure.
    pub passed: Option<bool>,
    /// The sentence.
    pub sentence: String,
}

/// How many random attributions an explanation is compared with: better than all of 19 happens to chance once in 20.
const N_RANDOM: u64 = 19;
/// An attribution that changes by more than half of itself is another one: a convention of this crate, and no finding.
const UNSTABLE: f64 = 0.5;
/// Ranks that survive randomisation by more than this in the mean count as not coming from what was learnt. On MobileNet maps that pass
/// stay below 0.38 and guided backpropagation, which fails, is at 0.56 without signs and 0.67 with them (`docs/benchmarks/sanity.md`). The
/// number itself is in the verdict.
const SURVIVES: f64 = 0.5;

/// Stability under input noise, the randomisation verdict, and faithfulness against random attributions of the same model.
///
/// The case needs a game; with [`Case::with_explain`] and [`Case::with_randomise`] it gets all three. **Costs**: 20 curves, and as
/// many explanations as the settings have neighbours and layers.
///
/// ```
/// use ndarray::array;
/// use rationale_core::FromFn;
/// use rationale_metrics::{Case, Input, Players, Settings, evidence_full};
///
/// let weights = ndarray::Array2::from_shape_fn((8, 1), |(i, _)| i as f64);
/// let model = FromFn::new(|rows: ndarray::ArrayView2<'_, f64>| rows.dot(&weights));
/// let (row, fill, players) = (ndarray::Array1::ones(8), ndarray::Array1::zeros(8), Players::columns(8));
/// let input = Input::new(&model, row.view(), fill.view(), &players)?;
/// let case = Case::new(weights.column(0), 0)?.with_input(&input)?;
/// let evidence = evidence_full(&case, &Settings::default())?;
/// assert_eq!(evidence.verdicts[0].passed, Some(true));
/// assert!(evidence.verdicts[0].sentence.starts_with("More faithful than all of 19 random attributions"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn evidence_full(case: &Case<'_>, settings: &Settings) -> Result<FullEvidence, Error> {
    let faithfulness = Degradation::default().with_steps(settings.n_steps).measure(case)?;
    let of_random = random(case, settings)?;
    let neighbourhood = settings.neighbourhood.with_seed(settings.seed);
    let stability = AverageSensitivity::default().with_neighbourhood(neighbourhood);
    let instability = given(stability.measure(case))?;
    let randomised = ParameterRandomisation::default().with_most_layers(settings.n_layers);
    let survival = given(randomised.with_seed(settings.seed).measure(case))?;
    // Where no answer moves, neither does any attribution, and that speaks for nothing.
    let heard = |score: Score| if faithfulness.value().is_some() { score } else { faithfulness };
    let (instability, survival) = (instability.map(heard), survival.map(heard));
    let mut verdicts = vec![faithful(faithfulness, of_random)];
    verdicts.extend(instability.map(stable));
    verdicts.extend(survival.map(sane));
    Ok(FullEvidence { instability, survival, faithfulness, of_random, verdicts })
}

/// A score, unless the case lacks what it needs.
fn given(score: Result<Score, Error>) -> Result<Option<Score>, Error> {
    match score {
        Ok(score) => Ok(Some(score)),
        Err(Error::Missing { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The mean and the largest degradation of random attributions.
fn random(case: &Case<'_>, settings: &Settings) -> Result<[f64; 2], Error> {
    let game = case.game("the evidence")?;
    let measure = Degradation::default().with_steps(settings.n_steps);
    let (mut sum, mut largest) = (0.0, f64::NEG_INFINITY);
    for sample in 0..N_RANDOM {
        let mut draws = settings.seed.draws("random attribution", 0, sample);
        let values: Array1<f64> = (0..case.n_players()).map(|_| draws.uniform()).collect();
        let random = Case::new(values.view(), case.output())?.with_game(game)?;
        let value = measure.measure(&random)?.value().unwrap_or(0.0);
        sum += value;
        largest = largest.max(value);
    }
    Ok([sum / N_RANDOM as f64, largest])
}

fn faithful(own: Score, [mean, largest]: [f64; 2]) -> Verdict {
    let about = "faithfulness";
    let Score::Value(own) = own else { return none(about, own) };
    let passed = own > largest;
    let sentence = if passed {
        format!(
            "More faithful than all of {N_RANDOM} random attributions of this model: the output falls sooner when what is said to matter most goes first (degradation {own:.2}; theirs {mean:.2} in the mean, {largest:.2} at most)."
        )
    } else {
        format!(
            "No more faithful than chance: degradation {own:.2}, where {N_RANDOM} random attributions of this model reach {mean:.2} in the mean and {largest:.2} at most."
        )
    };
    Verdict { about, passed: Some(passed), sentence }
}

fn stable(change: Score) -> Verdict {
    let about = "stability";
    let Score::Value(change) = change else { return none(about, change) };
    let passed = change <= UNSTABLE;
    let sentence = if passed {
        format!(
            "Stable: inputs nearby change the attribution by {:.0}% of its size in the mean.",
            100.0 * change
        )
    } else {
        format!(
            "Unstable: inputs nearby change the attribution by {:.0}% of its size in the mean; another measurement of the same case may be explained otherwise.",
            100.0 * change
        )
    };
    Verdict { about, passed: Some(passed), sentence }
}

fn sane(survival: Score) -> Verdict {
    let about = "randomisation";
    let Score::Value(survival) = survival else { return none(about, survival) };
    let passed = survival <= SURVIVES;
    let sentence = if passed {
        format!(
            "Depends on what the model has learnt: with its parameters replaced the ranks correlate by {survival:.2}."
        )
    } else {
        format!(
            "Does not depend on what the model has learnt: with its parameters replaced the ranks still correlate by {survival:.2}."
        )
    };
    Verdict { about, passed: Some(passed), sentence }
}

fn none(about: &'static str, score: Score) -> Verdict {
    let reason = match score {
        Score::NoSignal(reason) => reason.in_words(),
        Score::Value(_) => "there is a value",
    };
    Verdict { about, passed: None, sentence: format!("No signal about {about}: {reason}.") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NoSignal;

    #[test]
    fn sentences_say_both_ways() {
        assert_eq!(faithful(Score::Value(0.4), [0.0, 0.4]).passed, Some(false));
        assert_eq!(stable(Score::Value(0.51)).passed, Some(false));
        assert_eq!(sane(Score::Value(0.9)).passed, Some(false));
        assert!(sane(Score::Value(0.9)).sentence.contains("still correlate by 0.90"));
    }

    #[test]
    fn a_constant_model_is_neither_passed_nor_failed() {
        let verdict = faithful(Score::NoSignal(NoSignal::ConstantModel), [0.0, 0.0]);
        assert_eq!(verdict.passed, None);
        assert_eq!(
            verdict.sentence,
            "No signal about faithfulness: the model gives one answer to everything it was asked."
        );
    }
}
