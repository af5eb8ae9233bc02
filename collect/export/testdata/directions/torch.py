import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer
v = load_file(path)[f"mean.resid_post.{layer}"]  # [D], float32
tokenizer = AutoTokenizer.from_pretrained(model)
net = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
def add(module, inputs, output):  # the block's output: resid_post
    if isinstance(output, tuple):
        return (output[0] + alpha * v,) + output[1:]
    return output + alpha * v
hook = net.model.layers[layer].register_forward_hook(add)
ids = tokenizer(prompt, add_special_tokens=False, return_tensors="pt").input_ids
with torch.no_grad():
    logits = net(ids).logits[0]  # [T, V]
hook.remove()
