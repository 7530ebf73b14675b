# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = [
#     "numpy==2.4.6",
#     "opencv-python-headless==5.0.0.93",
#     "torch==2.15.0",
# ]
# ///
"""Maps upsampled by PyTorch and OpenCV, normalised and laid over a picture as pytorch-grad-cam does it: writes maps.json.

The two functions of pytorch-grad-cam are restated here from their definition: the map is shifted by its minimum, divided
by 1e-7 + its maximum, and only then resized; the overlay is jet at one half, divided by its maximum.
"""

import json
from pathlib import Path

import cv2
import numpy as np
import torch

SIZES = [([2, 3], [5, 7]), ([7, 7], [20, 31]), ([14, 14], [9, 5]), ([1, 4], [3, 3]), ([3, 1], [1, 6])]


def formula(height: int, width: int) -> np.ndarray:
    y, x = np.ogrid[:height, :width]
    return ((7 * y * y + 5 * x + 3 * x * y) % 16 / 4 - 1).astype(np.float32)


def photograph(height: int, width: int) -> np.ndarray:
    y, x, c = np.ogrid[:height, :width, :3]
    return ((y * y * 3 + x * x * 5 + y * x * (c + 1) + 70 * c) % 256).astype(np.uint8)


def flat(values: np.ndarray) -> list:
    return [float(value) for value in values.astype(np.float64).ravel()]


def upsampled(map: np.ndarray, to: list, aligned: bool) -> np.ndarray:
    tensor = torch.from_numpy(map)[None, None]
    return torch.nn.functional.interpolate(tensor, to, mode="bilinear", align_corners=aligned)[0, 0].numpy()


def scaled(map: np.ndarray, to: list) -> np.ndarray:
    map = map - map.min()
    map = map / (1e-7 + map.max())
    return cv2.resize(map, (to[1], to[0]))


def overlay(picture: np.ndarray, map: np.ndarray) -> np.ndarray:
    colours = cv2.applyColorMap(np.uint8(255 * map), cv2.COLORMAP_JET)[..., ::-1]
    mixed = 0.5 * np.float32(colours) / 255 + 0.5 * np.float32(picture) / 255
    return np.uint8(255 * (mixed / mixed.max()))


def main() -> None:
    cases = []
    for start, to in SIZES:
        map = formula(*start)
        normal = scaled(map, to)
        cases.append({
            "from": start,
            "to": to,
            "half_pixel": flat(upsampled(map, to, False)),
            "aligned_corners": flat(upsampled(map, to, True)),
            "scaled": flat(normal),
            "overlay": overlay(photograph(*to), normal).ravel().tolist(),
        })
    table = cv2.applyColorMap(np.arange(256, dtype=np.uint8)[:, None], cv2.COLORMAP_JET)[:, 0, ::-1]
    golden = {
        "libraries": {"torch": torch.__version__, "opencv": cv2.__version__, "numpy": np.__version__},
        # float32 sums in another order; an overlay truncates where ours rounds, and a step of colour may fall otherwise.
        "tolerance": {"map": 3e-6, "overlay": 5},
        "jet": table.ravel().tolist(),
        "cases": cases,
    }
    text = json.dumps(golden, separators=(",", ":")).replace("{\"from", "\n{\"from")
    Path(__file__).with_suffix(".json").write_text(text + "\n")


if __name__ == "__main__":
    main()
