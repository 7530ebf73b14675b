# /// script
# requires-python = ">=3.10,<3.12"
# dependencies = [
#     "xgboost==1.7.6",
#     "numpy==1.26.4",
#     "pandas==2.1.4",
#     "scipy==1.11.4",
# ]
# ///
"""The cases of xgboost_models.py by XGBoost 1.7.6, as xgboost_1.7.6.json beside this file."""

from xgboost_models import main

if __name__ == "__main__":
    main()
