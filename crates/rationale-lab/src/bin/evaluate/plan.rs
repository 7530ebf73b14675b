//! Which cells there are, and what each is allowed to cost.

use crate::cell::{Cell, Run};
use crate::models::{Kind, Model, Models};

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// One method a kind, few inputs.
    Quick,
    /// What is published: every method, caps on what is dear.
    Standard,
    /// Everything.
    Full,
}

/// What an extent allows.
struct Caps {
    pictures: usize,
    pictures_of_others: usize,
    /// By the methods of [`THOUSANDS`], which no cap on evaluations makes cheap.
    pictures_of_dearest: usize,
    rows: usize,
    texts: usize,
    /// Inputs on which explanations are made anew: for stability and randomisation.
    renewed: usize,
    /// The same on ResNet-50 and Inception.
    renewed_of_others: usize,
    method_samples: Option<usize>,
    /// On ResNet-50 and Inception, which take ten times as long. Kernel SHAP needs four a superpixel, and Inception's larger
    /// pictures have up to 94 of them.
    method_samples_of_others: Option<usize>,
    neighbours: usize,
    layers: usize,
}

/// Points of a curve.
const STEPS: usize = 10;

impl Extent {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Standard => "standard",
            Self::Full => "full",
        }
    }

    fn caps(self) -> Caps {
        let all = usize::MAX;
        match self {
            Self::Quick => Caps {
                pictures: 2,
                pictures_of_others: 0,
                pictures_of_dearest: 1,
                rows: 20,
                texts: 6,
                renewed: 1,
                renewed_of_others: 1,
                method_samples: Some(250),
                method_samples_of_others: Some(250),
                neighbours: 2,
                layers: 2,
            },
            Self::Standard => Caps {
                pictures: all,
                pictures_of_others: 4,
                pictures_of_dearest: 4,
                rows: 50,
                texts: 20,
                renewed: 2,
                renewed_of_others: 1,
                method_samples: Some(500),
                method_samples_of_others: Some(400),
                neighbours: 2,
                layers: 3,
            },
            Self::Full => Caps {
                pictures: all,
                pictures_of_others: all,
                pictures_of_dearest: all,
                rows: 300,
                texts: all,
                renewed: all,
                renewed_of_others: all,
                method_samples: None,
                method_samples_of_others: None,
                neighbours: 10,
                layers: 10,
            },
        }
    }
}

const CAMS: [&str; 5] = ["grad-cam", "grad-cam++", "layer-cam", "score-cam", "ablation-cam"];
const SLOPES: [&str; 17] = [
    "saliency",
    "input-x-gradient",
    "integrated-gradients",
    "guided-integrated-gradients",
    "smooth-grad",
    "smooth-grad-squared",
    "var-grad",
    "guided-backprop",
    "deconvolution",
    "guided-grad-cam",
    "deeplift",
    "lrp-epsilon",
    "lrp-gamma",
    "lrp-alpha-beta",
    "lrp-z-plus",
    "lrp-flat",
    "lrp-epsilon-plus",
];
const ASKING: [&str; 5] = ["lime", "kernel-shap", "partition-shap", "rise", "occlusion"];
/// What takes a pass a channel, or one after another.
const THOUSANDS: [&str; 2] = ["score-cam", "guided-integrated-gradients"];
const OF_TABLES: [&str; 7] =
    ["tree-shap", "lime", "kernel-shap", "permutation-shap", "sampling-shap", "partition-shap", "occlusion"];
const OF_TEXTS: [&str; 12] = [
    "lime",
    "kernel-shap",
    "permutation-shap",
    "sampling-shap",
    "partition-shap",
    "occlusion",
    "saliency",
    "input-x-gradient",
    "integrated-gradients",
    "smooth-grad",
    "deeplift",
    "lrp-epsilon",
];
const QUICK_OF_PICTURES: [&str; 6] =
    ["grad-cam", "saliency", "guided-backprop", "integrated-gradients", "partition-shap", "occlusion"];

/// One of each family: on ResNet-50 and Inception for what is published.
const OF_OTHERS: [&str; 13] = [
    "grad-cam",
    "grad-cam++",
    "layer-cam",
    "ablation-cam",
    "saliency",
    "integrated-gradients",
    "guided-backprop",
    "deeplift",
    "lrp-epsilon-plus",
    "lime",
    "kernel-shap",
    "rise",
    "occlusion",
];

/// The control of every model.
pub(crate) const CONTROL: &str = "random";

fn methods(extent: Extent, model: &Model) -> Vec<&'static str> {
    let mut all = match (extent, model.kind) {
        (Extent::Quick, Kind::Picture) => QUICK_OF_PICTURES.to_vec(),
        (Extent::Standard, Kind::Picture) if is_other(model) => OF_OTHERS.to_vec(),
        (_, Kind::Picture) => [&CAMS[..], &SLOPES, &ASKING].concat(),
        (_, Kind::Table) => OF_TABLES.to_vec(),
        (_, Kind::Text) => OF_TEXTS.to_vec(),
    };
    all.push(CONTROL);
    all
}

/// A network that takes much longer than MobileNet.
fn is_other(model: &Model) -> bool {
    model.kind == Kind::Picture && model.name != "mobilenet"
}

/// Of every input: what needs one explanation.
const ONCE: [&str; 7] =
    ["deletion", "insertion", "degradation", "sparseness", "pointing-game", "energy-in-box", "completeness"];
/// Of some inputs: what needs explanations of neighbours, or of copies of the model.
const RENEWED: [&str; 2] = ["average-sensitivity", "parameter-randomisation"];

/// All cells.
pub(crate) struct Plan {
    pub(crate) extent: Extent,
    pub(crate) cells: Vec<Cell>,
}

impl Plan {
    pub(crate) fn of(extent: Extent, models: &Models) -> Self {
        let of_model = |model: &Model| {
            let methods = methods(extent, model);
            methods.into_iter().filter_map(|method| cell(extent, model, method)).collect::<Vec<_>>()
        };
        Self { extent, cells: models.all.iter().flat_map(of_model).collect() }
    }

    /// What was not measured for the sake of time.
    pub(crate) fn caps(&self) -> String {
        let caps = self.extent.caps();
        let number = |n: usize| if n == usize::MAX { "all".to_owned() } else { n.to_string() };
        let samples =
            |n: Option<usize>| n.map_or("its own number of".to_owned(), |it| format!("at most {it}"));
        let spared =
            if self.extent == Extent::Full { "" } else { " (not for what takes hundreds of passes)" };
        let families =
            if self.extent == Extent::Standard { " by one method or two of each family" } else { "" };
        let others = match caps.pictures_of_others {
            0 => String::new(),
            n => format!(
                "ResNet-50 and Inception on {} photographs{families}, {} of them for stability and randomisation, {} \
                 evaluations; ",
                number(n),
                number(caps.renewed_of_others),
                samples(caps.method_samples_of_others),
            ),
        };
        format!(
            "{}: MobileNet on {} photographs ({} by {}), {} of them for stability and randomisation{spared}, {} evaluations an \
             explanation for what samples; {others}{} rows and {} texts, {} of each for stability and randomisation; {} \
             neighbours and {} layers; curves of {STEPS} points",
            self.extent.name(),
            number(caps.pictures),
            number(caps.pictures_of_dearest),
            THOUSANDS.join(" and "),
            number(caps.renewed),
            samples(caps.method_samples),
            number(caps.rows),
            number(caps.texts),
            number(caps.renewed),
            caps.neighbours,
            caps.layers,
        )
    }
}

/// A method that takes hundreds of passes a picture.
fn is_dear(method: &str) -> bool {
    ASKING.contains(&method) || THOUSANDS.contains(&method)
}

/// On how many inputs a method explains anew.
fn n_renewed(extent: Extent, model: &Model, method: &str) -> usize {
    let caps = extent.caps();
    if extent != Extent::Full && model.kind == Kind::Picture && is_dear(method) {
        return 0;
    }
    if is_other(model) { caps.renewed_of_others } else { caps.renewed }
}

/// One model by one method; none where the extent leaves no input.
fn cell(extent: Extent, model: &Model, method: &str) -> Option<Cell> {
    let caps = extent.caps();
    let most = match model.kind {
        Kind::Picture if is_other(model) => caps.pictures_of_others,
        Kind::Picture if THOUSANDS.contains(&method) => caps.pictures_of_dearest,
        Kind::Picture => caps.pictures,
        Kind::Table => caps.rows,
        Kind::Text => caps.texts,
    };
    if most == 0 {
        return None;
    }
    let renewed = n_renewed(extent, model, method);
    let runs = [(&ONCE[..], most), (&RENEWED[..], most.min(renewed))].into_iter().filter(|(_, n)| *n > 0);
    let runs = runs.map(|(metrics, n_inputs)| {
        let mut arguments = vec!["evaluate".to_owned(), word(model.kind).to_owned()];
        arguments.extend(model.arguments.clone());
        if model.kind == Kind::Table {
            arguments.extend(["--rows".to_owned(), n_inputs.to_string()]);
        }
        arguments.extend(["--method".to_owned(), method.to_owned()]);
        let has_boxes = model.arguments.contains(&"--boxes".to_owned());
        let fits = |metric: &&&str| match **metric {
            "pointing-game" | "energy-in-box" => has_boxes,
            "completeness" => ADDS_UP.contains(&method) && model.kind != Kind::Picture,
            _ => true,
        };
        for metric in metrics.iter().filter(fits) {
            arguments.extend(["--metric".to_owned(), (*metric).to_owned()]);
        }
        let samples = if is_other(model) { caps.method_samples_of_others } else { caps.method_samples };
        if let Some(samples) = samples {
            arguments.extend(["--method-samples".to_owned(), samples.to_string()]);
        }
        for (option, n) in [("--steps", STEPS), ("--neighbours", caps.neighbours), ("--layers", caps.layers)]
        {
            arguments.extend([option.to_owned(), n.to_string()]);
        }
        Run { arguments, inputs: spread(&model.inputs, n_inputs) }
    });
    Some(Cell { model: model.name, method: method.to_owned(), runs: runs.collect() })
}

/// Methods whose values promise to add up.
const ADDS_UP: [&str; 4] = ["tree-shap", "kernel-shap", "permutation-shap", "partition-shap"];

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Picture => "image",
        Kind::Table => "tabular",
        Kind::Text => "text",
    }
}

/// So many of the inputs, evenly from first to last.
fn spread(inputs: &[String], most: usize) -> Vec<String> {
    let n = most.min(inputs.len());
    (0..n).map(|place| inputs[place * inputs.len() / n].clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_inputs_are_spread_over_all() {
        let inputs: Vec<String> = (0..10).map(|it| it.to_string()).collect();
        assert_eq!(spread(&inputs, 3), ["0", "3", "6"]);
        assert_eq!(spread(&inputs, usize::MAX).len(), 10);
    }
}
