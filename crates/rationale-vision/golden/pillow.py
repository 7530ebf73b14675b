# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = [
#     "pillow==13.0.0",
#     "numpy==2.4.6",
# ]
# ///
"""Pictures resized by Pillow: writes pillow.json.

The picture is a formula, so that it need not be stored: byte(y, x, c) = (y*y*3 + x*x*5 + y*x*(c+1) + 70*c) mod 256.
It is as rough as noise, which makes every rounding count.
"""

import json
from pathlib import Path

import numpy as np
import PIL
from PIL import Image

FILTERS = {
    "box": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
# From and to, each height and width: smaller, larger, both at once, one side kept, from and to one pixel.
SIZES = [
    ([30, 45], [7, 11]),
    ([9, 7], [20, 13]),
    ([12, 40], [17, 9]),
    ([16, 25], [16, 10]),
    ([25, 16], [10, 16]),
    ([1, 1], [3, 4]),
    ([33, 31], [1, 1]),
    ([2, 120], [2, 7]),
]


def formula(height: int, width: int) -> np.ndarray:
    y, x, c = np.ogrid[:height, :width, :3]
    return ((y * y * 3 + x * x * 5 + y * x * (c + 1) + 70 * c) % 256).astype(np.uint8)


def main() -> None:
    cases = []
    for start, end in SIZES:
        picture = Image.fromarray(formula(*start), "RGB")
        for name, resampling in FILTERS.items():
            resized = np.asarray(picture.resize((end[1], end[0]), resampling))
            cases.append({"filter": name, "from": start, "to": end, "bytes": resized.ravel().tolist()})
    golden = {"library": "Pillow", "version": PIL.__version__, "tolerance": 0, "cases": cases}
    text = json.dumps(golden, separators=(",", ":")).replace("{\"filter", "\n{\"filter")
    Path(__file__).with_suffix(".json").write_text(text + "\n")


if __name__ == "__main__":
    main()
