"""Writes a golden file for premlp parity: one model's activations as Hugging Face
transformers computes them.

    python golden.py MODEL --text "The capital of France is" -o golden.safetensors
    python golden.py MODEL --ids 504,3575,282 --sites mlp_in,logits --layers 0-3,29 -o golden.safetensors
    premlp parity --model MODEL --golden golden.safetensors

MODEL is a folder with config.json, or a GGUF file. Needs torch and transformers (for
a GGUF gguf too); made with torch 2.15, transformers 5.24, safetensors 0.8. Text gets
what the tokenizer itself adds and no chat template.

The sites are taken by hooks: resid_pre and resid_post are a block's input and output,
mlp_in and mlp_out the MLP module's (OPT has none: fc1's input, fc2's output), and
resid_mid is what the norm before the MLP reads, or the MLP itself where no norm stands
before it. Blocks whose MLP stands beside attention have no resid_mid. Of several
prompts each tensor's name has the prompt's number and a dot in front.
"""

import argparse
import os

import torch
import transformers
from safetensors.torch import save_file

SITES = ["resid_pre", "resid_mid", "mlp_in", "mlp_out", "resid_post", "logits"]


def arguments():
    p = argparse.ArgumentParser(description=__doc__.split("\n\n")[0], formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("model", help="a folder with config.json, or a GGUF file")
    p.add_argument("--text", action="append", default=[], help="a prompt as text; may be given again")
    p.add_argument("--ids", action="append", default=[], help="a prompt as token ids, separated by commas; may be given again")
    p.add_argument("--sites", default=",".join(SITES), help="default: all")
    p.add_argument("--layers", help="as 0-3,29 (default all)")
    p.add_argument("--dtype", default="float32", choices=["float64", "float32", "bfloat16", "float16"],
                   help="what the model computes in; float64 is stored as float32")
    p.add_argument("--attn", help="attention's implementation (default: eager, but sdpa for models with ALiBi)")
    p.add_argument("-o", "--out", required=True, help="the safetensors file to write")
    a = p.parse_args()
    a.sites = a.sites.split(",")
    for site in a.sites:
        if site not in SITES:
            p.error(f"--sites: want some of {','.join(SITES)}, have {site!r}")
    if not a.text and not a.ids:
        p.error("want --text or --ids")
    return a


def source(path):
    """How transformers is told of a folder, or of a GGUF file in one."""
    if path.endswith(".gguf"):
        return [os.path.dirname(path) or "."], {"gguf_file": os.path.basename(path)}
    return [path], {}


def load(path, dtype, attn):
    args, kwargs = source(path)
    model = transformers.AutoModelForCausalLM.from_pretrained(*args, **kwargs, dtype=torch.float32, attn_implementation=attn or "eager")
    # transformers 5's eager attention adds Falcon's ALiBi twice.
    if attn is None and getattr(model.config, "alibi", False):
        model = transformers.AutoModelForCausalLM.from_pretrained(*args, **kwargs, dtype=torch.float32, attn_implementation="sdpa")
    return model.to(getattr(torch, dtype)).eval()


def blocks(model):
    base = model.get_decoder() if hasattr(model, "get_decoder") else model.base_model
    for name in ("layers", "h", "blocks"):
        if hasattr(base, name):
            return getattr(base, name)
    raise SystemExit(f"{type(model).__name__}: no list of blocks named layers, h or blocks")


def mlp(block):
    """The modules whose input is mlp_in and whose output is mlp_out."""
    for name in ("mlp", "ffn", "block_sparse_moe", "feed_forward"):
        if hasattr(block, name):
            return getattr(block, name), getattr(block, name)
    if hasattr(block, "fc1") and hasattr(block, "fc2"):
        return block.fc1, block.fc2
    raise SystemExit(f"{type(block).__name__}: no MLP named mlp, ffn, block_sparse_moe or feed_forward")


def tensor(args, kwargs=None):
    """The first tensor that a module is given or returns."""
    x = args[0] if isinstance(args, tuple) and args else args
    if kwargs and not isinstance(x, torch.Tensor):
        x = kwargs["hidden_states"]
    return x


class Capture:
    """Takes the sites of each block in one pass."""

    def __init__(self, model):
        self.seen = {}
        for i, block in enumerate(blocks(model)):
            first, last = mlp(block)
            block.register_forward_pre_hook(self.before(f"resid_pre.{i}"), with_kwargs=True)
            for child in block.children():
                if child is not last:
                    child.register_forward_hook(self.passed(i), with_kwargs=True)
            first.register_forward_pre_hook(self.before(f"mlp_in.{i}", i), with_kwargs=True)
            last.register_forward_hook(self.after(f"mlp_out.{i}"))
            block.register_forward_hook(self.after(f"resid_post.{i}"))
        self.steps = {}  # of the block at work: what each module read and made

    def keep(self, name, x):
        self.seen[name] = x.detach().clone().reshape(-1, x.shape[-1]).contiguous()

    def before(self, name, layer=None):
        def hook(_, args, kwargs):
            x = tensor(args, kwargs)
            self.keep(name, x)
            if layer is not None:
                self.middle(layer, x)
        return hook

    def after(self, name):
        return lambda _, args, out: self.keep(name, tensor(out))

    def passed(self, layer):
        def hook(_, args, kwargs, out):
            out = tensor(out)
            if isinstance(out, torch.Tensor) and (args or "hidden_states" in kwargs):
                self.steps.setdefault(layer, []).append((tensor(args, kwargs), out))
        return hook

    def middle(self, layer, x):
        """resid_mid: what the module read that made x, the MLP's input; x itself
        where none of the block's modules made it. The block's own input is none."""
        read = x
        for given, made in self.steps.pop(layer, []):
            if made.data_ptr() == x.data_ptr():
                read = given
        if not torch.equal(read.reshape(-1, read.shape[-1]), self.seen[f"resid_pre.{layer}"]):
            self.keep(f"resid_mid.{layer}", read)


def layers(text, count):
    if not text:
        return set(range(count))
    chosen = set()
    for part in text.split(","):
        low, _, high = part.partition("-")
        chosen |= set(range(int(low), int(high or low) + 1))
    return chosen


def main():
    a = arguments()
    prompts = [[int(i) for i in ids.split(",")] for ids in a.ids]
    if a.text:
        args, kwargs = source(a.model)
        tokenizer = transformers.AutoTokenizer.from_pretrained(*args, **kwargs)
        prompts += [tokenizer(text)["input_ids"] for text in a.text]
    model = load(a.model, a.dtype, a.attn)
    capture = Capture(model)
    chosen = layers(a.layers, len(blocks(model)))
    golden = {}
    for number, ids in enumerate(prompts):
        prefix = f"{number}." if len(prompts) > 1 else ""
        with torch.no_grad():
            capture.keep("logits", model(torch.tensor([ids]), use_cache=False).logits)
        golden[prefix + "ids"] = torch.tensor(ids, dtype=torch.int32)
        for name, value in capture.seen.items():
            site, _, layer = name.partition(".")
            if site in a.sites and (not layer or int(layer) in chosen):
                golden[prefix + name] = value.float() if a.dtype == "float64" else value
        capture.seen = {}
    about = {"format": "golden", "transformers": transformers.__version__, "torch": torch.__version__, "dtype": a.dtype}
    save_file(golden, a.out + ".tmp", about)
    os.replace(a.out + ".tmp", a.out)
    print(f"{a.out}: {len(golden)} tensors of {len(prompts)} prompts")


if __name__ == "__main__":
    main()
