"""Other libraries on the bench's models and rows: `python trees.py FOLDER MODEL N_THREADS [train]`.

Prints one JSON object for each library that this Python has and each question: seconds of loading and of explaining, on how
many rows, and the largest difference from the bench's own values on the first rows, over the largest value. Seconds on one thread
are those of the processor, as the bench's own. Written for xgboost 3.4 and 3.2, lightgbm 4.7, shap 0.51, shapiq 1.8,
woodelf-explainer 0.4, scikit-learn 1.9 and skops 0.16; numpy is needed.
"""

import importlib.metadata
import json
import os
import sys
import time

folder, name, n_threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
for variable in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = str(n_threads)
import numpy as np  # noqa: E402

ROWS = np.fromfile(f"{folder}/rows.f32", dtype="<f4").reshape(-1, 30)
BACKGROUND = np.fromfile(f"{folder}/background.f32", dtype="<f4").reshape(-1, 30)
GROWN = ("small", "medium", "large", "deep")
WITH_BACKGROUND = ("small", "medium")
ENOUGH = 0.7
clock = time.process_time if n_threads == 1 else time.perf_counter


def timed(function, *arguments):
    begin = clock()
    result = function(*arguments)
    return result, clock() - begin


def report(who, distribution, question, load, explain, first=8, extra=()):
    """Loads once, explains so many rows that it takes about a second; `first` is how many it begins with."""
    model, building = timed(load)
    n_rows = first
    while True:
        values, seconds = timed(explain, model, ROWS[:n_rows])
        if seconds > ENOUGH or n_rows == len(ROWS):
            break
        n_rows = min(len(ROWS), int(n_rows * max(2, min(20, 1.0 / max(seconds, 1e-3)))))
    out = dict(
        who=f"{who} {importlib.metadata.version(distribution)}", question=question, threads=n_threads, rows=n_rows,
        building=building, seconds=seconds,
    )
    if question == "path-dependent":
        expected = np.fromfile(f"{folder}/{name}.values.f64", dtype="<f8").reshape(-1, 30)
        n = min(len(expected), n_rows)
        values = np.asarray(values).reshape(n_rows, -1)
        out["gap"] = float(np.abs(values[:n, :30] - expected[:n]).max() / np.abs(expected[:n]).max())
    print(json.dumps(out | dict(extra)), flush=True)


def read():
    return json.load(open(f"{folder}/{name}.json"))


def columns(tree):
    nodes = tree["nodes"]
    n = len(nodes)
    out = dict(left=[-1] * n, right=[-1] * n, parent=[2147483647] * n, feature=[0] * n, value=[0.0] * n, cover=[0.0] * n)
    for i, node in enumerate(nodes):
        out["cover"][i] = node["cover"]
        if "leaf" in node:
            out["value"][i] = node["leaf"][0]
        else:
            out["left"][i], out["right"][i], out["feature"][i] = node["left"], node["right"], node["feature"]
            out["value"][i] = node["test"]["less"]
            out["parent"][node["left"]] = out["parent"][node["right"]] = i
    return out


def xgboost_model(model):
    trees = []
    for i, tree in enumerate(model["trees"]):
        c = columns(tree)
        n = len(c["left"])
        trees.append(dict(
            base_weights=[0.0] * n, categories=[], categories_nodes=[], categories_segments=[], categories_sizes=[],
            default_left=[1] * n, id=i, left_children=c["left"], loss_changes=[0.0] * n, parents=c["parent"],
            right_children=c["right"], split_conditions=c["value"], split_indices=c["feature"], split_type=[0] * n,
            sum_hessian=c["cover"],
            tree_param=dict(num_deleted="0", num_feature="30", num_nodes=str(n), size_leaf_vector="1"),
        ))
    n = len(trees)
    booster = dict(
        model=dict(gbtree_model_param=dict(num_parallel_tree="1", num_trees=str(n)), iteration_indptr=list(range(n + 1)),
                   tree_info=[0] * n, trees=trees),
        name="gbtree")
    learner = dict(
        attributes={}, feature_names=[], feature_types=[], gradient_booster=booster,
        learner_model_param=dict(base_score="0E0", boost_from_average="1", num_class="0", num_feature="30", num_target="1"),
        objective=dict(name="reg:squarederror", reg_loss_param=dict(scale_pos_weight="1")))
    return dict(learner=learner, version=[3, 0, 0])


def booster():
    import xgboost

    path = f"{folder}/{name}.xgb.json"
    if not os.path.exists(path):
        json.dump(xgboost_model(read()), open(path, "w"))
    booster = xgboost.Booster()
    booster.load_model(path)
    booster.set_param({"nthread": n_threads})
    return booster


def one_row(booster):
    """Seconds of one row, without making its DMatrix."""
    import xgboost

    seconds = []
    for row in ROWS[:600]:
        matrix = xgboost.DMatrix(row[None], nthread=1)
        begin = time.perf_counter()
        booster.predict(matrix, pred_contribs=True)
        seconds.append(time.perf_counter() - begin)
    return float(np.median(seconds[100:]))


def run_xgboost():
    import xgboost

    if name not in GROWN:
        return

    def explain(**settings):
        return lambda b, x: b.predict(xgboost.DMatrix(x, nthread=n_threads), **settings)

    has_latency = n_threads == 1 and name in WITH_BACKGROUND
    extra = dict(latency=one_row(booster())) if has_latency else {}
    report("XGBoost", "xgboost", "path-dependent", booster, explain(pred_contribs=True), extra=extra)
    if name in WITH_BACKGROUND and n_threads == 1:
        report("XGBoost", "xgboost", "interactions", booster, explain(pred_interactions=True))


def trees_for_shap():
    """As shap's TreeExplainer takes trees that no library made."""
    trees = []
    for tree in read()["trees"]:
        c = columns(tree)
        # shap asks x <= t.
        threshold = np.nextafter(np.array(c["value"], "f4"), np.float32(-np.inf)).astype("f8")
        trees.append(dict(
            children_left=np.array(c["left"], "i4"), children_right=np.array(c["right"], "i4"),
            children_default=np.array(c["left"], "i4"), features=np.array(c["feature"], "i4"), thresholds=threshold,
            values=np.array(c["value"], "f8").reshape(-1, 1), node_sample_weight=np.array(c["cover"], "f8")))
    return dict(trees=trees, internal_dtype=np.float64, input_dtype=np.float32, objective="squared_error",
                tree_output="raw_value", base_offset=0.0)


def trained():
    """A model that a library trained, as that library reads it."""
    if name == "lightgbm":
        import lightgbm

        return lightgbm.Booster(model_file=f"{folder}/lightgbm.txt")
    import skops.io

    path = f"{folder}/forest.skops"
    return skops.io.load(path, trusted=skops.io.get_untrusted_types(file=path))


def run_shap():
    import shap

    if n_threads != 1:
        return
    model = trees_for_shap if name in GROWN else trained
    values = lambda e, x: e.shap_values(x, check_additivity=False)
    report("shap", "shap", "path-dependent",
           lambda: shap.TreeExplainer(model(), feature_perturbation="tree_path_dependent"), values)
    if name in WITH_BACKGROUND:
        report("shap", "shap", dict(interventional=100),
               lambda: shap.TreeExplainer(model(), BACKGROUND, feature_perturbation="interventional"), values)


def run_woodelf():
    import pandas
    from woodelf.explainer import WoodelfExplainer

    if name not in WITH_BACKGROUND or n_threads != 1:
        return
    table = lambda x: pandas.DataFrame(np.asarray(x, "f8"), columns=[f"f{i}" for i in range(30)])

    def load():
        return WoodelfExplainer(booster(), table(BACKGROUND), feature_perturbation="interventional")

    # Its costs lie in preparing the trees: it is asked for all rows at once.
    report("Woodelf", "woodelf_explainer", dict(interventional=100), load,
           lambda e, x: e.shap_values(table(x), verbose=False), first=len(ROWS))


def run_shapiq():
    import shapiq

    # It cannot read the base score of XGBoost 3.4.
    if name in GROWN or n_threads != 1:
        return
    report("shapiq", "shapiq", "path-dependent", lambda: shapiq.TreeExplainer(trained(), index="SV", max_order=1),
           lambda e, x: [e.explain_function(row).get_n_order_values(1) for row in x])


def target():
    rng = np.random.default_rng(0)
    return ROWS[:, 0] * ROWS[:, 1] + np.sin(ROWS[:, 2]) + 0.5 * ROWS[:, 3:].sum(1) + rng.standard_normal(len(ROWS))


def run_lightgbm():
    import lightgbm

    path = f"{folder}/lightgbm.txt"
    if name != "lightgbm":
        return
    if not os.path.exists(path):
        params = dict(objective="regression", num_leaves=63, learning_rate=0.05, verbose=-1, num_threads=2)
        lightgbm.train(params, lightgbm.Dataset(ROWS, target()), 500).save_model(path)
    if "train" not in sys.argv:
        report("LightGBM", "lightgbm", "path-dependent", trained,
               lambda b, x: b.predict(x, pred_contrib=True, num_threads=n_threads))


def run_forest():
    import skops.io
    from sklearn.ensemble import RandomForestRegressor

    path = f"{folder}/forest.skops"
    if name == "forest" and not os.path.exists(path):
        forest = RandomForestRegressor(100, max_depth=16, min_samples_leaf=5, max_features=10, n_jobs=2, random_state=0)
        skops.io.dump(forest.fit(ROWS, target()), path)


for run in [run_xgboost, run_lightgbm, run_forest, run_shap, run_woodelf, run_shapiq]:
    if "train" in sys.argv and run not in (run_lightgbm, run_forest):
        continue
    try:
        run()
    except ImportError:
        pass
