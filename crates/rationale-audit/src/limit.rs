//! What the figures of an audit mean and do not mean, in the words of the report.

/// What is stated in the place of the third limit where a model only answers.
pub const SAMPLED: &str = "Values are sampled: the model was asked in random orders of its columns, and a value's standard error \
     stands in `attributions.evidence.json`. The intervals of reasons cover that and the chance choice of the reference \
     rows and nothing else: not other training data, not another model.";
/// Where that stands.
pub(crate) const EXACT: usize = 2;

/// The limits that every report states.
pub const LIMITS: [&str; 7] = [
    "Attributions say how the model came to its score. They do not say what would happen to a person who changed \
     something, nor why people pay their debts: a reason is no advice and no cause.",
    "Every value is a comparison with the stated reference. Another reference is another question and gives other \
     reasons; both can be right.",
    "Values are exact for the model as it is (the gap printed under Evidence is rounding). The intervals of reasons \
     cover the chance choice of the reference rows and nothing else: not other training data, not another model.",
    "Where two reasons are marked as not separable, their order could as well be the other way round.",
    "Features that go together share their credit in a way that the data cannot settle. Combinations that nobody has \
     (a pensioner aged 20) are asked of the model too when absent features are filled from the reference.",
    "Differences between groups describe this table. They prove neither unequal treatment nor its absence; groups of \
     fewer than 30 are marked. Gaps in attributions are corrected for their number; shares and means are not. The \
     four-fifths line is a convention of employment law, and neither a finding nor a defence here.",
    "A model that does not see a protected column can still follow it through others.",
];
