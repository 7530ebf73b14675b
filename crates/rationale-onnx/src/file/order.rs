//! Whether every value has one origin, and an order of the nodes in which each comes after what it needs.
//!
//! The specification asks for that order, and not every tool keeps it: nodes are sorted where they must be, the earliest in
//! the file first. A graph inside a node sees the values around it, so that what it takes from there its node needs.

use std::cmp::Reverse;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use super::{Function, Graph, Node, Value};
use crate::Error;

/// Values that a graph takes from around it, each with one that uses it.
type Free = BTreeMap<String, String>;

/// What gives a value.
#[derive(Clone, Copy)]
enum Origin {
    Input,
    Initialiser,
    Node(usize),
}

type Origins<'a> = BTreeMap<&'a str, Origin>;

/// Checks a network and sorts its nodes.
pub(super) fn settle(graph: &mut Graph) -> Result<(), Error> {
    refuse_free(settle_graph(graph)?)
}

/// Checks a function and sorts its nodes.
pub(super) fn settle_function(function: &mut Function) -> Result<(), Error> {
    let captured = settle_inside(&mut function.nodes)?;
    let mut origins = Origins::new();
    for input in &function.inputs {
        add(&mut origins, &function.nodes, input, Origin::Input)?;
    }
    let outputs = function.outputs.iter().map(String::as_str);
    let user = format!("the outputs of the function `{}`", function.name);
    let (order, free) =
        Body { nodes: &function.nodes, captured: &captured }.settle(origins, outputs, &user)?;
    sort(&mut function.nodes, &order);
    refuse_free(free)
}

fn refuse_free(free: Free) -> Result<(), Error> {
    match free.into_iter().next() {
        Some((value, user)) => Err(Error::MissingValue { user, value }),
        None => Ok(()),
    }
}

fn settle_graph(graph: &mut Graph) -> Result<Free, Error> {
    let captured = settle_inside(&mut graph.nodes)?;
    let mut origins = Origins::new();
    for input in &graph.inputs {
        add(&mut origins, &graph.nodes, &input.name, Origin::Input)?;
    }
    for initialiser in &graph.initialisers {
        add(&mut origins, &graph.nodes, &initialiser.name, Origin::Initialiser)?;
    }
    let outputs = graph.outputs.iter().map(|output| output.name.as_str());
    let body = Body { nodes: &graph.nodes, captured: &captured };
    let (order, free) = body.settle(origins, outputs, "the list of the graph's outputs")?;
    sort(&mut graph.nodes, &order);
    Ok(free)
}

/// Settles the graphs inside the nodes; gives for each node what they take from around them.
fn settle_inside(nodes: &mut [Node]) -> Result<Vec<Free>, Error> {
    let settle_node = |node: &mut Node| {
        let graphs = node.attributes.values_mut().flat_map(Value::graphs_mut);
        graphs.map(settle_graph).try_fold(Free::new(), |mut all, free| {
            all.extend(free?);
            Ok(all)
        })
    };
    nodes.iter_mut().map(settle_node).collect()
}

/// An initialiser may stand among the inputs too, as the value that an input has if nothing else is given.
fn add<'a>(origins: &mut Origins<'a>, nodes: &[Node], value: &'a str, origin: Origin) -> Result<(), Error> {
    match origins.entry(value) {
        Entry::Vacant(entry) => {
            entry.insert(origin);
            Ok(())
        }
        Entry::Occupied(mut entry) => match (*entry.get(), origin) {
            (Origin::Input, Origin::Initialiser) => {
                entry.insert(origin);
                Ok(())
            }
            (first, second) => Err(Error::Duplicate {
                value: value.to_owned(),
                first: words(first, nodes),
                second: words(second, nodes),
            }),
        },
    }
}

fn words(origin: Origin, nodes: &[Node]) -> String {
    match origin {
        Origin::Input => "an input of the graph".to_owned(),
        Origin::Initialiser => "an initialiser".to_owned(),
        Origin::Node(place) => nodes[place].label(),
    }
}

/// Puts nodes into an order of their places.
fn sort(nodes: &mut [Node], order: &[usize]) {
    if !order.is_sorted() {
        let mut unsorted: Vec<_> = nodes.iter_mut().map(std::mem::take).collect();
        order.iter().zip(nodes).for_each(|(place, node)| *node = std::mem::take(&mut unsorted[*place]));
    }
}

/// A node's need of another's output: the other's place, and the value.
type Need<'a> = (usize, &'a str);

#[derive(Clone, Copy)]
struct Body<'a> {
    nodes: &'a [Node],
    captured: &'a [Free],
}

impl<'a> Body<'a> {
    fn settle<'o>(
        self,
        mut origins: Origins<'a>,
        outputs: impl Iterator<Item = &'o str>,
        user: &str,
    ) -> Result<(Vec<usize>, Free), Error> {
        for (place, node) in self.nodes.iter().enumerate() {
            for output in node.outputs.iter().filter(|output| !output.is_empty()) {
                add(&mut origins, self.nodes, output, Origin::Node(place))?;
            }
        }
        let mut free = Free::new();
        let needs: Vec<_> =
            (0..self.nodes.len()).map(|place| self.needs(place, &origins, &mut free)).collect();
        for output in outputs.filter(|output| !origins.contains_key(output)) {
            free.entry(output.to_owned()).or_insert_with(|| user.to_owned());
        }
        let order = order(&needs);
        if order.len() < self.nodes.len() {
            return Err(self.cycle(&needs, &order));
        }
        Ok((order, free))
    }

    /// What a node needs of other nodes; what nothing here gives is added to `free`.
    fn needs(self, place: usize, origins: &Origins<'_>, free: &mut Free) -> Vec<Need<'a>> {
        let node = &self.nodes[place];
        let own = node.inputs.iter().filter(|input| !input.is_empty()).map(|input| (input, None));
        let inner = self.captured[place].iter().map(|(value, user)| (value, Some(user)));
        let mut needs = Vec::new();
        for (value, user) in own.chain(inner) {
            match origins.get(value.as_str()) {
                Some(Origin::Node(other)) => needs.push((*other, value.as_str())),
                Some(_) => {}
                None => {
                    free.entry(value.clone())
                        .or_insert_with(|| user.map_or_else(|| node.label(), Clone::clone));
                }
            }
        }
        needs
    }

    /// Goes from an unsorted node to one that it waits for, until one comes again.
    fn cycle(self, needs: &[Vec<Need<'a>>], order: &[usize]) -> Error {
        let mut is_sorted = vec![false; self.nodes.len()];
        order.iter().for_each(|place| is_sorted[*place] = true);
        let mut place = is_sorted.iter().position(|is_sorted| !is_sorted).unwrap_or(0);
        let mut seen = BTreeSet::new();
        loop {
            let need = needs[place].iter().find(|(other, _)| !is_sorted[*other]);
            let Some((other, _)) = need.filter(|_| seen.insert(place)) else {
                let value = need.map_or("", |(_, value)| value).to_owned();
                return Error::Cycle { node: self.nodes[place].label(), value };
            };
            place = *other;
        }
    }
}

/// Kahn's order, the earliest first. Nodes of a cycle, and those behind it, are not in it.
fn order(needs: &[Vec<Need<'_>>]) -> Vec<usize> {
    let mut n_open: Vec<_> = needs.iter().map(Vec::len).collect();
    let mut users = vec![Vec::new(); needs.len()];
    for (place, needs) in needs.iter().enumerate() {
        needs.iter().for_each(|(other, _)| users[*other].push(place));
    }
    let mut ready: BinaryHeap<_> =
        (0..needs.len()).filter(|place| n_open[*place] == 0).map(Reverse).collect();
    let mut order = Vec::with_capacity(needs.len());
    while let Some(Reverse(place)) = ready.pop() {
        order.push(place);
        for user in &users[place] {
            n_open[*user] -= 1;
            if n_open[*user] == 0 {
                ready.push(Reverse(*user));
            }
        }
    }
    order
}
