import json
from safetensors import safe_open
with safe_open(path, "np") as data:
    v = data.get_tensor(f"mean.resid_post.{layer}")  # [D], float32
    controls = data.get_tensor(f"control_mean.resid_post.{layer}")  # the mean of the controls' rows
    about = data.metadata()
    verdict = json.loads(about["verdicts"])[f"mean.resid_post.{layer}"]
print(about["target"], "in", about["model"], "at layer", layer, "is", verdict["word"])
def score(rows):  # how far rows [n, D] lie on the target's side of the controls
    return (rows - controls) @ v / (v @ v) ** 0.5
