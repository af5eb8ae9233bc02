import numpy as np
data = np.load(path)
x = data[f"{site}.{layer}"]  # [rows, D]
target = data["set"] == 1
names = data["concepts"][data["concept"]]  # of every row
