//! Numbers in sentences.

use rationale_report::number;

use crate::Estimate;

pub(crate) fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    let decimals = usize::from(percent.abs() < 9.95 && (percent - percent.round()).abs() >= 0.05);
    format!("{percent:.decimals$}%")
}

pub(crate) fn with_interval(estimate: Estimate) -> String {
    shown_as(estimate, number)
}

pub(crate) fn shown_as(estimate: Estimate, text: fn(f64) -> String) -> String {
    let value = text(estimate.value);
    match estimate.interval {
        Some([low, high]) => format!("{value} [{}, {}]", text(low), text(high)),
        None => format!("{value} (too few for an interval)"),
    }
}

/// A p value as it is read: no more digits than it has meaning.
pub(crate) fn p_value(p: f64) -> String {
    match p {
        _ if p < 0.0001 => "< 0.0001".to_owned(),
        _ if p < 0.01 => format!("{p:.4}"),
        _ => format!("{p:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percents_are_short() {
        assert_eq!([0.1, 0.704, 0.025, 1.0, 0.0].map(percent), ["10%", "70%", "2.5%", "100%", "0%"]);
    }

    #[test]
    fn small_chances_are_not_zero() {
        assert_eq!([0.000_01, 0.004, 0.051].map(p_value), ["< 0.0001", "0.0040", "0.05"]);
    }
}
