# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "shap==0.51.0",
#     "scikit-learn==1.9.1",
#     "numpy==2.4.6",
# ]
# ///
"""What shap's model-agnostic explainers say of a smooth function, as shap_estimators.json beside this file.

The function is plain enough to be written again in any language (`smooth`). Kernel: the coalitions that shap drew, their
weights, and its values without selection of features. Partition: a tree over the features and values once every node
was split. Linear: values for independent features, and for correlated ones with the orders that shap drew.
"""

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import shap

TOLERANCE = 1e-8


def smooth(rows):
    """Two outputs: sum of sin(x_i x_(i+1)), and a product of (1 + x_i / 10)."""
    rows = np.asarray(rows, dtype=np.float64)
    return np.stack([np.sin(rows[:, :-1] * rows[:, 1:]).sum(axis=1), np.prod(1 + rows / 10, axis=1)], axis=1)


def tensor(array):
    array = np.asarray(array, dtype=np.float64)
    return {"shape": list(array.shape), "values": [float(x) for x in array.reshape(-1)]}


def drawn(seed, n_features, n_rows, n_background):
    rng = np.random.default_rng(seed)
    mixed = rng.normal(size=(n_features, n_features)) * 0.4 + np.eye(n_features)
    x = (rng.normal(size=(n_rows + n_background, n_features)) @ mixed).round(3)
    return x[:n_rows], x[n_rows:]


def kernel(n_features, n_samples):
    rows, background = drawn(n_features, n_features, 1, 20)
    np.random.seed(0)
    explainer = shap.KernelExplainer(smooth, background)
    values = explainer.shap_values(rows, nsamples=n_samples, l1_reg=0, silent=True)
    n = explainer.nsamplesAdded
    return {
        "name": f"{n_features} features, {n} coalitions",
        "rows": tensor(rows),
        "background": tensor(background),
        "coalitions": tensor(explainer.maskMatrix[:n]),
        "weights": tensor(explainer.kernelWeights[:n]),
        "values": tensor(values),
    }


def partition(n_features):
    rows, background = drawn(100 + n_features, n_features, 3, 15)
    tree = shap.utils.hclust(background, metric="correlation")
    masker = shap.maskers.Partition(background, max_samples=1000, clustering=tree)
    explained = shap.PartitionExplainer(smooth, masker)(rows, max_evals=1_000_000, silent=True)
    return {
        "name": f"{n_features} features",
        "rows": tensor(rows),
        "background": tensor(background),
        "merges": [[int(a), int(b)] for a, b in tree[:, :2]],
        "values": tensor(explained.values),
    }


def linear(n_features, n_orders=40):
    rows, background = drawn(200 + n_features, n_features, 4, 60)
    weights = np.random.default_rng(n_features).normal(size=n_features).round(3)
    model = (weights, 0.5)
    independent = shap.LinearExplainer(model, shap.maskers.Independent(background, max_samples=1000))
    np.random.seed(1)
    impute = shap.maskers.Impute(background)
    correlated = shap.LinearExplainer(model, impute, nsamples=n_orders)
    assert correlated.feature_perturbation == "correlation_dependent"
    np.random.seed(1)
    order, orders = np.arange(n_features), []
    for _ in range(n_orders):
        np.random.shuffle(order)
        orders.append(order.tolist())
    return {
        "name": f"{n_features} features",
        "rows": tensor(rows),
        "background": tensor(background),
        "weights": tensor(weights[None]),
        "intercept": 0.5,
        "independent": tensor(independent.shap_values(rows)),
        "correlated": tensor(correlated.shap_values(rows)),
        "orders": orders,
    }


if __name__ == "__main__":
    golden = {
        "requires": [f"{name}=={version(name)}" for name in ("shap", "scikit-learn", "numpy")],
        "tolerance": TOLERANCE,
        "cases": [{
            "kernel": [kernel(14, 300), kernel(10, 2000), kernel(20, 1000)],
            "partition": [partition(6), partition(9)],
            "linear": [linear(5), linear(10)],
        }],
    }
    Path("shap_estimators.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
