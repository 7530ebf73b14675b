//! How a row chooses between two children.

/// One of two children.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The child of rows that pass the test.
    Left,
    /// The child of rows that do not.
    Right,
}

/// A set of category codes, as a bitset.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CategorySet(Box<[u64]>);

impl CategorySet {
    /// Of codes 0, 1, ... as the model's library numbers them.
    pub fn new(codes: impl IntoIterator<Item = u32>) -> Self {
        let mut words = Vec::new();
        for code in codes {
            let word = (code / 64) as usize;
            if words.len() <= word {
                words.resize(word + 1, 0);
            }
            words[word] |= 1_u64 << (code % 64);
        }
        Self(words.into())
    }

    /// Whether the code is in the set. Fractions are cut off; negative, unknown and NaN codes are in no set.
    pub fn contains(&self, code: f64) -> bool {
        if code.is_nan() || code <= -1.0 || code >= (self.0.len() * 64) as f64 {
            return false;
        }
        #[expect(clippy::cast_sign_loss, reason = "checked above: it lies between -1 and the set's size")]
        let code = code as usize;
        self.0[code / 64] >> (code % 64) & 1 == 1
    }

    /// The codes in ascending order.
    pub fn codes(&self) -> impl Iterator<Item = u32> + '_ {
        let words = self.0.iter().enumerate().filter(|(_, word)| **word != 0);
        words.flat_map(|(place, word)| {
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| place as u32 * 64 + bit)
        })
    }
}

/// The question a split asks; a row that passes goes left.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// x < threshold: XGBoost (in float32), linfa.
    Less(f64),
    /// x <= threshold: LightGBM, scikit-learn, CatBoost (which asks x > border and goes right).
    LessOrEqual(f64),
    /// The category is in the set: LightGBM.
    OneOf(CategorySet),
    /// The category is not in the set, unknown ones included: XGBoost, whose set goes right.
    NoneOf(CategorySet),
    /// x equals one of the numbers exactly: ONNX's `BRANCH_EQ` and `BRANCH_MEMBER`.
    AnyOf(Box<[f64]>),
}

/// Which values count as missing at a split, and where they go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing {
    /// The child of missing values.
    pub side: Side,
    /// Whether zero counts as missing too (LightGBM's `zero_as_missing`: up to 1e-35 in size).
    pub zero: bool,
}

impl Missing {
    /// Only NaN counts as missing.
    pub const fn nan(side: Side) -> Self {
        Self { side, zero: false }
    }

    fn holds(self, x: f64) -> bool {
        // LightGBM's bound is a float32 number.
        x.is_nan() || (self.zero && x.abs() <= f64::from(1e-35_f32))
    }
}

/// A test on one feature, and the two children.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// The feature asked about.
    pub feature: usize,
    /// The question.
    pub test: Test,
    /// What happens to missing values.
    pub missing: Missing,
    /// The node of rows that pass.
    pub left: usize,
    /// The node of rows that do not.
    pub right: usize,
}

impl Split {
    /// Where a row with value `x` of the split's feature goes.
    pub fn side(&self, x: f64) -> Side {
        if self.missing.holds(x) {
            return self.missing.side;
        }
        let passes = match &self.test {
            Test::Less(threshold) => x < *threshold,
            Test::LessOrEqual(threshold) => x <= *threshold,
            Test::OneOf(set) => set.contains(x),
            // XGBoost calls -0.5 negative, where other libraries cut the fraction off first.
            Test::AnyOf(numbers) => numbers.contains(&x),
            Test::NoneOf(set) => x < 0.0 || !set.contains(x),
        };
        if passes { Side::Left } else { Side::Right }
    }

    /// Where rows with these values of the split's feature go.
    pub fn sides(&self, values: &[f64], sides: &mut [Side]) {
        let is_left_if_missing = self.missing.side == Side::Left;
        let write = |goes_left: bool| if goes_left { Side::Left } else { Side::Right };
        let pairs = sides.iter_mut().zip(values);
        match self.test {
            Test::Less(t) if !self.missing.zero => {
                pairs.for_each(|(side, x)| *side = write((*x < t) | (x.is_nan() & is_left_if_missing)));
            }
            Test::LessOrEqual(t) if !self.missing.zero => {
                pairs.for_each(|(side, x)| *side = write((*x <= t) | (x.is_nan() & is_left_if_missing)));
            }
            _ => pairs.for_each(|(side, x)| *side = self.side(*x)),
        }
    }

    /// The threshold below which numbers go left, where the question is for an order.
    pub(crate) fn less_than(&self) -> Option<f64> {
        match self.test {
            Test::Less(threshold) => Some(threshold),
            // No number lies between a finite threshold and the next.
            Test::LessOrEqual(threshold) => Some(threshold.next_up()).filter(|_| threshold.is_finite()),
            _ => None,
        }
    }

    /// For [`Tree`](crate::Tree)'s fingerprint: feature, missing values and test, but not the children.
    pub(crate) fn write_bytes(&self, bytes: &mut Vec<u8>) {
        let kind = match &self.test {
            Test::Less(_) => 1,
            Test::LessOrEqual(_) => 2,
            Test::OneOf(_) => 3,
            Test::NoneOf(_) => 4,
            Test::AnyOf(_) => 5,
        };
        let missing = u8::from(self.missing.side == Side::Right) + 2 * u8::from(self.missing.zero);
        bytes.extend([kind, missing]);
        bytes.extend((self.feature as u64).to_le_bytes());
        match &self.test {
            Test::Less(threshold) | Test::LessOrEqual(threshold) => bytes.extend(threshold.to_le_bytes()),
            Test::OneOf(set) | Test::NoneOf(set) => {
                bytes.extend((set.0.len() as u64).to_le_bytes());
                set.0.iter().for_each(|word| bytes.extend(word.to_le_bytes()));
            }
            Test::AnyOf(numbers) => {
                bytes.extend((numbers.len() as u64).to_le_bytes());
                numbers.iter().for_each(|number| bytes.extend(number.to_le_bytes()));
            }
        }
    }

    /// The child on a side.
    pub fn child(&self, side: Side) -> usize {
        match side {
            Side::Left => self.left,
            Side::Right => self.right,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(test: Test, missing: Missing, x: f64) -> Side {
        Split { feature: 0, test, missing, left: 1, right: 2 }.side(x)
    }

    #[test]
    fn equal_goes_right_under_less_and_left_under_less_or_equal() {
        let missing = Missing::nan(Side::Left);
        assert_eq!(side(Test::Less(1.0), missing, 1.0), Side::Right);
        assert_eq!(side(Test::LessOrEqual(1.0), missing, 1.0), Side::Left);
    }

    #[test]
    fn many_rows_go_where_each_goes() {
        let values = [f64::NAN, -1.0, 0.0, 1.0, 1.5, f64::INFINITY, 1e-40];
        let tests = [Test::Less(1.0), Test::LessOrEqual(1.0), Test::OneOf(CategorySet::new([1]))];
        for (test, side, zero) in tests.into_iter().flat_map(|test| {
            [(Side::Left, false), (Side::Right, false), (Side::Left, true), (Side::Right, true)]
                .map(|(side, zero)| (test.clone(), side, zero))
        }) {
            let split = Split { feature: 0, test, missing: Missing { side, zero }, left: 1, right: 2 };
            let mut sides = [Side::Left; 7];
            split.sides(&values, &mut sides);
            assert_eq!(sides, values.map(|x| split.side(x)), "{split:?}");
        }
    }

    #[test]
    fn nan_goes_where_the_split_says() {
        for at in [Side::Left, Side::Right] {
            assert_eq!(side(Test::Less(1.0), Missing::nan(at), f64::NAN), at);
        }
    }

    #[test]
    fn zero_is_missing_only_where_the_split_says() {
        assert_eq!(side(Test::Less(1.0), Missing::nan(Side::Right), 0.0), Side::Left);
        assert_eq!(side(Test::Less(1.0), Missing { side: Side::Right, zero: true }, -0.0), Side::Right);
    }

    #[test]
    fn a_negative_fraction_is_no_code_where_the_set_goes_right() {
        let set = || CategorySet::new([0]);
        for (x, at) in [(-0.5, Side::Left), (-0.0, Side::Right), (0.9, Side::Right), (1.0, Side::Left)] {
            assert_eq!(side(Test::NoneOf(set()), Missing::nan(Side::Left), x), at, "{x}");
        }
    }

    #[test]
    fn unknown_categories_are_in_no_set() {
        let set = CategorySet::new([0, 3, 70]);
        assert_eq!(set.codes().collect::<Vec<_>>(), [0, 3, 70]);
        for (code, known) in
            [(0.0, true), (3.9, true), (70.0, true), (1.0, false), (-1.0, false), (1e300, false)]
        {
            assert_eq!(set.contains(code), known, "{code}");
        }
        assert!(!CategorySet::default().contains(0.0));
    }
}
