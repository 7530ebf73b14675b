//! A tree over features: which belong together, and which groups of them belong together.

use ndarray::{Array2, ArrayView1, ArrayView2};

use crate::Error;

/// A binary tree over players, made of merges from the leaves up.
///
/// Merge k joins two nodes into node `n_players + k`; nodes below `n_players` are the players. That is the form in which
/// scipy's `linkage` and shap's `hclust` give a tree (their first two columns).
///
/// ```
/// use rationale_shapley::FeatureTree;
///
/// // ((0, 2), 1)
/// let tree = FeatureTree::new(3, vec![[0, 2], [3, 1]])?;
/// assert_eq!(tree.members(3), [0, 2]);
/// # Ok::<(), rationale_shapley::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureTree {
    n_players: usize,
    merges: Vec<[usize; 2]>,
}

impl FeatureTree {
    /// Takes `n_players - 1` merges, each of which joins what is not joined yet.
    pub fn new(n_players: usize, merges: Vec<[usize; 2]>) -> Result<Self, Error> {
        let (expected, actual) = (n_players.saturating_sub(1), merges.len());
        if expected != actual {
            return Err(Error::Length { what: "the list of merges", expected, actual });
        }
        let mut joined = vec![false; n_players + merges.len()];
        for (merge, &[left, right]) in merges.iter().enumerate() {
            let available = n_players + merge;
            let is_free = |node: usize| node < available && !joined[node];
            if left == right || !is_free(left) || !is_free(right) {
                return Err(Error::Merge { merge, left, right, available });
            }
            joined[left] = true;
            joined[right] = true;
        }
        Ok(Self { n_players, merges })
    }

    /// Clusters the features of rows `[row, feature]` by correlation: the two groups that are nearest are joined, again
    /// and again, the distance of two features being 1 - |r| (r is Pearson's, over rows in which neither is missing) and
    /// that of groups the mean over their pairs (average linkage; Sokal, Michener 1958).
    ///
    /// A feature of one value is at distance 1 from all others. Equal distances go to the lower numbers.
    pub fn from_correlation(rows: ArrayView2<'_, f64>) -> Self {
        let singles: Vec<Vec<usize>> = (0..rows.ncols()).map(|feature| vec![feature]).collect();
        Self::clustered(rows, &singles)
    }

    /// The same over players of several features each, which begin as groups that are joined already.
    pub fn from_correlation_of_groups(
        rows: ArrayView2<'_, f64>,
        players: &[Vec<usize>],
    ) -> Result<Self, rationale_core::Error> {
        let available = rows.ncols();
        match players.iter().flatten().find(|feature| **feature >= available) {
            Some(&asked) => Err(rationale_core::Error::Feature { asked, available }),
            None => Ok(Self::clustered(rows, players)),
        }
    }

    fn clustered(rows: ArrayView2<'_, f64>, players: &[Vec<usize>]) -> Self {
        let n = players.len();
        let mut distances =
            Array2::from_shape_fn((n, n), |(i, j)| mean_distance(rows, &players[i], &players[j]));
        // Places of the table and the node that stands at each with its size.
        let size = |player: usize| players[player].len() as f64;
        let mut nodes: Vec<Option<(usize, f64)>> =
            (0..n).map(|player| Some((player, size(player)))).collect();
        let mut merges = Vec::new();
        while let Some((i, j)) = nearest(&distances, &nodes) {
            let (Some((left, n_left)), Some((right, n_right))) = (nodes[i], nodes[j].take()) else { break };
            for k in 0..n {
                let mean = (n_left * distances[[i, k]] + n_right * distances[[j, k]]) / (n_left + n_right);
                distances[[i, k]] = mean;
                distances[[k, i]] = mean;
            }
            nodes[i] = Some((n + merges.len(), n_left + n_right));
            merges.push([left, right]);
        }
        Self { n_players: n, merges }
    }

    /// The number of players.
    pub fn n_players(&self) -> usize {
        self.n_players
    }

    /// The merges.
    pub fn merges(&self) -> &[[usize; 2]] {
        &self.merges
    }

    /// The node that holds all players.
    pub(crate) fn root(&self) -> usize {
        self.n_players + self.merges.len() - usize::from(!self.merges.is_empty() || self.n_players > 0)
    }

    /// The two parts of a node; a player has none.
    pub(crate) fn parts(&self, node: usize) -> Option<[usize; 2]> {
        node.checked_sub(self.n_players).and_then(|merge| self.merges.get(merge).copied())
    }

    /// The players below a node, in rising order.
    pub fn members(&self, node: usize) -> Vec<usize> {
        let (mut open, mut members) = (vec![node], Vec::new());
        while let Some(node) = open.pop() {
            match self.parts(node) {
                Some(parts) => open.extend(parts),
                None => members.push(node),
            }
        }
        members.sort_unstable();
        members
    }
}

fn nearest(distances: &Array2<f64>, nodes: &[Option<(usize, f64)>]) -> Option<(usize, usize)> {
    let mut best: Option<(f64, usize, usize)> = None;
    let open: Vec<usize> = (0..nodes.len()).filter(|&place| nodes[place].is_some()).collect();
    for (idx, &i) in open.iter().enumerate() {
        for &j in &open[idx + 1..] {
            if best.is_none_or(|(least, ..)| distances[[i, j]] < least) {
                best = Some((distances[[i, j]], i, j));
            }
        }
    }
    best.map(|(_, i, j)| (i, j))
}

/// The mean over pairs of features of 1 - |r|.
fn mean_distance(rows: ArrayView2<'_, f64>, a: &[usize], b: &[usize]) -> f64 {
    let pairs = a.iter().flat_map(|&i| b.iter().map(move |&j| (i, j)));
    let distances = pairs.map(|(i, j)| 1.0 - correlation(rows.column(i), rows.column(j)).abs());
    distances.sum::<f64>() / (a.len() * b.len()).max(1) as f64
}

/// Pearson's correlation over what is present in both; 0 where there is none.
fn correlation(a: ArrayView1<'_, f64>, b: ArrayView1<'_, f64>) -> f64 {
    let pairs: Vec<(f64, f64)> =
        a.iter().copied().zip(b.iter().copied()).filter(|(a, b)| !a.is_nan() && !b.is_nan()).collect();
    let n = pairs.len().max(1) as f64;
    let (mean_a, mean_b) =
        (pairs.iter().map(|it| it.0).sum::<f64>() / n, pairs.iter().map(|it| it.1).sum::<f64>() / n);
    let moment = |product: &dyn Fn(f64, f64) -> f64| -> f64 {
        pairs.iter().map(|(a, b)| product(a - mean_a, b - mean_b)).sum()
    };
    let scale = (moment(&|a, _| a * a) * moment(&|_, b| b * b)).sqrt();
    if scale > 0.0 { moment(&|a, b| a * b) / scale } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn features_that_go_together_are_joined_first() {
        let rows =
            array![[1.0, 9.0, 1.1, 5.0], [2.0, 1.0, 1.9, 5.0], [3.0, 4.0, 3.2, 5.0], [4.0, 2.0, 3.9, 5.0]];
        let tree = FeatureTree::from_correlation(rows.view());
        assert_eq!(tree.merges(), [[0, 2], [4, 1], [5, 3]]);
    }

    #[test]
    fn a_group_stands_at_the_mean_distance_of_its_features() {
        let rows =
            array![[1.0, 9.0, 1.1, 5.0], [2.0, 1.0, 1.9, 5.0], [3.0, 4.0, 3.2, 5.0], [4.0, 2.0, 3.9, 5.0]];
        let tree = |players: &[Vec<usize>]| FeatureTree::from_correlation_of_groups(rows.view(), players);
        // The first two players go together by feature 0 and 2, though the first has a constant beside it.
        let joined = tree(&[vec![0, 3], vec![2], vec![1]]).unwrap();
        let r = |a: usize, b: usize| 1.0 - correlation(rows.column(a), rows.column(b)).abs();
        let distances = [f64::midpoint(r(0, 2), 1.0), f64::midpoint(r(0, 1), 1.0), r(2, 1)];
        assert!(distances[2] < distances[0] && distances[2] < distances[1], "{distances:?}");
        assert_eq!(joined.merges(), [[1, 2], [0, 3]]);
        let error = tree(&[vec![0], vec![4]]).unwrap_err();
        assert!(matches!(error, rationale_core::Error::Feature { asked: 4, available: 4 }));
    }

    #[test]
    fn a_node_is_joined_once() {
        let error = FeatureTree::new(3, vec![[0, 1], [0, 2]]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "merge 1 of the feature tree joins 0 and 2; each must be a player or an earlier merge, below 4, and may be \
             joined once"
        );
        assert!(matches!(
            FeatureTree::new(3, vec![[0, 1]]),
            Err(Error::Length { expected: 2, actual: 1, .. })
        ));
    }
}
