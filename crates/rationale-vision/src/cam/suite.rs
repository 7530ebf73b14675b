//! What holds for the whole family, and maps known in closed form.
#![cfg(feature = "flex")]

use ndarray::{Array2, Array3, Axis, array};
use rationale_core::{Seed, Silent};
use rationale_tensor::{Network, Run, Tensor};

use super::toy::{Head, Toy, numbers, pictures, tensor};
use super::{CamMethod, CamTarget, ClassActivation, LayerLayout, Maps, Score, Sign, Smoothing};
use crate::Error;

fn explained(explainer: &ClassActivation, toy: &Toy, pictures: &Tensor) -> Maps {
    explainer.explain(toy, pictures, &Silent).unwrap()
}

/// FullGrad looks at every layer, and refuses one.
fn at_relu(method: CamMethod) -> ClassActivation {
    let explainer = ClassActivation::new(method);
    if method == CamMethod::FullGrad { explainer } else { explainer.with_layer("relu") }
}

fn by(method: CamMethod) -> ClassActivation {
    at_relu(method).with_target(CamTarget::Class(1))
}

/// The layer's values of the first picture, and the column of the head's weights for class 1.
fn layer_and_weights(toy: &Toy, pictures: &Tensor) -> (Array3<f64>, Vec<f64>) {
    let mut run = Run::new(std::slice::from_ref(pictures)).watch("relu");
    toy.forward(&mut run).unwrap();
    let layer = run.watched("relu").unwrap().to_array_f64().unwrap();
    let layer = layer.into_dimensionality::<ndarray::Ix4>().unwrap().index_axis_move(Axis(0), 0);
    let weights = numbers(12, 5.0).chunks(3).map(|row| f64::from(row[1])).collect();
    (layer, weights)
}

fn weighted_sum(layer: &Array3<f64>, weights: &[f64]) -> Array2<f64> {
    let zero = Array2::zeros((2, 2));
    layer.outer_iter().zip(weights).fold(zero, |sum, (channel, weight)| sum + &channel * *weight)
}

fn assert_close(left: &Array2<f64>, right: &Array2<f64>, tolerance: f64) {
    assert!((left - right).iter().all(|it| it.abs() <= tolerance), "{left}\n{right}");
}

fn raw(maps: &Maps) -> Array2<f64> {
    maps.layers[0].raw.index_axis(Axis(0), 0).to_owned()
}

#[test]
fn behind_pooling_and_a_linear_layer_cam_grad_cam_and_hires_cam_are_one() {
    let (toy, pictures) = (Toy::pooled(), pictures(1));
    let (layer, weights) = layer_and_weights(&toy, &pictures);
    let expected = weighted_sum(&layer, &weights) / 4.0;
    for method in [CamMethod::Cam, CamMethod::GradCam, CamMethod::HiResCam] {
        assert_close(&raw(&explained(&by(method), &toy, &pictures)), &expected, 1e-6);
    }
    // The map of CAM sums to the logit, the linear layer having no bias.
    let maps = explained(&by(CamMethod::Cam), &toy, &pictures);
    assert!((raw(&maps).sum() - maps.logits[[0, 1]]).abs() < 1e-6);
}

#[test]
fn layer_cam_and_elementwise_grad_cam_keep_positive_weights() {
    let (toy, pictures) = (Toy::pooled(), pictures(1));
    let (layer, weights) = layer_and_weights(&toy, &pictures);
    let positive: Vec<f64> = weights.iter().map(|it| it.max(0.0)).collect();
    let expected = weighted_sum(&layer, &positive) / 4.0;
    for method in [CamMethod::LayerCam, CamMethod::ElementwiseGradCam] {
        assert_close(&raw(&explained(&by(method), &toy, &pictures)), &expected, 1e-6);
    }
}

#[test]
fn cam_refuses_other_ends() {
    let explainer = by(CamMethod::Cam);
    let squared = Toy::new(Head::Squared(tensor(&numbers(12, 5.0), &[4, 3])));
    let message = explainer.explain(&squared, &pictures(1), &Silent).unwrap_err().to_string();
    assert!(message.contains("not linear"), "{message}");
    let flat = Toy::new(Head::Flat(tensor(&numbers(48, 5.0), &[16, 3])));
    let message = explainer.explain(&flat, &pictures(1), &Silent).unwrap_err().to_string();
    assert!(message.contains("positions do not count alike"), "{message}");
    let softmax = explainer.with_score(Score::Softmax);
    assert!(matches!(
        softmax.explain(&Toy::pooled(), &pictures(1), &Silent),
        Err(Error::NotPooledLinear { .. })
    ));
}

#[test]
fn ablation_takes_a_channel_away() {
    let (toy, pictures) = (Toy::pooled(), pictures(1));
    let (layer, weights) = layer_and_weights(&toy, &pictures);
    let shares: Vec<f64> =
        layer.outer_iter().zip(&weights).map(|(channel, weight)| weight * channel.sum() / 4.0).collect();
    let logit: f64 = shares.iter().sum();
    let found = explained(&by(CamMethod::AblationCam), &toy, &pictures);
    let weights = found.layers[0].weights.as_ref().unwrap();
    for (found, share) in weights.iter().zip(&shares) {
        assert!((found - share / logit.abs()).abs() < 1e-5, "{weights} {shares:?}");
    }
    // The forward pass, and one pass a channel.
    assert_eq!(found.evidence.model_calls, 1 + 4);
}

#[test]
fn score_cam_weighs_by_the_softmax_of_masked_logits() {
    let (toy, pictures) = (Toy::pooled(), pictures(1));
    let (layer, _) = layer_and_weights(&toy, &pictures);
    let picture = pictures.to_f64s().unwrap();
    let scores: Vec<f64> = layer
        .outer_iter()
        .map(|channel| {
            let mask = crate::upsample(channel, [3, 3], crate::Grid::AlignedCorners).unwrap();
            let least = mask.fold(f64::INFINITY, |a, b| a.min(*b));
            let most = mask.fold(f64::NEG_INFINITY, |a, b| a.max(*b));
            let masked =
                mask.iter().zip(&picture).map(|(it, x)| ((it - least) / (most - least + 1e-8) * x) as f32);
            let masked = tensor(&masked.collect::<Vec<_>>(), &[1, 1, 3, 3]);
            toy.forward(&mut Run::new(&[masked])).unwrap()[0].to_f64s().unwrap()[1]
        })
        .collect();
    let sum: f64 = scores.iter().map(|it| it.exp()).sum();
    let found = explained(&by(CamMethod::ScoreCam), &toy, &pictures);
    for (found, score) in found.layers[0].weights.as_ref().unwrap().iter().zip(&scores) {
        assert!((found - score.exp() / sum).abs() < 1e-5);
    }
}

#[test]
fn a_batch_gives_what_its_pictures_give() {
    let toy = Toy::pooled();
    let both = pictures(2);
    for method in CamMethod::ALL {
        // Random weights depend on a picture's place.
        if method == CamMethod::Random {
            continue;
        }
        let explainer = at_relu(method);
        let together = explained(&explainer, &toy, &both);
        for i in 0..2 {
            let alone = explained(&explainer, &toy, &both.narrow(0, i, i + 1).unwrap());
            assert_eq!(alone.targets[0], together.targets[i], "{method}");
            let (left, right) = (alone.maps.index_axis(Axis(0), 0), together.maps.index_axis(Axis(0), i));
            assert_close(&left.to_owned(), &right.to_owned(), 1e-5);
        }
    }
}

#[test]
fn the_batch_size_changes_nothing() {
    let (toy, three) = (Toy::pooled(), pictures(3));
    for method in CamMethod::ALL {
        let of = |size| explained(&by(method).with_batch_size(size), &toy, &three).maps;
        let (one, three, many) = (of(1), of(3), of(64));
        assert!((&one - &three).iter().chain((&one - &many).iter()).all(|it| it.abs() < 1e-5), "{method}");
    }
}

#[test]
fn a_file_that_fixes_the_number_of_pictures_is_filled_up() {
    let three = pictures(3);
    for method in CamMethod::ALL {
        let free = explained(&by(method), &Toy::pooled(), &three);
        for n in [1, 2] {
            let fixed = explained(&by(method), &Toy::fixed(n), &three);
            assert!((&free.maps - &fixed.maps).iter().all(|it| it.abs() < 1e-5), "{method}");
            assert_eq!(free.evidence.model_calls, fixed.evidence.model_calls, "{method}");
        }
    }
}

#[test]
fn maps_are_in_range_and_of_the_pictures_size() {
    let (toy, two) = (Toy::pooled(), pictures(2));
    for method in CamMethod::ALL {
        for (sign, least) in [(Sign::Positive, 0.0), (Sign::Both, -1.0)] {
            for smoothing in
                [Smoothing::None, Smoothing::Augmented, Smoothing::FirstComponent, Smoothing::Both]
            {
                let explainer = by(method).with_sign(sign).with_smoothing(smoothing);
                if method == CamMethod::FullGrad
                    && matches!(smoothing, Smoothing::FirstComponent | Smoothing::Both)
                {
                    assert!(matches!(explainer.explain(&toy, &two, &Silent), Err(Error::Combination { .. })));
                    continue;
                }
                let maps = explained(&explainer, &toy, &two).maps;
                assert_eq!(maps.dim(), (2, 3, 3));
                assert!(maps.iter().all(|it| (least..=1.0).contains(it)), "{method} {maps}");
            }
        }
    }
}

#[test]
fn a_mirrored_picture_has_a_mirrored_augmented_map_only_where_the_network_is_symmetric() {
    let toy = Toy::pooled();
    let maps = |pictures: &Tensor| {
        let explainer = by(CamMethod::GradCam).with_smoothing(Smoothing::Augmented);
        explained(&explainer, &toy, pictures).maps
    };
    let mut mirrored = maps(&pictures(1).flip(3).unwrap());
    mirrored.invert_axis(Axis(2));
    // The six variants of a picture and of its mirror image are the same.
    assert!((maps(&pictures(1)) - mirrored).iter().all(|it| it.abs() < 1e-6));
}

#[test]
fn the_last_layer_is_found_in_the_pass_that_is_made_anyway() {
    let toy = Toy::pooled();
    for method in CamMethod::ALL {
        let explainer = ClassActivation::new(method).with_target(CamTarget::Class(1));
        let found = explained(&explainer, &toy, &pictures(2));
        if method == CamMethod::FullGrad {
            assert!(found.layers.is_empty());
            continue;
        }
        assert_eq!(found.layers[0].layer.name, "relu");
        assert_eq!(found.layers[0].layer.layout, LayerLayout::ChannelsFirst);
        let named = explained(&by(method), &toy, &pictures(2));
        assert!((found.maps - named.maps).iter().all(|it| it.abs() < 1e-6), "{method}");
    }
}

#[test]
fn a_layer_is_found_by_its_node_and_layers_are_averaged() {
    let toy = Toy::pooled();
    let explainer = ClassActivation::new(CamMethod::GradCam).with_layer("node_of_conv").with_layer("relu");
    let maps = explained(&explainer, &toy, &pictures(1));
    let names: Vec<_> = maps.layers.iter().map(|it| it.layer.name.as_str()).collect();
    assert_eq!(names, ["conv", "relu"]);
    assert!(maps.layers.iter().all(|it| it.raw.dim() == (1, 2, 2)));
}

#[test]
fn a_contrast_is_the_difference_of_two_maps() {
    let (toy, pictures) = (Toy::pooled(), pictures(1));
    let of = |target| raw(&explained(&by(CamMethod::GradCam).with_target(target), &toy, &pictures));
    let contrast = of(CamTarget::Contrast { of: 1, against: 0 });
    assert_close(&contrast, &(of(CamTarget::Class(1)) - of(CamTarget::Class(0))), 1e-6);
}

#[test]
fn a_region_of_a_dense_output_is_seen_where_it_is() {
    let toy = Toy::new(Head::Dense);
    let mask = array![[true, false], [false, false]];
    let target = CamTarget::Region { class: 2, mask };
    let maps = explained(&by(CamMethod::HiResCam).with_target(target), &toy, &pictures(1));
    let raw = raw(&maps);
    assert!(raw.iter().skip(1).all(|it| *it == 0.0), "{raw}");
    let too_large = CamTarget::Region { class: 2, mask: Array2::from_elem((3, 3), true) };
    let error =
        by(CamMethod::HiResCam).with_target(too_large).explain(&toy, &pictures(1), &Silent).unwrap_err();
    assert!(matches!(error, Error::Shape { expected: [2, 2], .. }), "{error}");
    let error =
        ClassActivation::new(CamMethod::GradCam).with_layer("relu").explain(&toy, &pictures(1), &Silent);
    assert!(error.unwrap_err().to_string().contains("explain a region"));
}

#[test]
fn random_weights_depend_on_the_seed_alone() {
    let toy = Toy::pooled();
    let of = |seed| explained(&by(CamMethod::Random).with_seed(Seed::new(seed)), &toy, &pictures(1));
    assert_eq!(of(1).maps, of(1).maps);
    assert_ne!(of(1).layers, of(2).layers);
    assert_eq!(of(3).evidence.seed, Some(Seed::new(3)));
}

#[test]
fn what_is_wrong_is_said() {
    let toy = Toy::pooled();
    let message = |explainer: ClassActivation, pictures: &Tensor| {
        explainer.explain(&toy, pictures, &Silent).unwrap_err().to_string()
    };
    let grad_cam = || ClassActivation::new(CamMethod::GradCam);
    assert_eq!(
        message(grad_cam().with_layer("rellu"), &pictures(1)),
        "the network has no layer `rellu`; did you mean `relu`?"
    );
    assert!(
        message(grad_cam().with_layer("pooled"), &pictures(1)).starts_with("layer `pooled` has shape [1, 4]")
    );
    assert_eq!(
        message(by(CamMethod::EigenCam).with_target(CamTarget::Class(3)), &pictures(1)),
        "output 3 was asked for, but the model has 3 (counted from 0)"
    );
    assert_eq!(
        message(by(CamMethod::GradCam).with_target(CamTarget::Classes(vec![0])), &pictures(2)),
        "1 classes are given for at least 2 pictures; one for each is needed"
    );
    assert!(message(grad_cam(), &tensor(&[1.0; 9], &[1, 9])).contains("the input has shape [1, 9]"));
    assert!(message(grad_cam(), &tensor(&[], &[0, 1, 3, 3])).contains("at least one picture"));
    assert!(message(grad_cam().with_output(1), &pictures(1)).contains("output 1 was asked for"));
}

#[test]
fn the_evidence_says_what_a_map_cannot() {
    let maps = explained(&ClassActivation::new(CamMethod::GradCam), &Toy::pooled(), &pictures(1));
    let evidence = &maps.evidence;
    assert_eq!(evidence.method, "grad-cam");
    let text = |key: &str| format!("{:?}", evidence.parameters[key]);
    assert!(text("caveat").contains("not why"));
    assert!(text("layer").contains("relu (Relu, [4, 2, 2], channels first)"), "{}", text("layer"));
    assert_eq!(evidence.engine, "flex");
}

#[test]
fn full_gradients_add_up() {
    let maps = explained(&by(CamMethod::FullGrad), &Toy::pooled(), &pictures(2));
    let gap = maps.evidence.completeness_gap.unwrap();
    assert!(gap < 1e-6, "{gap}");
    let error = by(CamMethod::FullGrad).with_layer("relu").explain(&Toy::pooled(), &pictures(1), &Silent);
    assert_eq!(error.unwrap_err().to_string(), "full-grad looks at every layer, so that none can be chosen");
}

#[test]
fn shapley_cam_of_a_quadratic_is_half_its_gradient_less_half() {
    // y = 3 sum A^2: g = 6 A, H A = 6 A, so that w is the mean of 3 A.
    let (toy, pictures) = (Toy::new(Head::Quadratic), pictures(1));
    let (layer, _) = layer_and_weights(&toy, &pictures);
    let maps = explained(&by(CamMethod::ShapleyCam { step: 0.01 }), &toy, &pictures);
    for (found, channel) in maps.layers[0].weights.as_ref().unwrap().iter().zip(layer.outer_iter()) {
        assert!((found - 3.0 * channel.sum() / 4.0).abs() < 1e-4);
    }
    assert!(format!("{:?}", maps.evidence.parameters["hvp_error"]).starts_with("Number("));
}

#[test]
fn shapley_cam_is_grad_cam_where_all_that_follows_is_linear() {
    let (toy, pictures) = (Toy::pooled(), pictures(1));
    let left = raw(&explained(&by(CamMethod::ShapleyCam { step: 0.01 }), &toy, &pictures));
    assert_close(&left, &raw(&explained(&by(CamMethod::GradCam), &toy, &pictures)), 1e-4);
}

#[test]
fn finer_cam_without_rivals_is_grad_cam() {
    let (toy, pictures) = (Toy::pooled(), pictures(1));
    let left = raw(&explained(&by(CamMethod::FinerCam { alpha: 0.0, n_similar: 2 }), &toy, &pictures));
    assert_close(&left, &raw(&explained(&by(CamMethod::GradCam), &toy, &pictures)), 1e-5);
    let contrast = by(CamMethod::FinerCam { alpha: 1.0, n_similar: 2 })
        .with_target(CamTarget::Contrast { of: 0, against: 1 });
    assert!(matches!(contrast.explain(&toy, &pictures, &Silent), Err(Error::Combination { .. })));
}

#[test]
fn shapley_cam_sees_no_bend_across_a_kink() {
    // At the convolution's output, what follows has kinks; a step of 0.2 crosses some.
    let (toy, pictures) = (Toy::pooled(), pictures(3));
    let of = |method| ClassActivation::new(method).with_layer("conv").with_target(CamTarget::Class(1));
    let left = explained(&of(CamMethod::ShapleyCam { step: 0.2 }), &toy, &pictures);
    let right = explained(&of(CamMethod::GradCam), &toy, &pictures);
    assert!((&left.layers[0].raw - &right.layers[0].raw).iter().all(|it| it.abs() < 1e-5));
}
