"""Makes the small random models of testdata/arch that the comments below list,
with reference values by Hugging Face transformers: float32, eager attention, but
for Falcon with ALiBi. There transformers 5's eager attention adds the bias twice,
as an argument and within the mask; its other implementations add it once, as the
models were trained.

    python make.py DIR     with torch 2.15.0, transformers 5.24.0, safetensors 0.8.0

mlp_in is the input of a block's MLP module, mlp_out its output; OPT has no such
module: the input of fc1, the output of fc2.
"""

import os
import sys

import torch
import transformers as hf
from safetensors.torch import save_file

SIZES = dict(vocab_size=199, tie_word_embeddings=True)
GPT = dict(SIZES, n_embd=24, n_head=3, n_layer=2, n_positions=256)
LLAMA = dict(SIZES, hidden_size=24, num_attention_heads=3, num_hidden_layers=2, max_position_embeddings=256)
FALCON = dict(LLAMA, num_attention_heads=6)

# name: config, and what it has that the other models do not
MODELS = {
    # scores divided by the block's number; not scaled otherwise
    "gpt2-scores": hf.GPT2Config(**GPT, scale_attn_by_inverse_layer_idx=True, scale_attn_weights=False, n_inner=40),
    # a key and value head for each query head
    "gpt_bigcode-heads": hf.GPTBigCodeConfig(**GPT, multi_query=False),
    # norms without weights, products without biases
    "opt-plain": hf.OPTConfig(**LLAMA, ffn_dim=40, word_embed_proj_dim=24, enable_bias=False, layer_norm_elementwise_affine=False),
    # ALiBi slopes of a number of heads that is no power of 2
    "bloom-heads": hf.BloomConfig(**SIZES, hidden_size=24, n_head=3, n_layer=2),
    # the same, with clipped projections and a scale of the config's own
    "mpt-heads": hf.MptConfig(**SIZES, d_model=24, n_heads=3, n_layers=2, max_seq_len=256, attn_config=dict(clip_qkv=0.5, softmax_scale=0.3)),
    # ALiBi, the MLP behind attention, a key and value head for each query head
    "falcon-rw": hf.FalconConfig(**FALCON, alibi=True, bias=True, multi_query=False, parallel_attn=False),
    # ALiBi with the MLP beside attention
    "falcon-alibi": hf.FalconConfig(**FALCON, alibi=True),
    # groups of heads behind one norm
    "falcon-one-norm": hf.FalconConfig(**FALCON, new_decoder_architecture=True, num_kv_heads=2, num_ln_in_parallel_attn=1),
    # normalised queries and keys
    "phi-norms": hf.PhiConfig(**LLAMA, intermediate_size=40, qk_layernorm=True),
    "cohere-norms": hf.CohereConfig(**LLAMA, intermediate_size=40, num_key_value_heads=1, use_qk_norm=True),
    # biases where the published models have none
    "nemotron-bias": hf.NemotronConfig(**LLAMA, intermediate_size=40, num_key_value_heads=3, attention_bias=True, mlp_bias=True),
    # the published yarn, whose mscale_all_dim scales scores and, with mscale, cos and sin; no low-rank queries
    "deepseek_v3-yarn": hf.DeepseekV3Config(
        **{**LLAMA, "max_position_embeddings": 640}, intermediate_size=40, moe_intermediate_size=16, n_routed_experts=8,
        num_experts_per_tok=4, n_group=4, topk_group=2, n_shared_experts=2, first_k_dense_replace=1, num_key_value_heads=3,
        q_lora_rank=None, kv_lora_rank=8, qk_nope_head_dim=8, qk_rope_head_dim=8, v_head_dim=6, num_nextn_predict_layers=0,
        rope_parameters=dict(rope_type="yarn", rope_theta=10000.0, factor=40.0, original_max_position_embeddings=16, beta_fast=32.0,
                             beta_slow=1.0, mscale=1.0, mscale_all_dim=0.8)),
}


def blocks(model):
    base = model.get_decoder() if hasattr(model, "get_decoder") else model.base_model
    for name in ("layers", "h", "blocks"):
        if hasattr(base, name):
            return getattr(base, name)
    raise ValueError(f"{type(model).__name__}: no blocks")


def mlp(block):
    for name in ("mlp", "ffn"):
        if hasattr(block, name):
            return getattr(block, name), getattr(block, name)
    return block.fc1, block.fc2


def keep(into, name):
    def hook(_, args, out=None):
        x = args[0] if out is None else out
        x = x[0] if isinstance(x, tuple) else x
        into[name] = x.detach().clone().reshape(-1, x.shape[-1]).contiguous()

    return hook


def make(directory, name, config):
    torch.manual_seed(sum(map(ord, name)))
    config._attn_implementation = "sdpa" if getattr(config, "alibi", False) else "eager"
    model = hf.AutoModelForCausalLM.from_config(config).float().eval()
    with torch.no_grad():
        for key, p in model.named_parameters():
            p.normal_(0, 0.3)
            if "norm" in key or "ln_" in key:
                p += 0 if key.endswith("bias") or "nemotron" in name else 1
        for key, b in model.named_buffers():
            if key.endswith("correction_bias"):  # of a router, often below -score
                b.normal_(0, 1)
    path = os.path.join(directory, name)
    model.save_pretrained(path)
    os.remove(os.path.join(path, "generation_config.json"))

    golden, seen = {}, {}
    for i, block in enumerate(blocks(model)):
        first, last = mlp(block)
        block.register_forward_pre_hook(keep(seen, f"resid_pre.{i}"))
        first.register_forward_pre_hook(keep(seen, f"mlp_in.{i}"))
        last.register_forward_hook(keep(seen, f"mlp_out.{i}"))
        block.register_forward_hook(keep(seen, f"resid_post.{i}"))
    for prompt, length in enumerate((1, 17)):
        ids = torch.randint(0, config.vocab_size, (1, length))
        with torch.no_grad():
            seen["logits"] = model(ids, use_cache=False).logits[0].contiguous()
        golden[f"{prompt}.ids"] = ids[0].int()
        golden.update({f"{prompt}.{key}": value.clone() for key, value in seen.items()})
    save_file(golden, os.path.join(path, "golden.safetensors"))


for name, config in MODELS.items():
    make(sys.argv[1], name, config)
