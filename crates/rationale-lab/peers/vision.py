"""PyTorch's forward pass and pytorch-grad-cam's Grad-CAM of ResNet-50 on the picture that bin/vision.rs explains.

Needs torch, onnx, onnx2torch and grad-cam; RATIONALE_TESTDATA names the folder of models. Prints one line.
"""

import os
import time
from pathlib import Path

begin = time.perf_counter()
import numpy as np
import onnx
import onnx2torch
import pytorch_grad_cam
import torch

imported = time.perf_counter() - begin
N_RUNS = 9


def network(path):
    """The network without the casts of its stored weights, which onnx2torch cannot read."""
    proto = onnx.load(path)
    stored = {tensor.name: tensor for tensor in proto.graph.initializer}
    steps = []
    for node in proto.graph.node:
        if node.op_type == "Cast" and node.input[0] in stored:
            weights = onnx.numpy_helper.to_array(stored[node.input[0]]).astype(np.float32)
            proto.graph.initializer.append(onnx.numpy_helper.from_array(weights, node.output[0]))
        else:
            steps.append(node)
    del proto.graph.node[:]
    proto.graph.node.extend(steps)
    return onnx2torch.convert(proto).eval()


def seconds(work):
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def main():
    torch.set_num_threads(os.cpu_count())
    models = Path(os.environ["RATIONALE_TESTDATA"]) / "models"
    model = network(models / "resnet50-keras-f16store.onnx")
    picture = torch.from_numpy(np.load(models / "expected" / "resnet50.chelsea.input.npy"))
    layer = dict(model.named_modules())["activation_48"]

    def forward():
        with torch.no_grad():
            model(picture)

    with pytorch_grad_cam.GradCAM(model, [layer]) as cam:
        works = (forward, lambda: cam(input_tensor=picture, targets=None))
        times = [[seconds(work) for work in works] for _ in range(N_RUNS + 2)][2:]
    bare, maps = np.median(times, axis=0)
    print(
        f"pytorch {torch.__version__}: forward {bare:.3f} s; Grad-CAM {maps:.3f} s, {maps / bare:.2f} times the "
        f"forward pass; imports {imported:.1f} s"
    )


if __name__ == "__main__":
    main()
