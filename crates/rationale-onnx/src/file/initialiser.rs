//! Tensors: `TensorProto`.
//!
//! Its fields come in any order, the bytes often before the type and the shape. Bytes are never more than the file has; what
//! lies in another file is read when type and shape are known.

use std::io::BufRead;

use rationale_tensor::Buffer;

use super::ElementType;
use super::external::{self, Place};
use super::wire::{Field, Wire};
use crate::Error;

/// A tensor that stands in the file, as an initialiser of a graph or in an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Initialiser {
    /// The value's name; often empty in an attribute.
    pub name: String,
    /// The type of its elements.
    pub element: ElementType,
    /// Its shape, empty for a scalar.
    pub dimensions: Vec<usize>,
    /// Its elements in row-major order, little-endian, exactly as many bytes as type and shape need.
    pub bytes: Buffer,
}

impl Initialiser {
    /// A tensor of texts is given without them: whoever holds it refuses it by name.
    pub(super) fn read<R: BufRead>(wire: &mut Wire<R>, field: Field) -> Result<Self, Error> {
        wire.hold::<Self>(0)?;
        let mut parts = Parts { offset: field.offset, ..Parts::default() };
        wire.message(field, |wire, field| parts.take(wire, field))?;
        parts.finish(wire)
    }
}

/// What has been read so far. The lists of numbers are kept as their bytes.
#[derive(Default)]
struct Parts {
    offset: u64,
    name: String,
    code: i64,
    dimensions: Vec<i64>,
    raw: Buffer,
    singles: Vec<u8>,
    doubles: Vec<u8>,
    /// 4 bytes each, whatever the element type.
    narrow: Vec<u8>,
    int64s: Vec<u8>,
    /// 8 bytes each, whatever the element type.
    unsigned: Vec<u8>,
    place: Place,
    is_external: bool,
}

impl Parts {
    /// A field of `TensorProto`.
    fn take<R: BufRead>(&mut self, wire: &mut Wire<R>, field: Field) -> Result<(), Error> {
        match field.number {
            1 => wire.append_ints(field, &mut self.dimensions)?,
            2 => self.code = wire.int(field)?,
            3 => return Err(segment(field)),
            4 => wire.append_fixed(field, 4, &mut self.singles)?,
            5 => wire.each_int(field, |value| self.narrow.extend((value as i32).to_le_bytes()))?,
            7 => wire.each_int(field, |value| self.int64s.extend(value.to_le_bytes()))?,
            8 => self.name = wire.text(field)?,
            9 => self.raw = wire.buffer(field, self.width())?,
            10 => wire.append_fixed(field, 8, &mut self.doubles)?,
            11 => wire.each_int(field, |value| self.unsigned.extend(value.to_le_bytes()))?,
            13 => self.place.take(wire.pair(field)?),
            14 => self.is_external = wire.int(field)? == 1,
            _ => {}
        }
        Ok(())
    }

    /// How many bytes an element takes, as far as the type has been read.
    fn width(&self) -> usize {
        ElementType::from_code(self.code).map_or(1, |it| it.bits().div_ceil(8) as usize)
    }

    fn finish<R: BufRead>(mut self, wire: &mut Wire<R>) -> Result<Initialiser, Error> {
        let label =
            if self.name.is_empty() { format!("(at byte {})", self.offset) } else { self.name.clone() };
        let unknown = || Error::ElementType { what: label.clone(), code: self.code };
        let element = ElementType::from_code(self.code).ok_or_else(unknown)?;
        let (dimensions, n_bytes) = self.size(&label, element)?;
        let bytes = if element == ElementType::String {
            Buffer::default()
        } else if self.is_external {
            external::read(wire, &label, &self.place, n_bytes, self.width())?
        } else {
            self.own_buffer(wire, &label, element)?
        };
        if bytes.len() as u64 != n_bytes {
            let actual = bytes.len() as u64;
            return Err(Error::DataLength { tensor: label, element, dimensions, expected: n_bytes, actual });
        }
        Ok(Initialiser { name: self.name, element, dimensions, bytes })
    }

    /// The shape, and how many bytes it needs. A 0 among the dimensions does not excuse the others from being countable.
    fn size(&self, label: &str, element: ElementType) -> Result<(Vec<usize>, u64), Error> {
        let wrong = || Error::Dimensions { tensor: label.to_owned(), dimensions: self.dimensions.clone() };
        let dimensions: Result<Vec<_>, _> = self.dimensions.iter().copied().map(usize::try_from).collect();
        let dimensions = dimensions.map_err(|_| wrong())?;
        let product = dimensions.iter().try_fold(1_u64, |product, n| product.checked_mul((*n).max(1) as u64));
        let n_bytes = product.and_then(|product| element.bytes_of(product));
        let n_bytes = n_bytes.filter(|n_bytes| i64::try_from(*n_bytes).is_ok()).ok_or_else(wrong)?;
        let is_empty = dimensions.contains(&0);
        Ok((dimensions, if is_empty { 0 } else { n_bytes }))
    }

    /// The bytes that stand in the message: raw, or in the list that belongs to the element type.
    fn own_buffer<R: BufRead>(
        &mut self,
        wire: &mut Wire<R>,
        label: &str,
        element: ElementType,
    ) -> Result<Buffer, Error> {
        if self.raw.is_empty() {
            return Ok(self.listed_bytes(wire, label, element)?.into());
        }
        Ok(std::mem::take(&mut self.raw))
    }

    fn listed_bytes<R: BufRead>(
        &mut self,
        wire: &mut Wire<R>,
        label: &str,
        element: ElementType,
    ) -> Result<Vec<u8>, Error> {
        use ElementType as T;
        Ok(match element {
            T::Float | T::Complex64 => std::mem::take(&mut self.singles),
            T::Double | T::Complex128 => std::mem::take(&mut self.doubles),
            T::Int64 => std::mem::take(&mut self.int64s),
            T::Uint64 => std::mem::take(&mut self.unsigned),
            T::Int32 => std::mem::take(&mut self.narrow),
            T::Uint32 => lower_bytes::<R, 8>(wire, label, &self.unsigned, 4)?,
            // Two of 4 bits stand in one number, as they stand in one byte.
            narrow => lower_bytes::<R, 4>(wire, label, &self.narrow, narrow.bits().div_ceil(8) as usize)?,
        })
    }
}

/// Of numbers of `N` bytes the lower `width`.
fn lower_bytes<R: BufRead, const N: usize>(
    wire: &mut Wire<R>,
    label: &str,
    numbers: &[u8],
    width: usize,
) -> Result<Vec<u8>, Error> {
    let (numbers, _) = numbers.as_chunks::<N>();
    wire.hold_tensor(label, (numbers.len() * width) as u64)?;
    Ok(numbers.iter().flat_map(|number| number.iter().take(width)).copied().collect())
}

fn segment(field: Field) -> Error {
    Error::Damaged { offset: field.offset, expected: "a whole tensor", found: "a segment of one".to_owned() }
}
