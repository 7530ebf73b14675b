//! A network whose weights are replaced by chance.

use rationale_core::{Error as CoreError, Randomise, Seed};
use rationale_tensor::{Element, Error, Tensor};

use crate::OnnxNetwork;
use crate::network::{Step, ValueId};

/// Whose floating-point constants are no weights but sizes.
const NO_WEIGHTS: [&str; 2] = ["Resize", "Upsample"];

/// The nodes that have weights, the last one first, by their names.
///
/// Each constant is dealt anew among its own elements, so that mean and spread stay and the next layer gets numbers of the usual
/// size. A file does not say how its weights were drawn at first, which the paper would draw again.
impl Randomise for OnnxNetwork {
    fn layers(&self) -> Vec<String> {
        self.weighted().into_iter().map(|(step, _)| step.label.clone()).collect()
    }

    fn randomised(&self, layers: &[usize], seed: Seed) -> Result<Box<dyn Randomise>, CoreError> {
        let weighted = self.weighted();
        let available = weighted.len();
        let mut copy = self.clone();
        for &layer in layers {
            let (_, constants) = weighted.get(layer).ok_or(CoreError::Layer { asked: layer, available })?;
            for (place, id) in constants.iter().enumerate() {
                let dealt = dealt(&self.constants[id], seed, layer as u64, place as u64)?;
                copy.constants.insert(*id, dealt);
            }
        }
        Ok(Box::new(copy))
    }
}

impl OnnxNetwork {
    /// The steps with weights, the last one first, and these.
    fn weighted(&self) -> Vec<(&Step, Vec<ValueId>)> {
        let weights = |step: &Step| -> Vec<ValueId> {
            let ids = step.inputs.iter().flatten();
            ids.filter(|id| self.constants.get(id).is_some_and(is_weight)).copied().collect()
        };
        let steps = self.steps.iter().rev().filter(|it| !NO_WEIGHTS.contains(&it.operator_name.as_str()));
        steps.map(|step| (step, weights(step))).filter(|(_, weights)| !weights.is_empty()).collect()
    }
}

/// Numbers of which there are several.
fn is_weight(constant: &Tensor) -> bool {
    matches!(constant.element(), Element::F64 | Element::F32) && constant.len() > 1
}

fn dealt(constant: &Tensor, seed: Seed, layer: u64, place: u64) -> Result<Tensor, Error> {
    let mut values = constant.to_f64s()?;
    seed.draws("randomised network", layer, place).shuffle(&mut values);
    Tensor::from_vec(values, &constant.shape(), &constant.device())?.cast(constant.element())
}
