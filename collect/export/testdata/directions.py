"""Runs a snippet of docs/loading-directions.md and writes what it computed.

usage: directions.py SNIPPET DIRECTIONS MODEL LAYER ALPHA PROMPT OUT
"""
import runpy
import sys

snippet, path, model, layer, alpha, prompt, out = sys.argv[1:]
given = dict(path=path, model=model, layer=int(layer), alpha=float(alpha), prompt=prompt)
try:
    made = runpy.run_path(snippet, init_globals=given)
except ImportError as missing:
    print(missing)
    sys.exit(3)
result = made["logits"].detach().numpy() if "logits" in made else made["score"](made["v"][None] + made["controls"])
with open(out, "wb") as f:
    result.astype("<f4").tofile(f)
