//! Oblivious and nested trees, as ordinary ones.

use super::categories::Columns;
use super::malformed;
use super::wire::{Nested, Oblivious, Split as WireSplit, Wire};
use crate::{Error, NodeSpec, Outputs, Split, Tree};

/// The trees, and how many outputs their leaves feed.
pub(super) fn read(wire: &Wire, columns: &Columns, n_biases: usize) -> Result<(Vec<Tree>, usize), Error> {
    let oblivious = wire.oblivious_trees.as_deref().unwrap_or_default();
    let nested = wire.trees.as_deref().unwrap_or_default();
    let n_outputs = match (oblivious.first(), nested.first()) {
        (Some(tree), _) => tree.n_outputs()?,
        (None, Some(tree)) => tree.n_outputs().max(1),
        (None, None) => n_biases.max(1),
    };
    let from_oblivious = oblivious.iter().map(|tree| tree.read(columns, n_outputs));
    let from_nested = nested.iter().map(|tree| read_nested(tree, columns));
    let trees = from_oblivious.chain(from_nested).enumerate();
    let trees = trees.map(|(idx, tree)| tree.map_err(|error| error.in_tree(idx)));
    Ok((trees.collect::<Result<_, _>>()?, n_outputs))
}

impl Oblivious {
    fn splits(&self) -> &[WireSplit] {
        self.splits.as_deref().unwrap_or_default()
    }

    /// How many leaves the splits make. The values of all of them are in the file, so what follows is backed by it.
    fn n_leaves(&self) -> Result<usize, Error> {
        let depth = self.splits().len();
        let n_leaves = u32::try_from(depth).ok().and_then(|depth| 1_usize.checked_shl(depth));
        n_leaves.filter(|n| *n <= self.leaf_values.len()).ok_or_else(|| {
            let actual = format!("{} values for {depth} splits", self.leaf_values.len());
            malformed("leaf_values", "a value for each leaf and output", actual)
        })
    }

    fn n_outputs(&self) -> Result<usize, Error> {
        Ok(self.leaf_values.len() / self.n_leaves()?)
    }

    fn read(&self, columns: &Columns, n_outputs: usize) -> Result<Tree, Error> {
        let n_leaves = self.n_leaves()?;
        if self.leaf_values.len() != n_leaves * n_outputs {
            let actual = format!("{} for {n_leaves} leaves and {n_outputs} outputs", self.leaf_values.len());
            return Err(malformed("leaf_values", "a value for each leaf and output", actual));
        }
        let covers = self.covers(n_leaves)?;
        let mut nodes = Vec::with_capacity(2 * n_leaves - 1);
        // The children of node k are 2k + 1 and 2k + 2, so each level doubles the one above; the last split is the root's.
        for (level, split) in self.splits().iter().rev().enumerate() {
            let (feature, test, missing) = columns.question(split)?;
            for _ in 0..1_usize << level {
                let left = 2 * nodes.len() + 1;
                nodes.push(NodeSpec::split(Split {
                    feature,
                    test: test.clone(),
                    missing,
                    left,
                    right: left + 1,
                }));
            }
        }
        nodes.extend(self.leaf_values.chunks_exact(n_outputs).map(|values| NodeSpec::leaf(values.to_vec())));
        if let Some(covers) = covers {
            nodes = nodes.into_iter().zip(covers).map(|(node, cover)| node.with_cover(cover)).collect();
        }
        Tree::new(nodes, Outputs::All)
    }

    /// The cover of every node, parents first.
    fn covers(&self, n_leaves: usize) -> Result<Option<Vec<f64>>, Error> {
        let Some(weights) = self.leaf_weights.as_deref().filter(|weights| !weights.is_empty()) else {
            return Ok(None);
        };
        if weights.len() != n_leaves {
            let actual = format!("{} for {n_leaves} leaves", weights.len());
            return Err(malformed("leaf_weights", "a weight for each leaf", actual));
        }
        let mut covers = vec![0.0; n_leaves - 1];
        covers.extend_from_slice(weights);
        for node in (0..n_leaves - 1).rev() {
            covers[node] = covers[2 * node + 1] + covers[2 * node + 2];
        }
        Ok(Some(covers))
    }
}

impl Nested {
    /// How many values the first leaf holds.
    fn n_outputs(&self) -> usize {
        let mut node = self;
        loop {
            match (&node.value, &node.left) {
                (Some(value), _) => return value.list().len(),
                (None, Some(left)) => node = left,
                (None, None) => return 1,
            }
        }
    }
}

fn read_nested(tree: &Nested, columns: &Columns) -> Result<Tree, Error> {
    let mut flat = Flat { nodes: Vec::new(), columns };
    flat.take(tree)?;
    let nodes = flat.nodes;
    let is_covered = nodes.iter().all(|(_, cover)| cover.is_some());
    let nodes = nodes.into_iter().map(|(node, cover)| match cover {
        Some(cover) if is_covered => node.with_cover(cover),
        _ => node,
    });
    Tree::new(nodes.collect(), Outputs::All)
}

/// Nodes with their cover, parents first.
struct Flat<'a> {
    nodes: Vec<(NodeSpec, Option<f64>)>,
    columns: &'a Columns,
}

impl Flat<'_> {
    /// Adds a node and all below it. Recursion is as deep as the JSON, which its reader bounds.
    fn take(&mut self, node: &Nested) -> Result<usize, Error> {
        let place = self.nodes.len();
        // Kept free until the children are known.
        self.nodes.push((NodeSpec::leaf(Vec::new()), None));
        self.nodes[place] = match (&node.split, &node.left, &node.right, &node.value) {
            (Some(split), Some(left), Some(right), _) => self.split(split, left, right)?,
            (None, None, None, Some(value)) => (NodeSpec::leaf(value.list()), node.weight),
            _ => {
                return Err(malformed(
                    "trees",
                    "split, left and right, or value alone",
                    "another mixture of them",
                ));
            }
        };
        Ok(place)
    }

    fn split(
        &mut self,
        split: &WireSplit,
        left: &Nested,
        right: &Nested,
    ) -> Result<(NodeSpec, Option<f64>), Error> {
        let (feature, test, missing) = self.columns.question(split)?;
        let (left, right) = (self.take(left)?, self.take(right)?);
        let cover = self.nodes[left].1.zip(self.nodes[right].1).map(|(left, right)| left + right);
        Ok((NodeSpec::split(Split { feature, test, missing, left, right }), cover))
    }
}
