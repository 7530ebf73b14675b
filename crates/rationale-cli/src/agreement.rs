//! How far two explanations agree.
//!
//! | measure | is |
//! |---|---|
//! | rank correlation | Spearman's: Pearson's correlation of ranks, equals sharing the mean of theirs |
//! | Kendall | tau-b: pairs in the same order less pairs in the other, ties taken out |
//! | Jaccard at k | features in both first k over features in either |
//! | rank agreement at k | the share of the first k ranks that hold the same feature in both |
//! | sign agreement at k | features in both first k with the same sign, over k |
//!
//! The last two are Krishna et al. 2022, <https://arxiv.org/abs/2202.01602>.

/// The rank of each value, equals sharing the mean of theirs.
pub(crate) fn ranks(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let values: Vec<f64> = values.collect();
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let equal =
            order[start..].iter().take_while(|it| values[**it] == values[order[start]]).count().max(1);
        let mean = start as f64 + (equal - 1) as f64 / 2.0;
        order[start..start + equal].iter().for_each(|it| ranks[*it] = mean);
        start += equal;
    }
    ranks
}

/// Pearson's correlation; 0 where either does not vary.
pub(crate) fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let mean = |it: &[f64]| it.iter().sum::<f64>() / it.len().max(1) as f64;
    let (of_a, of_b) = (mean(a), mean(b));
    let product: f64 = a.iter().zip(b).map(|(x, y)| (x - of_a) * (y - of_b)).sum();
    let square = |it: &[f64], mean: f64| it.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
    let scale = (square(a, of_a) * square(b, of_b)).sqrt();
    if scale > 0.0 { product / scale } else { 0.0 }
}

/// Two rows of attributions compared, each measure in [-1, 1] or [0, 1].
#[cfg(feature = "tabular")]
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Agreement {
    pub(crate) spearman: f64,
    pub(crate) kendall: f64,
    pub(crate) jaccard: f64,
    pub(crate) rank: f64,
    pub(crate) sign: f64,
}

#[cfg(feature = "tabular")]
impl Agreement {
    /// Compares magnitudes, and the signs of the first `k`.
    pub(crate) fn of(a: &[f64], b: &[f64], k: usize) -> Self {
        let k = k.min(a.len()).max(1);
        let (size_a, size_b) = (magnitudes(a), magnitudes(b));
        let (top_a, top_b) = (first(&size_a, k), first(&size_b, k));
        let in_both: Vec<usize> = top_a.iter().copied().filter(|it| top_b.contains(it)).collect();
        let same_sign = in_both.iter().filter(|&&it| a[it].signum() == b[it].signum()).count();
        let same_rank = top_a.iter().zip(&top_b).filter(|(a, b)| a == b).count();
        let in_either = top_a.len() + top_b.len() - in_both.len();
        Self {
            spearman: correlation(&ranks(size_a.iter().copied()), &ranks(size_b.iter().copied())),
            kendall: kendall(&size_a, &size_b),
            // Two explanations that find nothing agree.
            jaccard: if in_either == 0 { 1.0 } else { in_both.len() as f64 / in_either as f64 },
            rank: same_rank as f64 / k as f64,
            sign: same_sign as f64 / k as f64,
        }
    }

    /// The mean over rows.
    pub(crate) fn mean(of_rows: &[Self]) -> Self {
        let n = of_rows.len().max(1) as f64;
        let mean = |of: fn(&Self) -> f64| of_rows.iter().map(of).sum::<f64>() / n;
        Self {
            spearman: mean(|it| it.spearman),
            kendall: mean(|it| it.kendall),
            jaccard: mean(|it| it.jaccard),
            rank: mean(|it| it.rank),
            sign: mean(|it| it.sign),
        }
    }
}

#[cfg(feature = "tabular")]
fn magnitudes(values: &[f64]) -> Vec<f64> {
    values.iter().map(|value| value.abs()).collect()
}

/// The places of the `k` largest; those that are nothing do not count.
#[cfg(feature = "tabular")]
fn first(sizes: &[f64], k: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..sizes.len()).filter(|&it| sizes[it] > 0.0).collect();
    order.sort_by(|&a, &b| sizes[b].total_cmp(&sizes[a]));
    order.truncate(k);
    order
}

/// Kendall's tau-b; 0 where either does not vary.
#[cfg(feature = "tabular")]
fn kendall(a: &[f64], b: &[f64]) -> f64 {
    let (mut net, mut in_a, mut in_b) = (0.0, 0.0, 0.0);
    for i in 0..a.len() {
        for j in 0..i {
            let (x, y) = (order(a[i], a[j]), order(b[i], b[j]));
            net += x * y;
            in_a += x * x;
            in_b += y * y;
        }
    }
    let scale = f64::sqrt(in_a * in_b);
    if scale > 0.0 { net / scale } else { 0.0 }
}

#[cfg(feature = "tabular")]
fn order(a: f64, b: f64) -> f64 {
    f64::from(i8::from(a > b) - i8::from(a < b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_share_their_rank() {
        assert_eq!(ranks([3.0, 1.0, 3.0, 0.0].into_iter()), [2.5, 1.0, 2.5, 0.0]);
    }

    #[test]
    fn a_constant_map_agrees_with_none() {
        assert_eq!(correlation(&[1.0, 2.0, 3.0], &[2.0, 4.0, 6.0]), 1.0);
        assert_eq!(correlation(&[1.0, 2.0, 3.0], &[1.0, 1.0, 1.0]), 0.0);
    }

    #[cfg(feature = "tabular")]
    #[test]
    fn measures_are_those_counted_by_hand() {
        // Sizes rank 0 1 2 3 and 1 0 2 3: one of six pairs turns round; the first two are the same, swapped.
        let found = Agreement::of(&[4.0, -3.0, 2.0, 1.0], &[3.0, 4.0, 2.0, 1.0], 2);
        assert!((found.kendall - 4.0 / 6.0).abs() < 1e-15 && (found.spearman - 0.8).abs() < 1e-15);
        assert_eq!((found.jaccard, found.rank, found.sign), (1.0, 0.0, 0.5));
        let with_itself = Agreement::of(&[1.0, 0.0, -2.0], &[1.0, 0.0, -2.0], 3);
        assert_eq!((with_itself.kendall, with_itself.jaccard), (1.0, 1.0));
    }
}
