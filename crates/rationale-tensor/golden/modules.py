# /// script
# requires-python = ">=3.11"
# dependencies = ["torch==2.15.0", "numpy==2.4.6", "safetensors==0.8.0"]
# ///
"""Two small networks in PyTorch, their weights, and what PyTorch says of them: writes modules/.

NAME.pt and NAME.safetensors hold the weights as PyTorch names them; NAME.expected.safetensors holds `input`, `output`,
and of the sum of the outputs `input.gradient` and, at the site named in the metadata, `site.activation` and
`site.gradient`, computed in float64 and stored in float32.
"""

import copy
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

FOLDER = Path(__file__).parent / "modules"


class Convolutional(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 6, 3, stride=2))
        self.classifier = nn.Linear(6, 5)

    def forward(self, x):
        self.site = self.features(x).relu()
        return self.classifier(self.site.mean((2, 3)))


class Block(nn.Module):
    """A transformer's block: attention and a feed-forward layer, each after a normalisation and with a way around."""

    def __init__(self):
        super().__init__()
        self.before = nn.LayerNorm(8)
        self.query, self.key, self.value, self.output = (nn.Linear(8, 8) for _ in range(4))
        self.between = nn.LayerNorm(8)
        self.widen, self.narrow = nn.Linear(8, 16), nn.Linear(16, 8)

    def forward(self, x):
        n, tokens, width = x.shape
        heads = lambda it: it.reshape(n, tokens, 2, width // 2).transpose(1, 2)
        y = self.before(x)
        q, k, v = heads(self.query(y)), heads(self.key(y)), heads(self.value(y))
        mixed = (q @ k.transpose(2, 3) / (width // 2) ** 0.5).softmax(-1) @ v
        self.site = x + self.output(mixed.transpose(1, 2).reshape(n, tokens, width))
        return self.site + self.narrow(nn.functional.gelu(self.widen(self.between(self.site))))


def write(name, network, shape):
    for parameter in network.parameters():
        parameter.data = torch.randn_like(parameter) * 0.3
    torch.save(network.state_dict(), FOLDER / f"{name}.pt")
    save_file({k: v.contiguous() for k, v in network.state_dict().items()}, FOLDER / f"{name}.safetensors")
    exact = copy.deepcopy(network).double()
    x = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    y = exact(x)
    exact.site.retain_grad()
    y.sum().backward()
    expected = {
        "input": x,
        "output": y,
        "input.gradient": x.grad,
        "site.activation": exact.site,
        "site.gradient": exact.site.grad,
    }
    expected = {k: v.detach().float().contiguous() for k, v in expected.items()}
    save_file(expected, FOLDER / f"{name}.expected.safetensors", {"requires": "torch==2.15.0", "tolerance": "1e-5"})


FOLDER.mkdir(exist_ok=True)
torch.manual_seed(3)
write("convolutional", Convolutional(), (2, 3, 9, 9))
write("block", Block(), (2, 5, 8))
