"""A worker that runs the job with TransformerLens, one question after the other."""
import json

import numpy as np
import torch

import torch_model
import work

settings = work.arguments()


def lens(hf):
    """The model as a HookedTransformer. from_pretrained would ask a server for the config."""
    from transformer_lens import HookedTransformer, HookedTransformerConfig
    from transformer_lens.pretrained.weight_conversions import convert_llama_weights

    c = hf.config
    theta = getattr(c, "rope_theta", None) or c.rope_parameters["rope_theta"]
    config = HookedTransformerConfig(
        n_layers=c.num_hidden_layers, d_model=c.hidden_size, n_ctx=1024, d_head=c.hidden_size // c.num_attention_heads,
        n_heads=c.num_attention_heads, n_key_value_heads=c.num_key_value_heads, d_mlp=c.intermediate_size,
        d_vocab=c.vocab_size, act_fn="silu", normalization_type="RMS", eps=c.rms_norm_eps, gated_mlp=True, final_rms=True,
        positional_embedding_type="rotary", rotary_dim=c.hidden_size // c.num_attention_heads, rotary_adjacent_pairs=False,
        rotary_base=int(theta), original_architecture="LlamaForCausalLM", dtype=torch.float32, device="cpu",
    )
    model = HookedTransformer(config)
    model.load_state_dict(convert_llama_weights(hf, config), strict=False)
    return model.eval()


def prepare():
    model = lens(torch_model.load(settings["model"], "f32", settings["threads"]))
    questions = json.load(open(settings["questions"]))
    # The hook stands before the norm's weight; the MLP reads the product.
    names = [f"blocks.{i}.ln2.hook_normalized" for i in range(model.cfg.n_layers)]
    weights = [block.ln2.w for block in model.blocks]

    @torch.inference_mode()
    def job(request):
        results = []
        for q in questions:
            _, cache = model.run_with_cache(torch.tensor([q["ids"]]), names_filter=names, return_type=None)
            results.append(np.stack([(cache[n][0, q["rows"]] * w).numpy() for n, w in zip(names, weights)]))
        return lambda: torch_model.describe(results)

    return {"job_loop": job}


work.serve(prepare)
