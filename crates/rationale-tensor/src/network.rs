//! What a network is: something with named sites that can be watched, replaced, begun at and differentiated.

use crate::{Device, Element, Error, Run, Tensor};

/// A network whose insides can be reached.
///
/// It is run through a [`Run`], which carries the inputs and says what happens at which site. Parameters are frozen:
/// no gradient to them is ever computed.
pub trait Network: Send + Sync {
    /// What goes in, what comes out, and the sites between.
    fn interface(&self) -> &Interface;

    /// The outputs, computed from the run's inputs, or from where it begins.
    fn forward(&self, run: &mut Run<'_>) -> Result<Vec<Tensor>, Error>;
}

/// What goes into a network, what comes out, and the sites between.
#[derive(Debug, Clone)]
pub struct Interface {
    /// The inputs, in order.
    pub inputs: Vec<Port>,
    /// The outputs, in order.
    pub outputs: Vec<Port>,
    /// The sites, in forward order.
    pub sites: Vec<Site>,
    /// Where the parameters are.
    pub device: Device,
}

/// An input or output.
#[derive(Debug, Clone, PartialEq)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// The type of its elements.
    pub element: Element,
    /// The length of each dimension, `None` where it may vary; `None` for all of them where nothing is said.
    pub shape: Option<Vec<Option<usize>>>,
}

/// A named value inside the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Its name: for a network from a file, that of the value in the file.
    pub name: String,
    /// The operator that computes it.
    pub operator: String,
    /// The name of the node or module that computes it, empty where it has none.
    pub node: String,
}

impl Interface {
    /// The site of this name: that of the value, or else that of the node which computes it.
    pub fn site(&self, name: &str) -> Result<&Site, Error> {
        let by_value = self.sites.iter().find(|it| it.name == name);
        by_value.or_else(|| self.sites.iter().find(|it| it.node == name && !name.is_empty())).ok_or_else(
            || {
                let names = self.sites.iter().flat_map(|it| [it.name.as_str(), it.node.as_str()]);
                Error::Site { asked: name.to_owned(), nearest: nearest(name, names) }
            },
        )
    }
}

/// The name at the smallest edit distance, where that is small enough to be meant.
fn nearest<'a>(asked: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    let scored = names.filter(|it| !it.is_empty()).map(|name| (edit_distance(asked, name), name));
    let (distance, name) = scored.min_by_key(|(distance, _)| *distance)?;
    (distance <= asked.len().max(name.len()) / 2).then(|| name.to_owned())
}

fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edit_distance_counts_letters() {
        assert_eq!(edit_distance("kitten", "sitting"), 3);
        assert_eq!(edit_distance("", "abc"), 3);
    }

    #[test]
    fn the_nearest_name_is_offered_and_a_far_one_is_not() {
        assert_eq!(
            nearest("layer4.2.relu", ["layer4.2/relu", "fc"].into_iter()),
            Some("layer4.2/relu".into())
        );
        assert_eq!(nearest("zzz", ["layer4", "fc"].into_iter()), None);
    }
}
