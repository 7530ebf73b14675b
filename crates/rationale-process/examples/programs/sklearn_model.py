"""A scikit-learn model: a JSON row on each line of input, its class probabilities on each line of output."""

import json
import sys
import warnings

from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

warnings.filterwarnings("ignore")
features, classes = load_iris(return_X_y=True)
model = LogisticRegression(max_iter=1000).fit(features, classes)  # or joblib.load("model.joblib")

for line in sys.stdin:
    row = [float("nan") if value is None else value for value in json.loads(line)]
    print(json.dumps(model.predict_proba([row])[0].tolist()), flush=True)
