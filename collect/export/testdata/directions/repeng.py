import torch
from repeng import ControlModel, ControlVector
from safetensors.numpy import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained(model)
net = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
vector = ControlVector(net.config.model_type, {layer: load_file(path)[f"mean.resid_post.{layer}"]})
net = ControlModel(net, [layer])
net.set_control(vector, alpha)
ids = tokenizer(prompt, add_special_tokens=False, return_tensors="pt").input_ids
with torch.no_grad():
    logits = net(ids).logits[0]
