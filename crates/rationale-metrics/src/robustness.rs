//! Do inputs that are nearly the same get explanations that are nearly the same?

mod average_sensitivity;
mod consistency;
mod continuity;
mod local_lipschitz;
mod max_sensitivity;
mod neighbourhood;
mod relative_input_stability;
mod relative_output_stability;
mod relative_representation_stability;

pub use average_sensitivity::AverageSensitivity;
pub use consistency::Consistency;
pub use continuity::Continuity;
pub use local_lipschitz::LocalLipschitz;
pub use max_sensitivity::MaxSensitivity;
pub use neighbourhood::Neighbourhood;
pub use relative_input_stability::RelativeInputStability;
pub use relative_output_stability::RelativeOutputStability;
pub use relative_representation_stability::RelativeRepresentationStability;
