# /// script
# requires-python = ">=3.8,<3.12"
# dependencies = [
#     "lightgbm==3.3.5",
#     "numpy==1.26.4",
#     "pandas==1.5.3",
# ]
# ///
"""The cases of lightgbm_4.py by LightGBM 3.3.5, as lightgbm_3.json beside this file."""

from lightgbm_4 import main

if __name__ == "__main__":
    main()
