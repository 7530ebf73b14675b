//! All metrics by name.

use rationale_core::Seed;

use crate::{
    AttributionLocalisation, AverageDrop, AverageDropCoherencyComplexity, AverageIncrease,
    AverageSensitivity, Completeness, Consistency, Continuity, DataRandomisation, Degradation, Deletion,
    EffectiveComplexity, EfficientParameterRandomisation, EnergyInBox, Entropy, FaithfulnessCorrelation,
    FaithfulnessEstimate, FeatureAgreement, Infidelity, InputInvariance, Insertion, Irof, Jaccard,
    KendallAgreement, LocalLipschitz, MaxSensitivity, Measure, Monotonicity, MonotonicityCorrelation,
    Neighbourhood, NonSensitivity, ParameterRandomisation, PixelFlipping, PointingGame, RandomOutput,
    RankAgreement, RegionPerturbation, RelativeInputStability, RelativeOutputStability,
    RelativeRepresentationStability, RelevanceMassAccuracy, RelevanceRankAccuracy, Road, RocAuc, Selectivity,
    SensitivityN, SignAgreement, SmoothParameterRandomisation, Sparseness, SpearmanAgreement, Sufficiency,
    Symmetry, Ties, TopKIntersection,
};

/// What a metric asks about an explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Does the model depend on what is said to matter?
    Faithfulness,
    /// Are like inputs explained alike?
    Robustness,
    /// Does it point to where a person points?
    Localisation,
    /// Can a person take it in?
    Complexity,
    /// Does it depend on what the model has learnt?
    Randomisation,
    /// Does it keep what its kind promises?
    Axioms,
    /// Do two methods say the same?
    Agreement,
}

impl Family {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Faithfulness => "faithfulness",
            Self::Robustness => "robustness",
            Self::Localisation => "localisation",
            Self::Complexity => "complexity",
            Self::Randomisation => "randomisation",
            Self::Axioms => "axioms",
            Self::Agreement => "agreement",
        }
    }
}

/// Which numbers are the better ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// The larger.
    Higher,
    /// The smaller.
    Lower,
}

macro_rules! metrics {
    ($($(#[$doc:meta])* $metric:ident $name:literal $family:ident $better:ident;)*) => {
        /// A metric by its name, with its family and direction.
        ///
        /// ```
        /// use rationale_metrics::{Better, Family, Metric};
        ///
        /// let metric = Metric::named("deletion").unwrap();
        /// assert_eq!((metric.family(), metric.better()), (Family::Faithfulness, Better::Lower));
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Metric {
            $($(#[$doc])* $metric,)*
        }

        impl Metric {
            /// All metrics, by family.
            pub const ALL: &'static [Self] = &[$(Self::$metric,)*];

            /// Its name, as the program spells it.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$metric => $name,)*
                }
            }

            /// What it asks.
            pub fn family(self) -> Family {
                match self {
                    $(Self::$metric => Family::$family,)*
                }
            }

            /// Which numbers are the better ones.
            pub fn better(self) -> Better {
                match self {
                    $(Self::$metric => Better::$better,)*
                }
            }
        }
    };
}

metrics! {
    /// [`Deletion`].
    Deletion "deletion" Faithfulness Lower;
    /// [`Insertion`].
    Insertion "insertion" Faithfulness Higher;
    /// [`Degradation`]: MoRF against LeRF.
    Degradation "degradation" Faithfulness Higher;
    /// [`Road`].
    Road "road" Faithfulness Higher;
    /// [`PixelFlipping`].
    PixelFlipping "pixel-flipping" Faithfulness Lower;
    /// [`RegionPerturbation`].
    RegionPerturbation "region-perturbation" Faithfulness Higher;
    /// [`Irof`].
    Irof "irof" Faithfulness Higher;
    /// [`Selectivity`].
    Selectivity "selectivity" Faithfulness Lower;
    /// [`SensitivityN`].
    SensitivityN "sensitivity-n" Faithfulness Higher;
    /// [`FaithfulnessCorrelation`].
    FaithfulnessCorrelation "faithfulness-correlation" Faithfulness Higher;
    /// [`FaithfulnessEstimate`].
    FaithfulnessEstimate "faithfulness-estimate" Faithfulness Higher;
    /// [`Monotonicity`].
    Monotonicity "monotonicity" Faithfulness Higher;
    /// [`MonotonicityCorrelation`].
    MonotonicityCorrelation "monotonicity-correlation" Faithfulness Higher;
    /// [`Infidelity`].
    Infidelity "infidelity" Faithfulness Lower;
    /// [`Sufficiency`].
    Sufficiency "sufficiency" Faithfulness Higher;
    /// [`AverageDrop`].
    AverageDrop "average-drop" Faithfulness Lower;
    /// [`AverageIncrease`].
    AverageIncrease "average-increase" Faithfulness Higher;
    /// [`AverageDropCoherencyComplexity`].
    Adcc "adcc" Faithfulness Higher;
    /// [`MaxSensitivity`].
    MaxSensitivity "max-sensitivity" Robustness Lower;
    /// [`AverageSensitivity`].
    AverageSensitivity "average-sensitivity" Robustness Lower;
    /// [`LocalLipschitz`].
    LocalLipschitz "local-lipschitz" Robustness Lower;
    /// [`Continuity`].
    Continuity "continuity" Robustness Lower;
    /// [`RelativeInputStability`].
    RelativeInputStability "relative-input-stability" Robustness Lower;
    /// [`RelativeOutputStability`].
    RelativeOutputStability "relative-output-stability" Robustness Lower;
    /// [`RelativeRepresentationStability`].
    RelativeRepresentationStability "relative-representation-stability" Robustness Lower;
    /// [`Consistency`].
    Consistency "consistency" Robustness Higher;
    /// [`PointingGame`].
    PointingGame "pointing-game" Localisation Higher;
    /// [`AttributionLocalisation`].
    AttributionLocalisation "attribution-localisation" Localisation Higher;
    /// [`TopKIntersection`].
    TopKIntersection "top-k-intersection" Localisation Higher;
    /// [`RelevanceRankAccuracy`].
    RelevanceRankAccuracy "relevance-rank-accuracy" Localisation Higher;
    /// [`RelevanceMassAccuracy`].
    RelevanceMassAccuracy "relevance-mass-accuracy" Localisation Higher;
    /// [`RocAuc`].
    RocAuc "roc-auc" Localisation Higher;
    /// [`EnergyInBox`].
    EnergyInBox "energy-in-box" Localisation Higher;
    /// [`Sparseness`].
    Sparseness "sparseness" Complexity Higher;
    /// [`Entropy`].
    Entropy "entropy" Complexity Lower;
    /// [`EffectiveComplexity`].
    EffectiveComplexity "effective-complexity" Complexity Lower;
    /// [`ParameterRandomisation`], cascading from the output.
    ParameterRandomisation "parameter-randomisation" Randomisation Lower;
    /// [`ParameterRandomisation::independent`].
    IndependentRandomisation "independent-randomisation" Randomisation Lower;
    /// [`SmoothParameterRandomisation`].
    SmoothRandomisation "smooth-parameter-randomisation" Randomisation Lower;
    /// [`EfficientParameterRandomisation`].
    EfficientRandomisation "efficient-parameter-randomisation" Randomisation Higher;
    /// [`RandomOutput`].
    RandomOutput "random-logit" Randomisation Lower;
    /// [`DataRandomisation`].
    DataRandomisation "data-randomisation" Randomisation Lower;
    /// [`Completeness`].
    Completeness "completeness" Axioms Lower;
    /// [`NonSensitivity`].
    NonSensitivity "non-sensitivity" Axioms Lower;
    /// [`InputInvariance`].
    InputInvariance "input-invariance" Axioms Lower;
    /// [`Symmetry`].
    Symmetry "symmetry" Axioms Lower;
    /// [`FeatureAgreement`].
    FeatureAgreement "feature-agreement" Agreement Higher;
    /// [`RankAgreement`].
    RankAgreement "rank-agreement" Agreement Higher;
    /// [`SignAgreement`].
    SignAgreement "sign-agreement" Agreement Higher;
    /// [`KendallAgreement`].
    Kendall "kendall" Agreement Higher;
    /// [`SpearmanAgreement`].
    Spearman "spearman" Agreement Higher;
    /// [`Jaccard`].
    Jaccard "jaccard" Agreement Higher;
}

/// What the metrics of one evaluation share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Points of a curve (10).
    pub n_steps: usize,
    /// Random subsets, losses or runs (50).
    pub n_samples: usize,
    /// Neighbours of an input, and how far away.
    pub neighbourhood: Neighbourhood,
    /// Layers that are replaced (5).
    pub n_layers: usize,
    /// The seed of everything random.
    pub seed: Seed,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            n_steps: 10,
            n_samples: 50,
            neighbourhood: Neighbourhood::default(),
            n_layers: 5,
            seed: Seed::default(),
        }
    }
}

impl Metric {
    /// The metric of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|metric| metric.name() == name)
    }

    /// The metric with its own defaults where the settings do not say otherwise, for an input of so many players. Metrics that go
    /// player by player take steps of several, so that none needs more than `n_steps` of them.
    pub fn with_settings(self, settings: &Settings, n_players: usize) -> Box<dyn Measure> {
        let Settings { n_steps, n_samples, neighbourhood, n_layers, seed } = *settings;
        let step = n_players.div_ceil(n_steps.max(1)).max(1);
        let ties = Ties::Random(seed);
        let neighbourhood = neighbourhood.with_seed(seed);
        match self {
            Self::Deletion => Box::new(Deletion::default().with_steps(n_steps).with_ties(ties)),
            Self::Insertion => Box::new(Insertion::default().with_steps(n_steps).with_ties(ties)),
            Self::Degradation => Box::new(Degradation::default().with_steps(n_steps).with_ties(ties)),
            Self::Road => Box::new(Road::default().with_ties(ties).with_seed(seed)),
            Self::PixelFlipping => Box::new(PixelFlipping::default().with_step(step).with_ties(ties)),
            Self::RegionPerturbation => Box::new(RegionPerturbation::default().with_ties(ties)),
            Self::Irof => Box::new(Irof::default().with_ties(ties)),
            Self::Selectivity => Box::new(Selectivity::default().with_ties(ties)),
            Self::SensitivityN => {
                Box::new(SensitivityN::default().with_subsets((n_samples / 5).max(2)).with_seed(seed))
            }
            Self::FaithfulnessCorrelation => {
                Box::new(FaithfulnessCorrelation::default().with_runs(n_samples).with_seed(seed))
            }
            Self::FaithfulnessEstimate => {
                Box::new(FaithfulnessEstimate::default().with_step(step).with_ties(ties))
            }
            Self::Monotonicity => Box::new(Monotonicity::default().with_step(step).with_ties(ties)),
            Self::MonotonicityCorrelation => Box::new(MonotonicityCorrelation),
            Self::Infidelity => Box::new(Infidelity::default().with_samples(n_samples).with_seed(seed)),
            Self::Sufficiency => Box::new(Sufficiency::default()),
            Self::AverageDrop => Box::new(AverageDrop),
            Self::AverageIncrease => Box::new(AverageIncrease),
            Self::Adcc => Box::new(AverageDropCoherencyComplexity),
            Self::MaxSensitivity => Box::new(MaxSensitivity::default().with_neighbourhood(neighbourhood)),
            Self::AverageSensitivity => {
                Box::new(AverageSensitivity::default().with_neighbourhood(neighbourhood))
            }
            Self::LocalLipschitz => Box::new(LocalLipschitz::default().with_neighbourhood(neighbourhood)),
            Self::Continuity => Box::new(Continuity::default().with_neighbourhood(neighbourhood)),
            Self::RelativeInputStability => {
                Box::new(RelativeInputStability::default().with_neighbourhood(neighbourhood))
            }
            Self::RelativeOutputStability => {
                Box::new(RelativeOutputStability::default().with_neighbourhood(neighbourhood))
            }
            Self::RelativeRepresentationStability => {
                Box::new(RelativeRepresentationStability::default().with_neighbourhood(neighbourhood))
            }
            Self::Consistency => Box::new(Consistency::default()),
            Self::PointingGame => Box::new(PointingGame),
            Self::AttributionLocalisation => Box::new(AttributionLocalisation),
            Self::TopKIntersection => Box::new(TopKIntersection::default().with_ties(ties)),
            Self::RelevanceRankAccuracy => Box::new(RelevanceRankAccuracy::default().with_ties(ties)),
            Self::RelevanceMassAccuracy => Box::new(RelevanceMassAccuracy),
            Self::RocAuc => Box::new(RocAuc),
            Self::EnergyInBox => Box::new(EnergyInBox),
            Self::Sparseness => Box::new(Sparseness),
            Self::Entropy => Box::new(Entropy),
            Self::EffectiveComplexity => Box::new(EffectiveComplexity::default()),
            Self::ParameterRandomisation => {
                Box::new(ParameterRandomisation::default().with_most_layers(n_layers).with_seed(seed))
            }
            Self::IndependentRandomisation => {
                Box::new(ParameterRandomisation::independent().with_most_layers(n_layers).with_seed(seed))
            }
            Self::SmoothRandomisation => {
                Box::new(SmoothParameterRandomisation::default().with_most_layers(n_layers).with_seed(seed))
            }
            Self::EfficientRandomisation => {
                Box::new(EfficientParameterRandomisation::default().with_seed(seed))
            }
            Self::RandomOutput => Box::new(RandomOutput),
            Self::DataRandomisation => Box::new(DataRandomisation),
            Self::Completeness => Box::new(Completeness),
            Self::NonSensitivity => Box::new(NonSensitivity::default()),
            Self::InputInvariance => Box::new(InputInvariance),
            Self::Symmetry => Box::new(Symmetry::default().with_seed(seed)),
            Self::FeatureAgreement => Box::new(FeatureAgreement::default()),
            Self::RankAgreement => Box::new(RankAgreement::default()),
            Self::SignAgreement => Box::new(SignAgreement::default()),
            Self::Kendall => Box::new(KendallAgreement),
            Self::Spearman => Box::new(SpearmanAgreement),
            Self::Jaccard => Box::new(Jaccard::default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_found_by_its_name() {
        assert!(Metric::ALL.iter().all(|metric| Metric::named(metric.name()) == Some(*metric)));
        assert_eq!(Metric::named("nonsense"), None);
    }

    #[test]
    fn families_stand_together() {
        assert!(Metric::ALL.is_sorted_by_key(|metric| metric.family()));
    }
}
