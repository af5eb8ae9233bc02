"""Makes smollm2/exact.safetensors: mlp_in of all layers for the prompt of golden.json
on which the float32 reference is least exact, computed in float64 and rounded to
float32 once, at the end.

    python exact.py FOLDER     with the Q4_1 file of SmolLM2-135M-Instruct in it;
                               torch 2.15.0, transformers 5.24.0
"""

import glob
import json
import os
import sys

import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "smollm2")
PROMPT = 8

[path] = glob.glob(os.path.join(sys.argv[1], "*.gguf"))
model = AutoModelForCausalLM.from_pretrained(
    sys.argv[1], gguf_file=os.path.basename(path), dtype=torch.float32, attn_implementation="eager"
).double()
prompt = json.load(open(os.path.join(HERE, "golden.json")))["prompts"][PROMPT]
inputs = []
for layer in model.model.layers:
    layer.mlp.register_forward_pre_hook(lambda _, args: inputs.append(args[0][0, prompt["rows"]]))
with torch.inference_mode():
    model(torch.tensor([prompt["ids"]]))
save_file({f"prompt{PROMPT}.mlp_in": torch.stack(inputs).float()}, os.path.join(HERE, "exact.safetensors"))
