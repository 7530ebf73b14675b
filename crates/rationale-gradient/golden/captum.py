# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch==2.15.0",
#     "captum==0.9.0",
#     "shap==0.51.0",
#     "onnx==1.23.2",
#     "onnxruntime==1.32.0",
#     "safetensors==0.8.0",
#     "numpy==2.4.6",
# ]
# ///
"""Three small networks as ONNX files, and what captum and shap say of them: writes models/.

`models/{cnn,mlp,transformer}.onnx` are the networks, weights drawn by a seed; `cnn.unfused.onnx` is the CNN with its batch
normalisations left where they are. `models/NAME.safetensors` holds, in float64 and for the classes `targets`:

- `input` (of the transformer int64 token ids), `baseline`, `logits`, `targets`,
- `METHOD` at the input (at the embedding for the transformer), `layer.METHOD` at the layer `site`,
- `noise` [sample, ..] of the noise tunnel and `pairs.reference`, `pairs.alpha` [row, sample] of shap's explainer, with
  `background` and `shap` [row, .., class].

The metadata, all strings, holds `versions`, `site` (the name in the file of the layer's value) and `embedding`.
`--models` writes the ONNX files alone.
"""

import argparse
import math
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from safetensors.torch import save_file
from torch import nn

warnings.filterwarnings("ignore")
FOLDER = Path(__file__).parent / "models"
N = 3


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.norm = nn.Conv2d(2, 6, 3, padding=1), nn.BatchNorm2d(6)
        self.relu1, self.pool = nn.ReLU(), nn.MaxPool2d(2)
        self.second, self.relu2 = nn.Conv2d(6, 8, 3, padding=1), nn.ReLU()
        self.mean, self.head = nn.AvgPool2d(3), nn.Linear(8 * 4, 4)

    def forward(self, x):
        x = self.pool(self.relu1(self.norm(self.first(x))))
        return self.head(self.mean(self.relu2(self.second(x))).flatten(1))


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.relu = nn.Linear(6, 16), nn.ReLU()
        self.second, self.tanh, self.head = nn.Linear(16, 12), nn.Tanh(), nn.Linear(12, 3)

    def forward(self, x):
        return self.head(self.tanh(self.second(self.relu(self.first(x)))))


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.gelu, self.down = nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        self.softmax = nn.Softmax(dim=-1)

    def forward(self, x):
        n, tokens, width = x.shape
        split = lambda it: it.reshape(-1, tokens, self.heads, width // self.heads).transpose(1, 2)
        q, k, v = (split(it) for it in self.qkv(self.norm1(x)).chunk(3, dim=-1))
        mixed = self.softmax(q @ k.transpose(2, 3) / math.sqrt(width // self.heads)) @ v
        x = x + self.out(mixed.transpose(1, 2).reshape(-1, tokens, width))
        return x + self.down(self.gelu(self.up(self.norm2(x))))


class Transformer(nn.Module):
    def __init__(self, vocabulary=40, width=16, tokens=7):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.position = nn.Parameter(torch.randn(1, tokens, width) * 0.3)
        self.block1, self.block2 = Block(width, 2), Block(width, 2)
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, 3)

    def forward(self, ids):
        return self.behind(self.embedding(ids))

    def behind(self, embedded):
        x = self.block2(self.block1(embedded + self.position))
        return self.head(self.norm(x).mean(1))


def networks():
    torch.manual_seed(11)
    cnn, mlp, transformer = Cnn(), Mlp(), Transformer()
    with torch.no_grad():
        for parameter in [*cnn.parameters(), *mlp.parameters()]:
            parameter.mul_(1.8)
        for parameter in transformer.parameters():
            parameter.mul_(1.3)
        cnn.norm.running_mean.normal_(0, 0.3), cnn.norm.running_var.uniform_(0.5, 1.5)
        cnn.norm.weight.uniform_(0.5, 1.5), cnn.norm.bias.normal_(0, 0.3)
    ids = torch.randint(1, 40, (N, 7))
    return {
        "cnn": (cnn.eval(), torch.randn(N, 2, 12, 12), torch.randn(N, 2, 12, 12) * 0.2),
        "mlp": (mlp.eval(), torch.randn(N, 6), torch.randn(N, 6) * 0.5),
        "transformer": (transformer.eval(), ids, torch.zeros_like(ids)),
    }


def export(model, example, path, **settings):
    names = dict(input_names=["input"], output_names=["logits"])
    axes = {"input": {0: "n"}, "logits": {0: "n"}}
    torch.onnx.export(model, (example,), str(path), dynamo=False, opset_version=17, dynamic_axes=axes, **names, **settings)
    session = onnxruntime.InferenceSession(path.read_bytes())
    answer = session.run(None, {"input": example.numpy()})[0]
    error = np.abs(answer - model(example).detach().numpy()).max()
    assert error < 1e-5, error
    print(path.name, path.stat().st_size, "bytes, logits within", error)


SITES = {"cnn": "/relu2/Relu_output_0", "mlp": "/tanh/Tanh_output_0", "transformer": "/block1/Add_2_output_0"}
LAYERS = {"cnn": "relu2", "mlp": "tanh", "transformer": "block1"}
EMBEDDING = "/embedding/Gather_output_0"


def recorded(module, name, calls):
    original = getattr(module, name)

    def wrapper(*args, **kwargs):
        value = original(*args, **kwargs)
        calls.append(value)
        return value

    setattr(module, name, wrapper)
    return original


class Behind(nn.Module):
    """The transformer behind its embedding."""

    def __init__(self, transformer):
        super().__init__()
        self.transformer = transformer
        self.block1 = transformer.block1

    def forward(self, embedded):
        return self.transformer.behind(embedded)


def expected(name, model, x, baseline):
    from captum.attr import (IntegratedGradients, InputXGradient, InternalInfluence, LayerConductance,
                             LayerIntegratedGradients, NoiseTunnel, Saliency)

    model = model.double()
    found = {"input": x, "baseline": baseline}
    if name == "transformer":
        x, baseline = model.embedding(x).detach(), model.embedding(baseline).detach()
        model = Behind(model)
    else:
        x, baseline = x.double(), baseline.double()
    layer = getattr(model, LAYERS[name])
    logits = model(x).detach()
    targets = torch.tensor([1, 2, 0])
    found |= {"logits": logits, "targets": targets}
    of = dict(target=targets)
    path = dict(baselines=baseline, n_steps=50, **of)
    found["saliency"] = Saliency(model).attribute(x, **of)
    found["gradient"] = Saliency(model).attribute(x, abs=False, **of)
    found["input_x_gradient"] = InputXGradient(model).attribute(x, **of)
    for method in ["gausslegendre", "riemann_left", "riemann_right", "riemann_middle"]:
        found[f"integrated_gradients.{method}"] = IntegratedGradients(model).attribute(x, method=method, **path)
    found["layer.integrated_gradients"] = LayerIntegratedGradients(model, layer).attribute(x, **path)
    found["layer.conductance"] = LayerConductance(model, layer).attribute(x, **path)
    found["layer.internal_influence"] = InternalInfluence(model, layer).attribute(x, **path)

    noise, samples = [], 4
    original = recorded(torch, "normal", noise)
    torch.manual_seed(5)
    tunnel = NoiseTunnel(Saliency(model))
    settings = dict(nt_samples=samples, stdevs=0.3, abs=False, **of)
    for kind in ["smoothgrad", "smoothgrad_sq", "vargrad"]:
        torch.manual_seed(5)
        found[kind] = tunnel.attribute(x, nt_type=kind, **settings)
    torch.normal = original
    assert torch.equal(noise[0], noise[1])
    found["noise"] = noise[0].reshape(len(x), samples, *x.shape[1:]).transpose(0, 1).contiguous()
    found |= of_shap(model, x)
    return found


def of_shap(model, x):
    import shap

    # shap makes its samples in float32, whatever the model.
    model, x = model.float(), x.float()
    torch.manual_seed(9)
    background = torch.randn(5, *x.shape[1:], dtype=x.dtype) * 0.5
    references, alphas, samples = [], [], 12
    choice = recorded(np.random, "choice", references)
    uniform = recorded(np.random, "uniform", alphas)
    explainer = shap.GradientExplainer(model, background)
    values = np.asarray(explainer.shap_values(x, nsamples=samples, rseed=3))
    np.random.choice, np.random.uniform = choice, uniform
    classes = model(x).shape[1]
    of_classes = lambda it: np.asarray(it).reshape(classes, len(x), samples)
    references, alphas = of_classes(references), of_classes(alphas)
    assert (references == references[0]).all() and (alphas == alphas[0]).all()
    return {
        "background": background,
        "pairs.reference": torch.tensor(references[0], dtype=torch.int64),
        "pairs.alpha": torch.tensor(alphas[0]),
        "shap": torch.tensor(values, dtype=torch.float64).contiguous(),
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", action="store_true")
    arguments = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    for name, (model, x, baseline) in networks().items():
        export(model, x, FOLDER / f"{name}.onnx")
        if name == "cnn":
            keep = dict(training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False)
            export(model, x, FOLDER / "cnn.unfused.onnx", **keep)
        if arguments.models:
            continue
        libraries = ["torch", "captum", "shap"]
        metadata = {"versions": " ".join(f"{it}=={version(it)}" for it in libraries), "site": SITES[name]}
        metadata |= {"embedding": EMBEDDING} if name == "transformer" else {}
        found = {key: value.detach().contiguous() for key, value in expected(name, model, x, baseline).items()}
        save_file(found, FOLDER / f"{name}.safetensors", metadata)


if __name__ == "__main__":
    main()
