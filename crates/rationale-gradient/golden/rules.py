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
"""What captum and shap say of the networks of captum.py by rules: writes models/NAME.rules.safetensors.

It holds, in float64, `input`, `baseline`, `background`, `targets` and METHOD at the input (of the transformer: at the
embedding, whose values `input` and `baseline` are). `deeplift.gap` and `deep_shap.gap` are the peers' own leftover,
|sum - (F(x) - F(x'))| example by example. `plain.onnx` is a CNN without biases, pooling or normalisation, for LRP.
"""

import importlib.util
import sys
from pathlib import Path

# Python puts this folder, where a captum.py lies, before the library of that name.
sys.path = [it for it in sys.path if Path(it or ".").resolve() != Path(__file__).parent.resolve()]

import numpy as np
import torch
from captum.attr import LRP, DeepLift, DeepLiftShap, Deconvolution, GuidedBackprop
from captum.attr._utils.lrp_rules import Alpha1_Beta0_Rule, EpsilonRule, GammaRule
from safetensors.torch import save_file
from torch import nn

# captum.py beside this file; by its path, because its name is the library's.
spec = importlib.util.spec_from_file_location("networks", Path(__file__).with_name("captum.py"))
peer = importlib.util.module_from_spec(spec)
spec.loader.exec_module(peer)
FOLDER, export, networks = peer.FOLDER, peer.export, peer.networks


class Behind(nn.Module):
    """The transformer behind its embedding. captum refuses a module that it finds twice."""

    def __init__(self, transformer):
        super().__init__()
        self.transformer = transformer

    def forward(self, embedded):
        return self.transformer.behind(embedded)


class Plain(nn.Module):
    """Convolutions and a dense layer without biases."""

    def __init__(self):
        super().__init__()
        self.first, self.relu1 = nn.Conv2d(2, 6, 3, padding=1, bias=False), nn.ReLU()
        self.second, self.relu2 = nn.Conv2d(6, 8, 3, stride=2, bias=False), nn.ReLU()
        self.mean, self.head = nn.AvgPool2d(5), nn.Linear(8, 4, bias=False)

    def forward(self, x):
        return self.head(self.mean(self.relu2(self.second(self.relu1(self.first(x))))).flatten(1))


def gaps(model, x, baseline, targets, values):
    column = targets[:, None]
    difference = model(x).gather(1, column) - model(baseline).gather(1, column)
    return (values.flatten(1).sum(1) - difference.squeeze(1)).abs()


def of_shap(model, x, background):
    import shap

    values = shap.DeepExplainer(model, background).shap_values(x, check_additivity=False)
    return torch.tensor(np.asarray(values))


def of(name, model, x, baseline):
    model = model.double()
    if name == "transformer":
        x, baseline = model.embedding(x).detach(), model.embedding(baseline).detach()
        model = Behind(model)
    else:
        x, baseline = x.double(), baseline.double()
    torch.manual_seed(3)
    background = torch.randn(5, *x.shape[1:], dtype=x.dtype) * 0.5
    targets = torch.tensor([1, 2, 0])
    found = {"input": x, "baseline": baseline, "background": background, "targets": targets}
    found["deeplift"] = DeepLift(model).attribute(x, baseline, target=targets)
    found["deeplift.gap"] = gaps(model, x, baseline, targets, found["deeplift"])
    found["deeplift_shap"] = DeepLiftShap(model).attribute(x, background, target=targets)
    found["guided"] = GuidedBackprop(model).attribute(x, target=targets)
    found["deconvolution"] = Deconvolution(model).attribute(x, target=targets)
    if name != "transformer":
        found["lrp.epsilon"] = LRP(model).attribute(x, target=targets)
    found["deep_shap"] = of_shap(model, x, background)
    sums = found["deep_shap"].flatten(1, -2).sum(1)
    found["deep_shap.gap"] = (sums - (model(x) - model(background).mean(0))).abs().amax(1)
    return found


def of_plain():
    torch.manual_seed(4)
    model = Plain().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(2)
    x = torch.rand(3, 2, 12, 12)
    export(model, x, FOLDER / "plain.onnx")
    model, x = model.double(), x.double()
    targets = model(x).argmax(1)
    found = {"input": x, "targets": targets}
    rules = {
        "lrp.epsilon": lambda: EpsilonRule(),
        "lrp.gamma": lambda: GammaRule(0.25),
        "lrp.alpha1_beta0": lambda: Alpha1_Beta0_Rule(),
    }
    for name, rule in rules.items():
        # The head keeps epsilon, so that rules for positive contributions are of convolutions alone.
        model.first.rule, model.second.rule, model.head.rule = rule(), rule(), EpsilonRule()
        found[name] = LRP(model).attribute(x, target=targets)
    return found


def save(name, found):
    found = {key: value.detach().contiguous() for key, value in found.items()}
    save_file(found, FOLDER / f"{name}.rules.safetensors", {"versions": "torch==2.15.0 captum==0.9.0 shap==0.51.0"})


def main():
    for name, (model, x, baseline) in networks().items():
        found = of(name, model, x, baseline)
        print(name, {key: value.tolist() for key, value in found.items() if key.endswith("gap")})
        save(name, found)
    save("plain", of_plain())


if __name__ == "__main__":
    main()
