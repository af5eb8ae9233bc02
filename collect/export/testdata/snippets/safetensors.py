import json
from safetensors import safe_open
with safe_open(path, "np") as data:  # "pt" for PyTorch, which has bf16 too
    x = data.get_tensor(f"{site}.{layer}")  # [rows, D]
    target = data.get_tensor("set") == 1
    concept, concepts = data.get_tensor("concept"), json.loads(data.metadata()["concepts"])
names = [concepts[i] for i in concept]
