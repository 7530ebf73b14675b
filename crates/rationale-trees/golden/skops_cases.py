"""Models of scikit-learn in skops files, and what scikit-learn says of them; run by skops_1_9.py and skops_1_3.py.

Beside each `NAME.skops` the JSON holds rows (near thresholds, with missing values and infinities where the model takes
them, categories as codes), raw predictions (`margins`), predictions, the leaf of each row in each tree (counted depth
first, left before right), shap's path-dependent values where it has them, and interventional values by enumeration of
all coalitions of scikit-learn's own raw predictions.
"""

import json
import zipfile
from importlib.metadata import version
from math import factorial
from pathlib import Path

import numpy as np
import skops.io
from scipy.special import expit, softmax
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    BaggingRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier, ExtraTreeRegressor

try:
    import shap
except ImportError:
    shap = None

VERSION = tuple(int(part) for part in version("scikit-learn").split(".")[:2])
N_ROWS, N_SHAP, N_EXACT, N_BACKGROUND = 20, 6, 2, 6


def tensor(array):
    array = np.asarray(array, dtype=np.float64)
    number = lambda x: None if np.isnan(x) else x if np.isfinite(x) else str(x)
    return {"shape": list(array.shape), "values": [number(float(x)) for x in array.reshape(-1)]}


def columns(array):
    array = np.asarray(array)
    return array[:, None] if array.ndim == 1 else array


def members(model):
    """Each tree with the features that it was given."""
    if hasattr(model, "tree_"):
        return [(model.tree_, None)]
    if not hasattr(model, "estimators_"):
        return []
    trees = [member.tree_ for member in np.ravel(model.estimators_)]
    given = getattr(model, "estimators_features_", [None] * len(trees))
    return list(zip(trees, given))


def leaf_numbers(tree):
    """The number of each leaf, depth first."""
    numbers, stack = {}, [0]
    while stack:
        node = stack.pop()
        if tree.children_left[node] == -1:
            numbers[node] = len(numbers)
        else:
            stack += [tree.children_right[node], tree.children_left[node]]
    return numbers


def leaves(model, rows):
    found = []
    for tree, given in members(model):
        numbers = leaf_numbers(tree)
        x = rows if given is None else rows[:, given]
        found.append([numbers[node] for node in tree.apply(np.ascontiguousarray(x, dtype=np.float32))])
    return np.array(found).T


def near_thresholds(model, rows, rng):
    """Puts some values on thresholds, and one float64 and one float32 step beside them."""
    rows = rows.copy()
    splits = []
    for tree, given in members(model):
        for node in np.flatnonzero(tree.children_left != -1):
            feature = tree.feature[node] if given is None else given[tree.feature[node]]
            splits.append((feature, tree.threshold[node]))
    splits = [(feature, at) for feature, at in splits if np.isfinite(at)]
    for k in range(min(len(rows) // 2, len(splits))):
        feature, at = splits[rng.integers(len(splits))]
        single = np.float32(at)
        steps = [at, np.nextafter(at, -np.inf), np.nextafter(at, np.inf), single, np.nextafter(single, np.float32(np.inf))]
        rows[k, feature] = steps[k % len(steps)]
    return rows


def raw(model, rows):
    """What the trees add up to."""
    name = type(model).__name__
    if isinstance(model, IsolationForest):
        c = _average_path_length(model._max_samples)
        return -np.log2(-model.score_samples(rows))[:, None] * c
    if "HistGradientBoosting" in name:
        return columns(model._raw_predict(rows))
    if name == "GradientBoostingClassifier":
        return columns(model.decision_function(rows))
    if hasattr(model, "predict_proba"):
        shares = model.predict_proba(rows)
        return np.hstack(shares) if isinstance(shares, list) else shares
    return columns(model.predict(rows))


def _average_path_length(n):
    from sklearn.ensemble._iforest import _average_path_length

    return _average_path_length([n])[0]


def predictions(model, rows):
    """What the link makes of it: the positive class alone where there are two."""
    if "GradientBoostingClassifier" in type(model).__name__:
        shares = model.predict_proba(rows)
        return shares[:, 1:] if shares.shape[1] == 2 else shares
    if isinstance(model, IsolationForest):
        return raw(model, rows)
    return columns(model.predict(rows)) if not hasattr(model, "predict_proba") else raw(model, rows)


def enumerated(model, row, background, encode):
    """Shapley values [feature, output] by their definition, absent features filled from the background."""
    n = len(row)
    worth = []
    for coalition in range(1 << n):
        mixed = background.copy()
        for k in range(n):
            if coalition >> k & 1:
                mixed[:, k] = row[k]
        worth.append(raw(model, mixed).mean(axis=0))
    values = np.zeros((n, len(worth[0])))
    for coalition in range(1 << n):
        size = coalition.bit_count() if hasattr(int, "bit_count") else bin(coalition).count("1")
        for k in range(n):
            if not coalition >> k & 1:
                weight = factorial(size) * factorial(n - size - 1) / factorial(n)
                values[k] += weight * (worth[coalition | 1 << k] - worth[coalition])
    return values


def of_shap(model, rows):
    """Path-dependent values and base values."""
    explainer = shap.TreeExplainer(model, feature_perturbation="tree_path_dependent")
    values = np.asarray(explainer.shap_values(rows, check_additivity=False))
    values = values if values.ndim == 3 else values[..., None]
    return values, np.ravel(explainer.expected_value)


def without_random_state(model):
    """Drops the generators that boosting keeps, 2.5 KB for each tree: no prediction needs them."""
    if hasattr(model, "_rng"):
        model._rng = None
    for member in np.ravel(getattr(model, "estimators_", [])):
        member.random_state = None


class Cases:
    def __init__(self, folder):
        self.folder = Path(__file__).parent / folder
        self.folder.mkdir(exist_ok=True)
        self.cases = []

    def add(self, name, model, x, *, saved=None, with_shap=True, missing=False, infinite=False, encode=None,
            stored=False, with_base=True):
        """`encode` makes codes of the rows' categories."""
        rng = np.random.default_rng(len(self.cases))
        rows = near_thresholds(model, np.asarray(x[:N_ROWS], dtype=np.float64), rng)
        if missing:
            rows[rng.random(rows.shape) < 0.2] = np.nan
        if infinite:
            rows[0, 0], rows[1, 1] = np.inf, -np.inf
        coded = rows if encode is None else encode(rows)
        background = np.asarray(x[N_ROWS:N_ROWS + N_BACKGROUND], dtype=np.float64)
        coded_background = background if encode is None else encode(background)
        file = name.replace(" ", "_") + ".skops"
        compression = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
        if name != "boosted classes":
            without_random_state(model)
        skops.io.dump(model if saved is None else saved, self.folder / file, compression=compression)
        case = {
            "name": name,
            "file": file,
            "rows": tensor(coded),
            "margins": tensor(raw(model, rows)),
            "predictions": tensor(predictions(model, rows)),
            "background": tensor(coded_background),
            "exact": tensor(np.array([enumerated(model, row, background, encode) for row in rows[-N_EXACT:]])),
        }
        if members(model):
            case["leaves"] = tensor(leaves(model, rows))
        if with_shap and shap is not None:
            rows = np.asarray(x[:N_SHAP], dtype=np.float32).astype(np.float64)
            values, base = of_shap(model, rows)
            case |= {"shap_rows": tensor(rows), "shap_values": tensor(values)}
            if with_base:
                case["shap_base"] = tensor(base)
        if isinstance(model, IsolationForest):
            scores = model.score_samples(np.asarray(x[:N_ROWS], dtype=np.float64))
            case |= {"max_samples": float(model._max_samples), "score_rows": tensor(x[:N_ROWS]), "scores": tensor(scores)}
        self.cases.append(case)

    def write(self):
        requires = [f"{name}=={version(name)}" for name in ("scikit-learn", "skops", "numpy")]
        if shap is not None:
            requires.append(f"shap=={version('shap')}")
        golden = {"requires": requires, "tolerance": 1e-9, "cases": self.cases}
        text = json.dumps(golden, separators=(",", ":"), allow_nan=False)
        (self.folder / "cases.json").write_text(text + "\n")


def shuffled(load, n_columns):
    x, y = load(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    return x[order][:, :n_columns], y[order]


def with_holes(x):
    x = x.copy()
    x[np.random.default_rng(1).random(x.shape) < 0.15] = np.nan
    return x


def trees_and_forests(cases):
    x, y = shuffled(load_iris, 4)
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    weights = np.random.default_rng(2).random(len(y))
    tree = DecisionTreeClassifier(max_depth=4, random_state=0).fit(x, names, sample_weight=weights)
    cases.add("tree of named classes with weights", tree, x, stored=True)
    two = np.column_stack([y, x[:, 3] > 1])
    cases.add("tree of two outputs", DecisionTreeClassifier(max_depth=3, random_state=0).fit(x, two), x, with_shap=False)
    cases.add("extra tree", ExtraTreeClassifier(max_depth=4, random_state=1).fit(x, y + 5), x)
    forest = RandomForestClassifier(n_estimators=5, max_depth=4, random_state=0, class_weight="balanced").fit(x, y)
    cases.add("forest of three classes", forest, x)
    passed = Pipeline([("nothing", "passthrough"), ("model", forest)])
    cases.add("pipeline that passes through", forest, x, saved=passed, with_shap=False)
    extra = ExtraTreesClassifier(n_estimators=3, max_depth=3, bootstrap=True, random_state=0).fit(x, two)
    cases.add("extra trees of two outputs", extra, x, with_shap=False)
    if VERSION >= (1, 3):
        holes = with_holes(x)
        cases.add("tree with missing values", DecisionTreeClassifier(max_depth=4, random_state=0).fit(holes, y), x,
                  missing=True)
    if VERSION >= (1, 6):
        cases.add("forest with missing values",
                  RandomForestClassifier(n_estimators=4, max_depth=4, random_state=0).fit(holes, y), x, missing=True)
        cases.add("extra trees with missing values",
                  ExtraTreesClassifier(n_estimators=4, max_depth=4, random_state=0).fit(holes, y), x, missing=True)

    x, y = shuffled(load_diabetes, 5)
    cases.add("tree regression", DecisionTreeRegressor(max_depth=4, random_state=0).fit(x, y), x)
    cases.add("poisson tree", DecisionTreeRegressor(max_depth=3, criterion="poisson").fit(x, y), x)
    both = np.column_stack([y, x[:, 2]])
    cases.add("extra tree of two outputs", ExtraTreeRegressor(max_depth=3, random_state=0).fit(x, both), x)
    cases.add("forest regression", RandomForestRegressor(n_estimators=4, max_depth=4, random_state=0).fit(x, y), x)
    cases.add("forest of two outputs", RandomForestRegressor(n_estimators=3, max_depth=3, random_state=0).fit(x, both),
              x, with_shap=False)
    cases.add("extra trees regression", ExtraTreesRegressor(n_estimators=4, max_depth=4, random_state=0).fit(x, y), x)
    bag = BaggingRegressor(DecisionTreeRegressor(max_depth=3), n_estimators=4, max_features=3, random_state=0).fit(x, y)
    cases.add("bagging of features", bag, x, with_shap=False)
    drawn = BaggingRegressor(DecisionTreeRegressor(max_depth=3), n_estimators=3, bootstrap_features=True, random_state=0)
    cases.add("bagging of features drawn twice", drawn.fit(x, y), x, with_shap=False)
    few = IsolationForest(n_estimators=8, max_samples=40, max_features=3, random_state=0).fit(x)
    cases.add("isolation forest", few, x)
    # With weights shap 0.51 takes covers from them, but its base value from counts: its values do not sum up.
    cases.add("isolation forest of weights", IsolationForest(n_estimators=4, max_samples=0.1, bootstrap=True,
              contamination=0.1, random_state=0).fit(x, sample_weight=np.arange(len(x)) % 3), x, with_base=False)

    x, y = shuffled(load_iris, 4)
    rare = np.where(np.arange(len(y)) < 1, 2, y % 2)
    bag = BaggingClassifier(DecisionTreeClassifier(max_depth=3), n_estimators=6, max_samples=0.3, random_state=1)
    bag = bag.fit(x, rare)
    cases.add("bagging of a rare class", bag, x, with_shap=False)


def boosted(cases):
    x, y = shuffled(load_breast_cancer, 5)
    small = dict(n_estimators=4, max_depth=3, random_state=0)
    text = np.array(["bad", "good"])[y]
    cases.add("boosted classes", GradientBoostingClassifier(learning_rate=0.3, **small).fit(x, text), x)
    cases.add("boosted exponential", GradientBoostingClassifier(loss="exponential", **small).fit(x, y), x,
              with_shap=False)
    cases.add("boosted from zero", GradientBoostingClassifier(init="zero", **small).fit(x, y), x, with_shap=False)
    for strategy in ["most_frequent", "uniform"]:
        init = DummyClassifier(strategy=strategy)
        cases.add(f"boosted from {strategy}", GradientBoostingClassifier(init=init, **small).fit(x, y), x,
                  with_shap=False)
    init = DummyClassifier(strategy="constant", constant=0)
    cases.add("boosted from a constant", GradientBoostingClassifier(init=init, **small).fit(x, y), x, with_shap=False)
    x, y = shuffled(load_iris, 4)
    cases.add("boosted three classes", GradientBoostingClassifier(n_estimators=3, max_depth=2).fit(x[:110], y[:110]), x,
              with_shap=False)
    x, y = shuffled(load_diabetes, 5)
    for loss in ["squared_error", "absolute_error", "huber", "quantile"]:
        cases.add(f"boosted {loss}", GradientBoostingRegressor(loss=loss, subsample=0.8, **small).fit(x, y), x)
    cases.add("boosted regression from zero", GradientBoostingRegressor(init="zero", **small).fit(x, y), x,
              with_shap=False)
    init = DummyRegressor(strategy="quantile", quantile=0.3)
    cases.add("boosted regression from a quantile", GradientBoostingRegressor(init=init, **small).fit(x, y), x,
              with_shap=False)


def histograms(cases):
    small = dict(max_iter=4, max_leaf_nodes=7, min_samples_leaf=5, random_state=0)
    x, y = shuffled(load_diabetes, 5)
    holes = with_holes(x)
    for loss in ["squared_error", "absolute_error", "poisson", "gamma", "quantile"]:
        if loss == "gamma" and VERSION < (1, 3):
            continue
        extra = {"quantile": 0.8} if loss == "quantile" else {}
        model = HistGradientBoostingRegressor(loss=loss, **extra, **small).fit(holes, y)
        with_shap = loss in ["squared_error", "absolute_error", "poisson"]
        cases.add(f"histogram {loss}", model, x, missing=True, infinite=True, with_shap=with_shap)
    x, y = shuffled(load_breast_cancer, 5)
    cases.add("histogram classes", HistGradientBoostingClassifier(**small).fit(x, y), x, missing=True, infinite=True)
    x, y = shuffled(load_iris, 4)
    cases.add("histogram three classes", HistGradientBoostingClassifier(**small).fit(x, y), x, missing=True,
              infinite=True, with_shap=False)
    categories(cases, small)


def categories(cases, small):
    """Columns 1 and 3 of five are categories; some rows hold one that was never seen, and a missing one."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(400, 5))
    x[:, 1], x[:, 3] = rng.integers(0, 12, 400), rng.integers(0, 70, 400)
    y = x[:, 0] + np.sin(7 * x[:, 1]) + np.cos(3 * x[:, 3]) + (x[:, 1] == 4)
    x[rng.random(400) < 0.1, 1] = np.nan
    plain = HistGradientBoostingRegressor(categorical_features=[1, 3], **small).fit(x[60:], y[60:])
    shown = x.copy()
    shown[2, 1], shown[3, 3], shown[4, 3], shown[5, 1], shown[6, 3] = 13, 71, -1, np.nan, 200
    cases.add("histogram of categories", plain, shown, with_shap=False, missing=True)
    if VERSION < (1, 4):
        return
    codes = np.array([3.0, 5.5, 17.0, 90210.0, -2.0, 8.0, 11.0, 12.0, 40.0, 41.0, 42.0, 43.0])
    x[:, 1] = np.where(np.isnan(x[:, 1]), np.nan, codes[np.nan_to_num(x[:, 1]).astype(int)])
    model = HistGradientBoostingClassifier(categorical_features=[1, 3], **small).fit(x[60:], y[60:] > 0)
    shown = x.copy()
    shown[2, 1], shown[3, 3], shown[5, 1], shown[6, 1] = 4, 71, np.nan, 1e9

    def encode(rows):
        rows = rows.copy()
        known = sorted(codes)
        rows[:, 1] = [known.index(value) if value in known else np.nan for value in rows[:, 1]]
        return rows

    cases.add("histogram of numbered categories", model, shown, with_shap=False, missing=True, encode=encode)


def refused(folder):
    """Models that are refused by name."""
    x, y = shuffled(load_iris, 4)
    forest = lambda: RandomForestClassifier(n_estimators=1, max_depth=1, random_state=0)
    pipeline = Pipeline([("scale", StandardScaler()), ("nothing", "passthrough"), ("pick", SelectKBest(k=2)),
                         ("model", forest())])
    save = lambda name, model: skops.io.dump(model, folder / f"refused_{name}.skops", compression=zipfile.ZIP_DEFLATED)
    save("pipeline", pipeline.fit(x, y))
    save("ada_boost", AdaBoostClassifier(DecisionTreeClassifier(max_depth=1), n_estimators=1).fit(x, y))
    save("bagging", BaggingClassifier(LogisticRegression(), n_estimators=2, random_state=0).fit(x, y))
    boosted = GradientBoostingClassifier(n_estimators=1, max_depth=1, init=LogisticRegression()).fit(x, y)
    without_random_state(boosted)
    save("init", boosted)
    save("unfitted", forest())


def write(folder):
    cases = Cases(folder)
    if VERSION >= (1, 9):
        refused(cases.folder)
    trees_and_forests(cases)
    boosted(cases)
    histograms(cases)
    cases.write()
