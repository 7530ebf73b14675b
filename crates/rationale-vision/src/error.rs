//! What can go wrong on the way from a picture to a heat map.

use std::io;

/// Why a picture cannot be read, prepared or coloured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file cannot be read at all.
    #[error("`{file}` cannot be read: {source}")]
    Read {
        /// The path.
        file: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file cannot be written; what stood there before stands there still.
    #[error("`{file}` cannot be written: {source}")]
    Write {
        /// The path.
        file: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// An array cannot be written as NPY.
    #[error("`{file}` cannot be written: {source}")]
    Npy {
        /// The path.
        file: String,
        /// What the writer said.
        source: ndarray_npy::WriteNpyError,
    },
    /// The bytes are no picture in a format that is read.
    #[error("this is no picture that can be read: it is {seen}; PNG, JPEG, WebP, GIF, BMP and TIFF are read")]
    NoPicture {
        /// What the bytes look like.
        seen: String,
    },
    /// The bytes end before the picture does.
    #[error("the {format} is truncated: its {n_bytes} bytes end before the picture does")]
    Truncated {
        /// The picture's format.
        format: &'static str,
        /// How many bytes there are.
        n_bytes: usize,
    },
    /// The decoder refuses the bytes.
    #[error("the {format} cannot be decoded: {source}")]
    Decode {
        /// The picture's format.
        format: &'static str,
        /// What the decoder said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// More pixels than the limit.
    #[error("the picture has {width} x {height} pixels, {n_pixels} in all; the limit is {limit}")]
    TooManyPixels {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
        /// Their product.
        n_pixels: u64,
        /// The most that are read.
        limit: u64,
    },
    /// More bytes than the limit.
    #[error("the file has more than {limit} bytes, which is the limit")]
    TooManyBytes {
        /// The most that are read.
        limit: u64,
    },
    /// A size of 0, or one at which numbers of pixels overflow.
    #[error("{what} cannot be {height} x {width} (height x width): both must be from 1 to {most}")]
    Size {
        /// What has the size.
        what: &'static str,
        /// Pixels down.
        height: usize,
        /// Pixels across.
        width: usize,
        /// The most that is possible.
        most: usize,
    },
    /// The shorter side is resized to less than what is then cut out.
    #[error(
        "the shorter side is resized to {length} pixels, from which {height} x {width} (height x width) cannot be cut"
    )]
    Crop {
        /// The shorter side after resizing.
        length: usize,
        /// The input's height.
        height: usize,
        /// The input's width.
        width: usize,
    },
    /// Arrays that belong together differ in shape.
    #[error("{what} is {actual:?}, where {expected:?} is needed (height, width)")]
    Shape {
        /// Which array.
        what: &'static str,
        /// What would be right.
        expected: [usize; 2],
        /// What was given.
        actual: [usize; 2],
    },
    /// A number out of its range.
    #[error("{what} is {value}, but must be {expected}")]
    Number {
        /// Which number.
        what: &'static str,
        /// What was given.
        value: f64,
        /// What would be right.
        expected: &'static str,
    },
    /// The description of a network is no JSON of the right form.
    #[error("the description of the network cannot be read: {source}")]
    Description {
        /// What the reader said.
        #[from]
        source: serde_json::Error,
    },
    /// The description is of another kind or version.
    #[error("the file says it is `{format}` version {version}; `rationale-network` version 1 is read")]
    Version {
        /// The format that it names.
        format: String,
        /// The version that it names.
        version: u32,
    },
    /// A description states something twice or too little.
    #[error("the description of the network {problem}")]
    Incomplete {
        /// What is wrong, with what would be right.
        problem: &'static str,
    },
    /// Labels and outputs differ in number.
    #[error("there are {n_labels} labels, but the network has {n_outputs} outputs")]
    Labels {
        /// How many labels.
        n_labels: usize,
        /// How many outputs.
        n_outputs: usize,
    },
    /// Numbered labels with a gap.
    #[error("the labels are numbered with gaps: number {number} stands where {position} is due")]
    Unnumbered {
        /// The number that is due.
        position: usize,
        /// The number that stands there.
        number: usize,
    },
    /// The network failed, or does not have what was asked for.
    #[error(transparent)]
    Network {
        /// What it said.
        #[from]
        source: rationale_tensor::Error,
    },
    /// Something handed over does not fit, such as a class that the network does not have.
    #[error(transparent)]
    Core {
        /// What does not fit.
        #[from]
        source: rationale_core::Error,
    },
    /// No batch of pictures.
    #[error(
        "the input has shape {actual:?}, but a network over pictures and at least one picture are needed: floating-point [picture, channel, row, column] or [picture, row, column, channel]"
    )]
    Pictures {
        /// The shape.
        actual: Vec<usize>,
    },
    /// A layer in whose value no picture lies.
    #[error(
        "layer `{layer}` has shape {shape:?}, in which no grid of positions is found: [picture, channel, row, column] with more than one position, [picture, row, column, channel] or tokens [picture, token, channel] of a grid are needed"
    )]
    Layer {
        /// The layer.
        layer: String,
        /// Its value's shape.
        shape: Vec<usize>,
    },
    /// A network none of whose layers holds a picture.
    #[error("none of the network's {n_sites} layers has more than one position; name the layer to look at")]
    NoLayer {
        /// How many layers were looked at.
        n_sites: usize,
    },
    /// An output of another shape.
    #[error("the network's output has shape {actual:?}, but {expected} is needed")]
    Output {
        /// What would be right.
        expected: &'static str,
        /// The shape.
        actual: Vec<usize>,
    },
    /// Fewer classes than pictures.
    #[error("{n_classes} classes are given for at least {needed} pictures; one for each is needed")]
    Classes {
        /// How many classes are given.
        n_classes: usize,
        /// How many pictures there are at least.
        needed: usize,
    },
    /// A region without a position.
    #[error("the region has no position in it; at least one is needed")]
    EmptyRegion,
    /// A network for which CAM is not defined.
    #[error(
        "CAM is defined for global average pooling and one linear layer behind `{layer}` alone, but {reason}; take grad-cam, which needs neither"
    )]
    NotPooledLinear {
        /// The layer.
        layer: String,
        /// What was seen.
        reason: &'static str,
    },
    /// More positions than a matrix of positions by positions may have.
    #[error(
        "{method} needs a matrix of positions by positions, and the layer has {n_positions}; the limit is {limit}"
    )]
    TooManyPositions {
        /// The method.
        method: &'static str,
        /// How many there are.
        n_positions: usize,
        /// The limit.
        limit: usize,
    },
    /// A class without others to be told from.
    #[error(
        "finer-cam compares a class with {n_similar} others, and the network has {n_classes} classes; at least one other is needed, of a target that is one class"
    )]
    Rivals {
        /// How many classes there are.
        n_classes: usize,
        /// How many others are asked for.
        n_similar: usize,
    },
    /// Two settings that do not go together.
    #[error("{method} {problem}")]
    Combination {
        /// The method.
        method: &'static str,
        /// What does not go with it, and what does.
        problem: &'static str,
    },
}
