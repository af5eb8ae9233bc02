"""Writes ccs.json: CCS (Burns and others 2022) by PyTorch's automatic gradients and its L-BFGS, in float64, on the rows of
rows.safetensors. Pair t, s: the target's row of template t and slot s, and that of concept 1 + (7t + s) mod 20. Each side loses its mean,
both are divided by one scale so that the mean square of their values is 1. Start r, value j: sin(1 + 577r + j), to length 1.

python ccs.py; needs torch, safetensors.
"""
import json, os
import torch
from safetensors.torch import load_file

torch.set_default_dtype(torch.float64)
here = os.path.dirname(os.path.abspath(__file__))
rows = load_file(os.path.join(here, "rows.safetensors"))
out = {}


def loss(x, plus, minus):
    p, q = torch.sigmoid(plus @ x[:-1] + x[-1]), torch.sigmoid(minus @ x[:-1] + x[-1])
    consistency, confidence = (p - (1 - q)) ** 2, torch.minimum(p, q) ** 2
    return (consistency + confidence).mean() + 0.005 * (x[:-1] ** 2).sum()


for name, x in rows.items():
    if not name.startswith("mlp_in."):
        continue
    x = x.double().reshape(5, 21, 3, 576)
    plus = torch.stack([x[t, 0, s] for t in range(5) for s in range(3)])
    minus = torch.stack([x[t, 1 + (7 * t + s) % 20, s] for t in range(5) for s in range(3)])
    plus, minus = plus - plus.mean(0), minus - minus.mean(0)
    scale = torch.cat([plus, minus]).square().mean().sqrt()
    plus, minus = plus / scale, minus / scale
    begun, ended, best = [], [], None
    for r in range(10):
        v = torch.sin(1.0 + 577 * r + torch.arange(577))
        v = (v / v.norm()).requires_grad_()
        begun.append(loss(v, plus, minus).item())
        optimiser = torch.optim.LBFGS([v], max_iter=300, tolerance_grad=1e-7, tolerance_change=0, history_size=12, line_search_fn="strong_wolfe")

        def closure():
            optimiser.zero_grad()
            value = loss(v, plus, minus)
            value.backward()
            return value

        optimiser.step(closure)
        ended.append(loss(v, plus, minus).item())
        if best is None or ended[-1] < best[0]:
            best = ended[-1], (v / v[:-1].norm()).detach()[:-1].tolist()
    out[name.split(".")[1]] = {"begun": begun, "ended": ended, "direction": [float("%.10g" % e) for e in best[1]]}
    print(name, begun[:3], sorted(ended))
json.dump(out, open(os.path.join(here, "ccs.json"), "w"))
