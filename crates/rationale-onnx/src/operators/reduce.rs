//! What becomes of the elements along dimensions, which keep length 1 or go:
//! [ReduceL1](https://onnx.ai/onnx/operators/onnx__ReduceL1.html),
//! [ReduceL2](https://onnx.ai/onnx/operators/onnx__ReduceL2.html),
//! [ReduceLogSum](https://onnx.ai/onnx/operators/onnx__ReduceLogSum.html),
//! [ReduceLogSumExp](https://onnx.ai/onnx/operators/onnx__ReduceLogSumExp.html),
//! [ReduceMax](https://onnx.ai/onnx/operators/onnx__ReduceMax.html),
//! [ReduceMean](https://onnx.ai/onnx/operators/onnx__ReduceMean.html),
//! [ReduceMin](https://onnx.ai/onnx/operators/onnx__ReduceMin.html),
//! [ReduceProd](https://onnx.ai/onnx/operators/onnx__ReduceProd.html),
//! [ReduceSum](https://onnx.ai/onnx/operators/onnx__ReduceSum.html) and
//! [ReduceSumSquare](https://onnx.ai/onnx/operators/onnx__ReduceSumSquare.html).
//!
//! The dimensions are an attribute, and since operator set 18 (ReduceSum: 13) an input; negative since 11. Without them
//! all are meant, or, with `noop_with_empty_axes`, none. Maxima and minima are of 8-bit numbers since 12, of truth values
//! since 20. Of no elements, sums are 0, products 1, maxima and minima the least and the largest number.

use rationale_tensor::ops::{ABS, LOG, MUL, SQRT};
use rationale_tensor::{Element, Error, Kind, Nature, Operator, Runner, Tensor};

use super::Built;
use super::axis::{List, axes};
use super::operand::{one, required};
use crate::Node;

/// What becomes of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reduction {
    L1,
    L2,
    LogSum,
    LogSumExp,
    Max,
    Mean,
    Min,
    Product,
    Sum,
    SumSquare,
}

pub(super) fn build(node: &Node, reduction: Reduction) -> Built {
    Ok(Box::new(Reduce {
        reduction,
        axes: List::of(node, "axes", 1)?,
        keeps: node.attributes.int_or("keepdims", 1)? != 0,
        none_is_none: node.attributes.int_or("noop_with_empty_axes", 0)? != 0,
    }))
}

#[derive(Debug)]
struct Reduce {
    reduction: Reduction,
    axes: List,
    keeps: bool,
    none_is_none: bool,
}

impl Operator for Reduce {
    fn nature(&self) -> Nature {
        match self.reduction {
            Reduction::Sum | Reduction::Mean => Nature::Linear,
            Reduction::Max => Nature::Maximum,
            Reduction::Min => Nature::Minimum,
            _ => Nature::Joint,
        }
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        self.reduced(inputs, &|x, over| self.reduction.of(x, over))
    }

    fn parts(&self, inputs: &[Option<Tensor>], run: &Runner<'_>) -> Option<Result<Vec<Tensor>, Error>> {
        let reals = inputs.first()?.as_ref().is_some_and(|it| it.kind() == Kind::Float);
        let has_parts = matches!(
            self.reduction,
            Reduction::L1 | Reduction::L2 | Reduction::LogSum | Reduction::SumSquare
        );
        (reals && has_parts).then(|| self.reduced(inputs, &|x, over| self.reduction.by_parts(x, over, run)))
    }
}

/// What becomes of a tensor over some of its dimensions.
type Step<'a> = dyn Fn(&Tensor, &[usize]) -> Result<Tensor, Error> + 'a;

impl Reduce {
    fn reduced(&self, inputs: &[Option<Tensor>], step: &Step<'_>) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "data")?;
        let asked = self.axes.read(inputs)?.unwrap_or_default();
        if asked.is_empty() && self.none_is_none {
            return Ok(vec![x.clone()]);
        }
        let over =
            if asked.is_empty() { (0..x.rank()).collect() } else { axes("a reduction", &asked, x.rank())? };
        let reduced = step(x, &over)?;
        if self.keeps {
            return Ok(vec![reduced]);
        }
        let shape = reduced.shape();
        let left = shape.iter().enumerate().filter(|(i, _)| !over.contains(i)).map(|(_, n)| *n);
        Ok(vec![reduced.reshape(&left.collect::<Vec<_>>())?])
    }
}

impl Reduction {
    /// Over these dimensions, each of which keeps length 1.
    fn of(self, x: &Tensor, over: &[usize]) -> Result<Tensor, Error> {
        match self {
            Self::L1 => sum(&x.abs()?, over),
            Self::L2 => in_reals(x, |x| norm(x, over)),
            Self::LogSum => in_reals(x, |x| sum(x, over)?.log()),
            Self::LogSumExp => in_reals(x, |x| log_sum_exp(x, over)),
            Self::Max => extreme(x, over, Tensor::max, Bound::Least),
            Self::Mean => folded(x, over, Tensor::mean, f64::NAN),
            Self::Min => extreme(x, over, Tensor::min, Bound::Largest),
            Self::Product => folded(x, over, Tensor::product, 1.0),
            Self::Sum => sum(x, over),
            Self::SumSquare => sum(&x.mul(x)?, over),
        }
    }

    /// The same by functions of elements and sums.
    fn by_parts(self, x: &Tensor, over: &[usize], run: &Runner<'_>) -> Result<Tensor, Error> {
        match self {
            Self::L1 => sum(&one(run, &ABS, &[x])?, over),
            Self::L2 => one(run, &SQRT, &[&sum(&one(run, &MUL, &[x, x])?, over)?]),
            Self::LogSum => one(run, &LOG, &[&sum(x, over)?]),
            Self::SumSquare => sum(&one(run, &MUL, &[x, x])?, over),
            _ => self.of(x, over),
        }
    }
}

/// One dimension after the other; of no elements, the value given.
fn folded(
    x: &Tensor,
    over: &[usize],
    step: fn(&Tensor, usize) -> Result<Tensor, Error>,
    of_nothing: f64,
) -> Result<Tensor, Error> {
    if x.is_empty() {
        return Tensor::full(of_nothing, &reduced_shape(x, over), x.element(), &x.device());
    }
    over.iter().try_fold(x.clone(), |x, &dimension| step(&x, dimension))
}

fn reduced_shape(x: &Tensor, over: &[usize]) -> Vec<usize> {
    let of = |(i, n): (usize, usize)| if over.contains(&i) { 1 } else { n };
    x.shape().into_iter().enumerate().map(of).collect()
}

fn sum(x: &Tensor, over: &[usize]) -> Result<Tensor, Error> {
    folded(x, over, Tensor::sum, 0.0)
}

/// Functions of reals, also of whole numbers; the type stays.
fn in_reals(x: &Tensor, function: impl Fn(&Tensor) -> Result<Tensor, Error>) -> Result<Tensor, Error> {
    if x.kind() == Kind::Float {
        return function(x);
    }
    function(&x.cast(Element::F64)?)?.cast(x.element())
}

/// The root of the sum of squares; its gradient is 0 where all is 0.
fn norm(x: &Tensor, over: &[usize]) -> Result<Tensor, Error> {
    let square = sum(&x.mul(x)?, over)?;
    let zeros = square.full_like(0.0)?;
    let is_zero = square.equal(&zeros)?;
    let root = is_zero.choose(&square.full_like(1.0)?, &square)?.sqrt()?;
    is_zero.choose(&zeros, &root)
}

/// Computed from the largest element down, so that nothing overflows.
fn log_sum_exp(x: &Tensor, over: &[usize]) -> Result<Tensor, Error> {
    if x.is_empty() {
        return Tensor::full(f64::NEG_INFINITY, &reduced_shape(x, over), x.element(), &x.device());
    }
    let largest = folded(&x.detach(), over, Tensor::max, 0.0)?;
    let largest = largest.is_infinite()?.choose(&largest.full_like(0.0)?, &largest)?;
    sum(&x.sub(&largest)?.exp()?, over)?.log()?.add(&largest)
}

/// The end of a type's range.
#[derive(Clone, Copy)]
enum Bound {
    Least,
    Largest,
}

fn extreme(
    x: &Tensor,
    over: &[usize],
    step: fn(&Tensor, usize) -> Result<Tensor, Error>,
    of_nothing: Bound,
) -> Result<Tensor, Error> {
    if x.is_empty() {
        return bound(of_nothing, &reduced_shape(x, over), x);
    }
    if x.kind() == Kind::Bool {
        return folded(&x.cast(Element::U8)?, over, step, 0.0)?.cast(Element::Bool);
    }
    folded(x, over, step, 0.0)
}

/// The end of the range of a tensor's type, repeated.
fn bound(which: Bound, shape: &[usize], x: &Tensor) -> Result<Tensor, Error> {
    let (element, device) = (x.element(), x.device());
    let largest = matches!(which, Bound::Largest);
    macro_rules! of {
        ($whole:ty) => {{
            let value = if largest { <$whole>::MAX } else { <$whole>::MIN };
            Tensor::from_vec(vec![value], &vec![1; shape.len()], &device)?.expand(shape)
        }};
    }
    match element {
        Element::I8 => of!(i8),
        Element::I16 => of!(i16),
        Element::I32 => of!(i32),
        Element::I64 => of!(i64),
        Element::U8 => of!(u8),
        Element::U16 => of!(u16),
        Element::U32 => of!(u32),
        Element::U64 => of!(u64),
        Element::Bool => Tensor::full(f64::from(u8::from(largest)), shape, element, &device),
        _ => Tensor::full(if largest { f64::INFINITY } else { f64::NEG_INFINITY }, shape, element, &device),
    }
}
