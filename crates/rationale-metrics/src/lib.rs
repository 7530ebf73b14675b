//! Is an explanation any good? Faithfulness, robustness, localisation, complexity, randomisation, axioms, agreement.
//!
//! ```
//! use ndarray::array;
//! use rationale_core::FromFn;
//! use rationale_metrics::{Case, Deletion, Input, Measure, Players, Score};
//!
//! // f = 3 x0 + x1 at (1, 1), where 0 stands for absence, and an attribution of it.
//! let model = FromFn::new(|rows: ndarray::ArrayView2<'_, f64>| rows.dot(&array![[3.0], [1.0]]));
//! let (row, fill, players) = (array![1.0, 1.0], array![0.0, 0.0], Players::columns(2));
//! let input = Input::new(&model, row.view(), fill.view(), &players)?;
//! let score = |attribution: [f64; 2]| {
//!     let attribution = ndarray::Array1::from(attribution.to_vec());
//!     Deletion::default().measure(&Case::new(attribution.view(), 0)?.with_input(&input)?)
//! };
//! // 4, 1, 0 when the larger goes first; 4, 3, 0 the other way round.
//! assert_eq!(score([3.0, 1.0])?, Score::Value(1.5));
//! assert_eq!(score([1.0, 3.0])?, Score::Value(2.5));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A [`Case`] is one explanation with what it is judged against; a [`Measure`] judges it; a [`Metric`] is a measure by name. What is absent,
//! and what stands in its place, is the [`Game`](rationale_core::Game)'s affair, so that one metric serves tables, pictures and texts.
//!
//! # What the numbers say
//!
//! | family | asks | mind |
//! |---|---|---|
//! | faithfulness | does the model depend on what is said to matter? | filled inputs do not occur; the fill decides |
//! | robustness | are like inputs explained alike? | a constant is most robust |
//! | localisation | does it point where a person points? | the model may look elsewhere |
//! | complexity | can a person take it in? | simple is not right |
//! | randomisation | does it depend on what was learnt? | passing proves little |
//! | axioms | does it keep what its kind promises? | not every kind promises |
//! | agreement | do two methods say the same? | both may be wrong |
//!
//! No number here says that an explanation is right. A model that gives one answer to everything gets [`Score::NoSignal`] and no ranking.

mod agreement;
mod ask;
mod axioms;
mod budget;
mod case;
mod complexity;
mod correlation;
mod curve;
mod error;
mod evidence;
mod faithfulness;
mod input;
mod interval;
mod localisation;
mod measure;
mod metric;
mod order;
mod players;
mod randomisation;
mod robustness;
mod score;

pub use agreement::{
    FeatureAgreement, Jaccard, KendallAgreement, RankAgreement, SignAgreement, SpearmanAgreement,
};
pub use axioms::{Completeness, InputInvariance, NonSensitivity, Shifted, Symmetry};
pub use budget::{Plan, Wish};
pub use case::{Case, ExplainModel, Other, Peers, Represent};
pub use complexity::{EffectiveComplexity, Entropy, Sparseness};
pub use correlation::{kendall, pearson, spearman};
pub use curve::{Change, Curve, Order, curve, order_of};
pub use error::Error;
pub use evidence::{FullEvidence, Verdict, evidence_full};
pub use faithfulness::{
    AverageDrop, AverageDropCoherencyComplexity, AverageIncrease, Degradation, Deletion,
    FaithfulnessCorrelation, FaithfulnessEstimate, Infidelity, Insertion, Irof, LinearImputation,
    Monotonicity, MonotonicityCorrelation, PixelFlipping, RegionPerturbation, Road, Selectivity,
    SensitivityN, Sufficiency, infidelity,
};
pub use input::Input;
pub use interval::{Bootstrap, Summary};
pub use localisation::{
    AttributionLocalisation, EnergyInBox, PointingGame, RelevanceMassAccuracy, RelevanceRankAccuracy, RocAuc,
    TopKIntersection,
};
pub use measure::{Cost, Measure};
pub use metric::{Better, Family, Metric, Settings};
pub use order::{Ties, descending, ranks};
pub use players::{ChannelOrder, Plane, Players};
pub use randomisation::{
    DataRandomisation, EfficientParameterRandomisation, LayerSimilarity, ParameterRandomisation,
    RandomOutput, Signs, SmoothParameterRandomisation, Spread,
};
pub use robustness::{
    AverageSensitivity, Consistency, Continuity, LocalLipschitz, MaxSensitivity, Neighbourhood,
    RelativeInputStability, RelativeOutputStability, RelativeRepresentationStability,
};
pub use score::{NoSignal, Score};
