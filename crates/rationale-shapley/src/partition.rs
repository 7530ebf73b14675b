//! Owen values over a tree of features.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use ndarray::{Array1, Array2};
use rationale_core::{Error, Evidence, Game};

use crate::coalition::Coalition;
use crate::estimator::{Budget, Estimate, Estimator, Sampler, Stream};
use crate::feature_tree::FeatureTree;
use crate::ledger::Ledger;

const METHOD: &str = "partition-shap";
/// Enough for a balanced tree over 64 features; shap's is 500.
const DEFAULT_SAMPLES: usize = 10_000;
/// Nodes that are split before the next look at what matters most.
const AT_ONCE: usize = 64;

/// Owen values, nested over a tree of features. Owen 1977, <https://doi.org/10.1007/978-3-642-45494-3_7>; as nested in
/// the Partition explainer of the Python library shap.
///
/// ```text
/// split(node, C, w):  with parts l and r, each is met without and with the other:
///     split(l, C, w/2),  split(l, C + r, w/2),  split(r, C, w/2),  split(r, C + l, w/2);
///     at a player i:  phi_i += w (v(C + i) - v(C));            phi from split(root, nobody, 1)
/// ```
///
/// | symbol | here | shape |
/// |---|---|---|
/// | phi | [`Attributions::values`](rationale_core::Attributions::values) | `[row, feature, output]` |
/// | node | [`FeatureTree`] | |
///
/// **Holds**: efficiency exactly; dummy; additivity; symmetry of players who are joined with each other, and of parts of
/// one node as wholes. Not symmetry in general: features of one branch stand together, which is the purpose.
///
/// **Costs**: 2^(depth + 1) coalitions for a node at a depth, so about n^2 for a balanced tree; never more than the
/// samples allowed. Nodes whose split can change most are split first; what is left unsplit is shared among its
/// features by their number, so that values still sum up.
///
/// **Departs** from shap: 10,000 coalitions by default, where shap takes 500; equal priorities are taken in the order in
/// which they arose, where shap draws lots; coalitions that were met before are not asked about again, nor counted.
#[derive(Debug, Clone)]
pub struct PartitionShap {
    tree: FeatureTree,
    samples: usize,
}

impl PartitionShap {
    /// Takes the tree over the features, or over the groups where there are groups.
    pub fn new(tree: FeatureTree) -> Self {
        Self { tree, samples: DEFAULT_SAMPLES }
    }

    /// Sets the most coalitions a row.
    pub fn with_samples(mut self, samples: usize) -> Self {
        self.samples = samples;
        self
    }
}

impl Estimator for PartitionShap {
    fn settings(&self) -> Evidence {
        let merges: Vec<String> = self.tree.merges().iter().map(|[a, b]| format!("{a}+{b}")).collect();
        Evidence::new(METHOD, "nested splits")
            .with_parameter("samples", self.samples)
            .with_parameter("tree", merges.join(" ").as_str())
    }

    fn budget(&self, n_players: usize) -> Result<Budget, Error> {
        let (expected, actual) = (n_players, self.tree.n_players());
        if expected != actual {
            return Err(crate::Error::Length { what: "the feature tree", expected, actual }.of(METHOD));
        }
        Ok(Budget { idle_players: true, ..Budget::fixed(self.samples as f64) })
    }

    fn begin<'g>(&self, game: &'g dyn Game, _: Stream) -> Result<Box<dyn Sampler + 'g>, Error> {
        let ledger = Ledger::new(game)?;
        let values = Array2::zeros((ledger.n_players(), ledger.n_outputs()));
        let members = |node| Coalition::of(self.tree.n_players(), self.tree.members(node));
        let members = (0..=self.tree.root()).map(members).collect();
        Ok(Box::new(Splitting { ledger, tree: self.tree.clone(), members, samples: self.samples, values }))
    }
}

struct Splitting<'g> {
    ledger: Ledger<'g>,
    tree: FeatureTree,
    members: Vec<Coalition>,
    samples: usize,
    values: Array2<f64>,
}

/// A node to be divided: its worth beside those who are there already.
struct Work {
    node: usize,
    without: Coalition,
    worth_without: Array1<f64>,
    worth_with: Array1<f64>,
    weight: f64,
    /// What the node is worth at most over outputs, and when it arose.
    priority: f64,
    age: usize,
}

impl Splitting<'_> {
    fn divide(&mut self) -> Result<(), Error> {
        let n_players = self.tree.n_players();
        let ends = self.ledger.ends().clone();
        let mut open = BinaryHeap::new();
        let (mut asked, mut age) = (0, 0);
        let mut push = |open: &mut BinaryHeap<Work>, work: Work| {
            age += 1;
            let gain = (&work.worth_with - &work.worth_without).iter().fold(0.0_f64, |a, b| a.max(b.abs()));
            open.push(Work { priority: gain * work.weight, age, ..work });
        };
        let root = Work {
            node: self.tree.root(),
            without: Coalition::nobody(n_players),
            worth_without: ends.nobody,
            worth_with: ends.everybody,
            weight: 1.0,
            priority: 0.0,
            age: 0,
        };
        push(&mut open, root);
        while !open.is_empty() {
            if asked >= self.samples {
                open.drain().collect::<Vec<_>>().iter().for_each(|work| self.share(work));
                break;
            }
            let works = self.next(&mut open, self.samples - asked);
            let pairs: Vec<Coalition> =
                works.iter().flat_map(|(work, parts)| self.grown(work, *parts)).collect();
            let worth = self.ledger.worth(&pairs)?;
            asked += pairs.len();
            for (idx, (work, [left, right])) in works.into_iter().enumerate() {
                let (with_left, with_right) =
                    (worth.row(2 * idx).to_owned(), worth.row(2 * idx + 1).to_owned());
                let step = |node: usize, without: &Coalition, from: &Array1<f64>, to: &Array1<f64>| Work {
                    node,
                    without: without.clone(),
                    worth_without: from.clone(),
                    worth_with: to.clone(),
                    weight: work.weight / 2.0,
                    priority: 0.0,
                    age: 0,
                };
                let (low, high) = (&work.worth_without, &work.worth_with);
                push(&mut open, step(left, &work.without, low, &with_left));
                push(&mut open, step(right, &work.without, low, &with_right));
                push(&mut open, step(left, &pairs[2 * idx + 1], &with_right, high));
                push(&mut open, step(right, &pairs[2 * idx], &with_left, high));
            }
        }
        Ok(())
    }

    /// Takes the nodes that matter most and credits the players among them.
    fn next(&mut self, open: &mut BinaryHeap<Work>, allowed: usize) -> Vec<(Work, [usize; 2])> {
        let mut works = Vec::new();
        while works.len() < AT_ONCE && 2 * works.len() < allowed {
            let Some(work) = open.pop() else { break };
            match self.tree.parts(work.node) {
                Some(parts) => works.push((work, parts)),
                None => self.share(&work),
            }
        }
        works
    }

    /// Those who are there, with the left part and with the right part.
    fn grown(&self, work: &Work, [left, right]: [usize; 2]) -> [Coalition; 2] {
        [work.without.union(&self.members[left]), work.without.union(&self.members[right])]
    }

    /// Credits a node's players alike.
    fn share(&mut self, work: &Work) {
        let players = self.tree.members(work.node);
        let share = (&work.worth_with - &work.worth_without) * (work.weight / players.len() as f64);
        players.into_iter().for_each(|player| self.values.row_mut(player).scaled_add(1.0, &share));
    }
}

impl Sampler for Splitting<'_> {
    fn extend(&mut self, _: usize) -> Result<(), Error> {
        self.values.fill(0.0);
        self.divide()
    }

    fn estimate(&self) -> Estimate {
        Estimate { values: self.values.clone(), covariance: None }
    }
}

impl Ord for Work {
    /// What matters most first, then what arose first.
    fn cmp(&self, other: &Self) -> Ordering {
        self.priority.total_cmp(&other.priority).then(other.age.cmp(&self.age))
    }
}

impl PartialOrd for Work {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Work {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Work {}
