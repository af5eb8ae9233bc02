"""torch_compare.py NPZ PT: compares a .pt file, as PyTorch opens it, with the npz export of the same dataset of one site.

compare.py compares the npz with the dataset."""
import json, os, sys
import numpy as np, torch

npz, path = np.load(sys.argv[1]), sys.argv[2]
m = json.loads(npz["manifest.json"].tobytes())
questions = [json.loads(line) for line in npz["questions.jsonl"].tobytes().decode().splitlines()]
kind = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}[m["dtype"]]
(site,) = m["sites"]
compared = 0


def same(have, want):
    global compared
    assert have.dtype == kind and not have.requires_grad and have.is_contiguous(), have
    have = have.float().numpy()
    assert have.shape == want.shape and np.array_equal(have, want.astype(np.float32)), (have, want)
    compared += want.size


for mapped in False, True:
    data = torch.load(path, weights_only=True, mmap=mapped)
    assert data["questions"] == [q["text"] for q in questions] and data["concepts"] == npz["concepts"].tolist()
    for key, which in ("target_activations", "target"), ("control_activations", "control"):
        want = [(i, layer) for i, q in enumerate(questions) if q["set"] == which for layer in m["layers"]]
        assert len(data[key]) == len(want)
        for r, (i, layer) in zip(data[key], want):
            assert (r["question"], r["layer"], r["is_target_concept"]) == (questions[i]["text"], layer, which == "target"), r
            same(r["activations"], npz[f"{site}.{layer}"][npz["question"] == i])

# The snippet of the documentation: the target's rows come first.
target = npz["set"] == 1
snippet = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "snippets", "seed.py")).read()
for layer in m["layers"]:
    found = {"path": path, "layer": layer}
    exec(snippet, found)
    x = npz[f"{site}.{layer}"]
    same(found["x"], np.concatenate([x[target], x[~target]]))
    assert found["target"] == sorted(target.tolist(), reverse=True)

# A tensor that is changed leaves the others alone, and can be trained.
a, b = data["target_activations"][0]["activations"], data["target_activations"][-1]["activations"]
before = b.clone()
a.zero_()
assert torch.equal(b, before)
a.clone().requires_grad_().sum().backward()
print("torch", torch.__version__, compared, "values")
