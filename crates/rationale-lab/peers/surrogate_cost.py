"""What lime and shap cost outside the model, for `cargo xtask bench surrogate`. One thread; processor time.

usage: surrogate_cost.py lime FOLDER ROWS | surrogate_cost.py shap FOLDER ROWS

FOLDER holds what the Rust side wrote: training.f64, 1000 rows of 23 float64 numbers. `shap` trains 100 trees of depth 4 and
writes them there as model.json, so that both sides explain the same model. Prints one line of JSON.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

N_FEATURES, N_BACKGROUND = 23, 100
library, folder, n_rows = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
x = np.fromfile(folder / "training.f64").reshape(-1, N_FEATURES)
inside, asked = 0.0, 0


def timed(model):
    def predict(table):
        global inside, asked
        start = time.thread_time()
        answers = model(table)
        inside += time.thread_time() - start
        asked += len(table)
        return answers

    return predict


def lime():
    import lime.lime_tabular

    def model(table):
        score = np.tanh(table.sum(axis=1))
        return np.stack([1 - score, score], axis=1)

    explainer = lime.lime_tabular.LimeTabularExplainer(x, random_state=0)
    predict = timed(model)
    start = time.thread_time()
    for row in x[:n_rows]:
        explainer.explain_instance(row, predict, num_samples=5000)
    return time.thread_time() - start, None


def nodes(tree):
    for node in range(tree.node_count):
        cover = float(tree.weighted_n_node_samples[node])
        if tree.children_left[node] == -1:
            yield {"leaf": [float(tree.value[node].item())], "cover": cover}
            continue
        yield {
            "feature": int(tree.feature[node]),
            "test": {"less_or_equal": float(tree.threshold[node])},
            "missing": "left",
            "left": int(tree.children_left[node]),
            "right": int(tree.children_right[node]),
            "cover": cover,
        }


def shap():
    import shap
    from sklearn.ensemble import GradientBoostingRegressor

    z = x.astype(np.float32)
    y = z[:, 0] * z[:, 1] + np.sin(2 * z[:, 2]) * z[:, 3] + z[:, 4:8].sum(axis=1) + np.abs(z[:, 8] * z[:, 9])
    y += z[:, 11] * (z[:, 12] > 0) * (z[:, 13] > 0) + 0.3 * (z[:, 14:] ** 2).sum(axis=1)
    model = GradientBoostingRegressor(n_estimators=100, max_depth=4, random_state=0).fit(z, y)
    trees = [{"weight": model.learning_rate, "output": 0, "nodes": list(nodes(m.tree_))} for m in model.estimators_[:, 0]]
    wire = {
        "format": "rationale-trees", "version": 1, "feature_names": [f"x{k}" for k in range(N_FEATURES)],
        "output_names": ["y"], "base_score": [float(np.ravel(model.init_.constant_)[0])], "link": "identity",
        "input": "single", "cover_source": "model", "trees": trees,
    }
    (folder / "model.json").write_text(json.dumps(wire))
    rows, background = z[:n_rows], z[-N_BACKGROUND:]
    np.random.seed(0)
    explainer = shap.KernelExplainer(timed(model.predict), background)
    start = time.thread_time()
    values = explainer.shap_values(rows, l1_reg=0, silent=True)
    total = time.thread_time() - start
    exact = shap.TreeExplainer(model, data=background, feature_perturbation="interventional").shap_values(rows)
    return total, float(np.sqrt(((values - exact) ** 2).mean()))


total, error = lime() if library == "lime" else shap()
from importlib.metadata import version

print(json.dumps({
    "version": version(library), "outside": (total - inside) / n_rows, "total": total / n_rows,
    "model_rows": asked / n_rows, "error": error,
}))
