//! Shapley values of linear models, with features taken as independent or as correlated.

mod correlated;

use ndarray::{Array1, Array2, Array3, ArrayView2, Axis};
use rationale_core::{
    Attributions, Background, Error, Evidence, Explain, Fingerprint, Parameter, Progress, Seed,
};

use self::correlated::Transform;

const METHOD: &str = "linear-shap";

/// f(x) = W x + c, of one or several outputs.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearModel {
    weights: Array2<f64>,
    intercepts: Array1<f64>,
}

impl LinearModel {
    /// Takes weights `[output, feature]` and intercepts `[output]`.
    pub fn new(weights: Array2<f64>, intercepts: Array1<f64>) -> Result<Self, crate::Error> {
        let (expected, actual) = (weights.nrows(), intercepts.len());
        if expected != actual {
            return Err(crate::Error::Length { what: "the list of intercepts", expected, actual });
        }
        Ok(Self { weights, intercepts })
    }

    /// The outputs `[row, output]`.
    fn predict(&self, rows: ArrayView2<'_, f64>) -> Array2<f64> {
        rows.dot(&self.weights.t()) + &self.intercepts
    }
}

/// Linear SHAP. Lundberg, Lee 2017, corollary 1, <https://arxiv.org/abs/1705.07874>; correlated features after Aas,
/// Jullum, Loland 2021, section 3.1, <https://arxiv.org/abs/1903.10464>.
///
/// ```text
/// independent:   phi_i = w_i (x_i - m_i)
/// correlated:    v(C)  = w . E[x | x_C],   E[x | x_C] = m + S_{.C} S_{CC}^-1 (x_C - m_C),   phi the Shapley values of v
/// ```
///
/// | symbol | here | shape |
/// |---|---|---|
/// | phi | [`Attributions::values`] | `[row, feature, output]` |
/// | w | weights of [`LinearModel`] | `[output, feature]` |
/// | m, S | mean and covariance of the background | `[feature]`, `[feature, feature]` |
///
/// **Holds**: all axioms; dummy only for independent features, because a correlated feature says something even where
/// its weight is 0.
///
/// **Costs**: no model call. A row costs n^2 an output at most; a correlated model is prepared once, over 2^n coalitions
/// for up to 12 features and over `samples` orders of the features beyond.
///
/// **Departs** from shap: correlated values are exact for up to 12 features, where shap averages 1,000 random orders;
/// features that determine each other are refused by name, where shap adds 1e-6 to the diagonal or joins them; features
/// of one value are taken to vary with none, where shap gives them 0. Rows with missing values give NaN.
///
/// ```
/// use ndarray::array;
/// use rationale_core::{Background, Explain, Silent};
/// use rationale_shapley::{LinearModel, LinearShap};
///
/// let model = LinearModel::new(array![[2.0, -1.0]], array![5.0])?;
/// let background = Background::new(array![[0.0, 0.0], [2.0, 4.0]])?;
/// let explained = LinearShap::independent(model, background)?.explain(array![[3.0, 1.0]].view(), &Silent)?;
/// assert_eq!(explained.row(0, 0).to_vec(), [4.0, 1.0]);
/// assert_eq!(explained.base_values()[[0, 0]], 5.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct LinearShap {
    model: LinearModel,
    background: Background,
    mean: Array1<f64>,
    /// How a row's distance from the mean becomes values, one an output; none where features are independent.
    transforms: Option<Vec<Transform>>,
    parameters: Vec<(&'static str, Parameter)>,
    seed: Option<Seed>,
}

impl LinearShap {
    /// Features vary each for itself.
    pub fn independent(model: LinearModel, background: Background) -> Result<Self, Error> {
        check_columns(&model, background.rows(), "the background")?;
        let rows = background.rows();
        let mean = rows.sum_axis(Axis(0)) / rows.nrows() as f64;
        let parameters = vec![("perturbation", Parameter::from("independent"))];
        Ok(Self { model, mean, background, transforms: None, parameters, seed: None })
    }

    /// Features vary together, as they do in the background; exact for up to 12 features that vary, and beyond by
    /// `samples` random orders of them, keyed by the seed.
    pub fn correlated(
        model: LinearModel,
        background: Background,
        samples: usize,
        seed: Seed,
    ) -> Result<Self, Error> {
        let of_independent = Self::independent(model, background)?;
        let covariance = correlated::covariance(of_independent.background.rows());
        let (transforms, orders) =
            correlated::transforms(&of_independent.model.weights, &covariance, samples, seed)?;
        let mut parameters = vec![("perturbation", Parameter::from("correlated"))];
        parameters.extend(orders.map(|orders| ("samples", Parameter::from(orders))));
        let seed = orders.map(|_| seed);
        Ok(Self { transforms: Some(transforms), parameters, seed, ..of_independent })
    }

    /// As [`LinearShap::correlated`], over orders of the features that are given, each a list of all that vary.
    pub fn correlated_by_orders(
        model: LinearModel,
        background: Background,
        orders: &[Vec<usize>],
    ) -> Result<Self, Error> {
        let of_independent = Self::independent(model, background)?;
        let covariance = correlated::covariance(of_independent.background.rows());
        let transforms = correlated::by_orders(&of_independent.model.weights, &covariance, orders)?;
        let parameters =
            vec![("perturbation", Parameter::from("correlated")), ("orders", Parameter::from(orders.len()))];
        Ok(Self { transforms: Some(transforms), parameters, ..of_independent })
    }

    fn values_of(&self, rows: ArrayView2<'_, f64>) -> Array3<f64> {
        let distances = &rows - &self.mean;
        let mut values = Array3::zeros((rows.nrows(), rows.ncols(), self.model.intercepts.len()));
        for (output, weights) in self.model.weights.rows().into_iter().enumerate() {
            let of_output = match &self.transforms {
                None => &distances * &weights,
                Some(transforms) => transforms[output].of_rows(&distances),
            };
            values.index_axis_mut(Axis(2), output).assign(&of_output);
        }
        values
    }

    /// Standard errors, where the orders were drawn.
    fn errors_of(&self, rows: ArrayView2<'_, f64>) -> Option<(Array3<f64>, Array3<bool>)> {
        let transforms = self.transforms.as_ref()?;
        let distances = &rows - &self.mean;
        correlated::errors(transforms, &distances)
    }
}

impl Explain for LinearShap {
    fn explain(&self, rows: ArrayView2<'_, f64>, progress: &dyn Progress) -> Result<Attributions, Error> {
        check_columns(&self.model, rows, "the table of rows")?;
        let base = self.model.weights.dot(&self.mean) + &self.model.intercepts;
        let base_values = Array2::from_shape_fn((rows.nrows(), base.len()), |(_, output)| base[output]);
        let mut evidence = Evidence::new(METHOD, "closed form")
            .with_data(Fingerprint::of_rows(rows))
            .with_baseline("the mean of the background")
            .with_background(&self.background);
        for (name, value) in &self.parameters {
            evidence.parameters.insert((*name).to_owned(), value.clone());
        }
        evidence.seed = self.seed;
        if let Some((errors, separable)) = self.errors_of(rows) {
            evidence = evidence.with_standard_error(errors).with_separable(separable);
        }
        progress.advance(rows.nrows() as u64);
        let explained = Attributions::new(self.values_of(rows), base_values, self.model.predict(rows))?;
        Ok(explained.with_evidence(evidence))
    }
}

fn check_columns(model: &LinearModel, rows: ArrayView2<'_, f64>, what: &'static str) -> Result<(), Error> {
    if rows.ncols() == model.weights.ncols() {
        return Ok(());
    }
    let expected = vec![rows.nrows(), model.weights.ncols()];
    Err(Error::Shape { what, expected, actual: rows.shape().to_vec() })
}
