import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer
v = load_file(path)[f"mean.mlp_in.{layer}"]
tokenizer = AutoTokenizer.from_pretrained(model)
net = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
hook = net.model.layers[layer].mlp.register_forward_pre_hook(lambda module, inputs: (inputs[0] + alpha * v,))
ids = tokenizer(prompt, add_special_tokens=False, return_tensors="pt").input_ids
with torch.no_grad():
    logits = net(ids).logits[0]
hook.remove()
