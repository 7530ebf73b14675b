# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch==2.15.0",
#     "torchvision==0.29.2",
#     "grad-cam==1.5.7",
#     "onnx==1.23.2",
#     "onnx2torch==1.5.15",
#     "onnxscript==0.7.2",
#     "onnxruntime==1.32.0",
#     "safetensors==0.8.0",
#     "scikit-learn==1.9.1",
#     "numpy==2.4.6",
#     "pillow==13.0.0",
# ]
# ///
"""Activation maps as pytorch-grad-cam computes them: writes grad_cam/.

The networks are the small ones of rationale-onnx's golden/networks.py on its own inputs, and, where RATIONALE_TESTDATA
names the folder of test data, three pretrained ones on photographs. Each file NETWORK.LAYER.safetensors holds, with
pictures along the first axis and each explained alone for its largest logit:

- `METHOD.map`: the final map in [0, 1], every `stride`-th row and column from the first,
- `METHOD.raw`: the map at the layer's resolution before ReLU, scaling and resizing, where the method has one,
- `METHOD.weights` [picture, channel]: where the map is a weighted sum of channels,
- `deep-feature-factorization.raw` [picture, component, height, width],
- `logits`, in float32 by PyTorch.

The metadata, all strings: `network`, `value` (the layer's name in the ONNX file, of small networks in legacy.onnx),
`pictures`, `classes` (JSON arrays), `stride`, `notes` and `failed` (JSON objects by method), `versions`.

A photograph is cut to the square in its middle, from (length - side) // 2 on, and resized by Pillow's bicubic filter on
8-bit values; the results are grad_cam/PHOTOGRAPH-SIZE.png. They are scikit-image's chelsea and coffee (CC0) and
astronaut (public domain).
"""

import argparse
import json
import os
import sys
import warnings
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np
import onnx
import onnx2torch
import pytorch_grad_cam as cams
import torch
from onnx import numpy_helper
from PIL import Image
from pytorch_grad_cam.feature_factorization.deep_feature_factorization import dff
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch.nn.attention import SDPBackend, sdpa_kernel

HERE = Path(__file__).parent
NETWORKS = HERE.parents[1] / "rationale-onnx" / "golden"
sys.path.append(str(NETWORKS))
import networks

warnings.filterwarnings("ignore")
FOLDER = HERE / "grad_cam"
PHOTOGRAPHS = ["chelsea", "coffee", "astronaut"]
LIBRARIES = ["grad-cam", "torch", "torchvision", "onnx2torch", "scikit-learn", "pillow", "numpy"]
METHODS = {
    "grad-cam": cams.GradCAM,
    "grad-cam++": cams.GradCAMPlusPlus,
    "hires-cam": cams.HiResCAM,
    "grad-cam-elementwise": cams.GradCAMElementWise,
    "xgrad-cam": cams.XGradCAM,
    "layer-cam": cams.LayerCAM,
    "eigen-cam": cams.EigenCAM,
    "eigen-grad-cam": cams.EigenGradCAM,
    "seg-eigen-cam": cams.SegEigenCAM,
    "kpca-cam": cams.KPCA_CAM,
    "fem": cams.FEM,
    "finer-cam": cams.FinerCAM,
    "shapley-cam": cams.ShapleyCAM,
    "full-grad": cams.FullGrad,
    "score-cam": cams.ScoreCAM,
    "ablation-cam": cams.AblationCAM,
}
# Other runs of Grad-CAM: the arguments of its call.
SMOOTHED = {
    "grad-cam.aug-smooth": dict(aug_smooth=True),
    "grad-cam.eigen-smooth": dict(eigen_smooth=True),
    "grad-cam.both-smooth": dict(aug_smooth=True, eigen_smooth=True),
}
NOTES = {
    "ablation-cam": "An ablated channel is set to 0 where the smallest activation of the batch is 0, else to that "
    "value less 1e7, found anew for each of up to 32 channels of a batch, so the value falls with the place in the "
    "batch. Weights are (s - s_k) / s with the sign of s.",
    "score-cam": "Masks are resized with align_corners=True and multiply the preprocessed input; the weights are the "
    "softmax of the raw logits.",
    "grad-cam++": "The library's formula: alpha = g^2 / (2 g^2 + g^3 sum(A) + 1e-6).",
    "eigen-cam": "The sign is that of the decomposition, so a map may be its negative.",
    "eigen-grad-cam": "The sign is that of the decomposition, so a map may be its negative.",
    "grad-cam.eigen-smooth": "The sign is that of the decomposition, so a map may be its negative.",
    "grad-cam.both-smooth": "The sign is that of the decomposition, so a map may be its negative.",
    "kpca-cam": "The sign is that of the decomposition; kernel sigmoid, gamma 1 / channels.",
    "full-grad": "Every bias of a convolution and of a batch normalisation, whatever the layer; each channel is scaled "
    "to [0, 1] before the sum.",
    "shapley-cam": "The product with the Hessian is exact; it is zero where what follows is linear in pieces.",
    "finer-cam": "The class against the three that follow it by logit, each with weight 1.",
    "deep-feature-factorization": "scikit-learn's NMF, 5 components, random initialisation of seed 0.",
}


class Once(torch.nn.Module):
    """Runs a batch of equal pictures as one: what follows an ablated layer sees the batch that the layer makes."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, images):
        is_repeated = len(images) > 1 and torch.equal(images[1:], images[:1].expand_as(images[1:]))
        return self.model(images[:1] if is_repeated else images)


class AblationOfMany(cams.AblationLayer):
    """The library's layer in the place of one that has several inputs, such as a concatenation."""

    def __call__(self, *inputs):
        return super().__call__(inputs[0])


def tokens_to_grid(value):
    """[N, 1 + H W, C] to [N, C, H, W], without the class token."""
    side = int((value.shape[1] - 1) ** 0.5)
    return value[:, 1:].reshape(len(value), side, side, -1).permute(0, 3, 1, 2)


def channels_first(value):
    return value.permute(0, 3, 1, 2)


def recorded(cam, found):
    """Keeps what a method gives before the library scales it."""
    inner = getattr(cam, "base_cam", cam)
    for attribute, name in [("get_cam_image", "raw"), ("get_cam_weights", "weights")]:

        def wrapped(*args, original=getattr(inner, attribute), name=name, **kwargs):
            value = original(*args, **kwargs)
            found[name] = np.asarray(value)
            return value

        setattr(inner, attribute, wrapped)
    return cam


def explained(model, layer, image, reshape, method):
    """The final map, the raw one and the weights of a single picture by one method."""
    found = {}
    build = METHODS.get(method, cams.GradCAM)
    if method == "ablation-cam":
        build = partial(build, ablation_layer=cams.AblationLayerVit() if reshape else AblationOfMany())
    if method == "full-grad":
        [found["map"]] = build(model, [])(image.clone(), None)
        return found
    if method == "ablation-cam":
        model = Once(model)
    cam = recorded(build(model, [layer], reshape_transform=reshape), found)
    [found["map"]] = cam(input_tensor=image.clone(), targets=None, **SMOOTHED.get(method, {}))
    if method in SMOOTHED:
        # Only of the last of the augmented pictures.
        found.pop("weights", None)
        if "aug-smooth" in method or "both" in method:
            found.pop("raw", None)
    return {key: value if key == "map" else value[0] for key, value in found.items()}


def factorized(model, layer, image, reshape):
    seen = []
    handle = layer.register_forward_hook(lambda module, args, output: seen.append(output))
    with torch.no_grad():
        model(image)
    handle.remove()
    activation = reshape(seen[0]) if reshape else seen[0]
    return dff(activation.detach().numpy().copy(), n_components=5)[1][0]


def write(name, model, layer, images, metadata, reshape=None, stride=4, skip=()):
    """Explains each picture by every method; those that fail are named."""
    tensors, failed = {}, {}
    with torch.no_grad():
        logits = torch.cat([model(image[None]) for image in images])
    tensors["logits"] = logits
    for method in [*SMOOTHED, *METHODS]:
        if method in skip:
            continue
        try:
            with sdpa_kernel(SDPBackend.MATH):
                runs = [explained(model, layer, image[None], reshape, method) for image in images]
        except Exception as error:
            failed[method] = f"{type(error).__name__}: {error}".splitlines()[0][:200]
            continue
        for kind in runs[0]:
            value = torch.as_tensor(np.stack([run[kind] for run in runs])).float()
            tensors[f"{method}.{kind}"] = (value[:, ::stride, ::stride] if kind == "map" else value).contiguous()
        model.zero_grad()
    factors = [factorized(model, layer, image[None], reshape) for image in images]
    tensors["deep-feature-factorization.raw"] = torch.as_tensor(np.stack(factors)).float().contiguous()
    metadata = {
        **metadata,
        "classes": json.dumps(logits.argmax(1).tolist()),
        "stride": str(stride),
        "notes": json.dumps(NOTES),
        "failed": json.dumps(failed),
        "versions": ", ".join(f"{library}=={version(library)}" for library in LIBRARIES),
    }
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{name}.safetensors"
    save_file(tensors, path, metadata)
    print(name, path.stat().st_size, metadata["classes"], failed, flush=True)


SMALL = [
    ("resnet18", "layer4", "last", None),
    ("resnet18", "layer1", "early", None),
    ("mobilenet_v2", "features.18", "last", None),
    ("mobilenet_v2", "features.3", "early", None),
    ("densenet121", "features.norm5", "last", None),
    ("densenet121", "features.transition1", "early", None),
    ("convnext_tiny", "features.7", "last", None),
    ("convnext_tiny", "features.1", "early", None),
    ("vit_b_16", "encoder.layers.-1.ln_1", "last", tokens_to_grid),
    ("swin_t", "features.-1.-1.norm1", "last", channels_first),
]


def small(only, without):
    for name, site, label, reshape in SMALL:
        if only not in (None, name):
            continue
        folder = NETWORKS / "networks" / name
        model = networks.build(networks.CASES[name], False)
        expected = load_file(folder / "expected.safetensors")
        with torch.no_grad():
            miss = networks.error(model(expected["input"]), expected["logits"])
        assert miss < 1e-5, f"{name} is not the network of {folder}"
        with safe_open(folder / "expected.safetensors", "pt") as file:
            value = json.loads(file.metadata()["values.legacy"])[site]
        images = expected["input"]
        metadata = {"network": name, "value": value, "pictures": json.dumps(list(range(len(images))))}
        layer = networks.module_at(model, site)
        skip = without if label == "last" else [*without, "full-grad"]
        write(f"{name}.{label}", model, layer, images, metadata, reshape, skip=skip)


def scaled(picture):
    return (np.float32(picture) - np.float32(127.5)) / np.float32(127.5)


def caffe(picture):
    return np.float32(picture[..., ::-1]) - np.float32([103.939, 116.779, 123.68])


PRETRAINED = [
    (
        "mobilenet-v1", "mobilenet-v1-1.0-224-f16store", 224, scaled,
        {
            "last": "MobilenetV1.MobilenetV1.Conv2d_13_pointwise.Relu6_relu6",
            "early": "MobilenetV1.MobilenetV1.Conv2d_5_pointwise.Relu6_relu6",
        },
    ),
    ("resnet50", "resnet50-keras-f16store", 224, caffe, {"last": "activation_48"}),
    ("inception-v3", "inception-v3-u8w", 299, scaled, {"last": "InceptionV3.InceptionV3.Mixed_7c.concat"}),
]


def constants_folded(model):
    """Weights that the file holds as float16 or uint8 become float32 constants."""
    known = {tensor.name: tensor for tensor in model.graph.initializer}
    kept = []
    for node in model.graph.node:
        if node.op_type not in ("Cast", "DequantizeLinear") or any(name not in known for name in node.input):
            kept.append(node)
            continue
        values = [numpy_helper.to_array(known[name]).astype(np.float32) for name in node.input]
        result = values[0]
        if node.op_type == "DequantizeLinear":
            assert values[1].size == 1
            result = (values[0] - values[2]) * values[1]
        known[node.output[0]] = numpy_helper.from_array(result, node.output[0])
    used = {name for node in kept for name in node.input}
    del model.graph.node[:], model.graph.initializer[:]
    model.graph.node.extend(kept)
    model.graph.initializer.extend(tensor for name, tensor in known.items() if name in used)
    return model


def picture(photograph, size, data):
    [path] = (data / "images" / "skimage").glob(f"{photograph}.*")
    image = Image.open(path).convert("RGB")
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    image = image.crop((left, top, left + side, top + side)).resize((size, size), Image.BICUBIC)
    image.save(FOLDER / f"{photograph}-{size}.png", optimize=True)
    return np.asarray(image)


def pretrained(only, without, data):
    for name, file, size, preprocess, values in PRETRAINED:
        if only not in (None, name):
            continue
        proto = constants_folded(onnx.load(data / "models" / f"{file}.onnx"))
        node_of = {output: node.name or output for node in proto.graph.node for output in node.output}
        model = onnx2torch.convert(proto).eval()
        images = [preprocess(picture(photograph, size, data)).transpose(2, 0, 1) for photograph in PHOTOGRAPHS]
        images = torch.from_numpy(np.ascontiguousarray(np.stack(images)))
        for label, value in values.items():
            layer = dict(model.named_modules())[node_of[value].replace(".", "/")]
            metadata = {"network": f"{file}.onnx", "value": value, "pictures": json.dumps(PHOTOGRAPHS)}
            skip = without if label == "last" else [*without, "full-grad"]
            write(f"{name}.{label}", model, layer, images, metadata, stride=8, skip=skip)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", help="a network")
    parser.add_argument("--without", action="append", default=[], help="a method")
    settings = parser.parse_args()
    torch.set_num_threads(2)
    FOLDER.mkdir(exist_ok=True)
    small(settings.only, settings.without)
    data = os.environ.get("RATIONALE_TESTDATA")
    if data:
        pretrained(settings.only, settings.without, Path(data))
    else:
        print("skipped: no test data, so no pretrained networks")


if __name__ == "__main__":
    main()
