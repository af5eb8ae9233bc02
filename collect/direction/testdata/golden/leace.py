"""Writes leace.json: LEACE by the authors' own package on the rows of rows.safetensors, the target (concept 0) against
the rest, in float64, without the bound on the trace of the covariance.

python leace.py; needs concept-erasure==0.2.4, torch, numpy, safetensors.
"""
import json, os
import torch
from concept_erasure import LeaceFitter
from safetensors.torch import load_file

here = os.path.dirname(os.path.abspath(__file__))
rows = load_file(os.path.join(here, "rows.safetensors"))
target = (rows["concept"] == 0).double()
out = {}
for name, x in rows.items():
    if not name.startswith("mlp_in."):
        continue
    fitter = LeaceFitter.fit(x.double(), target, constrain_cov_trace=False)
    eraser = fitter.eraser
    right, left = eraser.proj_right[0], eraser.proj_left[:, 0]
    unit = lambda v: [float("%.12g" % e) for e in v / v.norm()]
    out[name.split(".")[1]] = {"read": unit(right), "written": unit(left), "product": float(right @ left)}
json.dump(out, open(os.path.join(here, "leace.json"), "w"))
