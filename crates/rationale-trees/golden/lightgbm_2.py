# /// script
# requires-python = ">=3.8,<3.12"
# dependencies = [
#     "lightgbm==2.2.3",
#     "numpy==1.23.5",
# ]
# ///
"""The cases of lightgbm_4.py by LightGBM 2.2.3, as lightgbm_2.json beside this file."""

from lightgbm_4 import main

if __name__ == "__main__":
    main()
