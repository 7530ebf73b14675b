# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch==2.15.0",
#     "captum==0.9.0",
#     "shap==0.51.0",
#     "onnx==1.23.2",
#     "onnx2torch==1.5.15",
#     "scipy==1.17.1",
#     "numpy==2.4.6",
#     "pillow==13.0.0",
# ]
# ///
"""Integrated Gradients by captum and DeepSHAP by shap, on the tensors that bin/gradients.rs explains.

`completeness FOLDER` writes, for three pretrained networks and two photographs, NETWORK.PHOTOGRAPH.{input,zero,black,
blurred}.npy and completeness.json: the class, F(x) - F(x') and the gap of 50 steps of Gauss and Legendre. `cost FOLDER`
prints what captum takes on ResNet-50 of these files, `deep FOLDER` makes three networks with rows and a background and
prints what shap.DeepExplainer takes. Both print one JSON object. RATIONALE_TESTDATA names the folder of models.
"""

import argparse
import json
import os
import resource
import time
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn

PHOTOGRAPHS = ["chelsea", "coffee"]
BASELINES = ["zero", "black", "blurred"]
SIGMA = 10
N_STEPS = 50
TOLERANCE = 0.005
STEP_LIMIT = 1600
# captum by default takes all steps at once: slower and 5.6 GB on ResNet-50.
BATCH = 10
N_RUNS = 3


def scaled(picture):
    return (np.float32(picture) - np.float32(127.5)) / np.float32(127.5)


def caffe(picture):
    return np.float32(picture[..., ::-1]) - np.float32([103.939, 116.779, 123.68])


NETWORKS = {
    "mobilenet-v1": ("mobilenet-v1-1.0-224-f16store", 224, scaled),
    "resnet50": ("resnet50-keras-f16store", 224, caffe),
    "inception-v3": ("inception-v3-u8w", 299, scaled),
}


def constants_folded(model):
    """Weights that the file holds as float16 or uint8 become float32 constants."""
    known = {tensor.name: tensor for tensor in model.graph.initializer}
    kept = []
    for node in model.graph.node:
        if node.op_type not in ("Cast", "DequantizeLinear") or any(name not in known for name in node.input):
            kept.append(node)
            continue
        values = [numpy_helper.to_array(known[name]).astype(np.float32) for name in node.input]
        result = (values[0] - values[2]) * values[1] if node.op_type == "DequantizeLinear" else values[0]
        known[node.output[0]] = numpy_helper.from_array(result, node.output[0])
    used = {name for node in kept for name in node.input}
    del model.graph.node[:], model.graph.initializer[:]
    model.graph.node.extend(kept)
    model.graph.initializer.extend(tensor for name, tensor in known.items() if name in used)
    return model


def network(name):
    import onnx2torch

    path = Path(os.environ["RATIONALE_TESTDATA"]) / "models" / f"{NETWORKS[name][0]}.onnx"
    return onnx2torch.convert(constants_folded(onnx.load(path))).eval()


def square(photograph, size):
    from PIL import Image

    [path] = (Path(os.environ["RATIONALE_TESTDATA"]) / "images" / "skimage").glob(f"{photograph}.*")
    image = Image.open(path).convert("RGB")
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return np.asarray(image.crop((left, top, left + side, top + side)).resize((size, size), Image.BICUBIC))


def tensors(name, photograph):
    """The input and its baselines, [1, channel, row, column]."""
    from scipy.ndimage import gaussian_filter

    _, size, preprocess = NETWORKS[name]
    channels_first = lambda it: np.ascontiguousarray(preprocess(it).transpose(2, 0, 1)[None])
    x = channels_first(square(photograph, size))
    return {
        "input": x,
        "zero": np.zeros_like(x),
        "black": channels_first(np.zeros((size, size, 3), np.uint8)),
        "blurred": gaussian_filter(x.astype(np.float64), (0, 0, SIGMA, SIGMA)).astype(np.float32),
    }


def integrated(model, x, baseline, target, n_steps=N_STEPS, batch=BATCH):
    """F(x) - F(x') and the gap, as captum's attributions have them."""
    from captum.attr import IntegratedGradients

    settings = dict(target=target, n_steps=n_steps, method="gausslegendre", internal_batch_size=batch)
    values = IntegratedGradients(model).attribute(x, baseline, **settings)
    with torch.no_grad():
        difference = (model(x)[0, target].double() - model(baseline)[0, target].double()).item()
    return difference, values.double().sum().item() - difference


def completeness(folder, only):
    rows = []
    for name in NETWORKS:
        if only not in (None, name):
            continue
        model = network(name)
        for photograph in PHOTOGRAPHS:
            found = tensors(name, photograph)
            for kind, value in found.items():
                np.save(folder / f"{name}.{photograph}.{kind}.npy", value)
            x = torch.from_numpy(found["input"])
            with torch.no_grad():
                target = model(x).argmax().item()
            for kind in BASELINES:
                difference, gap = integrated(model, x, torch.from_numpy(found[kind]), target)
                row = dict(network=name, photograph=photograph, baseline=kind, target=target)
                rows.append(row | dict(difference=difference, gap=gap))
                print(json.dumps(rows[-1]), flush=True)
    (folder / "completeness.json").write_text(json.dumps(rows))


def seconds(work):
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def median_seconds(work):
    return float(np.median([seconds(work) for _ in range(N_RUNS)]))


def bare(model, x, target):
    """The passes alone, in the same batches."""
    for first in range(0, N_STEPS, BATCH):
        batch = x.repeat(min(BATCH, N_STEPS - first), 1, 1, 1).requires_grad_()
        torch.autograd.grad(model(batch)[:, target].sum(), batch)


def until_tolerance(model, x, baseline, target):
    """Steps doubled until captum's own delta is small: all that was taken, and the last number of steps."""
    n_steps, begin = N_STEPS, time.perf_counter()
    while True:
        difference, gap = integrated(model, x, baseline, target, n_steps)
        if abs(gap) <= TOLERANCE * abs(difference) or n_steps >= STEP_LIMIT:
            relative = gap / difference
            return dict(seconds=time.perf_counter() - begin, n_steps=n_steps, relative_gap=relative)
        n_steps *= 2


def cost(folder, photograph):
    model = network("resnet50")
    read = lambda kind: torch.from_numpy(np.load(folder / f"resnet50.{photograph}.{kind}.npy"))
    x = read("input")
    with torch.no_grad():
        target = model(x).argmax().item()
    of_steps = lambda: integrated(model, x, read("black"), target)
    of_steps()
    found = dict(bare=median_seconds(lambda: bare(model, x, target)), captum=median_seconds(of_steps))
    found["until"] = {kind: until_tolerance(model, x, read(kind), target) for kind in BASELINES}
    found["peak_megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(found))


class Residual(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first, self.norm1, self.relu1 = nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()
        self.second, self.norm2, self.relu2 = nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()

    def forward(self, x):
        inner = self.relu1(self.norm1(self.first(x)))
        return self.relu2(x + self.norm2(self.second(inner)))


def of_deep():
    """A perceptron, a CNN and a small residual network, with the shapes of their examples."""
    torch.manual_seed(7)
    perceptron = nn.Sequential(
        nn.Linear(20, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 2)
    )
    cnn = nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64 * 25, 64), nn.ReLU(), nn.Linear(64, 10),
    )
    residual = nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), Residual(16), Residual(16), nn.AvgPool2d(2),
        Residual(16), nn.AvgPool2d(4), nn.Flatten(), nn.Linear(16 * 16, 10),
    )
    return {"perceptron": (perceptron, (20,)), "cnn": (cnn, (1, 28, 28)), "residual": (residual, (3, 32, 32))}


def deep(folder):
    import shap

    found = {}
    for name, (model, shape) in of_deep().items():
        model.eval()
        background, rows = torch.randn(100, *shape), torch.randn(4, *shape)
        names = dict(input_names=["input"], output_names=["logits"])
        axes = {"input": {0: "n"}, "logits": {0: "n"}}
        path = str(folder / f"deep.{name}.onnx")
        torch.onnx.export(model, (rows,), path, dynamo=False, opset_version=17, dynamic_axes=axes, **names)
        np.save(folder / f"deep.{name}.background.npy", background.numpy())
        np.save(folder / f"deep.{name}.rows.npy", rows.numpy())
        explain = lambda: shap.DeepExplainer(model, background).shap_values(rows, check_additivity=False)
        values = np.asarray(explain())
        np.save(folder / f"deep.{name}.values.npy", values.astype(np.float64))
        sums = values.reshape(len(rows), -1, values.shape[-1]).sum(1)
        with torch.no_grad():
            right = (model(rows) - model(background).mean(0)).numpy()
        gap = float(np.abs(sums - right).max() / np.abs(right).max())
        found[name] = dict(seconds=median_seconds(explain), relative_gap=gap)
    print(json.dumps(found))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["completeness", "cost", "deep"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", help="a network")
    parser.add_argument("--photograph", default="chelsea")
    settings = parser.parse_args()
    torch.set_num_threads(os.cpu_count())
    if settings.what == "completeness":
        completeness(settings.folder, settings.only)
    elif settings.what == "cost":
        cost(settings.folder, settings.photograph)
    else:
        deep(settings.folder)


if __name__ == "__main__":
    main()
