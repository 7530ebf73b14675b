//! What a method passed and failed on a model, as a reviewer would put it.

use rationale::report::number;

use crate::cell::Found;

/// Ranks that survive the loss of what was learnt by more than this: the limit of the program's own evidence.
const SURVIVES: f64 = 0.5;
/// An explanation that changes by more than this share of itself is another one: likewise.
const UNSTABLE: f64 = 0.5;

/// One question and its answer.
pub(crate) struct Answer {
    /// None where there was nothing to measure.
    pub(crate) passed: Option<bool>,
    pub(crate) sentence: String,
}

/// The answers about faithfulness, stability, randomisation and localisation, in that order.
pub(crate) fn answers(found: &Found, control: Option<&Found>) -> [Answer; 4] {
    [faithful(found, control), stable(found), sane(found), local(found, control)]
}

/// The answers as one paragraph.
pub(crate) fn paragraph(found: &Found, control: Option<&Found>) -> String {
    if let Some(said) = &found.failure {
        return format!("Could not be judged in full: {said}");
    }
    let sentences = answers(found, control).map(|it| it.sentence);
    let told: Vec<String> = sentences.into_iter().filter(|it| !it.is_empty()).collect();
    told.join(" ")
}

fn nothing(sentence: &str) -> Answer {
    Answer { passed: None, sentence: sentence.to_owned() }
}

fn faithful(found: &Found, control: Option<&Found>) -> Answer {
    let metric = "degradation";
    let (Some(own), Some([low, high])) = (found.value(metric), found.interval(metric)) else {
        return nothing("No signal about faithfulness.");
    };
    let told = format!("{} [{}, {}]", number(own), number(low), number(high));
    let Some((mean, [_, most])) = control.and_then(|it| Some((it.value(metric)?, it.interval(metric)?)))
    else {
        return nothing(&format!("Degradation {told}, with nothing to compare it with."));
    };
    let n = found.n(metric);
    if n < 2 {
        return nothing(&format!("Degradation {told} on one input: that says nothing of others."));
    }
    let (passed, verdict) = if low > most {
        (true, "More faithful than random numbers")
    } else if own > mean {
        (false, "Not shown to be more faithful than random numbers: the intervals overlap")
    } else {
        (false, "No more faithful than random numbers")
    };
    Answer {
        passed: Some(passed),
        sentence: format!("{verdict} (degradation {told} on {n} inputs, random {}).", number(mean)),
    }
}

fn stable(found: &Found) -> Answer {
    let Some(change) = found.value("average-sensitivity") else { return nothing("") };
    let passed = change <= UNSTABLE;
    let verdict = if passed { "Stable" } else { "Unstable" };
    let sentence = format!("{verdict}: inputs nearby change it by {:.0}%.", 100.0 * change);
    Answer { passed: Some(passed), sentence }
}

fn sane(found: &Found) -> Answer {
    let Some(survival) = found.value("parameter-randomisation") else { return nothing("") };
    let passed = survival <= SURVIVES;
    let verdict = if passed {
        "Changes when what the model has learnt is taken away"
    } else {
        "Stays much the same when what the model has learnt is taken away, so it does not show what was learnt"
    };
    let sentence = format!("{verdict} (rank correlation {survival:.2}).");
    Answer { passed: Some(passed), sentence }
}

fn local(found: &Found, control: Option<&Found>) -> Answer {
    let metric = "energy-in-box";
    let (Some(own), Some(chance)) = (found.value(metric), control.and_then(|it| it.value(metric))) else {
        return nothing("");
    };
    let low = found.interval(metric).map_or(own, |it| it[0]);
    let passed = low > chance;
    let verdict = if passed { "Points at the object" } else { "Not shown to point at the object" };
    let sentence =
        format!("{verdict}: {:.0}% of it lies in the boxes, random {:.0}%.", 100.0 * own, 100.0 * chance);
    Answer { passed: Some(passed), sentence }
}
