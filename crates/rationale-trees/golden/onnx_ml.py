# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "scikit-learn==1.9.1",
#     "skl2onnx==1.20.0",
#     "onnxmltools==1.16.0",
#     "onnx==1.23.2",
#     "onnxruntime==1.32.0",
#     "lightgbm==4.7.0",
#     "xgboost==3.4.1",
#     "numpy==2.4.6",
# ]
# ///
"""Trees in ONNX files, as converters write them and by hand, and what ONNX Runtime says: writes onnx_ml/.

Each case has the file, rows, ONNX Runtime's predictions, the scores of the node of trees alone (`margins`, from a copy
of the file without post_transform), and interventional values by enumeration of all coalitions of those scores. They
are float32 numbers and their sums.
"""

import json
import warnings
from importlib.metadata import version
from math import factorial
from pathlib import Path

import lightgbm
import numpy as np
import onnx
import onnx.helper as helper
import onnxruntime
import xgboost
from onnx import TensorProto, numpy_helper

make_attribute = helper.make_attribute


def plain_attribute(key, value, *args, **kwargs):
    """skl2onnx 1.20 gives booleans where onnx 1.23 wants numbers."""
    if isinstance(value, (list, tuple)) and any(isinstance(item, (bool, np.bool_, np.integer)) for item in value):
        value = [int(item) for item in value]
    return make_attribute(key, value, *args, **kwargs)


helper.make_attribute = onnx.helper.make_attribute = plain_attribute

from onnxmltools import convert_lightgbm, convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType
from skl2onnx import to_onnx
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

warnings.filterwarnings("ignore")
FOLDER = Path(__file__).parent / "onnx_ml"
N_ROWS, N_EXACT, N_BACKGROUND = 16, 2, 6


def tensor(array):
    array = np.asarray(array, dtype=np.float64)
    number = lambda x: None if np.isnan(x) else x if np.isfinite(x) else str(x)
    return {"shape": list(array.shape), "values": [number(float(x)) for x in array.reshape(-1)]}


def the_trees(model):
    [node] = [node for node in model.graph.node if node.op_type.startswith("TreeEnsemble")]
    return node


def scores_alone(model):
    """A copy of the file that ends at the node of trees, without post_transform."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    node = the_trees(copy)
    for attribute in list(node.attribute):
        if attribute.name == "post_transform":
            node.attribute.remove(attribute)
    scores = node.output[-1]
    del copy.graph.output[:]
    element = TensorProto.FLOAT
    if node.op_type == "TreeEnsemble":
        element = copy.graph.input[0].type.tensor_type.elem_type
    copy.graph.output.append(helper.make_tensor_value_info(scores, element, None))
    keep = [other for other in copy.graph.node if not set(other.input) & (set(node.output) - {""})]
    keep = [other for other in keep if other is node or other.output[0] in node.input]
    del copy.graph.node[:]
    copy.graph.node.extend(keep)
    return copy


class Session:
    def __init__(self, model):
        self.session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        [self.input] = self.session.get_inputs()

    def __call__(self, rows):
        element = np.float64 if self.input.type == "tensor(double)" else np.float32
        out = self.session.run(None, {self.input.name: np.asarray(rows, dtype=element)})[-1]
        if isinstance(out, list):
            out = np.array([list(row.values()) for row in out])
        return out.reshape(len(rows), -1).astype(np.float64)


def enumerated(answer, row, background):
    n = len(row)
    worth = []
    for coalition in range(1 << n):
        mixed = background.copy()
        for k in range(n):
            if coalition >> k & 1:
                mixed[:, k] = row[k]
        worth.append(answer(mixed).mean(axis=0))
    values = np.zeros((n, len(worth[0])))
    for coalition in range(1 << n):
        size = coalition.bit_count()
        for k in range(n):
            if not coalition >> k & 1:
                weight = factorial(size) * factorial(n - size - 1) / factorial(n)
                values[k] += weight * (worth[coalition | 1 << k] - worth[coalition])
    return values


CASES = []


def save(name, model):
    FOLDER.mkdir(exist_ok=True)
    file = name.replace(" ", "_") + ".onnx"
    (FOLDER / file).write_bytes(model.SerializeToString())
    return file


def add(name, model, rows, background, positive=False):
    """`positive`: of two labels only the second is explained."""
    columns = slice(1, None) if positive else slice(None)
    predict, raw = Session(model), Session(scores_alone(model))
    answer = lambda rows: raw(rows)[:, columns]
    CASES.append({
        "name": name,
        "file": save(name, model),
        "rows": tensor(rows),
        "margins": tensor(answer(rows)),
        "predictions": tensor(predict(rows)[:, columns]),
        "background": tensor(background),
        "exact": tensor(np.array([enumerated(answer, row, background) for row in rows[:N_EXACT]])),
    })


def shuffled(load, n_columns):
    x, y = load(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    return x[order][:, :n_columns].astype(np.float32), y[order]


def split(x):
    return x[:N_ROWS].astype(np.float64), x[N_ROWS:N_ROWS + N_BACKGROUND].astype(np.float64)


def of_sklearn():
    x, y = shuffled(load_iris, 4)
    add("sklearn tree", to_onnx(DecisionTreeClassifier(max_depth=3).fit(x, np.array(list("abc"))[y]), x[:1]), *split(x))
    forest = RandomForestClassifier(n_estimators=4, max_depth=3, random_state=0)
    add("sklearn forest of three", to_onnx(forest.fit(x, y), x[:1]), *split(x))
    wide = x.astype(np.float64)
    add("sklearn forest of doubles", to_onnx(forest.fit(wide, y), wide[:1], options={"zipmap": False}), *split(x))
    add("sklearn boosted three", to_onnx(GradientBoostingClassifier(n_estimators=3, max_depth=2).fit(x, y), x[:1]), *split(x))
    add("sklearn histogram three",
        to_onnx(HistGradientBoostingClassifier(max_iter=3, max_depth=2).fit(x, y), x[:1]), *split(x))
    x, y = shuffled(load_breast_cancer, 5)
    forest = RandomForestClassifier(n_estimators=4, max_depth=3, random_state=0).fit(x, y)
    add("sklearn forest of two", to_onnx(forest, x[:1]), *split(x), positive=True)
    small = dict(n_estimators=4, max_depth=3, random_state=0)
    add("sklearn boosted two", to_onnx(GradientBoostingClassifier(**small).fit(x, y), x[:1]), *split(x), positive=True)
    exponential = GradientBoostingClassifier(loss="exponential", **small).fit(x, y)
    add("sklearn boosted exponential", to_onnx(exponential, x[:1]), *split(x), positive=True)
    holes = x.copy()
    holes[np.random.default_rng(1).random(x.shape) < 0.2] = np.nan
    histogram = HistGradientBoostingClassifier(max_iter=4, max_depth=3).fit(holes, y)
    add("sklearn histogram two", to_onnx(histogram, x[:1]), *split(holes), positive=True)
    x, y = shuffled(load_diabetes, 5)
    add("sklearn boosted regression", to_onnx(GradientBoostingRegressor(**small).fit(x, y), x[:1]), *split(x))
    both = RandomForestRegressor(n_estimators=3, max_depth=3, random_state=0).fit(x, np.column_stack([y, x[:, 0]]))
    add("sklearn forest of two outputs", to_onnx(both, x[:1]), *split(x))
    extra = ExtraTreesRegressor(n_estimators=3, max_depth=3, random_state=0).fit(x, y)
    add("sklearn extra trees", to_onnx(extra, x[:1]), *split(x))
    histogram = HistGradientBoostingRegressor(max_iter=3, max_depth=3).fit(x, y)
    add("sklearn histogram regression", to_onnx(histogram, x[:1]), *split(x))
    # What is refused, for the tests of that.
    save("refused isolation forest", to_onnx(IsolationForest(n_estimators=2, max_samples=8, random_state=0).fit(x), x[:1],
                                             target_opset={"": 15, "ai.onnx.ml": 3}))
    scaled = make_pipeline(StandardScaler(), RandomForestRegressor(n_estimators=2, max_depth=2)).fit(x, y)
    save("refused scaler", to_onnx(scaled, x[:1]))


def of_boosters():
    lgb = lambda model, n: convert_lightgbm(model, initial_types=[("X", FloatTensorType([None, n]))], target_opset=15)
    xgb = lambda model, n: convert_xgboost(model, initial_types=[("X", FloatTensorType([None, n]))], target_opset=15)
    light, extreme = dict(n_estimators=4, num_leaves=6, verbose=-1), dict(n_estimators=4, max_depth=3)
    x, y = shuffled(load_breast_cancer, 5)
    add("lightgbm two", lgb(lightgbm.LGBMClassifier(**light).fit(x, y), 5), *split(x), positive=True)
    add("xgboost two", xgb(xgboost.XGBClassifier(**extreme).fit(x, y), 5), *split(x), positive=True)
    x, y = shuffled(load_iris, 4)
    add("lightgbm three", lgb(lightgbm.LGBMClassifier(**light).fit(x, y), 4), *split(x))
    add("xgboost three", xgb(xgboost.XGBClassifier(**extreme).fit(x, y), 4), *split(x))
    x, y = shuffled(load_diabetes, 5)
    holes = x.copy()
    holes[np.random.default_rng(1).random(x.shape) < 0.2] = np.nan
    add("lightgbm poisson", lgb(lightgbm.LGBMRegressor(objective="poisson", **light).fit(holes, y), 5), *split(holes))
    add("xgboost regression", xgb(xgboost.XGBRegressor(**extreme).fit(holes, y), 5), *split(holes))
    add("xgboost poisson", xgb(xgboost.XGBRegressor(objective="count:poisson", **extreme).fit(x, y), 5), *split(x))
    rng = np.random.default_rng(3)
    x = np.column_stack([rng.integers(0, 9, 300), rng.normal(size=300)]).astype(np.float32)
    y = np.sin(5 * x[:, 0]) + x[:, 1]
    model = lightgbm.LGBMRegressor(min_data_per_group=1, cat_smooth=0, **light).fit(x, y, categorical_feature=[0])
    x[0, 0], x[1, 0], x[2, 0], x[3, 0] = np.nan, 3.5, -1, 20
    add("lightgbm categories", lgb(model, 2), *split(x))
    parts = convert_lightgbm(model, initial_types=[("X", FloatTensorType([None, 2]))], split=1)
    save("refused split over nodes", parts)


MODES = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"]


def by_hand(op, element, **attributes):
    outputs = ["label", "scores"] if op == "TreeEnsembleClassifier" else ["scores"]
    node = helper.make_node(op, ["X"], outputs, domain="ai.onnx.ml", **attributes)
    ends = [helper.make_tensor_value_info("label", TensorProto.INT64, None)] if len(outputs) == 2 else []
    kind = element if op == "TreeEnsemble" else TensorProto.FLOAT
    ends.append(helper.make_tensor_value_info("scores", kind, None))
    graph = helper.make_graph([node], "by hand", [helper.make_tensor_value_info("X", element, [None, 2])], ends)
    opset = 5 if op == "TreeEnsemble" else 3
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", opset)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def stumps(double=False):
    """A tree of two splits for every mode, with and without missing values to true."""
    nodes = {key: [] for key in ["treeids", "nodeids", "featureids", "modes", "truenodeids", "falsenodeids",
                                 "missing_value_tracks_true"]}
    values = []
    for tree in range(2 * len(MODES)):
        mode, missing = MODES[tree % len(MODES)], tree // len(MODES)
        other = MODES[(tree + 1) % len(MODES)]
        # Node ids need neither begin at 0 nor be in order.
        nodes["treeids"] += [tree * 10] * 5
        nodes["nodeids"] += [7, 3, 5, 1, 2]
        nodes["featureids"] += [0, 0, 1, 0, 0]
        nodes["modes"] += [mode, "LEAF", other, "LEAF", "LEAF"]
        values += [0.5, 0, 0.1, 0, 0]
        nodes["truenodeids"] += [3, 0, 1, 0, 0]
        nodes["falsenodeids"] += [5, 0, 2, 0, 0]
        nodes["missing_value_tracks_true"] += [missing, 0, 1 - missing, 0, 0]
    attributes = {f"nodes_{key}": value for key, value in nodes.items()}
    if double:
        attributes["nodes_values_as_tensor"] = helper.make_tensor("values", TensorProto.DOUBLE, [len(values)], values)
    else:
        attributes["nodes_values"] = [float(value) for value in values]
    return attributes


def leaves(prefix, outputs, double=False):
    """Weights for the leaves of `stumps`, to these outputs in turn; an empty tuple leaves a leaf without."""
    trees, nodes, ids, weights = [], [], [], []
    for leaf in range(3 * 2 * len(MODES)):
        for output in outputs[leaf % len(outputs)]:
            trees.append(leaf // 3 * 10)
            nodes.append([3, 1, 2][leaf % 3])
            ids.append(output)
            weights.append(float(np.float32(np.sin(1.0 + leaf + 40 * output))))
    attributes = {f"{prefix}_treeids": trees, f"{prefix}_nodeids": nodes, f"{prefix}_ids": ids}
    if double:
        weights = [weight * 1.1 for weight in weights]
        attributes[f"{prefix}_weights_as_tensor"] = helper.make_tensor("w", TensorProto.DOUBLE, [len(weights)], weights)
    else:
        attributes[f"{prefix}_weights"] = weights
    return attributes


def five(element, modes, splits, sets, **attributes):
    """One tree of opset 5: a chain of nodes, whose true child is a leaf, and a second tree of one leaf."""
    kind = TensorProto.DOUBLE if element == TensorProto.DOUBLE else TensorProto.FLOAT
    n = len(modes)
    make = lambda name, values: helper.make_tensor(name, kind, [len(values)], values)
    members = {} if sets is None else {"membership_values": make("members", sets)}
    return by_hand(
        "TreeEnsemble", element,
        nodes_featureids=[k % 2 for k in range(n)] + [0],
        nodes_modes=helper.make_tensor("modes", TensorProto.UINT8, [n + 1], bytes(modes + [0]), raw=True),
        nodes_splits=make("splits", splits + [0.0]),
        nodes_truenodeids=list(range(n)) + [n + 1],
        nodes_trueleafs=[1] * (n + 1),
        nodes_falsenodeids=list(range(1, n)) + [n, n + 1],
        nodes_falseleafs=[0] * (n - 1) + [1, 1],
        nodes_missing_value_tracks_true=[k % 3 == 1 for k in range(n + 1)],
        leaf_weights=make("weights", [float(np.float32(np.cos(k))) for k in range(n + 2)]),
        tree_roots=[0, n],
        **members, **attributes,
    )


def hand_made():
    numbers = [np.nan, 0.5, 0.1, np.nextafter(np.float32(0.5), np.float32(0)), 0.49, 0.51, 0.11, 3.0, 3.5, 1.0, -2.0, np.inf]
    rng = np.random.default_rng(4)
    rows = np.array([rng.choice(numbers, 2) for _ in range(30)])
    rows[:4] = [[0.5, 0.1], [np.nan, 0.1], [0.5, np.nan], [np.nan, np.nan]]
    background = rows[20:26]
    single, double = TensorProto.FLOAT, TensorProto.DOUBLE
    one, three = [(0,)], [(0, 1), (1, 2), (0, 2), (2,), ()]
    add("modes", by_hand("TreeEnsembleRegressor", single, n_targets=1, base_values=[0.25], **stumps(), **leaves("target", one)),
        rows, background)
    add("modes in double", by_hand("TreeEnsembleRegressor", double, n_targets=1, **stumps(True), **leaves("target", one, True)),
        rows, background)
    add("average of three targets", by_hand("TreeEnsembleRegressor", single, n_targets=3, aggregate_function="AVERAGE",
        **stumps(), **leaves("target", three)), rows, background)
    for transform in ["LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO"]:
        model = by_hand("TreeEnsembleClassifier", single, classlabels_int64s=[3, 5, 9], post_transform=transform,
                        base_values=[0.1, -0.2, 0.3], **stumps(), **leaves("class", [(0, 1, 2)]))
        add(f"three labels {transform.lower()}", model, rows, background)
    add("two columns", by_hand("TreeEnsembleClassifier", single, classlabels_int64s=[0, 1], post_transform="SOFTMAX",
        **stumps(), **leaves("class", [(0, 1)])), rows, background)
    add("one column", by_hand("TreeEnsembleClassifier", single, classlabels_int64s=[4, 8], post_transform="LOGISTIC",
        base_values=[0.3], **stumps(), **leaves("class", one)), rows, background, positive=True)
    modes, splits = [0, 6, 4, 5, 6, 2], [0.1, 0.0, 3.0, 1.0, 0.0, 0.49]
    sets = [3.0, 7.0, np.nan, 1.0, -2.0, 40.0, np.nan]
    for name, element in [("single", single), ("double", double)]:
        model = five(element, modes, splits, sets, n_targets=1, leaf_targetids=[0] * 8)
        add(f"opset 5 {name}", model, rows, background)
    add("opset 5 average", five(single, [0, 1, 2, 3], [0.5, 0.5, 0.1, 0.5], None, n_targets=3, aggregate_function=0,
        leaf_targetids=[0, 1, 2, 0, 1, 2], post_transform=3), rows, background)
    save("refused opset 5 logistic", five(single, [0, 1, 2, 3], [0.5, 0.5, 0.1, 0.5], None, n_targets=3,
        leaf_targetids=[0, 1, 2, 0, 1, 2], post_transform=2))


if __name__ == "__main__":
    of_sklearn()
    of_boosters()
    hand_made()
    names = ["scikit-learn", "skl2onnx", "onnxmltools", "onnx", "onnxruntime", "lightgbm", "xgboost", "numpy"]
    golden = {"requires": [f"{name}=={version(name)}" for name in names], "tolerance": 1e-5, "cases": CASES}
    (FOLDER / "cases.json").write_text(json.dumps(golden, separators=(",", ":"), allow_nan=False) + "\n")
