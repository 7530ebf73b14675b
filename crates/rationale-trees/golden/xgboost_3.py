# /// script
# requires-python = ">=3.10"
# dependencies = [
#     "xgboost==3.2.0",
#     "numpy==2.4.6",
#     "pandas==3.1.1",
#     "scipy==1.17.1",
# ]
# ///
"""The cases of xgboost_models.py by XGBoost 3.2.0, as xgboost_3.2.0.json beside this file."""

from xgboost_models import main

if __name__ == "__main__":
    main()
