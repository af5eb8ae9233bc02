"""Draws docs/france.png from a dataset folder: python3 plot.py out/france france.png

Needs numpy, msgpack and matplotlib.
"""
import json, struct, sys
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
import msgpack, numpy as np

folder, picture = sys.argv[1:]
manifest = json.load(open(f"{folder}/manifest.json"))
questions = [json.loads(line) for line in open(f"{folder}/questions.jsonl")]
layers, dim = len(manifest["layers"]), manifest["dim"]

# The mean row of every question: [questions, layers, dim].
data = open(f"{folder}/rows-00000.msgpack", "rb").read()
means, offset = [], 8
for question in questions:
    length, _ = struct.unpack_from("<II", data, offset)
    frame = msgpack.unpackb(data[offset + 8 : offset + 8 + length])
    rows = np.frombuffer(frame["mlp_in"], "<f4").reshape(layers, -1, dim)
    means.append(rows.mean(axis=1, dtype=np.float64))
    offset += 8 + length
means = np.array(means)

concepts = [manifest["target"], *manifest["controls"]]
templates = [t["text"] for t in manifest["templates"]]
grid = np.zeros((len(concepts), len(templates), layers, dim))
for question, mean in zip(questions, means):
    grid[concepts.index(question["concept"]), templates.index(question["template"])] = mean

def difference(concept, chosen):
    """Mean over the chosen templates of one concept less that of all others: [layers, dim]."""
    others = [c for c in range(len(concepts)) if c != concept]
    return grid[concept, chosen].mean(axis=0) - grid[others][:, chosen].mean(axis=(0, 1))

every = list(range(len(templates)))
length = np.linalg.norm(grid, axis=-1).mean(axis=(0, 1))
size = np.array([np.linalg.norm(difference(c, every), axis=-1) / length for c in range(len(concepts))])
halves = [(difference(c, every[0::2]), difference(c, every[1::2])) for c in range(len(concepts))]
agree = np.array([(a * b).sum(-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1) for a, b in halves])

figure, axes = plt.subplots(1, 2, figsize=(11, 4))
for axis, values, title in [
    (axes[0], size, "length of the mean difference\nas a share of the rows' mean length"),
    (axes[1], agree, "cosine of the mean differences\nof two halves of the templates"),
]:
    axis.fill_between(range(layers), values[1:].min(0), values[1:].max(0), color="0.87", label=f"{len(concepts) - 1} controls, each as the target: range")
    axis.plot(np.median(values[1:], axis=0), color="0.5", label="their median")
    axis.plot(values[0], color="tab:red", linewidth=2, label=concepts[0])
    axis.set_xlabel("layer")
    axis.set_title(title, fontsize=10)
    axis.set_ylim(bottom=0)
    axis.spines[["top", "right"]].set_visible(False)
axes[0].legend(frameon=False, fontsize=9)
figure.suptitle(f"{manifest['model']['name']}: mlp_in, {len(questions)} questions, {manifest['rows']} token positions", fontsize=10)
figure.tight_layout()
figure.savefig(picture, dpi=110)
