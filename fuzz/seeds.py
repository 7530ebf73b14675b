"""Writes what fuzzing starts from: corpus/TARGET/NAME, from the golden files of crates/rationale-trees.

    python3 fuzz/seeds.py

Needs Python 3 and nothing else.
"""

import base64
import json
import zipfile
from pathlib import Path

FUZZ = Path(__file__).resolve().parent
GOLDEN = FUZZ.parent / "crates" / "rationale-trees" / "golden"

# Target, golden files, and under which key a case holds its model.
CASES = [
    ("xgboost_json", "xgboost_*.json", "json"),
    ("xgboost_ubjson", "xgboost_*.json", "ubj"),
    ("lightgbm_text", "lightgbm_*.json", "model"),
    ("lightgbm_json", "lightgbm_*.json", "dump"),
    ("catboost_json", "catboost_*.json", "model"),
]


def write(target, name, content):
    folder = FUZZ / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def of_case(model, key):
    return base64.b64decode(model) if key == "ubj" else model.encode()


def write_cases(target, pattern, key):
    for path in sorted(GOLDEN.glob(pattern)):
        for case in json.loads(path.read_text())["cases"]:
            if case.get(key):
                write(target, f"{path.stem}_{case['name']}".replace(" ", "_"), of_case(case[key], key))


def unpacked(path):
    """The files of an archive as the target `skops` packs them again."""
    with zipfile.ZipFile(path) as archive:
        return b"".join(b"%%file " + name.encode() + b"\n" + archive.read(name) for name in archive.namelist())


def main():
    for target, pattern, key in CASES:
        write_cases(target, pattern, key)
    for path in sorted(GOLDEN.glob("skops_*/*.skops")):
        name = f"{path.parent.name}_{path.stem}"
        write("skops", f"{name}_packed", path.read_bytes())
        write("skops", name, unpacked(path))
    for path in sorted(GOLDEN.glob("onnx_ml/*.onnx")):
        write("onnx_ml", path.stem, path.read_bytes())
        write("onnx_network", path.stem, path.read_bytes())


if __name__ == "__main__":
    main()
