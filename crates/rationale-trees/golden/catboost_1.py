# /// script
# requires-python = ">=3.10"
# dependencies = [
#     "catboost==1.2.10",
#     "numpy==1.26.4",
#     "pandas==3.0.6",
# ]
# ///
"""Models of CatBoost and what it says of them, as catboost_1.json beside this file.

Each case holds the model's JSON, rows with categories as codes, raw values [row, output], predictions [row, output], the
leaf of each row in each tree [row, tree] (oblivious trees: the library's index; others: none), and ShapValues
[row, output, feature + 1], whose last entry is the base value.

`shap_gap` is by how much the library's ShapValues miss its own raw values at worst. `path_dependent` holds what is
enumerated here by the definition of the Shapley value, on the trees of the JSON: absent features send a row both ways
in proportion to the weights. Where the two differ the library is not followed, and `disagrees` is true.

`interventional`, likewise enumerated, asks CatBoost itself for its raw values.
"""

import json
from itertools import product
from math import factorial
from pathlib import Path

import catboost as cb
import numpy as np
import pandas as pd

TOLERANCE = 1e-9
N_TRAIN, N_ROWS = 300, 14
OPTIONS = dict(
    iterations=4, depth=3, learning_rate=0.4, random_seed=5, thread_count=1, verbose=False, allow_writing_files=False,
    border_count=16, boosting_type="Plain", one_hot_max_size=20,
)
SPECIAL = [np.nan, np.inf, -np.inf, 0.0, 3.4028234663852886e38, -3.4028234663852886e38]
COLOURS = ["red", "grün", "blue, \"dark\"", "grey", "7"]


def tensor(array):
    array = np.asarray(array, dtype=np.float64)
    # JSON has neither NaN nor infinities.
    named = {np.inf: "inf", -np.inf: "-inf"}
    values = [None if np.isnan(v) else named.get(v, float(v)) for v in array.reshape(-1)]
    return {"shape": list(array.shape), "values": values}


def numbers(rng, n_features=3, nan=0.1):
    x = rng.normal(size=(N_TRAIN, n_features)).astype(np.float32).astype(float)
    x[rng.random(x.shape) < nan] = np.nan
    return x


def score(rng, x):
    clean = np.nan_to_num(x, nan=0.7)
    return clean[:, 0] + clean[:, 0] * clean[:, 1] + (clean[:, -1] > 0.3) + 0.1 * rng.normal(size=len(x))


def weights_of(n):
    """Shapley's weight of each coalition without one of n features, by its number."""
    return lambda coalition: factorial(coalition) * factorial(n - coalition - 1) / factorial(n)


def shapley(worth, n):
    """Values [feature, output] from the worth [output] of each coalition."""
    values = np.zeros((n, len(worth[0])))
    weight = weights_of(n)
    for coalition, k in product(range(1 << n), range(n)):
        if not coalition >> k & 1:
            gain = worth[coalition | 1 << k] - worth[coalition]
            values[k] += weight(bin(coalition).count("1")) * gain
    return values


class Wire:
    """A plain reading of the JSON, for the enumeration alone."""

    def __init__(self, model, n_features):
        self.model, self.n = model, n_features
        info = model["features_info"]
        self.numeric = {f["feature_index"]: f for f in info.get("float_features") or []}
        self.categorical = {f["feature_index"]: f for f in info.get("categorical_features") or []}

    def goes_right(self, split, row):
        """The column asked about, and whether the row goes right."""
        if split["split_type"] == "OneHotFeature":
            feature = self.categorical[split["cat_feature_index"]]
            code = row[feature["flat_feature_index"]]
            values = feature["values"]
            known = not np.isnan(code) and 0 <= code < len(values)
            return feature["flat_feature_index"], bool(known and values[int(code)] == split["value"])
        feature = self.numeric[split["float_feature_index"]]
        x = np.float32(row[feature["flat_feature_index"]])
        right = feature["nan_value_treatment"] == "AsTrue" if np.isnan(x) else bool(x > np.float32(split["border"]))
        return feature["flat_feature_index"], right

    def trees(self):
        """Trees as nested (split, left, right, weight) and (values, weight); the last split is the root's."""
        for tree in self.model.get("oblivious_trees") or []:
            splits = tree["splits"] or []
            width = len(tree["leaf_values"]) >> len(splits)
            nodes = [(np.array(tree["leaf_values"][k * width:][:width]), w) for k, w in enumerate(tree["leaf_weights"])]
            for split in splits:
                nodes = [(split, a, b, a[-1] + b[-1]) for a, b in zip(nodes[::2], nodes[1::2])]
            yield nodes[0]
        for tree in self.model.get("trees") or []:
            yield self.nested(tree)

    def nested(self, node):
        if "split" not in node:
            return np.atleast_1d(np.array(node["value"], dtype=float)), node["weight"]
        left, right = self.nested(node["left"]), self.nested(node["right"])
        return node["split"], left, right, left[-1] + right[-1]

    def worth(self, node, row, coalition):
        if len(node) == 2:
            return node[0]
        split, left, right, cover = node
        column, goes_right = self.goes_right(split, row)
        if coalition >> column & 1:
            return self.worth(right if goes_right else left, row, coalition)
        share = left[-1] / cover if cover > 0 else 0.5
        other = right[-1] / cover if cover > 0 else 0.5
        return share * self.worth(left, row, coalition) + other * self.worth(right, row, coalition)

    def path_dependent(self, row):
        """Values [output, feature + 1], the base value last."""
        scale, bias = self.model["scale_and_bias"]
        trees = list(self.trees())
        worth = [sum(self.worth(t, row, c) for t in trees) * scale + np.array(bias) for c in range(1 << self.n)]
        return np.vstack([shapley(worth, self.n), worth[0]]).T


def case(name, model, pool, rows, frame=None, disagrees=False, exact=False, crashes=False):
    """`rows` hold codes of categories; `frame` holds the same rows as CatBoost takes them."""
    frame = rows if frame is None else frame
    path = Path("model.tmp.json")
    model.save_model(str(path), format="json", pool=pool)
    text = path.read_text(encoding="utf-8")
    path.unlink()
    wire = json.loads(text)
    kind = cb.Pool(frame, cat_features=pool.get_cat_feature_indices())
    raw = np.asarray(model.predict(kind, prediction_type="RawFormulaVal")).reshape(len(rows), -1)
    shap = None
    # The library refuses other scales, and ends the process on trees of one leaf that are not oblivious.
    if wire["scale_and_bias"][0] == 1 and not crashes:
        shap = model.get_feature_importance(kind, type="ShapValues").reshape(len(rows), raw.shape[1], -1)
    reading = Wire(wire, rows.shape[1])
    enumerated = np.array([reading.path_dependent(row) for row in rows])
    assert np.abs(enumerated.sum(axis=2) - raw).max() < 1e-12, name
    off = 0.0 if shap is None else np.abs(enumerated - shap).max()
    assert (off > TOLERANCE) == disagrees, (name, off)
    out = {
        "name": name,
        "model": json.dumps(shortened(wire), separators=(",", ":")),
        "rows": tensor(rows),
        "raw": tensor(raw),
        "predictions": tensor(prediction(model, kind).reshape(len(rows), -1)),
        "leaves": model.calc_leaf_indexes(kind).tolist() if "oblivious_trees" in wire else None,
        "shap_values": None if shap is None else tensor(shap),
        "path_dependent": tensor(enumerated),
        "shap_gap": 0.0 if shap is None else float(np.abs(shap.sum(axis=2) - raw).max()),
        "disagrees": disagrees,
        "categories": [names(wire, column) for column in range(rows.shape[1])],
    }
    if exact:
        background = rows[N_ROWS // 2:]
        ask = lambda x: np.asarray(model.predict(x, prediction_type="RawFormulaVal")).reshape(len(x), -1)
        out["background"] = tensor(background)
        out["interventional"] = tensor([marginal(ask, row, background) for row in rows[:N_ROWS // 2]])
    return out


def marginal(ask, row, background):
    """Values [feature, output], absent features filled from the background."""
    worth = []
    for coalition in range(1 << len(row)):
        mixed = background.copy()
        for k in range(len(row)):
            if coalition >> k & 1:
                mixed[:, k] = row[k]
        worth.append(ask(mixed).mean(axis=0))
    return shapley(worth, len(row))


def names(wire, column):
    info = wire["features_info"]
    hashed = {entry["hash"]: entry["value"] for entry in info.get("cat_features_hash") or []}
    for feature in info.get("categorical_features") or []:
        if feature["flat_feature_index"] == column and feature.get("values"):
            return [hashed[value & 0xFFFFFFFF] for value in feature["values"]]
    return None


def shortened(wire):
    """The JSON without most of the training parameters, which would be most of the golden file."""
    info = wire["model_info"]
    kept = {key: info[key] for key in ("catboost_version_info", "class_params") if key in info}
    kept["params"] = {"loss_function": info["params"]["loss_function"]}
    return {**wire, "model_info": kept}


def prediction(model, pool):
    """What the library says on the scale that people read: class shares, or a number."""
    loss = model.get_all_params()["loss_function"].split(":")[0]
    if loss in ("Logloss", "CrossEntropy"):
        return model.predict(pool, prediction_type="Probability")[:, 1]
    if loss in ("MultiClass", "MultiClassOneVsAll", "MultiLogloss", "MultiCrossEntropy"):
        return model.predict(pool, prediction_type="Probability")
    kind = "Exponent" if loss in ("Poisson", "Tweedie") else "RawFormulaVal"
    return np.asarray(model.predict(pool, prediction_type=kind))


def fit(pool, **options):
    return cb.CatBoost({**OPTIONS, **options}).fit(pool)


def rows_of(x):
    rows = x[:N_ROWS].copy()
    for k, value in enumerate(SPECIAL):
        rows[k, k % x.shape[1]] = value
    rows[len(SPECIAL)] = np.nan
    return rows


def numeric_cases():
    rng = np.random.default_rng(1)
    x = numbers(rng)
    y, rows = score(rng, x), rows_of(x)
    for mode in ("Min", "Max"):
        pool = cb.Pool(x, y)
        model = fit(pool, loss_function="RMSE", nan_mode=mode)
        yield case(f"nan_mode={mode}", model, pool, rows, exact=True)
    full = cb.Pool(np.nan_to_num(x), y)
    yield case("no missing values in training", fit(full, loss_function="RMSE"), full, rows, exact=True)
    weighted = cb.Pool(x, y > 0.5, weight=rng.integers(1, 9, size=len(y)))
    yield case("weighted rows", fit(weighted, loss_function="Logloss"), weighted, rows, exact=True)
    named = cb.Pool(pd.DataFrame(x, columns=["first one", "b", "c"]), y)
    model = fit(named, loss_function="RMSE", depth=1)
    model.set_scale_and_bias(0.5, 2.0)
    yield case("scale and bias", model, named, rows, frame=pd.DataFrame(rows, columns=["first one", "b", "c"]))


def loss_cases():
    rng = np.random.default_rng(2)
    x = numbers(rng)
    y, rows = score(rng, x), rows_of(x)
    targets = {
        "CrossEntropy": 1 / (1 + np.exp(-y)), "Poisson": np.abs(y), "Tweedie:variance_power=1.5": np.abs(y),
        "Quantile:alpha=0.8": y, "MAE": y, "Huber:delta=1": y, "MAPE": np.abs(y) + 1, "LogLinQuantile": np.abs(y),
        "Expectile:alpha=0.3": y, "MultiQuantile:alpha=0.2,0.5,0.9": y, "MultiRMSE": np.column_stack([y, x[:, 1] > 0]),
        "MultiLogloss": np.column_stack([y > 0, y > 1]).astype(int),
        "MultiCrossEntropy": np.column_stack([y > 0, y > 1]) * 0.8,
    }
    for loss, target in targets.items():
        pool = cb.Pool(x, target)
        yield case(loss.split(":")[0], fit(pool, loss_function=loss, depth=2, iterations=3), pool, rows)
    classes = np.array(["low", "middle", "high"])[np.digitize(y, [0.0, 1.0])]
    for loss in ("MultiClass", "MultiClassOneVsAll"):
        pool = cb.Pool(x, classes)
        yield case(loss, fit(pool, loss_function=loss, depth=2, iterations=3), pool, rows, exact=True)
    ranked = cb.Pool(x, np.digitize(y, [0.0, 1.0]), group_id=np.arange(N_TRAIN) // 10)
    yield case("YetiRank", fit(ranked, loss_function="YetiRank", depth=2), ranked, rows)


def policy_cases():
    rng = np.random.default_rng(3)
    x = numbers(rng)
    y, rows = score(rng, x), rows_of(x)
    classes = np.digitize(y, [0.0, 1.0])
    for policy in ("Depthwise", "Lossguide"):
        pool = cb.Pool(x, y)
        model = fit(pool, loss_function="RMSE", grow_policy=policy, depth=4)
        yield case(policy, model, pool, rows, exact=True, disagrees=True)
        pool = cb.Pool(x, classes)
        model = fit(pool, loss_function="MultiClass", grow_policy=policy, iterations=2)
        yield case(f"{policy} MultiClass", model, pool, rows)
    pool = cb.Pool(x, y)
    model = fit(pool, loss_function="RMSE", grow_policy="Lossguide", min_data_in_leaf=1000)
    yield case("one leaf", model, pool, rows, crashes=True)


def categorical_cases():
    rng = np.random.default_rng(4)
    colour = rng.choice(COLOURS, size=N_TRAIN)
    size = rng.integers(38, 42, size=N_TRAIN)
    number = rng.normal(size=N_TRAIN).astype(np.float32).astype(float)
    frame = pd.DataFrame({"colour": colour, "number": number, "size": size})
    y = number + 2 * (colour == "red") - (colour == "7") + (size == 40) * (colour == "grey")
    for policy in ("SymmetricTree", "Depthwise", "Lossguide"):
        pool = cb.Pool(frame, y, cat_features=["colour", "size"])
        model = fit(pool, loss_function="RMSE", grow_policy=policy, iterations=6)
        shown = frame[:N_ROWS].copy()
        shown.loc[0, "colour"], shown.loc[1, "size"] = "never seen", 99
        rows = coded(model, pool, shown)
        disagrees = policy == "Lossguide"
        yield case(f"categories, {policy}", model, pool, rows, frame=shown, disagrees=disagrees)


def coded(model, pool, frame):
    """The frame's categories as codes: the place among the names that splits ask for, NaN for all others."""
    model.save_model("model.tmp.json", format="json", pool=pool)
    wire = json.loads(Path("model.tmp.json").read_text(encoding="utf-8"))
    rows = np.empty(frame.shape)
    for column, name in enumerate(frame.columns):
        known = names(wire, column)
        if known is None:
            rows[:, column] = frame[name] if name == "number" else np.nan
        else:
            rows[:, column] = [known.index(str(v)) if str(v) in known else np.nan for v in frame[name]]
    return rows


def refused():
    """Models that are refused: encoded categories, and one-hot splits without names."""
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"town": rng.choice(list("abcdefgh"), N_TRAIN), "x": rng.normal(size=N_TRAIN)})
    y = frame["town"].isin(["a", "b"]) * 2 + frame["x"]
    pool = cb.Pool(frame, y, cat_features=["town"])
    out = {}
    for name, onehot, names_pool in (("encoded", 2, pool), ("unnamed", 20, None)):
        fit(pool, loss_function="RMSE", one_hot_max_size=onehot).save_model("model.tmp.json", format="json", pool=names_pool)
        wire = shortened(json.loads(Path("model.tmp.json").read_text(encoding="utf-8")))
        wire.pop("ctr_data", None)
        out[name] = json.dumps(wire, separators=(",", ":"))
    x = rng.normal(size=(N_TRAIN, 2))
    fit(cb.Pool(x, x[:, 0]), loss_function="RMSEWithUncertainty").save_model("model.tmp.json", format="json")
    wire = shortened(json.loads(Path("model.tmp.json").read_text(encoding="utf-8")))
    out["uncertain"] = json.dumps(wire, separators=(",", ":"))
    return out


if __name__ == "__main__":
    golden = {
        "requires": ["catboost==" + cb.__version__, "numpy==" + np.__version__],
        "tolerance": TOLERANCE,
        "cases": [*numeric_cases(), *loss_cases(), *policy_cases(), *categorical_cases()],
        "refused": refused(),
    }
    Path("model.tmp.json").unlink()
    text = json.dumps(golden, separators=(",", ":"), allow_nan=False)
    Path("catboost_1.json").write_text(text + "\n", encoding="utf-8")
