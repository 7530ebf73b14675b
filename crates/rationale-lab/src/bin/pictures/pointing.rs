//! The pointing game: Zhang et al. 2018, Top-Down Neural Attention by Excitation Backprop,
//! <https://arxiv.org/abs/1608.00507>, section 4.2.
//!
//! A map is a hit where its maximum, taken back to the photograph, lies in a box of the class or at most 15 pixels beside
//! one; among several maxima the share of those that do. One trial is a photograph and a class. The network sees the centre
//! square alone, so that chance is what a random pixel of that square hits.
//!
//! The photographs are those whose COCO category MobileNet has among its five best ImageNet classes; the class explained is
//! the best of these.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use ndarray::{Array2, ArrayView2, Axis};
use rationale::vision::{CamMethod, CamTarget, ClassActivation, Geometry};
use rationale::{Seed, Silent};
use serde_json::Value;

use crate::stored::{Seen, Stored, folder};

/// Pixels of the photograph that are forgiven around a box.
const TOLERANCE: f64 = 15.0;
/// Random maps of a trial.
const N_RANDOM: u64 = 20;
/// Trials of Score-CAM, which asks the network a thousand times.
const N_SCORED: usize = 4;
/// Output 0 of the network is the background.
const FIRST_CLASS: usize = 1;

/// A photograph, what is on it, and where, as [left, top, right, bottom].
struct Trial {
    file: String,
    category: String,
    classes: Vec<usize>,
    boxes: Vec<[f64; 4]>,
}

/// Hits of a method; shares of ties make them fractions.
struct Hits {
    sum: f64,
    n: usize,
}

pub(crate) fn run(words: &[&str]) -> Result<()> {
    let stored = Stored::mobilenet()?;
    let trials = trials()?;
    let seen =
        trials.iter().map(|it| stored.see(&format!("coco-cc/{}", it.file))).collect::<Result<Vec<_>>>()?;
    let pairs: Vec<(&Trial, &Seen)> = trials.iter().zip(&seen).collect();
    let n_boxes: usize = trials.iter().map(|it| it.boxes.len()).sum();
    println!("{} photographs, {n_boxes} boxes, {TOLERANCE} pixels forgiven\n", trials.len());
    println!("| method | a class | hits | trials | rate | 95 % interval |\n|---|---|---:|---:|---:|---|");
    let methods = [CamMethod::GradCam, CamMethod::GradCamPlusPlus, CamMethod::LayerCam];
    for (scope, all_classes) in [("the best of the photograph", false), ("each of its five best", true)] {
        for method in methods {
            print(method.name(), scope, &hits(&stored, method, &pairs, all_classes, Seed::new(0))?);
        }
    }
    if words.contains(&"--score") {
        let few = &pairs[..N_SCORED];
        for method in [CamMethod::ScoreCam, CamMethod::GradCam] {
            let hits = hits(&stored, method, few, false, Seed::new(0))?;
            print(&format!("{}, {N_SCORED} photographs", method.name()), "the best of the photograph", &hits);
        }
    }
    baselines(&stored, &pairs)
}

fn baselines(stored: &Stored, pairs: &[(&Trial, &Seen)]) -> Result<()> {
    let mut random = Hits { sum: 0.0, n: 0 };
    for seed in 0..N_RANDOM {
        let hits = hits(stored, CamMethod::Random, pairs, false, Seed::new(seed))?;
        random = Hits { sum: random.sum + hits.sum, n: random.n + hits.n };
    }
    print(&format!("{}, {N_RANDOM} seeds", CamMethod::Random.name()), "the best of the photograph", &random);
    let flat = Array2::<f64>::zeros((224, 224));
    let mut centre = flat.clone();
    [111, 112].iter().for_each(|y| [111, 112].iter().for_each(|x| centre[[*y, *x]] = 1.0));
    let of = |map: &Array2<f64>| {
        let hit = |(trial, seen): &(&Trial, &Seen)| hit(map.view(), &seen.geometry, &trial.boxes);
        Hits { sum: pairs.iter().map(hit).sum(), n: pairs.len() }
    };
    print("the centre", "-", &of(&centre));
    print("any pixel (chance)", "-", &of(&flat));
    Ok(())
}

fn hits(
    stored: &Stored,
    method: CamMethod,
    pairs: &[(&Trial, &Seen)],
    all_classes: bool,
    seed: Seed,
) -> Result<Hits> {
    let mut hits = Hits { sum: 0.0, n: 0 };
    for (trial, seen) in pairs {
        let n = if all_classes { trial.classes.len() } else { 1 };
        for class in &trial.classes[..n] {
            let explainer =
                ClassActivation::new(method).with_target(CamTarget::Class(*class)).with_seed(seed);
            let maps = explainer.explain(&stored.network, &seen.input, &Silent)?.maps;
            let found = hit(maps.index_axis(Axis(0), 0), &seen.geometry, &trial.boxes);
            if !all_classes && method != CamMethod::Random {
                eprintln!("{} {} of {}: {found}", trial.file, trial.category, method.name());
            }
            hits = Hits { sum: hits.sum + found, n: hits.n + 1 };
        }
    }
    Ok(hits)
}

/// The share of the map's maxima that lie on an object.
fn hit(map: ArrayView2<'_, f64>, geometry: &Geometry, boxes: &[[f64; 4]]) -> f64 {
    let size = [map.nrows(), map.ncols()];
    let highest = map.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let maxima = map.indexed_iter().filter(|(_, it)| **it == highest);
    let on = |(row, column)| {
        let point = geometry.point([row, column], size);
        f64::from(u8::from(boxes.iter().any(|it| distance(point, *it) <= TOLERANCE)))
    };
    let found: Vec<f64> = maxima.map(|(at, _)| on(at)).collect();
    found.iter().sum::<f64>() / found.len() as f64
}

/// From a point to the nearest of a box; 0 inside.
fn distance([down, right]: [f64; 2], [left, top, end, bottom]: [f64; 4]) -> f64 {
    let beside = |at: f64, low: f64, high: f64| (low - at).max(at - high).max(0.0);
    beside(right, left, end).hypot(beside(down, top, bottom))
}

fn print(name: &str, scope: &str, hits: &Hits) {
    let (n, rate) = (hits.n as f64, hits.sum / hits.n as f64);
    let [low, high] = wilson(rate, n);
    println!("| {name} | {scope} | {:.2} | {} | {rate:.3} | {low:.3} to {high:.3} |", hits.sum, hits.n);
}

/// Wilson's interval of a share: 1927, Probable inference, <https://doi.org/10.1080/01621459.1927.10502953>.
fn wilson(rate: f64, n: f64) -> [f64; 2] {
    const Z: f64 = 1.959_963_984_540_054;
    let (square, below) = (Z * Z, 1.0 + Z * Z / n);
    let middle = (rate + square / (2.0 * n)) / below;
    let half = Z / below * (rate * (1.0 - rate) / n + square / (4.0 * n * n)).sqrt();
    [middle - half, middle + half]
}

/// One for each photograph with a known class, by its file.
fn trials() -> Result<Vec<Trial>> {
    let text = std::fs::read_to_string(folder()?.join("images/coco-cc/instances.json"))?;
    let stored: Value = serde_json::from_str(&text)?;
    let list = |name: &str| stored[name].as_array().with_context(|| format!("no {name} in instances.json"));
    let categories: BTreeMap<Option<u64>, &str> =
        list("categories")?.iter().map(|it| (it["id"].as_u64(), it["name"].as_str().unwrap_or(""))).collect();
    let images: BTreeMap<&str, Option<u64>> = list("images")?
        .iter()
        .filter_map(|it| Some((it["file_name"].as_str()?, it["id"].as_u64())))
        .collect();
    let annotations = list("annotations")?;
    let trial = |known: &Value| -> Option<Trial> {
        let (file, hits) = (known["file"].as_str()?, known["hits"].as_array()?);
        let category = hits.first()?["coco"].as_str()?;
        let is_of = |it: &&Value| {
            it["image_id"].as_u64() == images.get(file).copied().flatten()
                && categories.get(&it["category_id"].as_u64()) == Some(&category)
        };
        let classes =
            hits.iter().filter_map(|it| Some(it["imagenet_class_0based"].as_u64()? as usize + FIRST_CLASS));
        let boxes = annotations.iter().filter(is_of).filter_map(|it| corners(&it["bbox"]));
        Some(Trial {
            file: file.to_owned(),
            category: category.to_owned(),
            classes: classes.collect(),
            boxes: boxes.collect(),
        })
    };
    list("imagenet_hits")?.iter().map(|it| trial(it).context("a photograph without a class")).collect()
}

/// COCO's [left, top, width, height] as [left, top, right, bottom].
fn corners(given: &Value) -> Option<[f64; 4]> {
    let side = |at: usize| given[at].as_f64();
    let [left, top, width, height] = [side(0)?, side(1)?, side(2)?, side(3)?];
    Some([left, top, left + width, top + height])
}

#[cfg(test)]
mod tests {
    use ndarray::array;
    use rationale::vision::Window;

    use super::*;

    #[test]
    fn a_hit_is_at_most_so_far_beside_a_box() {
        let window = Window { top: 0.0, left: 50.0, height: 100.0, width: 100.0 };
        let geometry = Geometry::new([100, 200], window).unwrap();
        // The maximum lies 25 pixels down and 125 to the right.
        let map = array![[0.0, 1.0], [0.5, 0.0]];
        for (left, found) in [(139.0, 1.0), (141.0, 0.0)] {
            assert_eq!(hit(map.view(), &geometry, &[[left, 0.0, 200.0, 100.0]]), found);
        }
        // Two of four lie in the right half.
        assert_eq!(hit(Array2::zeros((2, 2)).view(), &geometry, &[[120.0, 0.0, 200.0, 100.0]]), 0.5);
    }

    #[test]
    fn intervals_are_wilsons() {
        // R: prop.test(8, 10, correct = FALSE).
        let [low, high] = wilson(0.8, 10.0);
        assert!((low - 0.490_162_5).abs() < 1e-6 && (high - 0.943_317_8).abs() < 1e-6, "{low} {high}");
    }
}
