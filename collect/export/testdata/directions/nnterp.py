import torch
from nnterp import StandardizedTransformer
from safetensors.torch import load_file
v = load_file(path)[f"mean.resid_post.{layer}"]
net = StandardizedTransformer(model, dtype=torch.float32)
ids = net.tokenizer(prompt, add_special_tokens=False, return_tensors="pt").input_ids
with torch.no_grad(), net.trace(ids):
    net.layers_output[layer] = net.layers_output[layer] + alpha * v
    logits = net.logits[0].save()
