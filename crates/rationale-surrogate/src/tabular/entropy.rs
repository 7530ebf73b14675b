//! Cuts of a column by the entropy of a label: Fayyad and Irani 1993, in the form of a decision tree of depth three.
//!
//! ```text
//! cut where n H - n_left H_left - n_right H_right is largest,   H = -sum_c p_c log2 p_c
//! ```
//!
//! **Departs**: from lime 0.2.0.1, whose tree (scikit-learn's) compares columns as float32, in computing with float64:
//! a cut lies halfway between two neighbouring values, up to their last float32 digit. Rows without a value are left out.

const DEPTH: usize = 3;
/// Values closer than this are one (scikit-learn's `FEATURE_THRESHOLD`).
const SAME: f64 = 1e-7;

/// Cuts in ascending order; the median where no cut tells the labels apart.
pub(crate) fn cuts(values: &[f64], labels: &[usize]) -> Vec<f64> {
    let mut pairs: Vec<(f64, usize)> =
        values.iter().copied().zip(labels.iter().copied()).filter(|(value, _)| !value.is_nan()).collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let n_classes = labels.iter().max().map_or(0, |most| most + 1);
    let mut found = Vec::new();
    split(&pairs, n_classes, DEPTH, &mut found);
    found.sort_by(f64::total_cmp);
    if found.is_empty() {
        let sorted: Vec<f64> = pairs.iter().map(|(value, _)| *value).collect();
        found.push(super::discretiser::percentile(&sorted, 50.0));
    }
    found
}

fn split(pairs: &[(f64, usize)], n_classes: usize, depth: usize, found: &mut Vec<f64>) {
    let whole = counts(pairs, n_classes);
    if depth == 0 || pairs.len() < 2 || entropy(&whole) <= f64::EPSILON {
        return;
    }
    let Some(at) = best_cut(pairs, &whole) else { return };
    found.push(pairs[at - 1].0 / 2.0 + pairs[at].0 / 2.0);
    split(&pairs[..at], n_classes, depth - 1, found);
    split(&pairs[at..], n_classes, depth - 1, found);
}

/// How many pairs go left; the first among equals.
fn best_cut(pairs: &[(f64, usize)], whole: &[usize]) -> Option<usize> {
    let mut left = vec![0; whole.len()];
    let mut right = whole.to_vec();
    let mut best: Option<(usize, f64)> = None;
    for at in 1..pairs.len() {
        left[pairs[at - 1].1] += 1;
        right[pairs[at - 1].1] -= 1;
        if pairs[at].0 <= pairs[at - 1].0 + SAME {
            continue;
        }
        let gain = -(at as f64) * entropy(&left) - (pairs.len() - at) as f64 * entropy(&right);
        if best.is_none_or(|(_, most)| gain > most) {
            best = Some((at, gain));
        }
    }
    best.map(|(at, _)| at)
}

fn counts(pairs: &[(f64, usize)], n_classes: usize) -> Vec<usize> {
    let mut counts = vec![0; n_classes];
    pairs.iter().for_each(|(_, label)| counts[*label] += 1);
    counts
}

fn entropy(counts: &[usize]) -> f64 {
    let total: usize = counts.iter().sum();
    let share = |count: usize| count as f64 / total as f64;
    -counts.iter().filter(|count| **count > 0).map(|&count| share(count) * share(count).log2()).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_lie_between_the_classes() {
        assert_eq!(cuts(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[0, 0, 1, 1, 0, 0]), [2.5, 4.5]);
        assert_eq!(cuts(&[3.0, 1.0, 2.0], &[1, 0, 0]), [2.5]);
    }

    #[test]
    fn one_class_gives_the_median() {
        assert_eq!(cuts(&[1.0, 2.0, 9.0], &[1, 1, 1]), [2.0]);
    }
}
