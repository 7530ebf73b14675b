//! Does an explanation change when what the model has learnt is taken away? One that does not, explains the input or the architecture.

mod data_randomisation;
mod efficient;
mod parameter_randomisation;
mod random_output;
mod smooth;

pub use data_randomisation::DataRandomisation;
pub use efficient::EfficientParameterRandomisation;
pub use parameter_randomisation::{LayerSimilarity, ParameterRandomisation, Signs, Spread};
pub use random_output::RandomOutput;
pub use smooth::SmoothParameterRandomisation;
