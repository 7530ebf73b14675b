//! What metrics that leave out groups or random subsets of players share.

use rationale_core::{Game, Seed};

use crate::order::descending;
use crate::{Error, Ties, ask};

/// The sum of each group's attributions.
pub(super) fn group_sums(attribution: &[f64], groups: &[Vec<usize>]) -> Vec<f64> {
    groups.iter().map(|group| group.iter().map(|player| attribution[*player]).sum()).collect()
}

/// The mean of each group's attributions.
pub(super) fn group_means(attribution: &[f64], groups: &[Vec<usize>]) -> Vec<f64> {
    let sums = group_sums(attribution, groups);
    sums.iter().zip(groups).map(|(sum, group)| sum / group.len().max(1) as f64).collect()
}

/// Groups from the most relevant to the least.
pub(super) fn ordered_groups(values: &[f64], ties: Ties) -> Vec<usize> {
    descending(values, ties)
}

/// Random subsets of a size, each drawn without replacement.
pub(super) fn random_subsets(n: usize, size: usize, n_subsets: usize, seed: Seed) -> Vec<Vec<usize>> {
    let subset = |number: u64| {
        let mut players: Vec<usize> = (0..n).collect();
        seed.draws("random subset", size as u64, number).shuffle(&mut players);
        players.truncate(size);
        players
    };
    (0..n_subsets as u64).map(subset).collect()
}

/// What each subset's absence costs, f(x) - f(x without it), and the sum of its attributions.
pub(super) fn losses_and_sums(
    game: &dyn Game,
    output: usize,
    attribution: &[f64],
    subsets: &[Vec<usize>],
) -> Result<(Vec<f64>, Vec<f64>), Error> {
    let outputs = ask::worth(game, subsets.len() + 1, output, |number, present| {
        present.fill(true);
        let gone = number.checked_sub(1).map_or(&[][..], |number| &subsets[number]);
        gone.iter().for_each(|player| present[*player] = false);
    })?;
    let losses = outputs[1..].iter().map(|without| outputs[0] - without).collect();
    Ok((losses, group_sums(attribution, subsets)))
}
