# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "quantus==0.6.0",
#     "captum==0.9.0",
#     "grad-cam==1.5.7",
#     "torch==2.15.0",
#     "numpy==2.4.6",
#     "scipy==1.17.1",
#     "scikit-image==0.26.0",
#     "scikit-learn==1.9.1",
# ]
# ///
"""Makes metrics.json: what Quantus, captum and pytorch-grad-cam say of given attributions of a given model.

The model is y = x W + x^2 V over a picture of 1 x 6 x 6, written out so that any program can compute it. Neighbours of an
input are drawn as rationale draws them (ChaCha with 8 rounds, keyed by SHA-256), so that both see the same perturbations.
"""
import hashlib
import json
import struct
import sys
from pathlib import Path

import numpy as np

# Quantus 0.6 was written for numpy 1.
np.trapz, np.NaN = np.trapezoid, np.nan

import captum
import captum.metrics
import pytorch_grad_cam.metrics.cam_mult_image as cam_mult
import pytorch_grad_cam.metrics.road as road
import quantus
import torch
from importlib.metadata import version

N, SIDE, RADIUS, SAMPLES = 36, 6, 0.05, 7


def chacha8(key, block):
    state = [0x61707865, 0x3320646E, 0x79622D32, 0x6B206574, *struct.unpack("<8I", key), block, 0, 0, 0]
    work = list(state)

    def quarter(a, b, c, d):
        for x, y, z, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            work[x] = (work[x] + work[y]) & 0xFFFFFFFF
            mixed = work[z] ^ work[x]
            work[z] = ((mixed << turn) | (mixed >> (32 - turn))) & 0xFFFFFFFF

    for _ in range(4):
        for lane in range(4):
            quarter(lane, 4 + lane, 8 + lane, 12 + lane)
        for lane in range(4):
            quarter(lane, 4 + (lane + 1) % 4, 8 + (lane + 2) % 4, 12 + (lane + 3) % 4)
    return struct.pack("<16I", *[(a + b) & 0xFFFFFFFF for a, b in zip(work, state)])


def uniforms(seed, purpose, row, sample, n):
    key = hashlib.sha256(struct.pack("<QQQ", seed, row, sample) + purpose.encode()).digest()
    stream = b"".join(chacha8(key, block) for block in range(n * 8 // 64 + 1))
    return np.array([(bits >> 11) / 2.0**53 for bits in struct.unpack(f"<{n}Q", stream[: n * 8])])


def neighbours(x):
    return [x + RADIUS * (2 * uniforms(0, "neighbour", 0, sample, N) - 1) for sample in range(SAMPLES)]


class Net(torch.nn.Module):
    def __init__(self, w, v):
        super().__init__()
        self.w, self.v = (torch.nn.Parameter(torch.tensor(it, dtype=torch.float64)) for it in (w, v))

    def forward(self, x):
        x = x.reshape(x.shape[0], -1).double()
        return x @ self.w + (x * x) @ self.v


def case(number):
    rng = np.random.default_rng(number)
    f32 = lambda it: np.float64(np.float32(it))
    w, v = f32(rng.normal(size=(N, 3)) / 6), f32(rng.normal(size=(N, 3)) / 12)
    w[:4], v[:4] = 0.0, 0.0
    x = f32(rng.uniform(0.2, 1.0, N))
    net = Net(w, v).eval()
    y = int(np.argmax(x @ w + x * x @ v))
    explain = lambda rows, y: rows * w[:, y] + 2 * rows * rows * v[:, y]
    truth = explain(x, y)
    a = truth + 0.1 * rng.normal(size=N)
    a[4:7] = 0.0
    # Distinct values, so that no sort of equals plays a part.
    distinct = a + 1e-6 * np.arange(N)
    region = rng.uniform(size=N) < 0.3
    region[np.argmax(a)] = number % 2 == 0
    picture = lambda it: np.asarray(it, dtype=np.float64).reshape(1, 1, SIDE, SIDE)
    usual = dict(abs=False, normalise=False, disable_warnings=True, display_progressbar=False)

    def quantus_of(metric, a=a, softmax=False, **more):
        call = dict(model=net, x_batch=picture(x), y_batch=np.array([y]), a_batch=picture(a),
                    s_batch=picture(region).astype(bool), device="cpu", softmax=softmax, channel_first=True, **more)
        return metric(**call)

    out = {}
    filled = dict(perturb_baseline=0.0, **usual)
    out["pixel_flipping"] = quantus_of(quantus.PixelFlipping(features_in_step=4, return_auc_per_sample=True, **filled), distinct)[0]
    np.random.seed(number)
    subsets = [np.random.choice(N, 9, replace=False).tolist() for _ in range(20)]
    np.random.seed(number)
    out["faithfulness_correlation"] = quantus_of(quantus.FaithfulnessCorrelation(nr_runs=20, subset_size=9, **filled))[0]
    out["faithfulness_estimate"] = quantus_of(quantus.FaithfulnessEstimate(features_in_step=1, **filled), distinct)[0]
    out["monotonicity"] = float(quantus_of(quantus.Monotonicity(features_in_step=1, **filled), distinct)[0])
    signless = {**filled, "abs": True}
    out["monotonicity_correlation"] = quantus_of(
        quantus.MonotonicityCorrelation(nr_samples=1, features_in_step=1, **signless), distinct)[0]
    out["selectivity"] = np.ravel(quantus_of(quantus.Selectivity(patch_size=2, **filled), distinct)).tolist()
    out["region_perturbation"] = np.ravel(quantus_of(
        quantus.RegionPerturbation(patch_size=2, regions_evaluation=5, order="morf", **filled), distinct)).tolist()
    patches = (np.arange(SIDE)[:, None] // 2 * 3 + np.arange(SIDE) // 2)
    quantus.helpers.utils.get_superpixel_segments = lambda img, segmentation_method: patches
    out["irof"] = float(np.ravel(quantus_of(quantus.IROF(return_aggregate=False, **filled), distinct))[0])
    plain = quantus_of
    out["sparseness"] = float(plain(quantus.Sparseness(**{**usual, "abs": True}))[0])
    out["entropy"] = float(plain(quantus.Complexity(**{**usual, "abs": True}))[0])
    out["effective_complexity"] = float(plain(quantus.EffectiveComplexity(eps=1e-5, abs=True, normalise=True, disable_warnings=True))[0])
    out["pointing_game"] = float(plain(quantus.PointingGame(**usual))[0])
    out["attribution_localisation"] = float(plain(quantus.AttributionLocalisation(positive_attributions=True, **usual))[0])
    out["top_k_intersection"] = float(plain(quantus.TopKIntersection(k=8, **usual), distinct)[0])
    out["relevance_rank_accuracy"] = float(plain(quantus.RelevanceRankAccuracy(**usual), distinct)[0])
    out["relevance_mass_accuracy"] = float(plain(quantus.RelevanceMassAccuracy(**{**usual, "abs": True}))[0])
    out["roc_auc"] = float(plain(quantus.AUC(**usual))[0])
    out["non_sensitivity"] = float(plain(quantus.NonSensitivity(eps=1e-5, features_in_step=1, **{**filled, "abs": True}))[0])

    def explained(model, inputs, targets, **_):
        rows = np.asarray(inputs, dtype=np.float64).reshape(len(inputs), -1)
        seen.append(int(np.ravel(targets)[0]))
        return np.stack([explain(row, int(t)) for row, t in zip(rows, np.ravel(targets))]).reshape(-1, 1, SIDE, SIDE)

    def near():
        rows = iter(neighbours(x))
        return lambda arr, **_: next(rows)[None]

    seen = []
    moved = lambda: dict(nr_samples=SAMPLES, perturb_func=near(), return_nan_when_prediction_changes=False, **usual)
    for name, metric in (("max_sensitivity", quantus.MaxSensitivity), ("average_sensitivity", quantus.AvgSensitivity),
                         ("local_lipschitz", quantus.LocalLipschitzEstimate),
                         ("relative_input_stability", quantus.RelativeInputStability),
                         ("relative_output_stability", quantus.RelativeOutputStability)):
        out[name] = float(np.ravel(quantus_of(metric(**moved()), truth, explain_func=explained))[0])
    seen.clear()
    similar = quantus.similarity_func.correlation_spearman
    out["random_logit"] = float(np.ravel(quantus_of(
        quantus.RandomLogit(num_classes=3, similarity_func=similar, **usual), truth, explain_func=explained))[0])
    out["random_logit_output"] = seen[-1]

    # captum
    inputs = torch.tensor(picture(x))
    double = net
    displacements = np.float64(np.float32(rng.normal(size=(11, N)) / 10))

    def displace(given):
        step = torch.tensor(displacements).reshape(11, 1, SIDE, SIDE)
        return step, given - step

    out["captum_infidelity"] = float(captum.metrics.infidelity(
        double, displace, inputs, torch.tensor(picture(a)), target=y, n_perturb_samples=11))
    shift = torch.tensor(np.stack(neighbours(x))).reshape(SAMPLES, 1, SIDE, SIDE)

    def slope(given, **_):
        given = given[0] if isinstance(given, tuple) else given
        return (torch.tensor(explain(given.detach().numpy().reshape(len(given), -1), y)).reshape(given.shape),)

    out["captum_sensitivity_max"] = float(captum.metrics.sensitivity_max(
        slope, inputs, perturb_func=lambda given: shift, n_perturb_samples=SAMPLES, norm_ord=2))

    # pytorch-grad-cam
    cam = (distinct - distinct.min()) / (distinct.max() - distinct.min())
    cams = np.float32(picture(cam)[0])
    target = [lambda output: output[y]]
    given = torch.tensor(np.float32(picture(x)))
    out["grad_cam_drop"] = float(cam_mult.DropInConfidence()(given, cams, target, net)[0])
    out["grad_cam_increase"] = float(cam_mult.IncreaseInConfidence()(given, cams, target, net)[0])
    road.torch.randn_like, kept = torch.zeros_like, torch.randn_like
    out["grad_cam_road"] = float(road.ROADCombined()(given, cams, target, net)[0])
    road.torch.randn_like = kept
    counts = [int((cams[0] >= np.percentile(cams[0], p)).sum()) for p in range(10, 100, 10)]

    tensor = lambda it: {"shape": list(np.shape(it)), "values": [float(v) for v in np.ravel(it)]}
    return {"w": tensor(w), "v": tensor(v), "x": tensor(x), "attribution": tensor(a), "distinct": tensor(distinct),
            "output": y, "region": [bool(it) for it in region], "subsets": subsets, "displacements": tensor(displacements),
            "road_counts": counts, "says": {k: v if isinstance(v, list) else [float(v)] for k, v in out.items()}}


names = ["quantus", "captum", "grad-cam", "torch", "numpy"]
golden = {"requires": [f"{name}=={version(name)}" for name in names], "tolerance": 1e-5, "cases": [case(n) for n in range(4)]}
Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).with_name("metrics.json")).write_text(json.dumps(golden) + "\n")
