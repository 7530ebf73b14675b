# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "lime==0.2.0.1",
#     "numpy==2.4.6",
#     "scikit-learn==1.9.1",
#     "scipy==1.17.1",
#     "scikit-image==0.26.0",
# ]
# ///
"""What lime says of tables, pictures and texts, with the very samples that it drew.

Each case holds the samples as the local model sees them, their distances and the model's answers, caught on their way
into lime's own fit, and what that fit gave for several ways of selecting features. Also the cuts of lime's
discretisers, and scikit-image's superpixels of a small picture.
"""

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
from lime import lime_base
from lime.discretize import DecileDiscretizer, EntropyDiscretizer, QuartileDiscretizer
from lime.lime_image import LimeImageExplainer
from lime.lime_tabular import LimeTabularExplainer
from lime.lime_text import LimeTextExplainer
from skimage.segmentation import quickshift, slic

TOLERANCE = 1e-8
SELECTIONS = {
    "auto": "auto",
    "forward": "forward_selection",
    "highest-weights": "highest_weights",
    "lasso-path": "lasso_path",
    "all": "none",
}


def tensor(array):
    array = np.asarray(array, dtype=np.float64)
    return {"shape": list(array.shape), "values": [float(x) for x in array.reshape(-1)]}



def catch(explain):
    """The neighbourhood that lime draws, and the kernel it would weigh it with."""
    caught = {}
    original = lime_base.LimeBase.explain_instance_with_data

    def spy(self, data, labels, distances, label, *rest, **named):
        caught.update(base=self, data=np.asarray(data), labels=np.asarray(labels), distances=np.asarray(distances))
        return original(self, data, labels, distances, label, *rest, **named)

    lime_base.LimeBase.explain_instance_with_data = spy
    try:
        explain()
    finally:
        lime_base.LimeBase.explain_instance_with_data = original
    return caught


def case(name, explain, width, labels, sizes):
    caught = catch(explain)
    fits = []
    for label in labels:
        for ours, theirs in SELECTIONS.items():
            for size in sizes:
                intercept, terms, score, local = caught["base"].explain_instance_with_data(
                    caught["data"], caught["labels"], caught["distances"], label, size, theirs)
                fits.append({
                    "output": label,
                    "selection": ours,
                    "n_features": size,
                    "features": [int(feature) for feature, _ in terms],
                    "coefficients": [float(weight) for _, weight in terms],
                    "intercept": float(intercept),
                    "r_squared": float(score),
                    "local_prediction": float(np.ravel(local)[0]),
                })
    return {
        "name": name,
        "width": width,
        "design": tensor(caught["data"]),
        "outputs": tensor(caught["labels"]),
        "distances": tensor(caught["distances"]),
        "fits": fits,
    }


def table():
    rng = np.random.default_rng(0)
    numbers = np.column_stack([rng.normal(size=400), rng.exponential(size=400), rng.integers(0, 5, size=400),
                               rng.normal(3, 2, size=400), rng.uniform(size=400), np.full(400, 7.0)])
    categories = np.column_stack([rng.choice(3, size=400, p=[0.6, 0.3, 0.1]), rng.integers(0, 2, size=400)])
    return np.hstack([numbers, categories])


def classify(rows):
    margin = (rows[:, 0] + np.log1p(np.abs(rows[:, 1])) * rows[:, 3] / 3 - 0.8 * (rows[:, 6] == 1) + 0.5 * rows[:, 7]
              - np.sin(rows[:, 4] * 6) - 1)
    odds = np.column_stack([np.zeros_like(margin), margin, 0.5 * margin - rows[:, 2] / 3])
    odds = np.exp(odds - odds.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def tables():
    rows = table()
    width = float(np.sqrt(rows.shape[1]) * 0.75)
    for name, settings in {
        "table in quartiles": {},
        "table in deciles": {"discretizer": "decile"},
        "table in numbers": {"discretize_continuous": False},
        "table in numbers around the input": {"discretize_continuous": False, "sample_around_instance": True},
    }.items():
        explainer = LimeTabularExplainer(rows, categorical_features=[6, 7], random_state=1, **settings)
        explain = lambda: explainer.explain_instance(rows[3], classify, num_samples=400)
        yield case(name, explain, width, [1, 2], [3, 7])


def picture():
    rng = np.random.default_rng(1)
    y, x = np.mgrid[0:24, 0:32] / 32
    base = np.stack([np.sin(5 * x) * 0.5 + 0.5, (y > 0.4) * 0.6 + 0.2, np.cos(4 * x * y) * 0.4 + 0.5], axis=-1)
    base[6:14, 8:18] = [0.9, 0.2, 0.1]
    return np.clip(base + rng.normal(scale=0.02, size=base.shape), 0, 1)


def pictures():
    image = picture()
    segments = slic(image, n_segments=20, compactness=10, start_label=0)
    assert segments.max() + 1 == len(np.unique(segments))

    weights = np.random.default_rng(4).normal(size=(3, *image.shape)) / 20
    weights[:, 6:14, 8:18, 0] += 0.02

    def classify(images):
        return np.tanh(np.einsum("nhwc,khwc->nk", images, weights)) + images[:, 12, 12, :] ** 2 / 3

    explainer = LimeImageExplainer(random_state=2)
    explain = lambda: explainer.explain_instance(
        image, classify, top_labels=None, labels=(0,), num_samples=300, segmentation_fn=lambda _: segments,
        hide_color=0)
    yield case("picture", explain, 0.25, [0, 1], [4, 100000])


def texts():
    text = "A good film, a truly good one: not a bad minute in it, though the end is bad and long."
    good, bad = ["good", "truly"], ["bad", "long"]

    def classify(texts):
        score = [sum(t.count(w) for w in good) - sum(t.count(w) for w in bad) * (1 + ("end" in t)) for t in texts]
        share = 1 / (1 + np.exp(-0.7 * np.array(score, dtype=float)))
        return np.column_stack([1 - share, share])

    for name, bow in {"text in words": True, "text in positions": False}.items():
        explainer = LimeTextExplainer(bow=bow, random_state=3)
        explain = lambda: explainer.explain_instance(text, classify, num_samples=300)
        yield case(name, explain, 25.0, [1], [4, 10])


def cuts():
    rows = table()
    labels = classify(rows).argmax(axis=1)
    names = [str(k) for k in range(rows.shape[1])]
    for name, kind in {"quartile": QuartileDiscretizer, "decile": DecileDiscretizer,
                       "entropy": EntropyDiscretizer}.items():
        made = kind(rows, [6, 7], names, labels=labels, random_state=0)
        yield {"name": name, "labels": labels.tolist(),
               "maxima": [[float(x) for x in made.maxs[k]] for k in range(6)]}


def superpixels():
    image = picture()
    for n, compactness in [(20, 10.0), (50, 1.0), (12, 30.0)]:
        yield {"name": f"slic {n} {compactness}", "n": n, "compactness": compactness,
               "labels": slic(image, n_segments=n, compactness=compactness, start_label=0).ravel().tolist()}
    for size, distance, ratio in [(4, 200, 0.2), (2, 6, 1.0), (3, 10, 0.5)]:
        labels = quickshift(image, kernel_size=size, max_dist=distance, ratio=ratio, rng=0)
        other = quickshift(image, kernel_size=size, max_dist=distance, ratio=ratio, rng=1)
        assert (labels == other).all(), "the picture has ties, which a seed breaks"
        yield {"name": f"quickshift {size} {distance} {ratio}", "kernel_size": size, "max_distance": distance,
               "ratio": ratio, "labels": labels.ravel().tolist()}


def write(name, cases):
    golden = {
        "requires": [f"{it}=={version(it)}" for it in ("lime", "scikit-learn", "scikit-image", "numpy")],
        "tolerance": TOLERANCE,
        "cases": list(cases),
    }
    Path(name).write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    write("lime_tables.json", tables())
    write("lime_pictures.json", pictures())
    write("lime_texts.json", texts())
    write("lime_cuts.json", [{"rows": tensor(table()), "discretisers": list(cuts())}])
    write("superpixels.json", [{"picture": tensor(picture()), "segmentations": list(superpixels())}])
