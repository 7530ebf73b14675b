# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "scikit-learn==1.9.1",
#     "skops==0.16.0",
#     "shap==0.51.0",
#     "numpy==2.4.6",
# ]
# ///
"""The newest scikit-learn through skops: writes skops_1_9/. The cases are in skops_cases.py."""

import skops_cases

if __name__ == "__main__":
    skops_cases.write("skops_1_9")
