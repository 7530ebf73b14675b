# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "scikit-learn==1.9.1",
#     "skops==0.16.0",
#     "skl2onnx==1.20.0",
#     "onnx==1.23.2",
#     "xgboost==3.4.1",
#     "lightgbm==4.7.0",
#     "catboost==1.2.10",
#     "pandas==2.3.3",
#     "numpy==2.2.6",
# ]
# ///
"""One small model a library on the numbers of German Credit, and what it scores the applicants: writes audit_formats/.

`scores.json` has for each file the library's version, the tolerance within which scores must agree, and the library's own
chance of "good" for each of the 1000 rows. The tolerances are those of float32 arithmetic where a library computes in it.
"""

import json
from importlib.metadata import version
from pathlib import Path

import catboost
import lightgbm
import numpy as np
import pandas as pd
import skops.io
import xgboost
from skl2onnx import to_onnx
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier

HERE = Path("audit_formats")
COLUMNS = [
    "duration_in_month",
    "credit_amount",
    "installment_rate_in_percentage_of_disposable_income",
    "present_residence_since",
    "age_in_years",
    "number_of_existing_credits_at_this_bank",
]
FLOAT32 = 1e-6
FLOAT64 = 1e-12


def main():
    data = pd.read_csv("../../datasets/data/german_credit.csv")
    x, y = data[COLUMNS], (data["creditability"] == "good").astype(int)
    HERE.mkdir(exist_ok=True)
    scores = {}

    def keep(file, library, tolerance, of_good):
        of_good = [float(score) for score in np.asarray(of_good, dtype=np.float64)]
        scores[file] = {"library": library, "version": version(library), "tolerance": tolerance, "scores": of_good}

    model = xgboost.XGBClassifier(n_estimators=20, max_depth=3, learning_rate=0.2, n_jobs=1).fit(x, y)
    for file in ["xgboost.json", "xgboost.ubj"]:
        model.save_model(HERE / file)
        keep(file, "xgboost", FLOAT32, model.predict_proba(x)[:, 1])

    model = lightgbm.LGBMClassifier(n_estimators=20, num_leaves=7, n_jobs=1, verbose=-1, random_state=0).fit(x, y)
    model.booster_.save_model(HERE / "lightgbm.txt")
    keep("lightgbm.txt", "lightgbm", FLOAT64, model.predict_proba(x)[:, 1])

    model = catboost.CatBoostClassifier(
        iterations=20, depth=3, verbose=0, random_seed=0, thread_count=1, allow_writing_files=False
    ).fit(x, y)
    model.save_model(str(HERE / "catboost.json"), format="json")
    keep("catboost.json", "catboost", FLOAT32, model.predict_proba(x)[:, 1])

    model = RandomForestClassifier(8, max_depth=4, random_state=0).fit(x, y)
    skops.io.dump(model, HERE / "forest.skops")
    keep("forest.skops", "scikit-learn", FLOAT64, model.predict_proba(x)[:, 1])

    model = GradientBoostingClassifier(n_estimators=20, random_state=0).fit(x.to_numpy(np.float32), y)
    onnx = to_onnx(model, x.to_numpy(np.float32)[:1], options={"zipmap": False})
    (HERE / "boosting.onnx").write_bytes(onnx.SerializeToString())
    keep("boosting.onnx", "scikit-learn", FLOAT32, model.predict_proba(x.to_numpy(np.float32))[:, 1])

    (HERE / "scores.json").write_text(json.dumps({"columns": COLUMNS, "models": scores}) + "\n")


if __name__ == "__main__":
    main()
