import torch
data = torch.load(path, weights_only=True)  # mmap=True leaves the values on the disk
records = data["target_activations"] + data["control_activations"]
x = torch.cat([r["activations"] for r in records if r["layer"] == layer])  # [rows, D]
target = [r["is_target_concept"] for r in records if r["layer"] == layer for _ in r["activations"]]
