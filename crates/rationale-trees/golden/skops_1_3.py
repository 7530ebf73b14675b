# /// script
# requires-python = ">=3.10,<3.13"
# dependencies = [
#     "scikit-learn==1.3.2",
#     "skops==0.16.0",
#     "numpy==1.26.4",
# ]
# ///
"""An older scikit-learn through skops: writes skops_1_3/. The cases are in skops_cases.py."""

import skops_cases

if __name__ == "__main__":
    skops_cases.write("skops_1_3")
