//! The types of a tensor's elements.

/// The type of a tensor's elements: `TensorProto.DataType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ElementType {
    /// Number 1: IEEE 754, 32 bits.
    Float,
    /// Number 2.
    Uint8,
    /// Number 3.
    Int8,
    /// Number 4.
    Uint16,
    /// Number 5.
    Int16,
    /// Number 6.
    Int32,
    /// Number 7.
    Int64,
    /// Number 8: texts. Values may have it, initialisers of it are refused.
    String,
    /// Number 9: one byte, 0 or 1.
    Bool,
    /// Number 10: IEEE 754, 16 bits.
    Float16,
    /// Number 11: IEEE 754, 64 bits.
    Double,
    /// Number 12.
    Uint32,
    /// Number 13.
    Uint64,
    /// Number 14: two of 32 bits.
    Complex64,
    /// Number 15: two of 64 bits.
    Complex128,
    /// Number 16: the upper half of a [`Self::Float`].
    BFloat16,
    /// Number 17.
    Float8E4M3Fn,
    /// Number 18.
    Float8E4M3Fnuz,
    /// Number 19.
    Float8E5M2,
    /// Number 20.
    Float8E5M2Fnuz,
    /// Number 21: two in a byte, the first in the lower half.
    Uint4,
    /// Number 22: two in a byte, the first in the lower half.
    Int4,
    /// Number 23: two in a byte, the first in the lower half.
    Float4E2M1,
}

use ElementType as T;

/// In the order of their numbers, from 1; with ONNX's name and the bits of one element.
const ALL: [(ElementType, &str, u64); 23] = [
    (T::Float, "float", 32),
    (T::Uint8, "uint8", 8),
    (T::Int8, "int8", 8),
    (T::Uint16, "uint16", 16),
    (T::Int16, "int16", 16),
    (T::Int32, "int32", 32),
    (T::Int64, "int64", 64),
    (T::String, "string", 0),
    (T::Bool, "bool", 8),
    (T::Float16, "float16", 16),
    (T::Double, "double", 64),
    (T::Uint32, "uint32", 32),
    (T::Uint64, "uint64", 64),
    (T::Complex64, "complex64", 64),
    (T::Complex128, "complex128", 128),
    (T::BFloat16, "bfloat16", 16),
    (T::Float8E4M3Fn, "float8e4m3fn", 8),
    (T::Float8E4M3Fnuz, "float8e4m3fnuz", 8),
    (T::Float8E5M2, "float8e5m2", 8),
    (T::Float8E5M2Fnuz, "float8e5m2fnuz", 8),
    (T::Uint4, "uint4", 4),
    (T::Int4, "int4", 4),
    (T::Float4E2M1, "float4e2m1", 4),
];

impl ElementType {
    /// The type that ONNX gives a number, as the attribute `to` of `Cast` has it.
    pub fn from_code(code: i64) -> Option<Self> {
        let place = usize::try_from(code).ok()?.checked_sub(1)?;
        ALL.get(place).map(|(element, ..)| *element)
    }

    /// ONNX's number for it.
    pub fn code(self) -> i64 {
        self as i64 + 1
    }

    /// ONNX's name for it.
    pub fn name(self) -> &'static str {
        ALL[self as usize].1
    }

    /// The bits of one element; 0 for texts, which have no fixed size.
    pub fn bits(self) -> u64 {
        ALL[self as usize].2
    }

    /// The bytes that so many elements take; `None` where they cannot be counted.
    pub(super) fn bytes_of(self, n_elements: u64) -> Option<u64> {
        n_elements.checked_mul(self.bits()).map(|bits| bits.div_ceil(8))
    }
}

impl std::fmt::Display for ElementType {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_numbers() {
        for (place, (element, ..)) in ALL.iter().enumerate() {
            assert_eq!(*element as usize, place);
            assert_eq!(ElementType::from_code(element.code()), Some(*element));
        }
        assert_eq!(ElementType::from_code(0), None);
        assert_eq!(ElementType::from_code(24), None);
        assert_eq!(ElementType::from_code(i64::MIN), None);
    }

    #[test]
    fn halves_of_bytes_are_rounded_up() {
        assert_eq!(ElementType::Int4.bytes_of(3), Some(2));
        assert_eq!(ElementType::Double.bytes_of(1 << 60), None);
    }
}
