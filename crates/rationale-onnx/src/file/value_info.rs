//! What a file says of a value: `ValueInfoProto`.

use std::io::BufRead;

use super::ElementType;
use super::wire::{Field, Wire};
use crate::Error;

/// One dimension of a value's shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dimension {
    /// So many.
    Fixed(usize),
    /// As many as every other dimension of this name, such as `batch`.
    Symbolic(String),
    /// The file does not say, or gives a negative number, as some exporters do for it.
    Unknown,
}

/// What a file says of a value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ValueInfo {
    /// Its name.
    pub name: String,
    /// The type of its elements; `None` where the file does not say or the value is no tensor but a sequence, a map or the
    /// like.
    pub element: Option<ElementType>,
    /// Its shape; `None` where not even the number of dimensions is known. A scalar has an empty one.
    pub shape: Option<Vec<Dimension>>,
}

impl ValueInfo {
    pub(super) fn read<R: BufRead>(wire: &mut Wire<R>, field: Field) -> Result<Self, Error> {
        wire.hold::<Self>(0)?;
        let mut info = Self::default();
        let mut code = 0;
        wire.message(field, |wire, field| {
            match field.number {
                1 => info.name = wire.text(field)?,
                2 => info.take_type(wire, field, &mut code)?,
                _ => {}
            }
            Ok(())
        })?;
        if code != 0 {
            let element = ElementType::from_code(code);
            info.element = Some(element.ok_or_else(|| Error::ElementType { what: info.name.clone(), code })?);
        }
        Ok(info)
    }

    /// `TypeProto`, where it is a tensor's.
    fn take_type<R: BufRead>(
        &mut self,
        wire: &mut Wire<R>,
        field: Field,
        code: &mut i64,
    ) -> Result<(), Error> {
        wire.message(field, |wire, field| match field.number {
            1 => wire.message(field, |wire, field| {
                match field.number {
                    1 => *code = wire.int(field)?,
                    2 => take_shape(wire, field, self.shape.get_or_insert_default())?,
                    _ => {}
                }
                Ok(())
            }),
            _ => Ok(()),
        })
    }
}

/// `TensorShapeProto`.
fn take_shape<R: BufRead>(wire: &mut Wire<R>, field: Field, shape: &mut Vec<Dimension>) -> Result<(), Error> {
    wire.message(field, |wire, field| {
        if field.number == 1 {
            wire.hold::<Dimension>(0)?;
            shape.push(read_dimension(wire, field)?);
        }
        Ok(())
    })
}

/// `TensorShapeProto.Dimension`.
fn read_dimension<R: BufRead>(wire: &mut Wire<R>, field: Field) -> Result<Dimension, Error> {
    let mut dimension = Dimension::Unknown;
    wire.message(field, |wire, field| {
        match field.number {
            1 => dimension = usize::try_from(wire.int(field)?).map_or(Dimension::Unknown, Dimension::Fixed),
            2 => dimension = symbolic(wire.text(field)?),
            _ => {}
        }
        Ok(())
    })?;
    Ok(dimension)
}

fn symbolic(name: String) -> Dimension {
    if name.is_empty() { Dimension::Unknown } else { Dimension::Symbolic(name) }
}
