"""The peers in PyTorch: loading, and the job in the ways people write it.

A question is a dict with "ids", its tokens, and "rows", the positions whose
activations are wanted. A result is a list with an array [layers, rows, width]
of float32 for each question.
"""
import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")
import copy
import numpy as np
import torch
from transformers import AutoModelForCausalLM, DynamicCache

DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16}


def load(path, dtype, threads):
    """Reads a folder of safetensors, or a GGUF file, dequantised."""
    torch.set_num_threads(threads)
    if os.path.isdir(path):
        return AutoModelForCausalLM.from_pretrained(path, dtype=DTYPES[dtype]).eval()
    if not os.path.exists(path):
        raise FileNotFoundError(f"{path}: not made, see what the run said at its beginning")
    folder, name = os.path.split(path)
    return AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=DTYPES[dtype]).eval()


class Capture:
    """Hooks that keep what every layer's MLP gets: [batch, tokens, width]."""

    def __init__(self, model):
        self.inputs = []
        self.hooks = [
            layer.mlp.register_forward_pre_hook(lambda _, args: self.inputs.append(args[0]))
            for layer in model.model.layers
        ]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for hook in self.hooks:
            hook.remove()

    def take(self, row, positions):
        """One question's activations, as float32."""
        rows = torch.stack([x[row, positions] for x in self.inputs])
        return rows.float().numpy()


@torch.inference_mode()
def job_loop(model, questions):
    """One question after the other, through the whole model, as it is mostly written."""
    results = []
    with Capture(model) as capture:
        for q in questions:
            capture.inputs.clear()
            model(torch.tensor([q["ids"]]))
            results.append(capture.take(0, q["rows"]))
    return results


def batches(questions, size):
    """Indices of questions, those of like length together."""
    order = sorted(range(len(questions)), key=lambda i: len(questions[i]["ids"]))
    return [order[i : i + size] for i in range(0, len(order), size)]


def padded(lists):
    """Rows of equal length, zeros on the right: nothing attends to what follows it."""
    longest = max(map(len, lists))
    return torch.tensor([ids + [0] * (longest - len(ids)) for ids in lists])


@torch.inference_mode()
def job_batched(model, questions, size):
    """Questions of like length together, without the vocabulary head."""
    results = [None] * len(questions)
    with Capture(model) as capture:
        for batch in batches(questions, size):
            capture.inputs.clear()
            model.model(padded([questions[i]["ids"] for i in batch]), use_cache=False)
            for row, i in enumerate(batch):
                results[i] = capture.take(row, questions[i]["rows"])
    return results


def common(lists):
    """How many first elements all lists share, one less than the shortest at most."""
    shared = 0
    while all(shared < len(ids) - 1 and ids[shared] == lists[0][shared] for ids in lists):
        shared += 1
    return shared


@torch.inference_mode()
def job_reused(model, questions, size):
    """As job_batched, but what all questions begin with is computed once and its keys and values reused."""
    shared = common([q["ids"] for q in questions])
    if any(min(q["rows"]) < shared for q in questions):
        raise ValueError("a wanted row stands in what all questions begin with")
    cache = DynamicCache(config=model.config)
    model.model(torch.tensor([questions[0]["ids"][:shared]]), past_key_values=cache)
    results = [None] * len(questions)
    with Capture(model) as capture:
        for batch in batches(questions, size):
            capture.inputs.clear()
            past = copy.deepcopy(cache)
            past.batch_repeat_interleave(len(batch))
            model.model(padded([questions[i]["ids"][shared:] for i in batch]), past_key_values=past)
            for row, i in enumerate(batch):
                results[i] = capture.take(row, [p - shared for p in questions[i]["rows"]])
    return results


@torch.inference_mode()
def decode(model, ids, count):
    """Greedy decoding with a cache; returns the tokens. The prompt's pass is its first step."""
    past, step, out = DynamicCache(config=model.config), torch.tensor([ids]), []
    for _ in range(count):
        logits = model(step, past_key_values=past, logits_to_keep=1).logits
        step = logits[:, -1:].argmax(-1)
        out.append(int(step))
    return out


def describe(results):
    """What shows that the same was computed: the length of the first question's rows."""
    return {"rows": sum(r.shape[1] for r in results), "check": float(np.linalg.norm(results[0]))}
