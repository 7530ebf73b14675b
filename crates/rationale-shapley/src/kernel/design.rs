//! Which pairs of coalitions are asked about: strata by size, each drawn without replacement.

use rationale_core::Draws;

use super::Sizes;
use crate::coalition::Coalition;
use crate::regression::Stratum;
use crate::subsets::{Subsets, choose, count};

/// Pairs of a coalition and its complement, other than nobody and everybody.
pub(super) fn n_pairs(n_players: usize) -> f64 {
    2.0_f64.powi(i32::try_from(n_players).unwrap_or(i32::MAX) - 1) - 1.0
}

/// The pairs drawn so far. A stratum holds the coalitions of one size with their complements.
pub(super) struct Design {
    strata: Vec<BySize>,
}

struct BySize {
    subsets: Subsets,
    /// Coalitions as large as their complements.
    is_middle: bool,
    stratum: Stratum,
    /// The stratum's share of what is drawn.
    share: f64,
}

impl Design {
    pub(super) fn new(n_players: usize, sizes: Sizes, draws: &dyn Fn(usize) -> Draws) -> Self {
        let strata = (1..=n_players / 2).map(|size| BySize::new(n_players, size, sizes, draws(size)));
        Self { strata: strata.collect() }
    }

    pub(super) fn strata(&self) -> Vec<Stratum> {
        self.strata.iter().map(|it| it.stratum).collect()
    }

    /// Draws until there are `n_pairs` pairs, and gives the new ones with their strata.
    pub(super) fn draw(&mut self, n_pairs: usize) -> Vec<(usize, Coalition)> {
        let mut new = Vec::new();
        let wanted = self.wanted(n_pairs);
        for (idx, (by_size, wanted)) in self.strata.iter_mut().zip(wanted).enumerate() {
            while by_size.stratum.drawn < wanted {
                let Some(mut coalition) = by_size.subsets.draw() else { break };
                if by_size.is_middle {
                    coalition.insert(0);
                }
                by_size.stratum.drawn += 1;
                new.push((idx, coalition));
            }
        }
        new
    }

    /// How many pairs each stratum should have. Single players are always asked about whole, which makes the equations
    /// solvable; a stratum that its share would exhaust is taken whole, one that its share would leave with less than two
    /// gets two, so that it shows how much it varies; and the rest is shared again.
    fn wanted(&self, n_pairs: usize) -> Vec<usize> {
        let available = |idx: usize| self.strata[idx].stratum.available;
        let mut wanted: Vec<Option<f64>> = vec![None; self.strata.len()];
        wanted[0] = Some(available(0));
        loop {
            let open: Vec<usize> = (0..wanted.len()).filter(|&idx| wanted[idx].is_none()).collect();
            let left = (n_pairs as f64 - wanted.iter().flatten().sum::<f64>()).max(0.0);
            let shares: f64 = open.iter().map(|&idx| self.strata[idx].share).sum();
            // What rounding may take from a share that fits exactly.
            let part = |idx: usize| left * self.strata[idx].share / shares + 1e-6;
            let least = |idx: usize| available(idx).min(2.0);
            if let Some(&idx) = open.iter().find(|&&idx| part(idx) < least(idx)) {
                wanted[idx] = Some(least(idx));
            } else if let Some(&idx) = open.iter().find(|&&idx| part(idx) >= available(idx)) {
                wanted[idx] = Some(available(idx));
            } else {
                let rounded = |(idx, wanted): (usize, &Option<f64>)| wanted.unwrap_or_else(|| part(idx));
                return wanted.iter().enumerate().map(|it| count(rounded(it))).collect();
            }
        }
    }
}

impl BySize {
    fn new(n_players: usize, size: usize, sizes: Sizes, draws: Draws) -> Self {
        let is_middle = 2 * size == n_players;
        // In the middle a pair would be met twice: only its half with the first player is drawn.
        let (range, chosen) = if is_middle { ((1, n_players), size - 1) } else { ((0, n_players), size) };
        let available = choose(range.1 - range.0, chosen);
        let halves = if is_middle { 1.0 } else { 2.0 };
        let weight = halves * (n_players - 1) as f64 / (size * (n_players - size)) as f64;
        let share = if sizes == Sizes::Kernel { weight } else { halves };
        let stratum = Stratum { drawn: 0, available, weight };
        Self { subsets: Subsets::new(range, chosen, draws), is_middle, stratum, share }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rationale_core::Seed;

    use super::*;

    fn design(n_players: usize, sizes: Sizes) -> Design {
        Design::new(n_players, sizes, &|size| Seed::new(1).draws("design", 0, size as u64))
    }

    #[test]
    fn the_whole_budget_is_every_pair_once() {
        for n_players in 2..9 {
            let drawn = design(n_players, Sizes::Kernel).draw(count(n_pairs(n_players)));
            let mut all: BTreeSet<Coalition> = drawn.iter().map(|(_, it)| it.clone()).collect();
            all.extend(drawn.iter().map(|(_, it)| it.complement(n_players)));
            assert_eq!(all.len(), (1 << n_players) - 2, "{n_players} players");
        }
    }

    #[test]
    fn a_larger_sample_contains_the_smaller() {
        let mut in_steps = design(12, Sizes::Leverage);
        let mut steps = in_steps.draw(100);
        steps.extend(in_steps.draw(500));
        let at_once = design(12, Sizes::Leverage).draw(500);
        let set = |drawn: Vec<(usize, Coalition)>| drawn.into_iter().collect::<BTreeSet<_>>();
        assert_eq!(set(steps), set(at_once));
    }

    #[test]
    fn no_more_is_drawn_than_was_allowed() {
        for sizes in [Sizes::Kernel, Sizes::Leverage] {
            for n_pairs in [46, 100, 1000, 5000] {
                assert!(design(23, sizes).draw(n_pairs).len() <= n_pairs, "{sizes:?} {n_pairs}");
            }
        }
    }
}
