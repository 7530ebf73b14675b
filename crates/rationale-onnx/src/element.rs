//! From the file's types and tensors to those that are computed with.

use rationale_tensor::{Device, Element, Port, Tensor};

use crate::{Dimension, ElementType, Error, Initialiser, ValueInfo};

/// The type to compute with, where there is one.
pub(crate) fn element(element: ElementType) -> Option<Element> {
    Some(match element {
        ElementType::Float => Element::F32,
        ElementType::Double => Element::F64,
        ElementType::Float16 => Element::F16,
        ElementType::BFloat16 => Element::BF16,
        ElementType::Int8 => Element::I8,
        ElementType::Int16 => Element::I16,
        ElementType::Int32 => Element::I32,
        ElementType::Int64 => Element::I64,
        ElementType::Uint8 => Element::U8,
        ElementType::Uint16 => Element::U16,
        ElementType::Uint32 => Element::U32,
        ElementType::Uint64 => Element::U64,
        ElementType::Bool => Element::Bool,
        _ => return None,
    })
}

/// The type of this number, as the attributes `to` and `dtype` give it.
pub(crate) fn element_of_code(what: &str, code: i64) -> Result<Element, Error> {
    let of_file =
        ElementType::from_code(code).ok_or_else(|| Error::ElementType { what: what.to_owned(), code })?;
    element(of_file).ok_or_else(|| Error::Unheld { what: what.to_owned(), element: of_file })
}

/// An initialiser on the device; its bytes are handed on, not copied.
pub(crate) fn tensor(initialiser: Initialiser, device: &Device) -> Result<Tensor, Error> {
    let unheld = || Error::Unheld { what: format!("`{}`", initialiser.name), element: initialiser.element };
    let element = element(initialiser.element).ok_or_else(unheld)?;
    Ok(Tensor::from_buffer(initialiser.bytes, element, &initialiser.dimensions, device)?)
}

/// An input or output as an interface tells it.
pub(crate) fn port(value: &ValueInfo) -> Result<Port, Error> {
    let of_file = value.element.unwrap_or(ElementType::Float);
    let element = element(of_file)
        .ok_or_else(|| Error::Unheld { what: format!("`{}`", value.name), element: of_file })?;
    let length = |it: &Dimension| match it {
        Dimension::Fixed(n) => Some(*n),
        _ => None,
    };
    let shape = value.shape.as_ref().map(|shape| shape.iter().map(length).collect());
    Ok(Port { name: value.name.clone(), element, shape })
}
