//! Cascading parameter randomisation: Adebayo et al. 2018, Sanity Checks for Saliency Maps,
//! <https://arxiv.org/abs/1810.03292>, section 3.
//!
//! Layers lose what they have learnt, from the output's down, and maps of what is left are compared with the network's own,
//! for the class that the whole network predicts. Values are means over photographs and seeds.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use ndarray::{Array2, Axis};
use rationale::gradient::{
    Channels, GradientMethod, GuidedBackpropagation, IntegratedGradients, OutputTarget, Quadrature, Saliency,
    Sign as Signs, Steps, picture_map,
};
use rationale::onnx::OnnxNetwork;
use rationale::report::{Series, Settings, curves};
use rationale::tensor::{Network, Run};
use rationale::vision::{CamMethod, CamTarget, ClassActivation, Sign};
use rationale::{Randomise, Seed, Silent};

use crate::option;
use crate::similarity::Likeness;
use crate::stored::{Seen, Stored};

const PHOTOGRAPHS: [&str; 4] =
    ["skimage/chelsea.png", "skimage/coffee.png", "coco-cc/000000173350.jpg", "coco-cc/000000286994.jpg"];
const N_STEPS: usize = 10;
const METHODS: [Method; 4] =
    [Method::GradCam, Method::IntegratedGradients, Method::Saliency, Method::GuidedBackpropagation];

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Method {
    GradCam,
    IntegratedGradients,
    Saliency,
    GuidedBackpropagation,
}

/// What is printed of a likeness, and its name.
type Measure = (&'static str, fn(&Likeness) -> f64);

/// How alike a method's maps are at a depth.
type Means = BTreeMap<(usize, Method), Likeness>;

pub(crate) fn run(words: &[&str]) -> Result<()> {
    let name = words.first().copied().unwrap_or("mobilenet");
    let stored = match name {
        "mobilenet" => Stored::mobilenet()?,
        "resnet50" => Stored::resnet50()?,
        _ => bail!("mobilenet or resnet50 is needed, not {name}"),
    };
    let number = |name: &str, usual: usize| option(words, name).map_or(Ok(usual), str::parse);
    let layers = stored.network.layers();
    let depths = depths(layers.len(), number("--layers", layers.len())?)?;
    let n_seeds = number("--seeds", 3)?;
    let mut all: Vec<Means> = Vec::new();
    for file in PHOTOGRAPHS {
        let seen = stored.see(file)?;
        for seed in 0..n_seeds {
            all.push(likenesses(&stored.network, &seen, &depths, Seed::new(seed as u64))?);
            eprintln!("{name}: {file}, seed {seed}");
        }
    }
    let means = means(&all);
    print(name, &layers, &depths, &means, all.len());
    match option(words, "--figure") {
        Some(path) => draw(name, &depths, &means)
            .save(std::path::Path::new(path))
            .with_context(|| format!("`{path}` cannot be written")),
        None => Ok(()),
    }
}

/// How many layers are replaced: evenly spread from one to all.
fn depths(n_layers: usize, most: usize) -> Result<Vec<usize>> {
    ensure!(most >= 2, "--layers {most}: at least 2 are needed");
    let most = most.min(n_layers);
    Ok((0..most).map(|step| 1 + step * (n_layers - 1) / (most - 1)).collect())
}

fn likenesses(network: &OnnxNetwork, seen: &Seen, depths: &[usize], seed: Seed) -> Result<Means> {
    let class = predicted(network, seen)?;
    let own = METHODS.map(|it| it.maps(network, seen, class));
    let mut found = Means::new();
    for depth in depths {
        let replaced = network.randomised(&(0..*depth).collect::<Vec<_>>(), seed)?;
        let replaced: &dyn std::any::Any = replaced.as_ref();
        let replaced = replaced.downcast_ref::<OnnxNetwork>().context("a network of another type")?;
        for (method, own) in METHODS.iter().zip(&own) {
            let own = own.as_ref().map_err(|error| anyhow::anyhow!("{error:#}"))?;
            found.insert((*depth, *method), own.likeness(&method.maps(replaced, seen, class)?));
        }
    }
    Ok(found)
}

fn predicted(network: &OnnxNetwork, seen: &Seen) -> Result<usize> {
    let outputs = network.forward(&mut Run::new(std::slice::from_ref(&seen.input)))?;
    let values = outputs.first().context("the network has no output")?.to_f64s()?;
    (0..values.len()).max_by(|a, b| values[*a].total_cmp(&values[*b])).context("the network has no classes")
}

/// A map with its signs, and as it is usually looked at, without.
struct Pair {
    signed: Array2<f64>,
    shown: Array2<f64>,
}

impl Pair {
    fn likeness(&self, other: &Self) -> Likeness {
        let shown = Likeness::between(&self.shown, &other.shown);
        Likeness { signed: Likeness::between(&self.signed, &other.signed).signed, ..shown }
    }
}

impl Method {
    fn name(self) -> &'static str {
        match self {
            Self::GradCam => "grad-cam",
            Self::IntegratedGradients => "integrated-gradients",
            Self::Saliency => "saliency",
            Self::GuidedBackpropagation => "guided-backprop",
        }
    }

    fn maps(self, network: &OnnxNetwork, seen: &Seen, class: usize) -> Result<Pair> {
        let target = OutputTarget::element(class);
        match self {
            Self::GradCam => activation(network, seen, class),
            Self::IntegratedGradients => {
                let steps = Steps::Fixed { n_steps: N_STEPS, rule: Quadrature::GaussLegendre };
                slopes(&IntegratedGradients::new().with_steps(steps).with_target(target), network, seen)
            }
            Self::Saliency => {
                slopes(&Saliency::new().with_sign(Signs::Both).with_target(target), network, seen)
            }
            Self::GuidedBackpropagation => {
                slopes(&GuidedBackpropagation::new().with_target(target), network, seen)
            }
        }
    }
}

/// Grad-CAM's map is what is positive of its sum.
fn activation(network: &OnnxNetwork, seen: &Seen, class: usize) -> Result<Pair> {
    let explainer =
        ClassActivation::new(CamMethod::GradCam).with_target(CamTarget::Class(class)).with_sign(Sign::Both);
    let maps = explainer.explain(network, &seen.input, &Silent)?.maps;
    let signed = maps.index_axis(Axis(0), 0).to_owned();
    Ok(Pair { shown: signed.mapv(|it| it.max(0.0)), signed })
}

/// The sum over channels, and the sum of absolute values.
fn slopes(method: &dyn GradientMethod, network: &OnnxNetwork, seen: &Seen) -> Result<Pair> {
    let found = method.explain(network, std::slice::from_ref(&seen.input), &Silent)?;
    let values = found.values.first().context("no values")?;
    let map =
        |channels| Ok::<_, anyhow::Error>(picture_map(values, channels)?.index_axis(Axis(0), 0).to_owned());
    Ok(Pair { signed: map(Channels::Sum)?, shown: map(Channels::SumOfAbsolute)? })
}

fn means(all: &[Means]) -> Means {
    let n = all.len() as f64;
    let mut means = Means::new();
    for (place, it) in all.iter().flatten() {
        let mean: &mut Likeness = means.entry(*place).or_default();
        mean.signed += it.signed / n;
        mean.absolute += it.absolute / n;
        mean.structure += it.structure / n;
    }
    means
}

fn print(name: &str, layers: &[String], depths: &[usize], means: &Means, n: usize) {
    println!("{name}: {} layers, means of {n} ({} photographs)", layers.len(), PHOTOGRAPHS.len());
    let measures: [Measure; 3] = [
        ("rank correlation of what is shown", |it| it.absolute),
        ("rank correlation with signs", |it| it.signed),
        ("structural similarity of what is shown", |it| it.structure),
    ];
    for (measure, of) in measures {
        let names: Vec<_> = METHODS.iter().map(|it| it.name()).collect();
        println!(
            "\n{measure}\n\n| replaced | down to | {} |\n|---:|---|---:|---:|---:|---:|",
            names.join(" | ")
        );
        for depth in depths {
            let cells: Vec<_> =
                METHODS.iter().map(|it| format!("{:.3}", of(&means[&(*depth, *it)]))).collect();
            println!("| {depth} | {} | {} |", layers[depth - 1], cells.join(" | "));
        }
    }
}

fn draw(name: &str, depths: &[usize], means: &Means) -> rationale::report::Picture {
    let series = METHODS.map(|method| {
        let of = |depth: &usize| [*depth as f64, means[&(*depth, method)].absolute];
        let points = std::iter::once([0.0, 1.0]).chain(depths.iter().map(of)).collect();
        Series { name: method.name().to_owned(), points, band: Vec::new() }
    });
    let title = format!("Maps of {name} while its layers are randomised");
    curves(
        &series,
        ["layers replaced, from the output down", "rank correlation"],
        &Settings::default().with_title(&title),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depths_go_from_one_layer_to_all() {
        assert_eq!(depths(28, 28).unwrap(), (1..=28).collect::<Vec<_>>());
        assert_eq!(depths(107, 3).unwrap(), [1, 54, 107]);
        assert!(depths(28, 1).is_err());
    }
}
