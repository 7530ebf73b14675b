# /// script
# requires-python = ">=3.10"
# dependencies = [
#     "xgboost==3.4.1",
#     "numpy==2.4.6",
#     "pandas==3.1.1",
#     "scipy==1.17.1",
# ]
# ///
"""Small models of XGBoost and what it says of them, as xgboost_3.4.1.json beside this file.

xgboost_1.py, xgboost_2.py and xgboost_3.py do the same by older versions. A case that a version cannot make is left out
there.

A case holds the model's bytes (JSON as text or UBJSON in base64, in turn, so that every case is seen in both forms over
the versions), rows, margins, predictions, the value of each row's leaf in each tree, contributions with the
base value last, and for some cases interactions. Null stands for NaN, and for a table that the version does not give.
"""

import base64
import json
import sys
import tempfile
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import xgboost as xgb

VERSIONS = ["1.7.6", "2.1.4", "3.2.0", "3.4.1"]
VERSION = tuple(int(part) for part in version("xgboost").split("."))
ROWS, FEATURES = 60, 5
TEST_ROWS = 6


def numeric(missing=0.0, seed=0):
    """Rows whose numbers are no float32 numbers, so that rounding is seen."""
    rng = np.random.default_rng(seed)
    x = np.round(rng.normal(size=(ROWS, FEATURES)), 1) + 1e-9
    x[rng.random(x.shape) < missing] = np.nan
    return x


def signal(x):
    x = np.nan_to_num(x, nan=0.7)
    return x[:, 0] - np.abs(x[:, 1]) + 0.8 * x[:, 2] * x[:, 3] + 0.3 * np.sin(5 * x[:, 4])


def categorical(missing=0.1, seed=1):
    """Two categorical columns (6 and 40 codes) and two numeric ones."""
    rng = np.random.default_rng(seed)
    x = np.column_stack([rng.integers(0, 6, 4 * ROWS), rng.integers(0, 40, 4 * ROWS), rng.normal(size=(4 * ROWS, 2))])
    y = np.sin(3 * x[:, 0]) + np.cos(2 * x[:, 1]) + x[:, 2]
    x[rng.random(x.shape) < missing] = np.nan
    return x.astype(np.float32).astype(np.float64), y


def odd_codes(x):
    """Codes that no training row had: too large, negative, fractions."""
    x = x.copy()
    x[:9, 0] = [6, 99, -1, -0.5, 2.9, 1e8, 16777216, -0.0, 31]
    x[:9, 1] = [40, 63, 64, -3, 0.5, 5, 39.99, np.nan, 1e30]
    return x


def tensor(array):
    array = np.asarray(array)
    values = [None if np.isnan(x) else float(str(x)) for x in array.reshape(-1)]
    return {"shape": list(array.shape), "values": values}


def leaf_values(booster, matrix):
    """The value of each row's leaf in each tree [row, tree]; none where leaves hold several values."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        booster.save_model(path)
        model = json.loads(path.read_text())["learner"]["gradient_booster"]
    trees = model.get("model", model.get("gbtree", {}).get("model"))["trees"]
    if not trees or any(int(tree["tree_param"]["size_leaf_vector"]) > 1 for tree in trees):
        return None
    leaves = booster.predict(matrix, pred_leaf=True, strict_shape=True).astype(int)
    leaves = leaves.reshape(leaves.shape[0], -1, *leaves.shape[2:])
    # [row, iteration, group, parallel tree] is the order of the trees.
    leaves = leaves.reshape(leaves.shape[0], -1)
    assert leaves.shape[1] == len(trees)
    values = [np.asarray(tree["split_conditions"], dtype=np.float32) for tree in trees]
    return np.stack([values[t][leaves[:, t]] for t in range(len(trees))], axis=1)


def output_axes(array, n_axes):
    """One output: put its axis in before the features."""
    array = np.asarray(array)
    return array if array.ndim == n_axes else array[:, None]


def attempt(predict):
    try:
        return predict()
    except (xgb.core.XGBoostError, ValueError):
        return None


class Cases:
    def __init__(self):
        self.cases = []
        self.n_asked = 0

    def add(self, name, params, x, y, rounds=2, rows=None, interactions=False, change=None, matrix={}, **train):
        """Trains a model and asks it; `change` may change it before."""
        self.n_asked += 1
        params = {"max_depth": 3, "eta": 0.5, "nthread": 1, "seed": 3, **params}
        if VERSION < (2,):
            params.setdefault("tree_method", "exact")
        try:
            labels = {"label": y} if not isinstance(y, dict) else y
            train_matrix = xgb.DMatrix(x, **labels, **matrix)
            booster = xgb.train(params, train_matrix, rounds, **train)
            if change:
                booster = change(booster, params)
        except (xgb.core.XGBoostError, ValueError, TypeError) as error:
            print(f"left out: {name}: {str(error).splitlines()[0][:100]}", file=sys.stderr)
            return
        self.ask(name, booster, x[:TEST_ROWS] if rows is None else rows, interactions, matrix)

    def ask(self, name, booster, rows, interactions, matrix):
        test = xgb.DMatrix(rows, **matrix)
        margins = output_axes(booster.predict(test, output_margin=True), 2)
        margins = margins if margins.ndim == 2 and margins.shape[0] == len(rows) else margins.reshape(len(rows), -1)
        values = leaf_values(booster, test)
        contributions = attempt(lambda: booster.predict(test, pred_contribs=True))
        pairs = attempt(lambda: booster.predict(xgb.DMatrix(rows[:3], **matrix), pred_interactions=True))
        pairs = pairs if interactions else None
        codes = rows if not hasattr(rows, "apply") else rows.apply(
            lambda column: column.cat.codes.replace(-1, np.nan) if hasattr(column, "cat") else column)
        case = {
            "name": name,
            "rows": tensor(np.asarray(codes, dtype=np.float64)),
            "margins": tensor(margins),
            "predictions": tensor(booster.predict(test).reshape(len(rows), -1)),
            "leaf_values": None if values is None else tensor(values),
            "contributions": None if contributions is None else tensor(output_axes(contributions, 3)),
            "interactions": None if pairs is None else tensor(output_axes(pairs, 4)),
        }
        form = "json" if (self.n_asked + VERSIONS.index(version("xgboost"))) % 3 else "ubj"
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"model.{form}"
            booster.save_model(path)
            case[form] = path.read_text() if form == "json" else base64.b64encode(path.read_bytes()).decode()
        self.cases.append(case)


def objectives(cases):
    x, gaps = numeric(), numeric(missing=0.2)
    rng = np.random.default_rng(5)
    for number, (data, score) in enumerate([(x, signal(x)), (gaps, signal(gaps))]):
        suffix = ["", " with gaps"][number]
        positive, binary = np.exp(score / 2), (score > 0).astype(float)
        of = lambda objective, y, name=None, **more: cases.add(
            (name or objective) + suffix, {"objective": objective, **more}, data, y, interactions=number == 0 and objective in ("binary:logistic", "multi:softprob") and not name)
        of("reg:squarederror", score)
        of("binary:logistic", binary)
        of("multi:softprob", np.digitize(score, [-1, 0.5]), num_class=3)
        if number == 1:
            continue
        of("reg:squaredlogerror", positive)
        of("reg:logistic", 1 / (1 + np.exp(-score)))
        of("reg:pseudohubererror", score)
        of("reg:absoluteerror", score)
        of("reg:quantileerror", score, quantile_alpha=0.3)
        of("reg:quantileerror", score, "three quantiles", quantile_alpha=[0.4, 0.5, 0.6], eta=1.0, subsample=0.4)
        of("reg:expectileerror", score, expectile_alpha=0.3)
        of("reg:gamma", positive)
        of("reg:tweedie", positive)
        of("count:poisson", np.floor(positive))
        of("binary:logitraw", binary)
        of("binary:hinge", binary)
        of("multi:softmax", np.digitize(score, [-1, 0.5]), num_class=3)
        of("survival:cox", positive * np.where(rng.random(ROWS) < 0.2, -1, 1))
        upper = np.where(rng.random(ROWS) < 0.2, np.inf, positive)
        of("survival:aft", {"label_lower_bound": positive, "label_upper_bound": upper})
        for rank in ["rank:pairwise", "rank:ndcg", "rank:map"]:
            grades = binary if rank == "rank:map" else np.digitize(score, [-1, 0.5])
            of(rank, {"label": grades, "qid": np.arange(ROWS) // 10})
        of("binary:logistic", binary, "binary:logistic from 0.2", base_score=0.2)
        of("binary:logistic", binary, "binary:logistic from 1e-7", base_score=1e-7)
        of("count:poisson", np.floor(positive), "count:poisson from 2.5", base_score=2.5)
        of("survival:aft", {"label_lower_bound": positive, "label_upper_bound": upper}, "survival:aft from 3", base_score=3)
        of("multi:softprob", np.digitize(score, [-1, 0.5]), "multi:softprob from 0.3", num_class=3, base_score=0.3)


def boosters(cases):
    x = numeric(missing=0.1)
    score = signal(x)
    classes = np.digitize(score, [-1, 0.5])
    dart = {"booster": "dart", "rate_drop": 0.5, "skip_drop": 0.0}
    cases.add("dart", {**dart, "objective": "reg:squarederror"}, x, score, rounds=6, interactions=True)
    cases.add("dart of three classes", {**dart, "objective": "multi:softprob", "num_class": 3, "max_depth": 2,
                                        "normalize_type": "forest"}, x, classes)
    cases.add("dart of forests", {**dart, "objective": "binary:logistic", "num_parallel_tree": 2, "subsample": 0.7},
              x, (score > 0).astype(float))
    forest = {"num_parallel_tree": 5, "subsample": 0.7, "colsample_bynode": 0.7, "eta": 1.0}
    cases.add("forest", {**forest, "objective": "reg:squarederror"}, x, score, rounds=1)
    cases.add("boosted forests of three classes", {**forest, "objective": "multi:softprob", "num_class": 3,
                                                   "num_parallel_tree": 2, "eta": 0.5, "max_depth": 2}, x, classes, rounds=2)
    cases.add("leaf-wise", {"tree_method": "hist", "grow_policy": "lossguide", "max_leaves": 5, "max_depth": 0}, x, score)
    cases.add("approximate splits", {"tree_method": "approx", "max_bin": 8}, x, score)
    cases.add("pruned", {"tree_method": "exact", "gamma": 1.5, "max_depth": 5}, x, score)
    cases.add("single leaves", {"gamma": 1e9}, x, score, rounds=2)
    cases.add("deep", {"max_depth": 9, "min_child_weight": 0, "lambda": 0}, x, score, rounds=2, interactions=True)
    weighted = {"label": score, "weight": np.random.default_rng(1).random(ROWS) * 10}
    cases.add("weighted and monotone", {"monotone_constraints": "(1,0,0,0,0)"}, x, weighted)
    named = {"feature_names": ["loan amount", "Zins", "\"quoted\"", "日本", "NaN"]}
    cases.add("named features", {}, x, score, matrix=named)
    cases.add("no rounds", {"objective": "multi:softprob", "num_class": 3}, x, classes, rounds=0)
    cases.add("refreshed on few rows", {"max_depth": 4, "tree_method": "exact"}, x, score, rounds=3, change=refreshed)
    cases.add("stopped early", {"objective": "multi:softprob", "num_class": 3, "max_depth": 2}, x, classes, rounds=9,
              evals=[(xgb.DMatrix(x[::-1].copy(), label=classes), "valid")], early_stopping_rounds=2, verbose_eval=False)


def refreshed(booster, params):
    """Cover of five other rows: many nodes get none."""
    x = numeric(seed=9)[:5]
    update = {**params, "process_type": "update", "updater": "refresh", "refresh_leaf": False}
    return xgb.train(update, xgb.DMatrix(x, label=signal(x)), 3, xgb_model=booster)


def several_outputs(cases):
    x = numeric(missing=0.1)
    y = np.column_stack([signal(x), signal(-x), np.nan_to_num(x[:, 0])])
    vector = {"multi_strategy": "multi_output_tree", "tree_method": "hist"}
    cases.add("three targets", {"tree_method": "hist", "max_depth": 2}, x, y)
    cases.add("three labels", {"tree_method": "hist", "max_depth": 2, "objective": "binary:logistic"}, x, (y > 0).astype(float))
    if VERSION < (2,):
        return
    cases.add("three targets in one tree", vector, x, y, interactions=True)
    cases.add("three classes in one tree", {**vector, "objective": "multi:softprob", "num_class": 3}, x,
              np.digitize(y[:, 0], [-1, 0.5]))
    cases.add("three labels in one tree", {**vector, "objective": "binary:logistic", "base_score": 0.3}, x,
              (y > 0).astype(float))
    cases.add("forest of three targets in one tree", {**vector, "num_parallel_tree": 2, "subsample": 0.7}, x, y, rounds=2)
    codes, score = categorical()
    cases.add("dart of three targets in one tree", {**vector, "booster": "dart", "rate_drop": 0.5}, x, y, rounds=3)
    cases.add("categories and two targets in one tree", vector, codes, np.column_stack([score, -score]), rows=odd_codes(codes)[:10],
              matrix={"feature_types": ["c", "c", "q", "q"], "enable_categorical": True})
    if VERSION >= (3, 1):
        cases.add("three scores to begin with", {"tree_method": "hist", "max_depth": 2, "base_score": [0.5, -1.0, 2.0]}, x, y)


def categories(cases):
    x, y = categorical()
    matrix = {"feature_types": ["c", "c", "q", "q"], "enable_categorical": True}
    for name, onehot in [("one by one", 100), ("in sets", 1)]:
        params = {"tree_method": "hist", "max_cat_to_onehot": onehot, "max_depth": 4}
        cases.add(f"categories {name}", params, x, y, rows=odd_codes(x)[:12], matrix=matrix, interactions=onehot == 1)
        cases.add(f"categories {name} and three classes", {**params, "objective": "multi:softprob", "num_class": 3,
                  "max_depth": 3}, x, np.digitize(y, [-0.5, 0.5]), rounds=2, rows=odd_codes(x)[:10], matrix=matrix)
    complete, y = categorical(missing=0.0)
    cases.add("categories without gaps", {"tree_method": "approx", "booster": "dart", "rate_drop": 0.5}, complete, y,
              rows=odd_codes(complete)[:12], matrix=matrix)
    frame = pd.DataFrame({
        "colour": pd.Categorical(np.array(["red", "türkis", "blue"])[np.arange(ROWS) % 3]),
        "town": pd.Categorical(np.array(["Ulm", "Bonn"])[np.arange(ROWS) // 2 % 2]),
        "grade": pd.Categorical(np.array([10, 20, 40])[(np.arange(ROWS) * 7 // 2) % 3]),
        "size": numeric()[:, 0].astype(np.float32),
    })
    score = frame["colour"].cat.codes + frame["size"] + frame["town"].cat.codes - frame["grade"].cat.codes ** 2
    cases.add("named categories", {"tree_method": "hist"}, frame, np.asarray(score, dtype=float),
              matrix={"enable_categorical": True})


def main():
    warnings.simplefilter("ignore")
    xgb.set_config(verbosity=0)
    cases = Cases()
    objectives(cases)
    boosters(cases)
    several_outputs(cases)
    categories(cases)
    golden = {
        "requires": [f"{name}=={version(name)}" for name in ("xgboost", "numpy")],
        "tolerance": 1e-6,
        "cases": cases.cases,
    }
    text = json.dumps(golden, separators=(",", ":"), ensure_ascii=False) + "\n"
    Path(__file__).with_name(f"xgboost_{version('xgboost')}.json").write_text(text)


if __name__ == "__main__":
    main()
