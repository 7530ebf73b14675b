# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch==2.15.0",
#     "captum==0.9.0",
#     "onnx==1.23.2",
#     "onnx2torch==1.5.15",
#     "scipy==1.17.1",
#     "numpy==2.4.6",
#     "pillow==13.0.0",
# ]
# ///
"""What Integrated Gradients by captum leave on three pretrained networks: beside the example integrated_gradients.

Writes into FOLDER, for two photographs, NETWORK.PHOTOGRAPH.{input,zero,black,blurred}.npy and completeness.json: the class,
F(x) - F(x') and the gap of 50 steps of Gauss and Legendre. RATIONALE_TESTDATA names the folder of models and photographs.
"""

import argparse
import json
import os
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

PHOTOGRAPHS = ["chelsea", "coffee"]
BASELINES = ["zero", "black", "blurred"]
SIGMA = 10
N_STEPS = 50
BATCH = 10


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


def integrated(model, x, baseline, target):
    """F(x) - F(x') and the gap, as captum's attributions have them."""
    from captum.attr import IntegratedGradients

    settings = dict(target=target, n_steps=N_STEPS, method="gausslegendre", internal_batch_size=BATCH)
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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", help="a network")
    settings = parser.parse_args()
    torch.set_num_threads(os.cpu_count())
    completeness(settings.folder, settings.only)


if __name__ == "__main__":
    main()
