# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch==2.15.0",
#     "zennit==0.5.1",
#     "onnx==1.23.2",
#     "onnxruntime==1.32.0",
#     "safetensors==0.8.0",
#     "numpy==2.4.6",
# ]
# ///
"""LRP by zennit's composites on the CNN of captum.py: writes models/cnn.composites.safetensors.

It holds, in float64, `input`, `targets`, `low`, `high` and COMPOSITE at the input; the relevance of the output is its
value. zennit merges the batch normalisation into the convolution before it.
"""

import importlib.util
from importlib.metadata import version
from pathlib import Path

import torch
from safetensors.torch import save_file
from zennit.attribution import Gradient
from zennit.canonizers import SequentialMergeBatchNorm
from zennit.composites import SpecialFirstLayerMapComposite, layer_map_base
from zennit.rules import AlphaBeta, Epsilon, Flat, Gamma, ZBox, ZPlus
from zennit.types import Convolution, Linear

# captum.py beside this file; by its path, because its name is a library's.
spec = importlib.util.spec_from_file_location("networks", Path(__file__).with_name("captum.py"))
peer = importlib.util.module_from_spec(spec)
spec.loader.exec_module(peer)

EPSILON = 1e-6
LOW, HIGH = -4.0, 4.0


def composite(convolution, first=None):
    """Of zennit's named composites, which differ in these two rules."""
    layers = [*layer_map_base(EPSILON), (Convolution, convolution), (torch.nn.Linear, Epsilon(EPSILON))]
    firsts = [] if first is None else [(Linear, first)]
    return SpecialFirstLayerMapComposite(layers, firsts, canonizers=[SequentialMergeBatchNorm()])


def composites():
    stabilizer = dict(stabilizer=EPSILON)
    alpha_beta = lambda: AlphaBeta(alpha=2, beta=1, **stabilizer)
    return {
        "epsilon": composite(Epsilon(EPSILON)),
        "epsilon_plus": composite(ZPlus(**stabilizer)),
        "epsilon_plus_flat": composite(ZPlus(**stabilizer), Flat(**stabilizer)),
        "epsilon_gamma_box": composite(Gamma(gamma=0.25, **stabilizer), ZBox(low=LOW, high=HIGH, **stabilizer)),
        "epsilon_alpha2_beta1": composite(alpha_beta()),
        "epsilon_alpha2_beta1_flat": composite(alpha_beta(), Flat(**stabilizer)),
    }


def main():
    model, x, _ = peer.networks()["cnn"]
    model, x = model.double(), x.double()
    targets = torch.tensor([1, 2, 0])
    chosen = torch.eye(4, dtype=torch.float64)[targets]
    bound = lambda it: torch.full((1, 1, 1, 1), it, dtype=torch.float64)
    found = {"input": x, "targets": targets, "low": bound(LOW), "high": bound(HIGH)}
    for name, rules in composites().items():
        with Gradient(model, rules) as attributor:
            _, found[name] = attributor(x, lambda output: output * chosen)
        print(name, found[name].flatten(1).sum(1).tolist())
    found = {key: value.detach().contiguous() for key, value in found.items()}
    metadata = {"versions": f"torch=={version('torch')} zennit=={version('zennit')}"}
    save_file(found, peer.FOLDER / "cnn.composites.safetensors", metadata)


if __name__ == "__main__":
    main()
