//! Numbers side by side: what a vectorised kernel may do, whatever the instruction set and the precision.
//!
//! A kernel is written once over [`Lanes`] and compiled for each instruction set by [`Instructions::run`]; which one is
//! used is decided when the program runs. Lanes never meet: a lane's result does not depend on its neighbours.

#![expect(
    clippy::inline_always,
    reason = "a function that is not inlined is compiled without the instruction set"
)]

#[cfg(target_arch = "x86_64")]
use std::any::Any;
use std::cell::RefCell;

#[cfg(target_arch = "x86_64")]
use pulp::bytemuck::cast;
use pulp::bytemuck::cast_slice;
use pulp::{Scalar128b, Simd, WithSimd};

use super::tile::Scratch;

/// A number type with its vectors.
pub(super) trait Number:
    Copy + Default + PartialEq + PartialOrd + Into<f64> + Send + Sync + 'static
{
    /// Vectors of this type on an instruction set.
    type Lanes<S: Simd>: Lanes<Number = Self>;

    /// Zero, and its neighbour in counting.
    const ZERO: Self;
    const ONE: Self;
    /// The most numbers that one vector holds on any instruction set.
    const MOST_LANES: usize;
    /// What the evidence calls it.
    const NAME: &str;

    fn lanes<S: Simd>(simd: S) -> Self::Lanes<S>;

    /// Lends what this thread keeps from block to block.
    fn with_scratch<T>(work: impl FnOnce(&mut Scratch<Self>) -> T) -> T;

    /// The nearest number.
    fn nearest(x: f64) -> Self;

    /// The least number that is not below `x`.
    fn not_below(x: f64) -> Self;

    /// The greatest number that is not above `x`.
    fn not_above(x: f64) -> Self;
}

/// Vectors of one number type on one instruction set.
pub(super) trait Lanes: Copy {
    type Number: Number;
    type Vector: Copy;
    type Mask: Copy;
    /// Numbers a vector.
    const WIDTH: usize;

    /// Whole vectors of a slice.
    fn vectors(slice: &[Self::Number]) -> &[Self::Vector];
    fn vectors_mut(slice: &mut [Self::Number]) -> &mut [Self::Vector];

    fn splat(self, x: Self::Number) -> Self::Vector;
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn mul(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// a b + c, rounded once where the instruction set can.
    fn mul_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    fn less(self, a: Self::Vector, b: Self::Vector) -> Self::Mask;
    fn less_or_equal(self, a: Self::Vector, b: Self::Vector) -> Self::Mask;
    fn select(self, mask: Self::Mask, yes: Self::Vector, no: Self::Vector) -> Self::Vector;
    fn and(self, a: Self::Mask, b: Self::Mask) -> Self::Mask;
    fn not(self, a: Self::Mask) -> Self::Mask;

    /// Places in a table, one a lane.
    type Index: Copy;

    fn splat_index(self, x: u32) -> Self::Index;
    fn and_index(self, a: Self::Index, b: Self::Index) -> Self::Index;
    fn or_index(self, a: Self::Index, b: Self::Index) -> Self::Index;
    fn select_index(self, mask: Self::Mask, yes: Self::Index, no: Self::Index) -> Self::Index;
    /// Where the index has one of these bits.
    fn has_bit(self, index: Self::Index, bit: u32) -> Self::Mask;
    /// Whether [`Lanes::permute`] is one instruction.
    fn permutes(self) -> bool;
    /// The numbers at these places of a vector, modulo its width.
    fn permute(self, table: Self::Vector, index: Self::Index) -> Self::Vector;
    /// The numbers at these places of a table, modulo its length, a power of two.
    fn look_up(self, table: &[Self::Number], index: Self::Index) -> Self::Vector;

    /// The mask of all lanes.
    #[inline(always)]
    fn all(self) -> Self::Mask {
        self.less(self.splat(Self::Number::ZERO), self.splat(Self::Number::ONE))
    }
}

/// Vectors of float32.
#[derive(Clone, Copy)]
pub(super) struct Singles<S>(S);

/// Vectors of float64.
#[derive(Clone, Copy)]
pub(super) struct Doubles<S>(S);

macro_rules! number {
    ($number:ty, $lanes:ident, $most:literal) => {
        const ZERO: Self = 0.0;
        const ONE: Self = 1.0;
        const MOST_LANES: usize = $most;
        const NAME: &str = stringify!($number);

        type Lanes<S: Simd> = $lanes<S>;

        #[inline(always)]
        fn lanes<S: Simd>(simd: S) -> $lanes<S> {
            $lanes(simd)
        }

        fn with_scratch<T>(work: impl FnOnce(&mut Scratch<Self>) -> T) -> T {
            thread_local! {
                static KEPT: RefCell<Scratch<$number>> = RefCell::default();
            }
            KEPT.with_borrow_mut(work)
        }
    };
}

impl Number for f32 {
    number!(f32, Singles, 16);

    fn nearest(x: f64) -> Self {
        x as Self
    }

    fn not_below(x: f64) -> Self {
        let near = x as Self;
        if f64::from(near) < x { near.next_up() } else { near }
    }

    fn not_above(x: f64) -> Self {
        let near = x as Self;
        if f64::from(near) > x { near.next_down() } else { near }
    }
}

impl Number for f64 {
    number!(f64, Doubles, 8);

    fn nearest(x: f64) -> Self {
        x
    }

    fn not_below(x: f64) -> Self {
        x
    }

    fn not_above(x: f64) -> Self {
        x
    }
}

macro_rules! lanes {
    ($number:ty, $vector:ident, $mask:ident, $vectors:ident, $vectors_mut:ident, $splat:ident, $add:ident, $mul:ident,
     $mul_add:ident, $less:ident, $less_or_equal:ident, $select:ident, $and:ident, $not:ident, $indices:ident,
     $place:ty, $splat_index:ident, $and_index:ident, $or_index:ident, $select_index:ident, $less_index:ident,
     $permute:ident) => {
        type Number = $number;
        type Vector = S::$vector;
        type Mask = S::$mask;
        const WIDTH: usize = size_of::<S::$vector>() / size_of::<$number>();

        #[inline(always)]
        fn vectors(slice: &[$number]) -> &[S::$vector] {
            S::$vectors(slice).0
        }

        #[inline(always)]
        fn vectors_mut(slice: &mut [$number]) -> &mut [S::$vector] {
            S::$vectors_mut(slice).0
        }

        #[inline(always)]
        fn splat(self, x: $number) -> S::$vector {
            self.0.$splat(x)
        }

        #[inline(always)]
        fn add(self, a: S::$vector, b: S::$vector) -> S::$vector {
            self.0.$add(a, b)
        }

        #[inline(always)]
        fn mul(self, a: S::$vector, b: S::$vector) -> S::$vector {
            self.0.$mul(a, b)
        }

        #[inline(always)]
        fn mul_add(self, a: S::$vector, b: S::$vector, c: S::$vector) -> S::$vector {
            self.0.$mul_add(a, b, c)
        }

        #[inline(always)]
        fn less(self, a: S::$vector, b: S::$vector) -> S::$mask {
            self.0.$less(a, b)
        }

        #[inline(always)]
        fn less_or_equal(self, a: S::$vector, b: S::$vector) -> S::$mask {
            self.0.$less_or_equal(a, b)
        }

        #[inline(always)]
        fn select(self, mask: S::$mask, yes: S::$vector, no: S::$vector) -> S::$vector {
            self.0.$select(mask, yes, no)
        }

        #[inline(always)]
        fn and(self, a: S::$mask, b: S::$mask) -> S::$mask {
            self.0.$and(a, b)
        }

        #[inline(always)]
        fn not(self, a: S::$mask) -> S::$mask {
            self.0.$not(a)
        }

        type Index = S::$indices;

        #[inline(always)]
        fn splat_index(self, x: u32) -> S::$indices {
            self.0.$splat_index(x.into())
        }

        #[inline(always)]
        fn and_index(self, a: S::$indices, b: S::$indices) -> S::$indices {
            self.0.$and_index(a, b)
        }

        #[inline(always)]
        fn or_index(self, a: S::$indices, b: S::$indices) -> S::$indices {
            self.0.$or_index(a, b)
        }

        #[inline(always)]
        fn select_index(self, mask: S::$mask, yes: S::$indices, no: S::$indices) -> S::$indices {
            self.0.$select_index(mask, yes, no)
        }

        #[inline(always)]
        fn has_bit(self, index: S::$indices, bit: u32) -> S::$mask {
            let bits = self.0.$and_index(index, self.0.$splat_index(bit.into()));
            self.0.$less_index(self.0.$splat_index(0), bits)
        }

        #[inline(always)]
        fn permutes(self) -> bool {
            avx512(&self.0).is_some()
        }

        #[inline(always)]
        fn permute(self, table: S::$vector, index: S::$indices) -> S::$vector {
            #[cfg(target_arch = "x86_64")]
            if let Some(simd) = avx512(&self.0) {
                return cast(simd.avx512f.$permute(cast(index), cast(table)));
            }
            self.look_up(cast_slice(std::slice::from_ref(&table)), index)
        }

        #[inline(always)]
        fn look_up(self, table: &[$number], index: S::$indices) -> S::$vector {
            let last = table.len() - 1;
            let mut found = [0.0; <$number>::MOST_LANES];
            let places: &[$place] = cast_slice(std::slice::from_ref(&index));
            for (found, place) in found.iter_mut().zip(places) {
                *found = table[*place as usize & last];
            }
            S::$vectors(&found).0[0]
        }
    };
}

/// The instruction set, where it is AVX-512; decided when the kernel is compiled.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn avx512<S: Simd>(simd: &S) -> Option<pulp::x86::V4> {
    (simd as &dyn Any).downcast_ref::<pulp::x86::V4>().copied()
}

/// There is none.
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
fn avx512<S: Simd>(_: &S) -> Option<Scalar128b> {
    None
}

impl<S: Simd> Lanes for Singles<S> {
    lanes!(
        f32,
        f32s,
        m32s,
        as_simd_f32s,
        as_mut_simd_f32s,
        splat_f32s,
        add_f32s,
        mul_f32s,
        mul_add_e_f32s,
        less_than_f32s,
        less_than_or_equal_f32s,
        select_f32s,
        and_m32s,
        not_m32s,
        u32s,
        u32,
        splat_u32s,
        and_u32s,
        or_u32s,
        select_u32s,
        less_than_u32s,
        _mm512_permutexvar_ps
    );
}

impl<S: Simd> Lanes for Doubles<S> {
    lanes!(
        f64,
        f64s,
        m64s,
        as_simd_f64s,
        as_mut_simd_f64s,
        splat_f64s,
        add_f64s,
        mul_f64s,
        mul_add_e_f64s,
        less_than_f64s,
        less_than_or_equal_f64s,
        select_f64s,
        and_m64s,
        not_m64s,
        u64s,
        u64,
        splat_u64s,
        and_u64s,
        or_u64s,
        select_u64s,
        less_than_u64s,
        _mm512_permutexvar_pd
    );
}

/// An instruction set that this machine has.
#[derive(Clone, Copy, Debug)]
pub(super) enum Instructions {
    #[cfg(target_arch = "x86_64")]
    Avx512(pulp::x86::V4),
    #[cfg(target_arch = "x86_64")]
    Avx2(pulp::x86::V3),
    Portable,
}

impl Instructions {
    /// All that this machine has, the widest first.
    pub(super) fn available() -> impl Iterator<Item = Self> {
        #[cfg(target_arch = "x86_64")]
        let wide = [pulp::x86::V4::try_new().map(Self::Avx512), pulp::x86::V3::try_new().map(Self::Avx2)];
        #[cfg(not(target_arch = "x86_64"))]
        let wide = [None];
        wide.into_iter().flatten().chain([Self::Portable])
    }

    /// The widest.
    pub(super) fn best() -> Self {
        Self::available().next().unwrap_or(Self::Portable)
    }

    /// What the evidence calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => "avx512",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => "avx2",
            Self::Portable => "portable",
        }
    }

    /// Numbers a vector.
    pub(super) fn width<N: Number>(self) -> usize {
        let bytes = match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => 64,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => 32,
            Self::Portable => 16,
        };
        bytes / size_of::<N>()
    }

    /// Whether small tables are looked up in registers.
    pub(super) fn permutes(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => false,
            Self::Portable => false,
        }
    }

    /// Runs a kernel compiled for this instruction set.
    #[inline]
    pub(super) fn run<Op: WithSimd>(self, op: Op) -> Op::Output {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(simd) => Simd::vectorize(simd, op),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(simd) => Simd::vectorize(simd, op),
            Self::Portable => Simd::vectorize(Scalar128b, op),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_keep_every_comparison_of_float32_numbers() {
        let thresholds = [0.1, 0.3, 1.0, -0.7, 1e300, -1e300, f64::INFINITY, 1e-310, -0.0];
        let numbers = thresholds.map(|t| t as f32);
        let near = numbers.iter().flat_map(|x| [*x, x.next_up(), x.next_down(), f32::NAN]);
        for (x, t) in near.flat_map(|x| thresholds.map(|t| (x, t))) {
            assert_eq!(f64::from(x) < t, x < f32::not_below(t), "{x} < {t}");
            assert_eq!(f64::from(x) <= t, x <= f32::not_above(t), "{x} <= {t}");
        }
    }

    #[test]
    fn the_portable_path_is_always_there() {
        assert_eq!(Instructions::available().last().unwrap().name(), "portable");
    }
}
