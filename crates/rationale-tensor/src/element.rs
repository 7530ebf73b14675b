//! The types of elements.

use std::fmt;

use burn_backend::{BoolStore, DType};

/// The type of a tensor's elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Element {
    /// Half precision.
    F16,
    /// The 16 upper bits of single precision.
    BF16,
    /// Single precision.
    F32,
    /// Double precision.
    F64,
    /// 8 bits, signed.
    I8,
    /// 16 bits, signed.
    I16,
    /// 32 bits, signed.
    I32,
    /// 64 bits, signed.
    I64,
    /// 8 bits, unsigned.
    U8,
    /// 16 bits, unsigned.
    U16,
    /// 32 bits, unsigned.
    U32,
    /// 64 bits, unsigned.
    U64,
    /// True or false, one byte.
    Bool,
}

/// What a tensor's elements are for: only floating-point tensors have gradients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Real numbers.
    Float,
    /// Whole numbers.
    Int,
    /// Truth values.
    Bool,
}

impl Element {
    /// What the elements are for.
    pub fn kind(self) -> Kind {
        match self {
            Self::F16 | Self::BF16 | Self::F32 | Self::F64 => Kind::Float,
            Self::Bool => Kind::Bool,
            _ => Kind::Int,
        }
    }

    /// The size of one element in bytes.
    pub fn size(self) -> usize {
        self.dtype().size()
    }

    pub(crate) fn dtype(self) -> DType {
        match self {
            Self::F16 => DType::F16,
            Self::BF16 => DType::BF16,
            Self::F32 => DType::F32,
            Self::F64 => DType::F64,
            Self::I8 => DType::I8,
            Self::I16 => DType::I16,
            Self::I32 => DType::I32,
            Self::I64 => DType::I64,
            Self::U8 => DType::U8,
            Self::U16 => DType::U16,
            Self::U32 => DType::U32,
            Self::U64 => DType::U64,
            Self::Bool => DType::Bool(BoolStore::Native),
        }
    }

    pub(crate) fn of(dtype: DType) -> Self {
        match dtype {
            DType::F16 => Self::F16,
            DType::BF16 => Self::BF16,
            DType::F64 => Self::F64,
            DType::I8 => Self::I8,
            DType::I16 => Self::I16,
            DType::I32 => Self::I32,
            DType::I64 => Self::I64,
            DType::U8 => Self::U8,
            DType::U16 => Self::U16,
            DType::U32 => Self::U32,
            DType::U64 => Self::U64,
            DType::Bool(_) => Self::Bool,
            // Quantised tensors are never made here.
            DType::F32 | DType::Flex32 | DType::QFloat(_) => Self::F32,
        }
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F16 => "float16",
            Self::BF16 => "bfloat16",
            Self::F32 => "float32",
            Self::F64 => "float64",
            Self::I8 => "int8",
            Self::I16 => "int16",
            Self::I32 => "int32",
            Self::I64 => "int64",
            Self::U8 => "uint8",
            Self::U16 => "uint16",
            Self::U32 => "uint32",
            Self::U64 => "uint64",
            Self::Bool => "bool",
        })
    }
}
