# /// script
# requires-python = ">=3.10"
# dependencies = [
#     "xgboost==2.1.4",
#     "numpy==2.4.6",
#     "pandas==3.1.1",
#     "scipy==1.17.1",
# ]
# ///
"""The cases of xgboost_models.py by XGBoost 2.1.4, as xgboost_2.1.4.json beside this file."""

from xgboost_models import main

if __name__ == "__main__":
    main()
