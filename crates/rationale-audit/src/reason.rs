//! The principal reasons of a declined applicant.

use ndarray::ArrayView1;
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::catalogue::Entry;
use crate::{Direction, Population};

/// At most this many reasons are given, after the practice of Regulation B's official interpretation.
pub const MOST_REASONS: usize = 4;

/// One principal reason.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reason {
    /// Its place among [`crate::Reasons::entries`].
    pub group: usize,
    /// How far the group moved the score towards the decision, against the reference; positive.
    pub value: f64,
    /// Its part of all that moved the score towards the decision.
    pub share: f64,
    /// The 95% interval of `value` over the chance choice of the reference; none where the reference is too small, or is
    /// the whole population.
    pub interval: Option<[f64; 2]>,
    /// Whether the next reason is smaller beyond that chance at 95%; none for a last one, and where the reference is too
    /// small.
    pub separable: Option<bool>,
    /// What other fits of the model make of it, where some were given.
    pub refits: Option<Refits>,
}

/// What other fits of the model make of a reason.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Refits {
    /// How many fits there are besides the audited one.
    pub n: usize,
    /// The smallest and the largest value among them.
    pub range: [f64; 2],
    /// In how many of them it is among the principal reasons too.
    pub kept: usize,
}

/// The reasons of one applicant.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// The applicant's row.
    pub row: usize,
    /// At most four, largest first, and a fifth for enquiries; none where nothing spoke against the applicant.
    pub reasons: Vec<Reason>,
}

/// The reasons of one applicant while folds and refits are still coming in. Nothing of a fold is kept but sums.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub row: usize,
    /// +1 where a high score is favourable: then a negative contribution speaks against the applicant.
    sign: f64,
    total: f64,
    lines: Vec<Line>,
}

#[derive(Debug, Clone)]
struct Line {
    group: usize,
    value: f64,
    /// The group in the next rank, given as a reason or not.
    next: Option<(usize, f64)>,
    folds: Moments,
    differences: Moments,
    refits: Option<Refits>,
}

/// Running mean and squares. Welford 1962, <https://doi.org/10.1080/00401706.1962.10490022>.
#[derive(Debug, Clone, Copy, Default)]
struct Moments {
    n: usize,
    mean: f64,
    squares: f64,
}

impl Moments {
    fn add(&mut self, value: f64) {
        self.n += 1;
        let step = value - self.mean;
        self.mean += step / self.n as f64;
        self.squares += step * (value - self.mean);
    }

    /// Half the width of the 95% interval of the mean, given Student's t quantile.
    fn half_width(self, quantile: f64) -> f64 {
        let n = self.n as f64;
        quantile * (self.squares / (n - 1.0) / n).sqrt()
    }
}

impl Draft {
    /// Ranks what an applicant's groups gave to the score against the whole reference `[group]`.
    pub(crate) fn new(row: usize, whole: ArrayView1<'_, f64>, entries: &[Entry], asked: Asked) -> Self {
        let sign = asked.direction.sign();
        let order = ranked(whole, sign);
        let against = |group: usize| -sign * whole[group];
        let listed = |rank: usize| rank < asked.most || entries[order[rank]].inquiries;
        let line = |rank: usize| Line {
            group: order[rank],
            value: against(order[rank]),
            next: order.get(rank + 1).map(|&next| (next, against(next))),
            folds: Moments::default(),
            differences: Moments::default(),
            refits: None,
        };
        Self {
            row,
            sign,
            total: order.iter().map(|&group| against(group)).sum(),
            lines: (0..order.len()).filter(|&rank| listed(rank)).take(asked.most + 1).map(line).collect(),
        }
    }

    /// Takes what the groups gave against one fold of the reference `[group]`.
    pub(crate) fn add_fold(&mut self, values: ArrayView1<'_, f64>) {
        for line in &mut self.lines {
            let value = -self.sign * values[line.group];
            line.folds.add(value);
            if let Some((next, _)) = line.next {
                line.differences.add(value + self.sign * values[next]);
            }
        }
    }

    /// Takes what the groups gave to the score of another fit of the model `[group]`.
    pub(crate) fn add_refit(&mut self, values: ArrayView1<'_, f64>, most: usize) {
        let principal: Vec<usize> = ranked(values, self.sign).into_iter().take(most).collect();
        for line in &mut self.lines {
            let value = -self.sign * values[line.group];
            let refits = line.refits.get_or_insert(Refits {
                n: 0,
                range: [f64::INFINITY, f64::NEG_INFINITY],
                kept: 0,
            });
            refits.n += 1;
            refits.range = [refits.range[0].min(value), refits.range[1].max(value)];
            refits.kept += usize::from(principal.contains(&line.group));
        }
    }

    /// The case, once all folds are in.
    pub(crate) fn finish(self, population: Population, quantile: Option<f64>) -> Case {
        let reason = |line: &Line| Reason {
            group: line.group,
            value: line.value,
            share: line.value / self.total,
            interval: quantile.map(|quantile| {
                let half = line.folds.half_width(quantile);
                [line.value - half, line.value + half]
            }),
            separable: line.separable(population, quantile),
            refits: line.refits,
        };
        Case { row: self.row, reasons: self.lines.iter().map(reason).collect() }
    }
}

impl Line {
    /// Whether the paired difference to the next group is positive beyond its 95% interval; of a census, whether it is
    /// positive.
    fn separable(&self, population: Population, quantile: Option<f64>) -> Option<bool> {
        let (_, next) = self.next?;
        match population {
            Population::Census => Some(self.value > next),
            Population::Sampled => Some(self.value - next > self.differences.half_width(quantile?)),
        }
    }
}

/// What reasons are asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    pub direction: Direction,
    pub most: usize,
}

/// The groups that moved the score towards a decline, largest first.
fn ranked(whole: ArrayView1<'_, f64>, sign: f64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..whole.len()).filter(|&group| -sign * whole[group] > 0.0).collect();
    order.sort_by(|&a, &b| (-sign * whole[b]).total_cmp(&(-sign * whole[a])));
    order
}

/// Student's t at 97.5% for so many folds; none for fewer than two.
pub(crate) fn quantile(n_folds: usize) -> Option<f64> {
    let freedom = n_folds.checked_sub(1).filter(|freedom| *freedom > 0)?;
    Some(StudentsT::new(0.0, 1.0, freedom as f64).ok()?.inverse_cdf(0.975))
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::*;
    use crate::Catalogue;

    fn entries(n: usize) -> Vec<Entry> {
        let columns: Vec<String> = (0..n).map(|k| format!("c{k}")).collect();
        Catalogue::default().reasons(&columns).unwrap().entries
    }

    fn reasons(whole: &[f64], folds: &Array2<f64>, direction: Direction) -> Vec<Reason> {
        let asked = Asked { direction, most: MOST_REASONS };
        let mut draft = Draft::new(0, whole.into(), &entries(whole.len()), asked);
        folds.outer_iter().for_each(|fold| draft.add_fold(fold));
        draft.finish(Population::Sampled, quantile(folds.nrows())).reasons
    }

    #[test]
    fn only_what_spoke_against_is_a_reason_and_four_at_most() {
        let folds = Array2::zeros((0, 7));
        let whole = [-0.1, 0.5, -0.3, 0.0, -0.05, -0.2, -0.15];
        let found = reasons(&whole, &folds, Direction::HigherIsFavourable);
        let groups: Vec<usize> = found.iter().map(|reason| reason.group).collect();
        assert_eq!(groups, [2, 5, 6, 0]);
        assert!((found[0].share - 0.3 / 0.8).abs() < 1e-12);
        assert_eq!((found[0].interval, found[0].separable), (None, None));
        let turned = reasons(&whole, &folds, Direction::LowerIsFavourable);
        assert_eq!(turned.len(), 1);
    }

    #[test]
    fn ranks_that_chance_could_turn_are_marked() {
        // Groups 0 and 1 move together from fold to fold, 1 and 2 against each other.
        let folds = array![[-0.30, -0.20, -0.17], [-0.34, -0.24, -0.13], [-0.26, -0.16, -0.21]];
        let found = reasons(&[-0.30, -0.20, -0.17], &folds, Direction::HigherIsFavourable);
        let marks: Vec<_> = found.iter().map(|reason| reason.separable).collect();
        assert_eq!(marks, [Some(true), Some(false), None]);
        // t(2) at 0.975 is 4.3027; the standard error is 0.04 / sqrt(3).
        let [low, high] = found[0].interval.unwrap();
        let half = 4.302_652_7 * 0.04 / 3.0_f64.sqrt();
        assert!((high - low - 2.0 * half).abs() < 1e-6 && (low + high - 0.6).abs() < 1e-12);
    }

    #[test]
    fn nobody_is_given_a_reason_that_is_not_there() {
        assert!(reasons(&[0.1, 0.0], &Array2::zeros((0, 2)), Direction::HigherIsFavourable).is_empty());
    }

    #[test]
    fn enquiries_are_a_fifth_reason_and_never_a_second_time() {
        let mut entries = entries(6);
        entries[5].inquiries = true;
        let asked = Asked { direction: Direction::HigherIsFavourable, most: MOST_REASONS };
        let groups = |whole: [f64; 6]| -> Vec<usize> {
            let draft = Draft::new(0, (&whole[..]).into(), &entries, asked);
            draft.finish(Population::Sampled, None).reasons.iter().map(|reason| reason.group).collect()
        };
        assert_eq!(groups([-6.0, -5.0, -4.0, -3.0, -2.0, -1.0]), [0, 1, 2, 3, 5]);
        assert_eq!(groups([-6.0, -5.0, -4.0, -3.0, -2.0, -7.0]), [5, 0, 1, 2]);
        assert_eq!(groups([-6.0, -5.0, -4.0, -3.0, -2.0, 1.0]), [0, 1, 2, 3]);
    }

    #[test]
    fn a_census_has_no_interval_and_every_difference_counts() {
        let asked = Asked { direction: Direction::HigherIsFavourable, most: MOST_REASONS };
        let draft = Draft::new(0, (&[-0.3, -0.2, -0.2][..]).into(), &entries(3), asked);
        let found = draft.finish(Population::Census, None).reasons;
        assert!(found.iter().all(|reason| reason.interval.is_none()));
        assert_eq!(found.iter().map(|it| it.separable).collect::<Vec<_>>(), [Some(true), Some(false), None]);
    }

    #[test]
    fn refits_give_a_range_and_count_where_the_reason_stays() {
        let asked = Asked { direction: Direction::HigherIsFavourable, most: 1 };
        let mut draft = Draft::new(0, (&[-0.3, -0.2][..]).into(), &entries(2), asked);
        draft.add_refit((&[-0.4, -0.1][..]).into(), 1);
        draft.add_refit((&[-0.2, -0.6][..]).into(), 1);
        let refits = draft.finish(Population::Sampled, None).reasons[0].refits.unwrap();
        assert_eq!(refits, Refits { n: 2, range: [0.2, 0.4], kept: 1 });
    }
}
