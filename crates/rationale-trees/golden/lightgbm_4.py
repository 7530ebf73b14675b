# /// script
# requires-python = ">=3.10"
# dependencies = [
#     "lightgbm==4.7.0",
#     "numpy==1.26.4",
#     "pandas==3.0.6",
# ]
# ///
"""Models of LightGBM and what it says of them, as lightgbm_4.json beside this file.

`lightgbm_3.py` and `lightgbm_2.py` call the same cases with older versions. Each case holds the text model, the dump,
rows, raw scores [row, output], predictions [row, output], the leaf of each row in each tree [row, tree] counted
depth-first, and `pred_contrib` [row, output, feature + 1], whose last entry is the base value.

With boosting `rf` LightGBM averages predictions, but sums raw scores and contributions: `averaged` holds the number
that they have to be divided by.

A few cases hold `interventional`, enumerated here by the definition of the Shapley value: every coalition's absent
features are filled from every background row and LightGBM itself predicts.
"""

import json
from math import factorial
from pathlib import Path

import lightgbm as lgb
import numpy as np

MAJOR = int(lgb.__version__.split(".")[0])
TOLERANCE = 1e-9
N_TRAIN, N_ROWS = 300, 16
BASE = {
    "verbose": -1, "num_threads": 1, "seed": 3, "num_leaves": 6, "min_data_in_leaf": 5, "learning_rate": 0.3,
    "min_data_in_bin": 1, "boost_from_average": True,
}
SPECIAL = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-36, -1e-36, 1e-35, -1e-35, 2e-35]


def features(rng, n_features=4, nan=0.1, zero=0.2):
    x = np.round(rng.normal(size=(N_TRAIN, n_features)), 3)
    x[rng.random(x.shape) < zero] = 0.0
    x[rng.random(x.shape) < nan] = np.nan
    return x


def score(rng, x):
    clean = np.nan_to_num(x, nan=0.7)
    product = clean[:, 0] * clean[:, 1] if clean.shape[1] > 1 else clean[:, 0] ** 2
    return clean[:, 0] + product + (clean[:, -1] > 0.3) + 0.1 * rng.normal(size=len(x))


def rows_of(rng, x):
    """Training rows, of which half have a few values replaced by special ones."""
    rows = x[:N_ROWS].copy()
    for k, value in enumerate(SPECIAL):
        rows[k, k % x.shape[1]] = value
    rows[len(SPECIAL), :] = np.nan
    rows[len(SPECIAL) + 1, :] = 0.0
    return rows


def tensor(array):
    array = np.asarray(array, dtype=np.float64)
    # JSON has neither NaN nor infinities.
    named = {np.inf: "inf", -np.inf: "-inf"}
    values = [None if np.isnan(v) else named.get(v, float(v)) for v in array.reshape(-1)]
    return {"shape": list(array.shape), "values": values}


def load(text):
    return lgb.Booster(model_str=text) if MAJOR > 2 else lgb.Booster(params={"model_str": text})


def shortened(text):
    """A text model without most of its parameters, which would be a third of the golden file."""
    head, found, tail = text.partition("\nparameters:\n")
    kept = ("[boosting", "[objective", "[categorical_feature", "end of parameters", "pandas_categorical")
    return head + found + "\n".join(line for line in tail.split("\n") if line.startswith(kept) or not line)


def depth_first(dump):
    """For each tree the place of each leaf, by LightGBM's number of it."""
    places = []
    for info in dump["tree_info"]:
        place, open_nodes = {}, [info["tree_structure"]]
        while open_nodes:
            node = open_nodes.pop()
            if "leaf_value" in node:
                place[node.get("leaf_index", 0)] = len(place)
            else:
                open_nodes += [node["right_child"], node["left_child"]]
        places.append(place)
    return places


def two_axes(array, n_rows):
    return np.asarray(array).reshape(n_rows, -1)


def enumerated(predict, row, background):
    """Shapley values [feature, output] by their definition, absent features filled from the background."""
    n, worth = len(row), []
    for coalition in range(1 << n):
        mixed = background.copy()
        for k in range(n):
            if coalition >> k & 1:
                mixed[:, k] = row[k]
        worth.append(predict(mixed).mean(axis=0))
    values = np.zeros((n, len(worth[0])))
    for coalition in range(1 << n):
        size = bin(coalition).count("1")
        for k in range(n):
            if not coalition >> k & 1:
                weight = factorial(size) * factorial(n - size - 1) / factorial(n)
                values[k] += weight * (worth[coalition | 1 << k] - worth[coalition])
    return values


def case(name, booster, rows, exact=False, dumped=True):
    text, dump = booster.model_to_string(), booster.dump_model()
    n, n_outputs = len(rows), booster.num_model_per_iteration()
    n_trees = len(dump["tree_info"])
    averaged = n_trees // n_outputs if "\naverage_output\n" in text else 1
    loaded = load(text)
    raw = two_axes(loaded.predict(rows, raw_score=True), n)
    leaves = two_axes(loaded.predict(rows, pred_leaf=True), n).astype(int)
    places = depth_first(dump)
    out = {
        "name": name,
        "model": text if exact else shortened(text),
        "dump": json.dumps(dump, separators=(",", ":")) if exact or (MAJOR == 4 and dumped) else None,
        "averaged": averaged,
        "rows": tensor(rows),
        "raw": tensor(raw),
        "predictions": tensor(two_axes(loaded.predict(rows), n)),
        "leaves": [[places[t][leaf] for t, leaf in enumerate(row)] for row in leaves],
        "contributions": tensor(loaded.predict(rows, pred_contrib=True).reshape(n, n_outputs, -1)),
        "categories": categories(booster, rows.shape[1]),
    }
    if exact:
        predict = lambda x: two_axes(loaded.predict(x, raw_score=True), len(x)) / averaged
        background = rows[6:]
        out["background"] = tensor(background)
        out["interventional"] = tensor([enumerated(predict, row, background) for row in rows[:6]])
    return out


def categories(booster, n_features):
    """The names that the training table gave; set by the pandas case alone."""
    return getattr(booster, "names_of_categories", [None] * n_features)


def train(x, y, rounds=4, categorical=(), weight=None, group=None, fobj=None, **params):
    params = {**BASE, **params}
    kwargs = {"group": group} if group is not None else {}
    dataset = lgb.Dataset(x, y, weight=weight, categorical_feature=list(categorical) or "auto", **kwargs)
    if fobj is not None and MAJOR < 4:
        return lgb.train(params, dataset, rounds, fobj=fobj)
    if fobj is not None:
        params["objective"] = fobj
    return lgb.train(params, dataset, rounds)


def missing_cases():
    rng = np.random.default_rng(1)
    x = features(rng)
    y, rows = score(rng, x), rows_of(rng, x)
    yield case("missing type NaN", train(x, y, objective="regression"), rows, exact=True)
    yield case("zero as missing", train(x, y, objective="regression", zero_as_missing=True), rows, exact=True)
    yield case("use_missing=false", train(x, y, objective="regression", use_missing=False), rows, exact=True)
    # The best split parts the missing values from all numbers: its threshold is infinite, in version 2 it is 1e300.
    alone = train(x[:, :2], np.isnan(x[:, 0]) * 3 + np.isnan(x[:, 1]), objective="regression", rounds=2)
    assert ("inf" if MAJOR > 2 else "e+300") in alone.model_to_string().split("threshold=")[1].split("\n")[0]
    yield case("missing values alone", alone, rows[:, :2])
    full = np.nan_to_num(x)
    yield case("missing type None", train(full, y, objective="regression"), rows, exact=True)
    weight = rng.integers(1, 9, size=len(y))
    yield case("weighted rows", train(x, y > 0.5, weight=weight, objective="binary", sigmoid=0.7), rows, exact=True)


def categorical_cases():
    rng = np.random.default_rng(2)
    codes = rng.integers(0, 70, size=N_TRAIN)
    few = rng.integers(0, 3, size=N_TRAIN)
    x = np.column_stack([codes, few, np.round(rng.normal(size=N_TRAIN), 3)]).astype(float)
    x[rng.random(N_TRAIN) < 0.1, 0] = np.nan
    y = np.sin(codes) + (few == 1) + 0.3 * x[:, 2]
    rows = x[:N_ROWS].copy()
    specials = [np.nan, -1.0, -0.5, 1.9, 69.999, 70.0, 95.0, 96.0, 1e4, 3e9, -3e9, np.inf, -np.inf, 1e300]
    rows[:len(specials), 0] = specials
    rows[3:6, 1] = [np.nan, 7.0, -2.0]
    options = dict(categorical=[0, 1], min_data_per_group=1, cat_smooth=0.0, cat_l2=0.0, objective="regression")
    yield case("categories", train(x, y, num_leaves=8, **options), rows, exact=True)
    onehot = train(x, y, max_cat_to_onehot=100, **options)
    yield case("categories one at a time", onehot, rows)
    yield case("categories, use_missing=false", train(x, y, use_missing=False, **options), rows)
    yield case("categories, zero as missing", train(x, y, zero_as_missing=True, **options), rows)


def pandas_cases():
    import pandas as pd

    rng = np.random.default_rng(3)
    colour = rng.choice(["red", "grün", "blue, \"dark\"", "grey"], size=N_TRAIN)
    size = rng.choice([40, 42, 45], size=N_TRAIN)
    number = np.round(rng.normal(size=N_TRAIN), 3)
    frame = pd.DataFrame({"number": number, "colour": colour, "shoe size": size})
    for column in ("colour", "shoe size"):
        frame[column] = frame[column].astype("category")
    y = number + 2 * (colour == "red") + (size == 42) * (colour == "grey")
    params = dict(BASE, objective="regression", min_data_per_group=1, cat_smooth=0.0)
    booster = lgb.train(params, lgb.Dataset(frame, y), 4)
    booster.names_of_categories = [None] + [[str(c) for c in frame[k].cat.categories] for k in ("colour", "shoe size")]
    rows = np.column_stack([number, frame["colour"].cat.codes, frame["shoe size"].cat.codes])[:N_ROWS].astype(float)
    rows[0, 1], rows[1, 2] = np.nan, 9.0
    # The frame itself, with names, gives the same as its codes.
    assert (booster.predict(frame)[2:N_ROWS] == load(booster.model_to_string()).predict(rows)[2:]).all()
    yield case("pandas categories", booster, rows)


def objective_cases():
    rng = np.random.default_rng(4)
    x = features(rng, n_features=3)
    y, rows = score(rng, x), rows_of(rng, x)
    small = dict(num_leaves=4, rounds=3)
    positive = np.abs(y) + 0.1
    share = 1 / (1 + np.exp(-y))
    for name in ("regression_l1", "huber", "fair", "quantile", "mape"):
        yield case(name, train(x, positive, objective=name, **small), rows, dumped=False)
    yield case("regression sqrt", train(x, y, objective="regression", reg_sqrt=True, **small), rows)
    for name in ("poisson", "gamma", "tweedie"):
        yield case(name, train(x, positive, objective=name, **small), rows, dumped=False)
    names = ("cross_entropy", "cross_entropy_lambda") if MAJOR > 2 else ("xentropy", "xentlambda")
    for name in names:
        yield case(name, train(x, share, objective=name, **small), rows)
    yield case("binary", train(x, y > 0.5, objective="binary", **small), rows)
    classes = np.digitize(y, [0.0, 1.0])
    yield case("multiclass", train(x, classes, objective="multiclass", num_class=3, **small), rows, exact=True)
    ova = train(x, classes, objective="multiclassova", num_class=3, sigmoid=1.5, **small)
    yield case("multiclassova", ova, rows)
    grades, group = np.digitize(y, [0.0, 0.8, 1.6]), [10] * (N_TRAIN // 10)
    for name in ("lambdarank", "rank_xendcg")[:1 if MAJOR < 3 else 2]:
        yield case(name, train(x, grades, group=group, objective=name, **small), rows)
    custom = lambda predicted, data: (predicted - data.get_label(), np.ones(len(predicted)))
    yield case("custom objective", train(x, y, fobj=custom, **small), rows)


def boosting_cases():
    rng = np.random.default_rng(5)
    x = features(rng, n_features=3)
    y, rows = score(rng, x), rows_of(rng, x)
    bag = dict(bagging_freq=1, bagging_fraction=0.6)
    yield case("rf", train(x, y, objective="regression", boosting="rf", **bag), rows, exact=True)
    yield case("rf binary", train(x, y > 0.5, objective="binary", boosting="rf", **bag), rows)
    classes = np.digitize(y, [0.0, 1.0])
    forest = train(x, classes, objective="multiclass", num_class=3, boosting="rf", rounds=3, **bag)
    yield case("rf multiclass", forest, rows)
    dart = train(x, y, objective="regression", boosting="dart", drop_rate=0.5, skip_drop=0.0, rounds=6)
    yield case("dart", dart, rows, exact=True)
    yield case("bagging", train(x, y, objective="regression", **bag), rows, dumped=False)
    chain = train(x, y, objective="regression", num_leaves=24, min_data_in_leaf=1, rounds=2)
    yield case("many leaves", chain, rows, dumped=False)
    yield case("one feature", train(x[:, :1], y, objective="regression"), rows[:, :1])


def leafless_cases():
    rng = np.random.default_rng(6)
    x = features(rng, n_features=2)
    y, rows = score(rng, x), rows_of(rng, x)
    yield case("one leaf", train(x, y, objective="regression", min_data_in_leaf=10 ** 6), rows)
    # The third class has no rows: its trees are constants between trees that split.
    classes = (y > 0.5).astype(int)
    lonely = train(x, classes, objective="multiclass", num_class=3, num_leaves=4, rounds=3)
    yield case("a class without rows", lonely, rows)


def stopped_case():
    rng = np.random.default_rng(7)
    x = features(rng, n_features=2)
    booster = train(x, score(rng, x), objective="regression", rounds=8)
    booster.best_iteration = 3
    yield case("stopped early", booster, rows_of(rng, x))


def linear_model():
    """Linear leaves, which are refused."""
    rng = np.random.default_rng(8)
    x = features(rng, n_features=2, nan=0.0)
    booster = train(x, score(rng, x), objective="regression", linear_tree=True, rounds=2)
    return {"text": booster.model_to_string(), "dump": json.dumps(booster.dump_model(), separators=(",", ":"))}


def main():
    cases = [*missing_cases(), *categorical_cases(), *objective_cases(), *boosting_cases(), *leafless_cases()]
    cases += stopped_case()
    if MAJOR > 2:
        cases += pandas_cases()
    golden = {
        "requires": ["lightgbm==" + lgb.__version__, "numpy==" + np.__version__],
        "tolerance": TOLERANCE,
        "cases": cases,
        "linear": linear_model() if MAJOR > 2 else None,
    }
    text = json.dumps(golden, separators=(",", ":"), allow_nan=False)
    Path(f"lightgbm_{MAJOR}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
