# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "shap==0.51.0",
#     "scikit-learn==1.9.1",
#     "numpy==2.4.6",
# ]
# ///
"""Trees trained by scikit-learn, and what shap says of them, as shap_sklearn.json beside this file.

Each case holds the model in this project's own JSON form, rows, a background, and shap's values: path-dependent,
interventional, and interactions. Inputs are float32 numbers, because scikit-learn's trees round to float32 and shap
does not.

With a background shap 0.51 keeps thresholds and leaf values in float32 (`struct Node` in its C extension), so a row
that lies between two neighbouring float32 numbers takes the wrong branch, and values are off by 1e-8 of their size.
Most of that vanishes where every number is a float32 already: so the trained trees are rounded, leaf values to
multiples of 1/1024, and weights of trees are powers of two. shap's coalition weights stay float32, which leaves a gap
of about 1e-9. As a check on shap itself, every coalition of the model's own predictions is enumerated
(`interventional_exact`).
"""

import json
from importlib.metadata import version
from math import factorial
from pathlib import Path

import numpy as np
import shap
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingRegressor, RandomForestClassifier
from sklearn.tree import DecisionTreeRegressor

TOLERANCE = 1e-8
N_ROWS, N_BACKGROUND, N_ENUMERATED = 12, 30, 4


def nodes(tree, leaf_values):
    """The nodes of one tree; `leaf_values` gives a leaf's values by node."""
    out = []
    for node in range(tree.node_count):
        cover = float(tree.weighted_n_node_samples[node])
        if tree.children_left[node] == -1:
            out.append({"leaf": leaf_values(node), "cover": cover})
            continue
        out.append({
            "feature": int(tree.feature[node]),
            "test": {"less_or_equal": float(tree.threshold[node])},
            "missing": "left" if tree.missing_go_to_left[node] else "right",
            "left": int(tree.children_left[node]),
            "right": int(tree.children_right[node]),
            "cover": cover,
        })
    return out


def rounded(model):
    """Rounds the thresholds and leaf values of a fitted model in place; class shares still sum to one."""
    for member in np.ravel(getattr(model, "estimators_", [model])):
        tree = member.tree_
        tree.threshold[:] = tree.threshold.astype(np.float32)
        tree.value[:] = np.round(tree.value * 1024) / 1024
        if hasattr(model, "classes_"):
            tree.value[:, 0, -1] = 1 - tree.value[:, 0, :-1].sum(axis=1)
    return model


def ensemble(trees, n_features, n_outputs, base_score):
    return {
        "format": "rationale-trees",
        "version": 1,
        "feature_names": [f"x{k}" for k in range(n_features)],
        "output_names": [f"y{k}" for k in range(n_outputs)],
        "base_score": base_score,
        "link": "identity",
        "input": "single",
        "cover_source": "model",
        "trees": trees,
    }


def forest(model, n_outputs):
    """A forest averages its trees; a classifier's leaf holds class shares."""
    members = [member.tree_ for member in model.estimators_]
    trees = []
    for tree in members:
        values = lambda node, tree=tree: tree.value[node].reshape(-1).tolist()
        trees.append({"weight": 1 / len(members), "output": None, "nodes": nodes(tree, values)})
    return ensemble(trees, model.n_features_in_, n_outputs, [0.0] * n_outputs)


def single(model, n_outputs):
    values = lambda node: model.tree_.value[node].reshape(-1).tolist()
    trees = [{"weight": 1.0, "output": None, "nodes": nodes(model.tree_, values)}]
    return ensemble(trees, model.n_features_in_, n_outputs, [0.0] * n_outputs)


def boosted(model):
    trees = []
    for member in model.estimators_[:, 0]:
        values = lambda node, tree=member.tree_: tree.value[node].reshape(-1).tolist()
        trees.append({"weight": model.learning_rate, "output": 0, "nodes": nodes(member.tree_, values)})
    base = float(np.asarray(model.init_.constant_).reshape(-1)[0])
    return ensemble(trees, model.n_features_in_, 1, [base])


def tensor(array):
    array = np.asarray(array, dtype=np.float64)
    return {"shape": list(array.shape), "values": [float(x) for x in array.reshape(-1)]}


def enumerated(predict, row, background):
    """Shapley values [feature, output] by their definition, absent features filled from the background."""
    n = len(row)
    worth = []
    for coalition in range(1 << n):
        mixed = background.copy()
        for k in range(n):
            if coalition >> k & 1:
                mixed[:, k] = row[k]
        worth.append(with_outputs(predict(mixed), 2).mean(axis=0))
    values = np.zeros((n, len(worth[0])))
    for coalition in range(1 << n):
        size = coalition.bit_count()
        weight = factorial(size) * factorial(n - size - 1) / factorial(n) if size < n else 0
        for k in range(n):
            if not coalition >> k & 1:
                values[k] += weight * (worth[coalition | 1 << k] - worth[coalition])
    return values


def with_outputs(array, n_axes):
    """shap leaves the output axis out where there is one output."""
    array = np.asarray(array)
    return array if array.ndim == n_axes else array[..., None]


def case(name, fitted, wire, x, predict):
    rows, background = x[:N_ROWS], x[N_ROWS:N_ROWS + N_BACKGROUND]
    path = shap.TreeExplainer(fitted, feature_perturbation="tree_path_dependent")
    marginal = shap.TreeExplainer(fitted, data=background, feature_perturbation="interventional")
    of_shap = with_outputs(marginal.shap_values(rows, check_additivity=False), 3)
    exact = np.array([enumerated(predict, row, background) for row in rows[:N_ENUMERATED]])
    assert np.abs(of_shap[:N_ENUMERATED] - exact).max() < TOLERANCE, name
    return {
        "name": name,
        "model": wire,
        "rows": tensor(rows),
        "background": tensor(background),
        "predictions": tensor(with_outputs(predict(rows), 2)),
        "path_dependent": tensor(with_outputs(path.shap_values(rows, check_additivity=False), 3)),
        "interventional": tensor(of_shap),
        "interventional_exact": tensor(exact),
        "interactions": tensor(with_outputs(path.shap_interaction_values(rows[:4]), 4)),
    }


def shuffled(load, seed=0):
    x, y = load(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(x))
    return x[order].astype(np.float32), y[order]


def cases():
    x, y = shuffled(load_iris)
    model = rounded(RandomForestClassifier(n_estimators=16, max_depth=4, random_state=0).fit(x, y))
    yield case("forest of three classes", model, forest(model, 3), x, model.predict_proba)

    x, y = shuffled(load_breast_cancer)
    model = rounded(RandomForestClassifier(n_estimators=4, max_depth=6, random_state=0).fit(x[:, :10], y))
    yield case("forest of two classes", model, forest(model, 2), x[:, :10], model.predict_proba)

    x, y = shuffled(load_diabetes)
    y = y / 400
    model = GradientBoostingRegressor(n_estimators=25, learning_rate=0.125, max_depth=3, random_state=0)
    model = rounded(model.fit(x, y))
    yield case("boosted regression", model, boosted(model), x, model.predict)

    model = rounded(ExtraTreesRegressor(n_estimators=4, max_depth=7, random_state=0).fit(x, y))
    yield case("extremely random regression", model, forest(model, 1), x, model.predict)

    model = DecisionTreeRegressor(max_depth=6, random_state=0).fit(x, np.column_stack([y / 4, x[:, 2]]))
    model = rounded(model)
    yield case("one tree of two outputs", model, single(model, 2), x, model.predict)


if __name__ == "__main__":
    golden = {
        "requires": [f"{name}=={version(name)}" for name in ("shap", "scikit-learn", "numpy")],
        "tolerance": TOLERANCE,
        "cases": list(cases()),
    }
    Path("shap_sklearn.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
