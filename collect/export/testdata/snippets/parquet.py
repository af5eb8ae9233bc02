import numpy as np, pandas as pd
table = pd.read_parquet(path, filters=[("site", "==", site), ("layer", "==", layer)])
x = np.stack(table["activation"])  # [rows, D]
target = table["set"] == "target"
names = table["concept"]
