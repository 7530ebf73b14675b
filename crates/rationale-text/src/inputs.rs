//! Which input of a network takes what, found by its name.

use rationale_tensor::{Device, Element, Interface, Kind, Port, Tensor};

use crate::{Error, Sequence};

/// What an input takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The ids of tokens.
    Ids,
    /// 1 for a token, 0 for what fills up.
    Mask,
    /// Which of several texts a token belongs to.
    Types,
    /// A token's place, counted from 0.
    Positions,
}

/// The inputs of a network that reads, and what each takes.
///
/// ```
/// use rationale_text::{Inputs, Role};
///
/// assert_eq!(Role::named("attention_mask"), Some(Role::Mask));
/// assert_eq!(Role::named("segment_ids:0"), Some(Role::Types));
/// assert_eq!(Role::named("pixels"), None);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Inputs {
    roles: Vec<(Port, Role)>,
    length: Option<usize>,
    batch: Option<usize>,
}

impl Role {
    /// What an input of this name takes; none where the name does not say.
    pub fn named(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|it| name.contains(it));
        match () {
            () if has(&["mask"]) => Some(Self::Mask),
            () if has(&["type", "segment"]) => Some(Self::Types),
            () if has(&["position"]) => Some(Self::Positions),
            () if has(&["ids", "token", "input"]) => Some(Self::Ids),
            () => None,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Ids => "ids of tokens",
            Self::Mask => "1 for each token, 0 for what fills up",
            Self::Types => "token types",
            Self::Positions => "positions",
        }
    }
}

impl Inputs {
    /// Finds out what each input takes: by its name, or, where the network has one input only, that it takes ids.
    pub fn of(interface: &Interface) -> Result<Self, Error> {
        let ports = &interface.inputs;
        let wrong = |what: String| Error::Inputs { what, inputs: listed(ports) };
        let role = |port: &Port| match ports.len() {
            1 => Some(Role::Ids),
            _ => Role::named(&port.name),
        };
        let mut roles = Vec::new();
        for port in ports {
            let Some(role) = role(port) else {
                return Err(wrong(format!("nobody knows what `{}` takes", port.name)));
            };
            if role == Role::Ids && port.element.kind() != Kind::Int {
                return Err(wrong(format!("`{}` takes {} and no ids", port.name, port.element)));
            }
            if port.shape.as_ref().is_some_and(|shape| shape.len() != 2) {
                return Err(wrong(format!("`{}` has not two dimensions", port.name)));
            }
            roles.push((port.clone(), role));
        }
        match roles.iter().filter(|(_, role)| *role == Role::Ids).count() {
            1 => {}
            n => return Err(wrong(format!("{n} inputs take ids of tokens"))),
        }
        let fixed = |dimension: usize| roles.iter().find_map(|(port, _)| port.shape.as_ref()?[dimension]);
        Ok(Self { length: fixed(1), batch: fixed(0), roles })
    }

    /// The name of the input that takes ids.
    pub fn ids(&self) -> &str {
        self.roles.iter().find(|(_, role)| *role == Role::Ids).map_or("", |(port, _)| &port.name)
    }

    /// How many tokens the network takes, where it takes one number only.
    pub fn length(&self) -> Option<usize> {
        self.length
    }

    /// How many texts the network takes at once, where it takes one number only.
    pub fn batch(&self) -> Option<usize> {
        self.batch
    }

    /// What each input takes, in words.
    pub fn describe(&self) -> String {
        let one = |(port, role): &(Port, Role)| format!("`{}` takes {}", port.name, role.words());
        self.roles.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    /// Sequences as the tensors of the network's inputs, in order, filled up to the longest.
    pub fn tensors(&self, sequences: &[&Sequence], pad: u32, device: &Device) -> Result<Vec<Tensor>, Error> {
        let longest = sequences.iter().map(|it| it.ids.len()).max().unwrap_or(0);
        let length = self.length.unwrap_or(longest).max(longest);
        let tensor = |(port, role): &(Port, Role)| {
            let values: Vec<i64> = sequences.iter().flat_map(|it| row(*role, it, length, pad)).collect();
            let tensor = Tensor::from_vec(values, &[sequences.len(), length], device);
            tensor.and_then(|it| if port.element == Element::I64 { Ok(it) } else { it.cast(port.element) })
        };
        let tensors = self.roles.iter().map(tensor).collect::<Result<Vec<_>, _>>();
        tensors.map_err(|source| Error::Network { n_tokens: length, source })
    }
}

/// One sequence as an input takes it.
fn row(role: Role, sequence: &Sequence, length: usize, pad: u32) -> impl Iterator<Item = i64> {
    (0..length).map(move |place| match role {
        Role::Ids => i64::from(sequence.ids.get(place).copied().unwrap_or(pad)),
        Role::Mask => i64::from(place < sequence.ids.len()),
        Role::Types => i64::from(sequence.type_ids.get(place).copied().unwrap_or(0)),
        Role::Positions => place.cast_signed() as i64,
    })
}

fn listed(ports: &[Port]) -> String {
    let one = |port: &Port| format!("`{}` ({})", port.name, port.element);
    match ports {
        [] => "nothing".to_owned(),
        ports => ports.iter().map(one).collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::tests::{interface, port};

    #[test]
    fn inputs_are_known_by_their_names() {
        let inputs = Inputs::of(&interface(&["input_ids", "attention_mask", "token_type_ids"])).unwrap();
        assert_eq!(
            inputs.describe(),
            "`input_ids` takes ids of tokens, `attention_mask` takes 1 for each token, 0 for what fills up, `token_type_ids` \
             takes token types"
        );
        assert_eq!(inputs.ids(), "input_ids");
        assert_eq!(Inputs::of(&interface(&["x"])).unwrap().ids(), "x");
    }

    #[test]
    fn what_no_text_gives_is_refused_by_name() {
        let error = |names: &[&str]| Inputs::of(&interface(names)).unwrap_err().to_string();
        assert!(
            error(&["input_ids", "pixels"])
                .contains("nobody knows what `pixels` takes; it takes `input_ids`")
        );
        assert!(error(&["input_ids", "decoder_input_ids"]).contains("2 inputs take ids of tokens"));
        assert!(error(&["attention_mask", "position_ids"]).contains("0 inputs take ids"));
        let mut picture = interface(&[]);
        picture.inputs = vec![Port { element: Element::F32, ..port("input") }];
        let message = Inputs::of(&picture).unwrap_err().to_string();
        assert!(message.contains("`input` takes") && message.contains("no ids"), "{message}");
    }

    #[test]
    fn sequences_are_filled_up_and_the_mask_says_so() {
        let device = Device::flex();
        let inputs = Inputs::of(&interface(&["input_ids", "attention_mask", "position_ids"])).unwrap();
        let (a, b) = (Sequence::new(vec![5, 6, 7]), Sequence::new(vec![8]));
        let tensors = inputs.tensors(&[&a, &b], 9, &device).unwrap();
        let values: Vec<Vec<i64>> = tensors.iter().map(|it| it.to_i64s().unwrap()).collect();
        assert_eq!(values[0], [5, 6, 7, 8, 9, 9]);
        assert_eq!(values[1], [1, 1, 1, 1, 0, 0]);
        assert_eq!(values[2], [0, 1, 2, 0, 1, 2]);
    }
}
