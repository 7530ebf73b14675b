//! Gradients of a target to inputs and sites, in one forward and one backward pass.

use std::cell::RefCell;

use crate::{Error, Network, Run, Tensor};

/// Where a gradient is taken.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// An input, by its index.
    Input(usize),
    /// A site, by its name.
    Site(String),
}

/// The outputs of a run, and at each place its value and the target's gradient to it, in the order of the places.
#[derive(Debug, Clone)]
pub struct Differentiated {
    /// The network's outputs.
    pub outputs: Vec<Tensor>,
    /// The value at each place.
    pub values: Vec<Tensor>,
    /// The gradient at each place, of its value's shape.
    pub gradients: Vec<Tensor>,
}

/// Runs the network and differentiates the sum of `target`'s elements.
///
/// Nothing is recorded below the lowest place, so the gradient at a late layer costs little more than a forward pass.
/// A place that the target does not depend on has a gradient of zeros.
pub fn differentiate(
    network: &dyn Network,
    inputs: &[Tensor],
    places: &[Place],
    target: &dyn Fn(&[Tensor]) -> Result<Tensor, Error>,
) -> Result<Differentiated, Error> {
    differentiate_run(network, Run::new(inputs), places, target)
}

/// The same for a run that begins inside the network, with these values at sites.
pub fn differentiate_from(
    network: &dyn Network,
    given: &[(String, Tensor)],
    inputs: &[Tensor],
    places: &[Place],
    target: &dyn Fn(&[Tensor]) -> Result<Tensor, Error>,
) -> Result<Differentiated, Error> {
    let begin = |run: Run<'static>, (site, value): &(String, Tensor)| run.begin_at(site, value.clone());
    let run = given.iter().fold(Run::new(inputs), begin);
    differentiate_run(network, run, places, target)
}

/// The same for any run: with a rule ([`Run::with_rule`]) the gradients are the rule's.
pub fn differentiate_run(
    network: &dyn Network,
    run: Run<'_>,
    places: &[Place],
    target: &dyn Fn(&[Tensor]) -> Result<Tensor, Error>,
) -> Result<Differentiated, Error> {
    let leaves: Leaves = RefCell::new(places.iter().map(|_| None).collect());
    let inputs = follow_inputs(run.inputs(), places, &leaves)?;
    let mut run = follow_sites(run.with_inputs(inputs), places, &leaves);
    let outputs = network.forward(&mut run)?;
    drop(run);
    let target = target(&outputs)?;
    let gradients = target.is_followed().then(|| target.backward()).transpose()?;
    let outputs = outputs.iter().map(Tensor::detach).collect();
    let mut result = Differentiated { outputs, values: Vec::new(), gradients: Vec::new() };
    for (leaf, place) in leaves.into_inner().into_iter().zip(places) {
        let leaf = leaf.ok_or_else(|| place.not_reached())?;
        let gradient = gradients.as_ref().and_then(|it| it.of(&leaf.followed));
        result.gradients.push(gradient.map_or_else(|| leaf.value.full_like(0.0), Ok)?);
        result.values.push(leaf.value);
    }
    Ok(result)
}

/// A value and the leaf whose gradient is the value's.
struct Leaf {
    value: Tensor,
    followed: Tensor,
}

/// What was found at each place.
type Leaves = RefCell<Vec<Option<Leaf>>>;

fn follow_inputs(inputs: &[Tensor], places: &[Place], leaves: &Leaves) -> Result<Vec<Tensor>, Error> {
    let mut inputs = inputs.to_vec();
    for (i, place) in places.iter().enumerate() {
        let Place::Input(index) = place else { continue };
        let Some(input) = inputs.get_mut(*index) else { return Err(place.not_reached()) };
        if !input.is_followed() {
            *input = input.leaf()?;
        }
        leaves.borrow_mut()[i] = Some(Leaf { value: input.detach(), followed: input.clone() });
    }
    Ok(inputs)
}

/// Makes each site a leaf, or, where it is followed already, adds a leaf of zeros to it: the gradient of a sum is that
/// of each summand.
fn follow_sites<'a>(mut run: Run<'a>, places: &'a [Place], leaves: &'a Leaves) -> Run<'a> {
    for (i, place) in places.iter().enumerate() {
        let Place::Site(site) = place else { continue };
        run = run.edit(site, move |value| {
            let (followed, passed) = follow(&value)?;
            leaves.borrow_mut()[i] = Some(Leaf { value: passed.detach(), followed });
            Ok(passed)
        });
    }
    run
}

fn follow(value: &Tensor) -> Result<(Tensor, Tensor), Error> {
    if value.is_followed() {
        let zeros = value.full_like(0.0)?.leaf()?;
        let passed = value.add(&zeros)?;
        return Ok((zeros, passed));
    }
    let leaf = value.leaf()?;
    Ok((leaf.clone(), leaf))
}

impl Place {
    fn not_reached(&self) -> Error {
        let site = match self {
            Self::Input(index) => format!("input {index}"),
            Self::Site(name) => name.clone(),
        };
        Error::NotReached { site }
    }
}
