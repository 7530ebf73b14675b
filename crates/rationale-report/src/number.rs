//! Numbers as people read them.

/// A number with three significant digits or so, and a true minus sign.
///
/// ```
/// use rationale_report::number;
///
/// assert_eq!([0.0, -0.12345, 3.14159, 45_678.9].map(number), ["0", "−0.123", "3.14", "45679"]);
/// assert_eq!([1.25e-9, f64::NEG_INFINITY].map(number), ["1.25e−9", "−∞"]);
/// ```
pub fn number(value: f64) -> String {
    let text = unsigned(value.abs());
    if value < 0.0 { format!("−{text}") } else { text }
}

/// As [`number`], with a plus sign for what is positive.
pub fn signed(value: f64) -> String {
    if value > 0.0 { format!("+{}", number(value)) } else { number(value) }
}

fn unsigned(size: f64) -> String {
    match size {
        0.0 => "0".to_owned(),
        _ if size.is_nan() => "not a number".to_owned(),
        _ if size.is_infinite() => "∞".to_owned(),
        _ if !(1e-4..1e9).contains(&size) => power(size, 2),
        _ => plain(size, digits(size)),
    }
}

/// How many digits to show after the point.
fn digits(size: f64) -> usize {
    let limits = [100.0, 10.0, 1.0, 0.1, 0.001];
    limits.iter().position(|limit| size >= *limit).unwrap_or(limits.len())
}

/// Without zeros at the end. Halves are rounded up, by the very arithmetic that the page's script has too, so that a
/// number looks the same in a figure and in a table.
fn plain(size: f64, digits: usize) -> String {
    let scale = [1.0, 10.0, 100.0, 1e3, 1e4, 1e5].get(digits).copied().unwrap_or(1e5);
    let text = format!("{:.digits$}", (size * scale).round() / scale);
    if digits == 0 { text } else { text.trim_end_matches('0').trim_end_matches('.').to_owned() }
}

/// With a power of ten, without zeros at the end of the mantissa.
fn power(size: f64, digits: usize) -> String {
    let text = format!("{size:.digits$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let mantissa = if digits == 0 { mantissa } else { mantissa.trim_end_matches('0').trim_end_matches('.') };
    format!("{mantissa}e{}", exponent.replace('-', "−"))
}

/// Differences below this share of the values themselves are rounding, not information.
pub(crate) const DUST: f64 = 1e-12;

/// The multiples of 1, 2 or 5 times a power of ten within the range, at most `most` or so, and their labels.
pub(crate) fn ticks(low: f64, high: f64, most: usize) -> Vec<(f64, String)> {
    let (span, largest) = (high - low, low.abs().max(high.abs()));
    if !(span > DUST * largest && span.is_finite()) {
        return vec![(low, number(low))];
    }
    let (mantissa, exponent) = step(span / most.max(1) as f64);
    let step = decimal(mantissa, exponent);
    let first = (low / step).ceil();
    let count = ((high / step).floor() - first).clamp(0.0, 50.0);
    #[expect(clippy::cast_sign_loss, reason = "clamped above")]
    let multiples = (0..=count as usize).map(|k| decimal((first + k as f64) * mantissa, exponent));
    multiples.map(|value| (value, tick_label(value, largest, exponent))).collect()
}

/// The smallest step of 1, 2, 5 or 10 times a power of ten that is no smaller than `rough`: mantissa and exponent.
fn step(rough: f64) -> (f64, i32) {
    let exponent = exponent(rough);
    let mantissas = [1.0, 2.0, 5.0];
    let fitting = mantissas.into_iter().find(|mantissa| decimal(*mantissa, exponent) >= rough);
    fitting.map_or((1.0, exponent + 1), |mantissa| (mantissa, exponent))
}

/// The label shows as many digits as the step has. What would be long without a power of ten gets one.
fn tick_label(value: f64, largest: f64, step_exponent: i32) -> String {
    let (size, is_plain) = (value.abs(), (-4..7).contains(&exponent(largest)));
    let text = match size {
        0.0 if !is_plain => "0".to_owned(),
        _ if is_plain => format!("{size:.*}", places(-step_exponent)),
        _ => power(size, places(exponent(size) - step_exponent)),
    };
    if value < 0.0 { format!("−{text}") } else { text }
}

fn places(digits: i32) -> usize {
    usize::try_from(digits.clamp(0, 15)).unwrap_or_default()
}

/// The power of ten of a number's first digit. Read from its decimal form, which is exact on every machine, as a
/// logarithm is not.
fn exponent(size: f64) -> i32 {
    let text = format!("{size:e}");
    text.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or_default()
}

/// `mantissa` times ten to the power of `exponent`, correctly rounded.
fn decimal(mantissa: f64, exponent: i32) -> f64 {
    format!("{mantissa}e{exponent}").parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(low: f64, high: f64, most: usize) -> Vec<String> {
        ticks(low, high, most).into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn ticks_are_round_and_cover_the_range() {
        assert_eq!(labels(-0.13, 0.42, 6), ["−0.1", "0.0", "0.1", "0.2", "0.3", "0.4"]);
        assert_eq!(labels(0.0, 2500.0, 5), ["0", "500", "1000", "1500", "2000", "2500"]);
        assert_eq!(labels(3.0, 3.0, 5), ["3"]);
    }

    #[test]
    fn ticks_far_from_one_have_powers_of_ten() {
        assert_eq!(labels(-1e12, 2.1e12, 4), ["−1e12", "0", "1e12", "2e12"]);
        assert_eq!(labels(0.0, 1.1e-9, 2), ["0", "1e−9"]);
        assert_eq!(labels(1e8, 1.2e8, 2), ["1e8", "1.1e8", "1.2e8"]);
    }

    #[test]
    fn ticks_of_a_range_that_is_only_rounding_are_one() {
        assert_eq!(labels(0.5, 0.5 + 2.0 * f64::EPSILON, 6), ["0.5"]);
    }

    #[test]
    fn small_numbers_keep_two_digits() {
        assert_eq!([0.012_34, 0.001_234, 0.000_123_4].map(number), ["0.0123", "0.0012", "0.00012"]);
        assert_eq!([1e-5, 123_456_789.0, 2.514e13].map(number), ["1e−5", "123456789", "2.51e13"]);
    }

    #[test]
    fn halves_are_rounded_up() {
        assert_eq!([100.5, 1234.5, 12.25, -12.25].map(number), ["101", "1235", "12.3", "−12.3"]);
    }

    #[test]
    fn nothing_is_not_negative() {
        assert_eq!(number(-0.0), "0");
        assert_eq!(signed(0.0), "0");
        assert_eq!(signed(-2.5), "−2.5");
    }

    #[test]
    fn what_is_no_number_says_so() {
        assert_eq!(number(f64::NAN), "not a number");
        assert_eq!(signed(f64::INFINITY), "+∞");
    }
}
