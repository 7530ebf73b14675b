# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "shap==0.51.0",
#     "scikit-learn==1.9.1",
#     "numpy==2.4.6",
# ]
# ///
"""What Kernel SHAP costs in shap, for comparison with `cargo run --release -p rationale-shapley --example kernel_cost`.

usage: kernel_cost.py FOLDER [ROWS]

Trains 100 trees of depth 4 on 23 features, writes model, rows and background into FOLDER for the example, and prints the
processor time outside the model, the rows it was asked about, and the root mean square error against exact values. One thread.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import shap
from sklearn.ensemble import GradientBoostingRegressor

N_FEATURES, N_BACKGROUND = 23, 100
folder, n_rows = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 100

rng = np.random.default_rng(0)
x = rng.normal(size=(3000, N_FEATURES)).astype(np.float32)
y = x[:, 0] * x[:, 1] + np.sin(2 * x[:, 2]) * x[:, 3] + x[:, 4:8].sum(axis=1) + np.abs(x[:, 8] * x[:, 9] * x[:, 10])
y += x[:, 11] * (x[:, 12] > 0) * (x[:, 13] > 0) + 0.3 * (x[:, 14:] ** 2).sum(axis=1)
model = GradientBoostingRegressor(n_estimators=100, max_depth=4, random_state=0).fit(x, y)
rows, background = x[:n_rows], x[1000:1000 + N_BACKGROUND]


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


trees = [{"weight": model.learning_rate, "output": 0, "nodes": list(nodes(m.tree_))} for m in model.estimators_[:, 0]]
wire = {
    "format": "rationale-trees", "version": 1, "feature_names": [f"x{k}" for k in range(N_FEATURES)],
    "output_names": ["y"], "base_score": [float(np.ravel(model.init_.constant_)[0])], "link": "identity",
    "input": "single", "cover_source": "model", "trees": trees,
}
folder.mkdir(exist_ok=True)
(folder / "model.json").write_text(json.dumps(wire))
(folder / "rows.json").write_text(json.dumps(x[:100].astype(float).tolist()))
(folder / "background.json").write_text(json.dumps(background.astype(float).tolist()))

inside, asked = 0.0, 0


def predict(table):
    global inside, asked
    start = time.thread_time()
    answers = model.predict(table)
    inside += time.thread_time() - start
    asked += len(table)
    return answers


np.random.seed(0)
explainer = shap.KernelExplainer(predict, background)
start = time.thread_time()
values = explainer.shap_values(rows, l1_reg=0, silent=True)
total = time.thread_time() - start
exact = shap.TreeExplainer(model, data=background, feature_perturbation="interventional").shap_values(rows)
print(f"shap {shap.__version__}: {n_rows} rows, {total:.1f} s, of which {total - inside:.1f} s outside the model;")
print(f"{asked / n_rows:.0f} model rows a row, root mean square error {np.sqrt(((values - exact) ** 2).mean()):.6f}")
