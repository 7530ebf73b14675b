//! One decision tree: its nodes in depth-first order, leaf values and cover.

use ndarray::ArrayViewMut2;

use crate::at_once::AtOnce;
use crate::tile::{LANES, Tile};
use crate::{Error, Split};

/// So few rows are quicker one by one.
const FEW: usize = 2;

/// Which outputs of the model a tree's leaves feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outputs {
    /// A leaf holds one value, for this output.
    One(usize),
    /// A leaf holds one value for each output of the model.
    All,
}

/// A node as a reader hands it over.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeSpec {
    kind: Kind,
    cover: Option<f64>,
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Split(Split),
    Leaf(Vec<f64>),
}

impl NodeSpec {
    /// A split; its children are indices into the same list.
    pub fn split(split: Split) -> Self {
        Self { kind: Kind::Split(split), cover: None }
    }

    /// A leaf with its values `[output]`.
    pub fn leaf(values: Vec<f64>) -> Self {
        Self { kind: Kind::Leaf(values), cover: None }
    }

    /// How much training weight (rows or sum of hessians, as the library counts) came through the node.
    pub fn with_cover(mut self, cover: f64) -> Self {
        self.cover = Some(cover);
        self
    }
}

/// A node of a [`Tree`].
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// A question with two children.
    Split(Split),
    /// The leaf of this number, counted from 0 in depth-first order; see [`Tree::leaf_values`].
    Leaf(usize),
}

/// One decision tree.
///
/// Nodes stand in depth-first order, left before right, whatever order they came in: node 0 is the root, and every
/// child comes after its parent. So one pass over the list goes down all paths.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    nodes: Vec<Node>,
    parents: Vec<usize>,
    covers: Option<Vec<f64>>,
    leaf_values: Vec<f64>,
    width: usize,
    outputs: Outputs,
    weight: f64,
    /// None where rows have to go down one by one.
    at_once: Option<AtOnce>,
}

impl Tree {
    /// Takes nodes in any order, the root first. Nodes that the root does not reach are left out.
    pub fn new(nodes: Vec<NodeSpec>, outputs: Outputs) -> Result<Self, Error> {
        let order = depth_first(&nodes)?;
        let width = leaf_width(&nodes, &order, outputs)?;
        let covers = covers(&nodes, &order)?;
        let mut tree = Self {
            nodes: Vec::with_capacity(order.len()),
            parents: parents(&nodes, &order),
            covers,
            leaf_values: Vec::new(),
            width,
            outputs,
            weight: 1.0,
            at_once: None,
        };
        tree.take_nodes(nodes, &order)?;
        tree.at_once = AtOnce::new(&tree.nodes);
        Ok(tree)
    }

    /// Multiplies every leaf by `weight`: DART's tree weights, one over the number of trees in a forest.
    pub fn with_weight(mut self, weight: f64) -> Self {
        self.weight = weight;
        self
    }

    /// The nodes, depth first.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The parent of each node; the root's is itself.
    pub fn parents(&self) -> &[usize] {
        &self.parents
    }

    /// The cover of each node, where it is known.
    pub fn covers(&self) -> Option<&[f64]> {
        self.covers.as_deref()
    }

    /// Which outputs the leaves feed.
    pub fn outputs(&self) -> Outputs {
        self.outputs
    }

    /// The factor of every leaf.
    pub fn weight(&self) -> f64 {
        self.weight
    }

    /// How many leaves there are.
    pub fn n_leaves(&self) -> usize {
        self.leaf_values.len() / self.width
    }

    /// The values of a leaf as stored, not yet multiplied by the weight: one, or one an output.
    pub fn leaf_values(&self, leaf: usize) -> &[f64] {
        &self.leaf_values[leaf * self.width..][..self.width]
    }

    /// Adds all that the tree's answers and attributions depend on, in a form that no other tree has. Children need not be
    /// named: the nodes stand depth first.
    pub(crate) fn write_bytes(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.weight.to_le_bytes());
        bytes.extend(match self.outputs {
            Outputs::One(output) => (output as u64 + 1).to_le_bytes(),
            Outputs::All => 0_u64.to_le_bytes(),
        });
        bytes.extend((self.width as u64).to_le_bytes());
        bytes.push(u8::from(self.covers.is_some()));
        for (node, kind) in self.nodes.iter().enumerate() {
            match kind {
                Node::Split(split) => split.write_bytes(bytes),
                Node::Leaf(leaf) => {
                    bytes.push(0);
                    self.leaf_values(*leaf).iter().for_each(|value| bytes.extend(value.to_le_bytes()));
                }
            }
            if let Some(covers) = &self.covers {
                bytes.extend(covers[node].to_le_bytes());
            }
        }
    }

    /// The number of splits on the longest path.
    pub fn depth(&self) -> usize {
        let mut depths = vec![0; self.nodes.len()];
        for node in 1..depths.len() {
            depths[node] = depths[self.parents[node]] + 1;
        }
        depths.into_iter().max().unwrap_or(0)
    }

    /// The path of a row from the root to its leaf; `value` gives the row's value of a feature.
    pub fn path(&self, value: impl Fn(usize) -> f64) -> impl Iterator<Item = usize> {
        let mut next = Some(0);
        std::iter::from_fn(move || {
            let node = next?;
            next = match &self.nodes[node] {
                Node::Split(split) => Some(split.child(split.side(value(split.feature)))),
                Node::Leaf(_) => None,
            };
            Some(node)
        })
    }

    /// The number of the leaf that a row falls into.
    pub fn leaf(&self, value: impl Fn(usize) -> f64) -> usize {
        let mut node = 0;
        loop {
            match &self.nodes[node] {
                Node::Split(split) => node = split.child(split.side(value(split.feature))),
                Node::Leaf(leaf) => return *leaf,
            }
        }
    }

    /// The number of the leaf that each row of the tiles falls into; lanes without a row are given some leaf.
    pub(crate) fn leaves(&self, tiles: &[Tile], leaves: &mut [[u32; LANES]]) {
        let one_by_one = |(tile, leaves): (&Tile, &mut [u32; LANES])| {
            let rows = leaves.iter_mut().enumerate().take(tile.n_rows());
            rows.for_each(|(lane, leaf)| *leaf = self.leaf(|feature| tile.column(feature)[lane]) as u32);
        };
        match &self.at_once {
            Some(at_once) if tiles.iter().any(|tile| tile.n_rows() > FEW) => at_once.leaves(tiles, leaves),
            _ => tiles.iter().zip(leaves).for_each(one_by_one),
        }
    }

    /// Adds what leaves are worth to the margins `[output, row]` of their rows.
    pub(crate) fn add(&self, leaves: &[u32], mut margins: ArrayViewMut2<'_, f64>) {
        let first = match self.outputs {
            Outputs::One(output) => output,
            Outputs::All => 0,
        };
        let outputs = margins.rows_mut().into_iter().skip(first).take(self.width);
        for (output, mut margins) in outputs.enumerate() {
            let value = |leaf: u32| self.leaf_values[leaf as usize * self.width + output];
            margins.iter_mut().zip(leaves).for_each(|(sum, leaf)| *sum += self.weight * value(*leaf));
        }
    }

    /// Replaces the cover of all nodes, given depth first.
    pub(crate) fn set_covers(&mut self, covers: Vec<f64>) {
        debug_assert_eq!(covers.len(), self.nodes.len());
        self.covers = Some(covers);
    }

    /// Replaces the values of all leaves, given depth first: `[leaf][value]`.
    #[cfg(feature = "linfa")]
    pub(crate) fn set_leaf_values(&mut self, values: Vec<f64>) {
        debug_assert_eq!(values.len(), self.leaf_values.len());
        self.leaf_values = values;
    }

    fn take_nodes(&mut self, nodes: Vec<NodeSpec>, order: &[usize]) -> Result<(), Error> {
        let mut place = vec![0; nodes.len()];
        for (new, &old) in order.iter().enumerate() {
            place[old] = new;
        }
        let mut nodes: Vec<_> = nodes.into_iter().map(|node| Some(node.kind)).collect();
        for &old in order {
            match nodes[old].take() {
                Some(Kind::Split(split)) => self.take_split(split, &place, old)?,
                Some(Kind::Leaf(values)) => self.take_leaf(&values, old)?,
                None => return Err(Error::NotATree { node: old }),
            }
        }
        Ok(())
    }

    fn take_split(&mut self, split: Split, place: &[usize], node: usize) -> Result<(), Error> {
        use crate::Test::{AnyOf, Less, LessOrEqual};
        if let Less(value) | LessOrEqual(value) = split.test
            && value.is_nan()
        {
            return Err(Error::Number { node, value });
        }
        if let AnyOf(numbers) = &split.test
            && numbers.iter().any(|value| value.is_nan())
        {
            return Err(Error::Number { node, value: f64::NAN });
        }
        self.nodes.push(Node::Split(Split { left: place[split.left], right: place[split.right], ..split }));
        Ok(())
    }

    fn take_leaf(&mut self, values: &[f64], node: usize) -> Result<(), Error> {
        if let Some(&value) = values.iter().find(|value| !value.is_finite()) {
            return Err(Error::Number { node, value });
        }
        self.nodes.push(Node::Leaf(self.n_leaves()));
        self.leaf_values.extend_from_slice(values);
        Ok(())
    }
}

/// The indices of the nodes that the root reaches, depth first, left before right.
fn depth_first(nodes: &[NodeSpec]) -> Result<Vec<usize>, Error> {
    if nodes.is_empty() {
        return Err(Error::NoNodes);
    }
    let mut seen = vec![false; nodes.len()];
    let mut order = Vec::with_capacity(nodes.len());
    let mut open = vec![0];
    while let Some(node) = open.pop() {
        if std::mem::replace(&mut seen[node], true) {
            return Err(Error::NotATree { node });
        }
        order.push(node);
        if let Kind::Split(split) = &nodes[node].kind {
            for child in [split.right, split.left] {
                if child >= nodes.len() {
                    return Err(Error::Child { node, child, available: nodes.len() });
                }
                open.push(child);
            }
        }
    }
    Ok(order)
}

fn parents(nodes: &[NodeSpec], order: &[usize]) -> Vec<usize> {
    let mut place_of_parent = vec![0; nodes.len()];
    let mut parents = Vec::with_capacity(order.len());
    for (new, &old) in order.iter().enumerate() {
        parents.push(place_of_parent[old]);
        if let Kind::Split(split) = &nodes[old].kind {
            place_of_parent[split.left] = new;
            place_of_parent[split.right] = new;
        }
    }
    parents
}

fn leaf_width(nodes: &[NodeSpec], order: &[usize], outputs: Outputs) -> Result<usize, Error> {
    let mut expected = match outputs {
        Outputs::One(_) => Some(1),
        Outputs::All => None,
    };
    for &node in order {
        if let Kind::Leaf(values) = &nodes[node].kind {
            let expected = *expected.get_or_insert(values.len().max(1));
            if values.len() != expected {
                return Err(Error::LeafWidth { node, expected, actual: values.len() });
            }
        }
    }
    Ok(expected.unwrap_or(1))
}

fn covers(nodes: &[NodeSpec], order: &[usize]) -> Result<Option<Vec<f64>>, Error> {
    if order.iter().all(|&node| nodes[node].cover.is_none()) {
        return Ok(None);
    }
    let checked = |&node: &usize| {
        let cover = nodes[node].cover.ok_or(Error::PartialCover { node })?;
        let good = cover.is_finite() && cover >= 0.0;
        if good { Ok(cover) } else { Err(Error::Cover { node, cover }) }
    };
    order.iter().map(checked).collect::<Result<_, _>>().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Missing, Side, Test};

    fn split(left: usize, right: usize) -> NodeSpec {
        NodeSpec::split(Split {
            feature: 0,
            test: Test::Less(0.0),
            missing: Missing::nan(Side::Right),
            left,
            right,
        })
    }

    fn leaf(value: f64) -> NodeSpec {
        NodeSpec::leaf(vec![value])
    }

    fn error_of(nodes: Vec<NodeSpec>) -> String {
        Tree::new(nodes, Outputs::One(0)).unwrap_err().to_string()
    }

    #[test]
    fn puts_nodes_in_depth_first_order() {
        let tree =
            Tree::new(vec![split(3, 1), leaf(9.0), leaf(7.0), split(4, 2), leaf(5.0)], Outputs::One(0))
                .unwrap();
        assert_eq!(tree.parents(), [0, 0, 1, 1, 0]);
        assert_eq!((0..3).map(|leaf| tree.leaf_values(leaf)[0]).collect::<Vec<_>>(), [5.0, 7.0, 9.0]);
        assert_eq!(tree.depth(), 2);
        assert_eq!(tree.path(|_| 1.0).collect::<Vec<_>>(), [0, 4]);
    }

    #[test]
    fn rejects_what_is_no_tree() {
        assert_eq!(error_of(vec![]), "the tree has no node; even a constant needs one leaf");
        assert_eq!(
            error_of(vec![split(1, 7), leaf(0.0)]),
            "node 0 has the child 7, but the tree has 2 nodes (counted from 0)"
        );
        for cycle in [vec![split(0, 1), leaf(0.0)], vec![split(1, 1), leaf(0.0)]] {
            assert!(error_of(cycle).ends_with("is reached twice from the root: the nodes form no tree"));
        }
    }

    #[test]
    fn rejects_numbers_that_cannot_be() {
        assert!(error_of(vec![leaf(f64::NAN)]).contains("NaN"));
        assert!(error_of(vec![leaf(1.0).with_cover(-1.0)]).contains("cover -1"));
        assert!(
            error_of(vec![split(1, 2).with_cover(1.0), leaf(0.0), leaf(0.0)]).contains("give all or none")
        );
        assert!(error_of(vec![NodeSpec::leaf(vec![])]).contains("holds 0 values, but 1 are needed"));
    }
}
