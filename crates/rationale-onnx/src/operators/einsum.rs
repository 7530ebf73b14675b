//! [Einsum](https://onnx.ai/onnx/operators/onnx__Einsum.html): sums of products by Einstein's convention. Since operator
//! set 12.
//!
//! A letter that is twice in one term takes the diagonal. Then terms are joined one after another, each pair by one
//! product of matrices, after a sum over the letters that nobody asks for any more.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::operand::{required, wrong_shape};
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    let text = node.attributes.text("equation")?;
    let wrong = || {
        node.attributes.wrong("equation", text, "terms of letters and at most one `...`, as `ij, jk -> ik`")
    };
    Ok(Box::new(Equation::parse(text).ok_or_else(wrong)?))
}

/// A dimension's name: a letter, or one of those that `...` stands for, counted from the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Label {
    Rest(std::cmp::Reverse<usize>),
    Letter(char),
}

/// The letters of a term; `None` is `...`.
type Term = Vec<Option<char>>;

#[derive(Debug, PartialEq, Eq)]
struct Equation {
    inputs: Vec<Term>,
    output: Option<Term>,
}

/// A tensor with a name for each dimension.
#[derive(Debug, Clone)]
struct Named {
    tensor: Tensor,
    labels: Vec<Label>,
}

impl Equation {
    fn parse(text: &str) -> Option<Self> {
        let text: String = text.split_whitespace().collect();
        let (inputs, output) = match text.split_once("->") {
            Some((inputs, output)) => (inputs, Some(output)),
            None => (text.as_str(), None),
        };
        let inputs = inputs.split(',').map(parse_term).collect::<Option<Vec<_>>>()?;
        let output = match output {
            Some(output) => Some(parse_term(output)?),
            None => None,
        };
        let known = |label: &Option<char>| label.is_none() || inputs.iter().any(|it| it.contains(label));
        let once =
            |(i, label): (usize, &Option<char>)| !output.iter().flatten().take(i).any(|it| it == label);
        let sound = output.iter().flatten().all(known) && output.iter().flatten().enumerate().all(once);
        sound.then_some(Self { inputs, output })
    }

    /// The names of the output's dimensions, where `...` stands for `n_rest`.
    fn output_labels(&self, n_rest: usize) -> Vec<Label> {
        if let Some(output) = &self.output {
            return labels(output, n_rest);
        }
        let letters = self.inputs.iter().flatten().flatten();
        let mut once: Vec<char> = letters
            .clone()
            .copied()
            .filter(|it| letters.clone().filter(|other| *other == it).count() == 1)
            .collect();
        once.sort_unstable();
        rest(n_rest).chain(once.into_iter().map(Label::Letter)).collect()
    }
}

fn parse_term(text: &str) -> Option<Term> {
    let mut term = Vec::new();
    let parts: Vec<&str> = text.split("...").collect();
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            term.push(None);
        }
        term.extend(part.chars().map(Some));
    }
    let letters = term.iter().flatten().all(char::is_ascii_alphabetic);
    (letters && parts.len() < 3).then_some(term)
}

fn rest(n: usize) -> impl Iterator<Item = Label> {
    (0..n).rev().map(|it| Label::Rest(std::cmp::Reverse(it)))
}

fn labels(term: &Term, n_rest: usize) -> Vec<Label> {
    let one = |label: &Option<char>| match label {
        Some(letter) => vec![Label::Letter(*letter)],
        None => rest(n_rest).collect(),
    };
    term.iter().flat_map(one).collect()
}

impl Operator for Equation {
    fn nature(&self) -> Nature {
        match self.inputs.len() {
            1 => Nature::Linear,
            2 => Nature::Dense,
            _ => Nature::Joint,
        }
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let mut terms = Vec::new();
        let mut n_rest = 0;
        for (i, term) in self.inputs.iter().enumerate() {
            let tensor = required(inputs, i, "Inputs")?.clone();
            let letters = term.iter().flatten().count();
            let own_rest = tensor.rank().checked_sub(letters).filter(|it| *it == 0 || term.contains(&None));
            let Some(own_rest) = own_rest else {
                return Err(wrong_shape("a term", format!("{letters} dimensions"), &tensor.shape()));
            };
            n_rest = n_rest.max(own_rest);
            terms.push(Named { tensor, labels: labels(term, own_rest) }.without_repeats()?);
        }
        if inputs.len() != terms.len() {
            let (expected, actual) = (format!("{} terms", terms.len()), format!("{} tensors", inputs.len()));
            return Err(Error::Inputs { expected, actual });
        }
        let output = self.output_labels(n_rest);
        let mut terms = terms.into_iter();
        let Some(mut joined) = terms.next() else {
            return Err(Error::Inputs { expected: "a term".to_owned(), actual: "none".to_owned() });
        };
        while let Some(next) = terms.next() {
            let later: Vec<Label> =
                terms.as_slice().iter().flat_map(|it| it.labels.iter().copied()).collect();
            let is_wanted = |label: &Label| output.contains(label) || later.contains(label);
            joined = joined.join(next, &is_wanted)?;
        }
        let summed = joined.summed(&|label| output.contains(label))?;
        Ok(vec![summed.ordered(&output)?])
    }
}

impl Named {
    fn length(&self, label: Label) -> Option<usize> {
        let place = self.labels.iter().position(|it| *it == label)?;
        self.tensor.shape().get(place).copied()
    }

    /// The diagonal over each pair of dimensions with one name.
    fn without_repeats(mut self) -> Result<Self, Error> {
        let repeat = |labels: &[Label]| {
            let first = |it: &Label| labels.iter().position(|other| other == it);
            labels
                .iter()
                .enumerate()
                .find_map(|(i, it)| first(it).filter(|first| *first < i).map(|first| (first, i)))
        };
        while let Some((first, second)) = repeat(&self.labels) {
            self.tensor = diagonal(&self.tensor, first, second)?;
            self.labels.remove(second);
            // The diagonal is the last dimension.
            let label = self.labels.remove(first);
            self.labels.push(label);
        }
        Ok(self)
    }

    /// The sum over the dimensions that are not wanted.
    fn summed(mut self, is_wanted: &dyn Fn(&Label) -> bool) -> Result<Self, Error> {
        while let Some(place) = self.labels.iter().position(|it| !is_wanted(it)) {
            self.tensor = self.tensor.sum(place)?;
            self = self.squeezed(place)?;
        }
        Ok(self)
    }

    fn squeezed(mut self, place: usize) -> Result<Self, Error> {
        let mut shape = self.tensor.shape();
        shape.remove(place);
        self.labels.remove(place);
        self.tensor = self.tensor.reshape(&shape)?;
        Ok(self)
    }

    /// Leaves out the dimensions of length 1 that are longer in another tensor: they are broadcast.
    fn without_broadcast(mut self, other: &Self) -> Result<Self, Error> {
        let is_broadcast =
            |it: &Label| self.length(*it) == Some(1) && other.length(*it).is_some_and(|it| it != 1);
        if let Some(place) = self.labels.iter().position(is_broadcast) {
            self = self.squeezed(place)?;
            return self.without_broadcast(other);
        }
        Ok(self)
    }

    /// The product with another, summed over what both have and nobody wants.
    fn join(self, other: Self, is_wanted: &dyn Fn(&Label) -> bool) -> Result<Self, Error> {
        let left = self.summed(&|it| is_wanted(it) || other.labels.contains(it))?;
        let right = other.summed(&|it| is_wanted(it) || left.labels.contains(it))?;
        let left =
            left.without_broadcast(&right)?.summed(&|it| is_wanted(it) || right.labels.contains(it))?;
        let right =
            right.without_broadcast(&left)?.summed(&|it| is_wanted(it) || left.labels.contains(it))?;
        let of = |named: &Self, keep: &dyn Fn(&Label) -> bool| -> Vec<Label> {
            named.labels.iter().copied().filter(|it| keep(it)).collect()
        };
        let batch = of(&left, &|it| right.labels.contains(it) && is_wanted(it));
        let inner = of(&left, &|it| right.labels.contains(it) && !is_wanted(it));
        let rows = of(&left, &|it| !right.labels.contains(it) && is_wanted(it));
        let columns = of(&right, &|it| !left.labels.contains(it) && is_wanted(it));
        let lengths = |named: &Self, labels: &[Label]| -> Vec<usize> {
            labels.iter().filter_map(|it| named.length(*it)).collect()
        };
        for shared in [&batch, &inner] {
            if lengths(&left, shared) != lengths(&right, shared) {
                let expected =
                    format!("the lengths of {:?} where they have a letter in common", left.tensor.shape());
                return Err(wrong_shape("a term", expected, &right.tensor.shape()));
            }
        }
        let size = |lengths: Vec<usize>| lengths.iter().product::<usize>();
        let (n_batch, n_inner) = (size(lengths(&left, &batch)), size(lengths(&left, &inner)));
        let (n_rows, n_columns) = (size(lengths(&left, &rows)), size(lengths(&right, &columns)));
        let a = left.ordered(&[&batch[..], &rows, &inner].concat())?.reshape(&[n_batch, n_rows, n_inner])?;
        let b = right
            .ordered(&[&batch[..], &inner, &columns].concat())?
            .reshape(&[n_batch, n_inner, n_columns])?;
        // Without a sum the product of matrices is one of single elements.
        let product = if n_inner == 1 { a.mul(&b)? } else { a.matmul(&b)? };
        let shape = [lengths(&left, &batch), lengths(&left, &rows), lengths(&right, &columns)].concat();
        Ok(Self { tensor: product.reshape(&shape)?, labels: [batch, rows, columns].concat() })
    }

    /// The tensor with its dimensions in this order.
    fn ordered(&self, labels: &[Label]) -> Result<Tensor, Error> {
        let place = |label: &Label| self.labels.iter().position(|it| it == label);
        let axes: Vec<usize> = labels.iter().filter_map(place).collect();
        self.tensor.permute(&axes)
    }
}

/// The diagonal of two dimensions, as the last dimension.
fn diagonal(x: &Tensor, first: usize, second: usize) -> Result<Tensor, Error> {
    let mut shape = x.shape();
    let (n, other) = (shape[first], shape[second]);
    if n != other {
        return Err(wrong_shape("a term", "one length where a letter is repeated", &shape));
    }
    let mut axes: Vec<usize> = (0..shape.len()).filter(|it| *it != first && *it != second).collect();
    axes.extend([first, second]);
    let turned = x.permute(&axes)?;
    shape.remove(second);
    shape.remove(first);
    shape.push(n * n);
    let places: Vec<i64> = (0..n).map(|it| (it * (n + 1)) as i64).collect();
    turned.reshape(&shape)?.select(shape.len() - 1, &places)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(equation: &str, operands: &[(&[f64], &[usize])]) -> (Vec<usize>, Vec<f64>) {
        let device = rationale_tensor::Device::flex();
        let tensor =
            |(values, shape): &(&[f64], &[usize])| Tensor::from_vec(values.to_vec(), shape, &device).ok();
        let inputs: Vec<_> = operands.iter().map(tensor).collect();
        let y = Equation::parse(equation).unwrap().forward(&inputs).unwrap().remove(0);
        (y.shape(), y.to_f64s().unwrap())
    }

    #[test]
    fn contracts_three_terms() {
        let (x, y, z): (&[f64], &[f64], &[f64]) = (&[1.0, 2.0], &[1.0, 2.0, 3.0, 4.0], &[5.0, 6.0]);
        assert_eq!(run("i,ij,j", &[(x, &[2]), (y, &[2, 2]), (z, &[2])]), (vec![], vec![95.0]));
    }

    #[test]
    fn broadcasts_what_the_dots_stand_for() {
        let (x, y): (&[f64], &[f64]) = (&[1.0, 2.0], &[1.0, 10.0, 100.0]);
        let outer = run("...,...->...", &[(x, &[2, 1]), (y, &[3])]);
        assert_eq!(outer, (vec![2, 3], vec![1.0, 10.0, 100.0, 2.0, 20.0, 200.0]));
        assert_eq!(run("a...,...", &[(x, &[2]), (&[3.0], &[])]), (vec![2], vec![3.0, 6.0]));
    }

    #[test]
    fn outer_products_and_sums_of_one_term() {
        let x: &[f64] = &[1.0, 2.0];
        assert_eq!(run("i,j->ji", &[(x, &[2]), (&[3.0, 4.0], &[2])]), (vec![2, 2], vec![3.0, 6.0, 4.0, 8.0]));
        assert_eq!(run("ii", &[(&[1.0, 2.0, 3.0, 4.0], &[2, 2])]), (vec![], vec![5.0]));
        assert_eq!(
            run("b i, i -> b", &[(&[1.0, 2.0, 3.0, 4.0], &[2, 2]), (x, &[2])]),
            (vec![2], vec![5.0, 11.0])
        );
    }

    #[test]
    fn refuses_what_makes_no_sense() {
        for text in ["i->j", "i->ii", "......", "i1", "i,j->i->j"] {
            assert!(Equation::parse(text).is_none(), "{text}");
        }
    }
}
