"""Other libraries on the bench's models and rows: `python trees.py FOLDER MODEL N_THREADS [train]`.

Prints one JSON object a line for each library that this Python has: seconds of loading and of explaining, on how many rows, and
the largest difference from the bench's own values on the first rows, over the largest value. Seconds on one thread are those of
the processor, as the bench's own. Written for xgboost 3.4, lightgbm 4.7 and shap 0.51; numpy is needed.
"""

import json
import os
import sys
import time

folder, name, n_threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
os.environ["OMP_NUM_THREADS"] = str(n_threads)
import numpy as np  # noqa: E402

ROWS = np.fromfile(f"{folder}/rows.f32", dtype="<f4").reshape(-1, 30)
clock = time.process_time if n_threads == 1 else time.perf_counter


def report(peer, version, load, explain, interactions=None):
    """Loads once, explains so many rows that it takes about a second."""
    begin = clock()
    model = load()
    loading = clock() - begin
    n_rows, seconds = 8, 0.0
    while True:
        begin = clock()
        values = explain(model, ROWS[:n_rows])
        seconds = clock() - begin
        if seconds > 0.7 or n_rows == len(ROWS):
            break
        n_rows = min(len(ROWS), int(n_rows * max(2, min(20, 1.0 / max(seconds, 1e-3)))))
    expected = np.fromfile(f"{folder}/{name}.values.f64", dtype="<f8").reshape(-1, 30)
    n = min(len(expected), n_rows)
    gap = np.abs(np.asarray(values)[:n, :30] - expected[:n]).max() / np.abs(expected[:n]).max()
    out = dict(peer=peer, version=version, model=name, threads=n_threads, rows=n_rows, loading=loading, seconds=seconds, gap=gap)
    if interactions:
        n_pairs = max(2, n_rows // 20)
        begin = clock()
        interactions(model, ROWS[:n_pairs])
        out |= dict(pair_rows=n_pairs, pair_seconds=clock() - begin)
    print(json.dumps(out), flush=True)


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


def run_xgboost():
    import xgboost as xgb

    path = f"{folder}/{name}.xgb.json"
    if not os.path.exists(path):
        json.dump(xgboost_model(read()), open(path, "w"))

    def load():
        booster = xgb.Booster()
        booster.load_model(path)
        booster.set_param({"nthread": n_threads})
        return booster

    pairs = (lambda b, x: b.predict(xgb.DMatrix(x, nthread=n_threads), pred_interactions=True)) if name in ("small", "medium") else None
    report("XGBoost", xgb.__version__, load, lambda b, x: b.predict(xgb.DMatrix(x, nthread=n_threads), pred_contribs=True), pairs)


def run_shap():
    import shap

    def load():
        trees = []
        for tree in read()["trees"]:
            c = columns(tree)
            # shap asks x <= t.
            threshold = np.nextafter(np.array(c["value"], "f4"), np.float32(-np.inf)).astype("f8")
            trees.append(dict(
                children_left=np.array(c["left"], "i4"), children_right=np.array(c["right"], "i4"),
                children_default=np.array(c["left"], "i4"), features=np.array(c["feature"], "i4"), thresholds=threshold,
                values=np.array(c["value"], "f8").reshape(-1, 1), node_sample_weight=np.array(c["cover"], "f8")))
        model = dict(trees=trees, internal_dtype=np.float64, input_dtype=np.float32, objective="squared_error",
                     tree_output="raw_value", base_offset=0.0)
        return shap.TreeExplainer(model, feature_perturbation="tree_path_dependent")

    report("shap", shap.__version__, load, lambda e, x: e.shap_values(x, check_additivity=False))


def run_lightgbm():
    import lightgbm as lgb

    path = f"{folder}/lightgbm.txt"
    if not os.path.exists(path):
        rng = np.random.default_rng(0)
        y = ROWS[:, 0] * ROWS[:, 1] + np.sin(ROWS[:, 2]) + 0.5 * ROWS[:, 3:].sum(1) + rng.standard_normal(len(ROWS))
        params = dict(objective="regression", num_leaves=63, learning_rate=0.05, verbose=-1, num_threads=2)
        lgb.train(params, lgb.Dataset(ROWS, y), 500).save_model(path)
    if "train" not in sys.argv:
        report("LightGBM", lgb.__version__, lambda: lgb.Booster(model_file=path),
               lambda b, x: b.predict(x, pred_contrib=True, num_threads=n_threads))


for wanted, run in [("xgboost", run_xgboost), ("shap", run_shap), ("lightgbm", run_lightgbm)]:
    if (wanted == "lightgbm") != (name == "lightgbm"):
        continue
    try:
        run()
    except ImportError:
        pass
