import torch
from safetensors.torch import load_file
from transformer_lens.model_bridge import TransformerBridge
v = load_file(path)[f"mean.resid_post.{layer}"]
net = TransformerBridge.boot_transformers(model, dtype=torch.float32)
ids = net.tokenizer(prompt, add_special_tokens=False, return_tensors="pt").input_ids
with torch.no_grad():
    logits = net.run_with_hooks(ids, fwd_hooks=[(f"blocks.{layer}.hook_resid_post", lambda x, hook: x + alpha * v)])[0]
