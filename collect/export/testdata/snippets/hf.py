from datasets import load_dataset
file = f"data/{site}.{layer}.parquet"  # without data_files: all sites and layers
rows = load_dataset(path, data_files=file, split="train").with_format("numpy")
x = rows["activation"][:]  # [rows, D]
target = rows["set"][:] == "target"
names = rows["concept"][:]
