# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch==2.15.0",
#     "torchvision==0.29.2",
#     "onnx==1.23.2",
#     "onnxscript==0.7.2",
#     "onnxruntime==1.32.0",
#     "safetensors==0.8.0",
#     "numpy==2.4.6",
# ]
# ///
"""torchvision's networks as both of PyTorch's exporters write them, and what PyTorch says of them: writes networks/.

The weights are drawn by a seed; normalisations have statistics and scales of their own, so that folding shows. Each
folder NAME/ holds the exports as EXPORT.onnx (`legacy` and `dynamo`, and older forms of some) and expected.safetensors:

- `input`, `logits` [N, class], `input.gradient`: of the sum over the batch of the logit `class`,
- `SITE.activation` and `SITE.gradient` of the same sum, SITE being a module of torchvision's.

They come from a float64 copy of the network and are stored in float32. The metadata, all strings, holds `class`,
`versions`, `sites` (a JSON array in forward order), and as JSON objects `float32_error` (by tensor: the relative L2
error of PyTorch in float32, which is large where a ReLU or a maximum falls the other way), `values.EXPORT` (by site:
the name of the value in that file), `operators.EXPORT` (by operator: how many nodes) and `logits_error.EXPORT` (the
relative L2 error of ONNX Runtime on that file).

`--full FOLDER` writes the networks in their full size instead, about 2.5 GB; `--only NAME` writes one of them. In full
size millions of units stand before a kink (a ReLU, the two largest of a maximum), and of a random picture some are within
rounding of it, so that the order of a sum decides which way they fall. On ResNet-18 one unit of 401,408 before the
fourth ReLU, with the input -3.8e-6, moves the gradient to the picture by 2.6e-3: that compares coins and not arithmetic.
So their pictures are moved a little, until no unit is nearer to a kink than `MARGIN` times the largest error of PyTorch's
float32 at that kink. The metadata says by how much: `moved`, the largest change of a pixel, and `margin`, the smallest
distance over that error, by picture as it was drawn and as it is.
"""

import argparse
import copy
import json
import warnings
from collections import Counter
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
import torchvision
from safetensors.torch import save_file
from torch import nn
from torch.overrides import TorchFunctionMode
from torchvision import models
from torchvision.models.convnext import CNBlockConfig

warnings.filterwarnings("ignore")
FOLDER = Path(__file__).parent / "networks"
SEED, CLASSES, CLASS = 7, 10, 3
MARGIN, STEPS = 2.0, 40
LIBRARIES = ["torch", "torchvision", "onnx", "onnxscript", "onnxruntime"]
EXPORTS = {
    "legacy": dict(dynamo=False, opset_version=17, dynamic_axes={"input": {0: "batch"}, "logits": {0: "batch"}}),
    "dynamo": dict(dynamo=True, opset_version=20, dynamic_shapes=({0: torch.export.Dim.DYNAMIC},), external_data=False),
    # An older operator set, one batch size, and batch normalisations left where they are.
    "legacy_11": dict(dynamo=False, opset_version=11, training=torch.onnx.TrainingMode.PRESERVE),
    "legacy_14": dict(dynamo=False, opset_version=14),
}


@contextmanager
def narrow(factor):
    """Builds layers with that many times fewer channels; counts up to 10 stay."""
    layers = [nn.Conv2d, nn.BatchNorm2d, nn.Linear]
    originals = [layer.__init__ for layer in layers]

    def less(value):
        return max(value // factor, 1) if type(value) is int and value > CLASSES else value

    def channels(init, count):
        def narrowed(self, *args, groups=1, **kwargs):
            if init is originals[0]:
                kwargs["groups"] = less(groups)
            for key in ("num_features", "in_channels", "out_channels"):
                if key in kwargs:
                    kwargs[key] = less(kwargs[key])
            init(self, *[less(arg) for arg in args[:count]], *args[count:], **kwargs)

        return narrowed

    for layer, init, count in zip(layers, originals, [2, 1, 2]):
        layer.__init__ = channels(init, count)
    try:
        yield
    finally:
        for layer, init in zip(layers, originals):
            layer.__init__ = init


def small(build, factor, **kwargs):
    def made():
        with narrow(factor):
            return build(num_classes=CLASSES, **kwargs)

    return made


def small_vgg16():
    model = small(models.vgg16, 26)()
    model.avgpool = nn.AdaptiveAvgPool2d(2)
    model.classifier = nn.Sequential(
        nn.Linear(512 // 26 * 2 * 2, 16), nn.ReLU(), nn.Dropout(), nn.Linear(16, 16), nn.ReLU(), nn.Dropout(),
        nn.Linear(16, CLASSES),
    )
    return model


def small_convnext():
    widths = [8, 12, 16, 24]
    blocks = [CNBlockConfig(a, b, 1) for a, b in zip(widths, widths[1:] + [None])]
    return models.ConvNeXt(blocks, num_classes=CLASSES)


class Case:
    """A network: how it is built small and in full, the sizes of its pictures, and the modules that are watched."""

    def __init__(self, small, full, sizes, sites, batch=1, exports=("legacy", "dynamo")):
        self.builders, self.sizes, self.sites, self.batch = (small, full), sizes, sites, batch
        self.exports = exports


CASES = {
    "resnet18": Case(
        small(models.resnet18, 24), models.resnet18, (48, 224), ["layer1", "layer3", "layer4"], 2,
        ("legacy", "dynamo", "legacy_11"),
    ),
    "vgg16": Case(small_vgg16, models.vgg16, (64, 224), ["features.3", "features.29", "classifier.1"]),
    "inception_v3": Case(
        small(models.inception_v3, 32, aux_logits=False, init_weights=True),
        partial(models.inception_v3, aux_logits=False, init_weights=True), (75, 299),
        ["Conv2d_2b_3x3", "Mixed_6e", "Mixed_7c"],
    ),
    "mobilenet_v2": Case(
        small(models.mobilenet_v2, 16), models.mobilenet_v2, (64, 224), ["features.3", "features.18"],
    ),
    "densenet121": Case(
        small(models.DenseNet, 8, block_config=(2, 2, 2, 2)), models.densenet121, (64, 224),
        ["features.transition1", "features.denseblock4", "features.norm5"],
    ),
    "efficientnet_b0": Case(
        small(models.efficientnet_b0, 12), models.efficientnet_b0, (64, 224), ["features.2", "features.8"],
    ),
    "convnext_tiny": Case(small_convnext, models.convnext_tiny, (64, 224), ["features.1", "features.7"]),
    "vit_b_16": Case(
        partial(
            models.VisionTransformer, image_size=32, patch_size=8, num_layers=2, num_heads=2, hidden_dim=16, mlp_dim=32,
            num_classes=CLASSES,
        ),
        models.vit_b_16, (32, 224), ["encoder.layers.0", "encoder.layers.-1.ln_1", "encoder.layers.-1"], 2,
        ("legacy", "dynamo", "legacy_14"),
    ),
    "swin_t": Case(
        partial(
            models.SwinTransformer, patch_size=[4, 4], embed_dim=8, depths=[2, 1], num_heads=[1, 2], window_size=[3, 3],
            num_classes=CLASSES,
        ),
        models.swin_t, (32, 224), ["features.1", "features.-1.-1.norm1", "features.-1"], 2,
    ),
}


def module_at(model, site):
    """A module by its path, in which a number counts the children, also from the end."""
    for part in site.split("."):
        model = list(model.children())[int(part)] if part.lstrip("-").isdigit() else getattr(model, part)
    return model


def randomise(model, shape):
    """Gives every parameter and every statistic a value that shows; signals keep their size from layer to layer."""
    draw = torch.Generator().manual_seed(SEED)
    normal = lambda like: torch.randn(like.shape, generator=draw)
    uniform = lambda like, low, high: low + (high - low) * torch.rand(like.shape, generator=draw)
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("bias"):
                parameter.copy_(0.1 * normal(parameter))
            elif parameter.dim() == 1 or name.endswith("layer_scale"):
                parameter.copy_(uniform(parameter, 0.5, 1.5))
            elif parameter.dim() < 4:
                parameter.copy_(normal(parameter) / parameter.shape[-1] ** 0.5)
        for norm in norms:
            norm.momentum = None
        for module in model.modules():
            module.train(isinstance(module, nn.BatchNorm2d))
        model(torch.randn(shape, generator=draw))
        for norm in norms:
            norm.running_mean += 0.3 * norm.running_var.sqrt() * normal(norm.running_mean)
            norm.running_var *= uniform(norm.running_var, 0.6, 1.6)
    return model.eval()


def build(case, is_full):
    torch.manual_seed(SEED)
    model = case.builders[is_full]()
    size = case.sizes[is_full]
    model = randomise(model, (8 if not is_full else 2, 3, size, size))
    for module in model.modules():
        if hasattr(module, "inplace"):
            module.inplace = False
    return model


def answers(model, image, sites):
    """Input, logits, and what is seen at the sites, with the gradients of the logit."""
    seen, handles = {}, []
    for site in sites:

        def watch(module, args, output, site=site):
            output.retain_grad()
            seen[site] = output
            # What comes after may work in place.
            return output.clone()

        handles.append(module_at(model, site).register_forward_hook(watch))
    image = image.clone().requires_grad_()
    logits = model(image)
    logits[:, CLASS].sum().backward()
    for handle in handles:
        handle.remove()
    found = {"logits": logits.detach(), "input.gradient": image.grad}
    for site in sites:
        found[f"{site}.activation"] = seen[site].detach()
        found[f"{site}.gradient"] = seen[site].grad
    return found


def error(ours, reference):
    ours, reference = torch.as_tensor(ours).double(), torch.as_tensor(reference).double()
    return float(f"{torch.linalg.vector_norm(ours - reference) / torch.linalg.vector_norm(reference):.3g}")


class Kinks(TorchFunctionMode):
    """Notes how far each unit is from a kink of what is done with it, in the order in which that is done."""

    def __init__(self):
        super().__init__()
        self.distances = []

    def __torch_function__(self, function, types, args=(), kwargs=None):
        name = getattr(function, "__name__", "")
        if name in ("relu", "relu_", "relu6", "hardtanh"):
            self.distances.append(args[0])
        if name in ("relu6", "hardtanh"):
            self.distances.append(args[0] - 6)
        if name in ("max_pool2d", "boolean_dispatch"):
            self.distances.append(self.lead(*args, **(kwargs or {})))
        return function(*args, **(kwargs or {}))

    @staticmethod
    def lead(x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
        """By how much the largest of each window leads; what a ceiling would add at the rim is left out."""
        x = nn.functional.pad(x, [padding] * 4, value=-1e30)
        windows = x.unfold(2, kernel_size, stride or kernel_size).unfold(3, kernel_size, stride or kernel_size)
        first, second = windows.flatten(-2).topk(2).values.unbind(-1)
        return first - second


def distances(model, image):
    with Kinks() as kinks:
        model(image)
    return kinks.distances


def separated(single, double, image):
    """A picture near this one of which no unit is near a kink, and what the metadata says of it."""
    with torch.no_grad():
        pairs = zip(distances(single, image), distances(double, image.double()))
        errors = [(a.double() - b).abs().max().clamp(min=1e-12) for a, b in pairs]
    drawn, margins = image, []
    for _ in range(STEPS):
        at = image.double().requires_grad_()
        ratios = [found.abs() / allowed for found, allowed in zip(distances(double, at), errors)]
        # Equal values, zeros of a ReLU in one window, are equal in every precision.
        ratios = [ratio[ratio > 0] for ratio in ratios]
        margins.append(min(ratio.min().item() for ratio in ratios if len(ratio)) if ratios else float("inf"))
        if margins[-1] >= MARGIN:
            break
        # Beyond the margin, so that it is reached. The gradients of a kink's units are nearly orthogonal and equally
        # long, so that Polyak's step to where its loss is 0 moves each unit to its place.
        for ratio in ratios:
            loss = (1.5 * MARGIN - ratio).clamp(min=0).square().sum()
            if loss > 0:
                [gradient] = torch.autograd.grad(loss, at, retain_graph=True)
                image = image - 2 * loss.detach() / gradient.square().sum() * gradient
        image = image.float()
    assert margins[-1] >= MARGIN, f"a unit stays at {margins[-1]} errors from a kink"
    moved = (image - drawn).abs().max().item()
    return image, {"moved": f"{moved:.1e}", "margin": f"{margins[0]:.1e} {margins[-1]:.1f}"}


def export(model, image, settings, path):
    torch.onnx.export(model, (image,), str(path), input_names=["input"], output_names=["logits"], **settings)
    proto = onnx.load(path)
    # Where in torchvision a node comes from: longer than the small networks themselves.
    del proto.metadata_props[:], proto.graph.metadata_props[:]
    graph = proto.graph
    for part in [*graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer]:
        del part.metadata_props[:]
        part.doc_string = ""
    onnx.save(proto, path)
    return proto


def values_of(proto, image):
    """Every value of the file's graph by name, in the order of its nodes."""
    names = [name for node in proto.graph.node for name in node.output if name]
    known = {output.name for output in proto.graph.output}
    watched = onnx.ModelProto()
    watched.CopyFrom(proto)
    watched.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names if name not in known)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(watched.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return dict(zip(names, session.run(names, {"input": image.numpy()})))


def name_of(activation, values):
    """The first value of a file that is the activation."""
    is_it = lambda value: value.shape == tuple(activation.shape) and error(value, activation) < 1e-4
    return next(name for name, value in values.items() if isinstance(value, np.ndarray) and is_it(value))


def write(name, case, folder, is_full):
    folder.mkdir(parents=True, exist_ok=True)
    model = build(case, is_full)
    size = case.sizes[is_full]
    image = torch.randn((case.batch, 3, size, size), generator=torch.Generator().manual_seed(SEED + 1))
    double = copy.deepcopy(model).double()
    image, of_image = separated(model, double, image) if is_full else (image, {})
    single, double = answers(model, image, case.sites), answers(double, image.double(), case.sites)
    metadata = {
        "class": str(CLASS),
        "versions": ", ".join(f"{library}=={version(library)}" for library in LIBRARIES),
        "sites": json.dumps(case.sites),
        **of_image,
        "float32_error": json.dumps({key: error(single[key], double[key]) for key in double}),
    }
    for kind in case.exports:
        proto = export(model, image, EXPORTS[kind], folder / f"{kind}.onnx")
        values = values_of(proto, image)
        names = {site: name_of(double[f"{site}.activation"], values) for site in case.sites}
        metadata[f"values.{kind}"] = json.dumps(names)
        metadata[f"operators.{kind}"] = json.dumps(dict(sorted(Counter(n.op_type for n in proto.graph.node).items())))
        miss = error(values["logits"], double["logits"])
        assert miss < 1e-4, f"{name} {kind}: ONNX Runtime differs from PyTorch by {miss}"
        metadata[f"logits_error.{kind}"] = json.dumps(miss)
    tensors = {"input": image, **double}
    tensors = {key: value.float().contiguous() for key, value in tensors.items()}
    save_file(tensors, folder / "expected.safetensors", metadata)
    sizes = {path.name: f"{path.stat().st_size / 1000:.0f} kB" for path in sorted(folder.iterdir())}
    print(name, sizes, json.dumps(metadata, indent=1), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--full", type=Path)
    parser.add_argument("--only", choices=CASES)
    settings = parser.parse_args()
    torch.set_num_threads(1)
    for name, case in CASES.items():
        if settings.only in (None, name):
            write(name, case, (settings.full or FOLDER) / name, bool(settings.full))


if __name__ == "__main__":
    main()
