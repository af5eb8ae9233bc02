#!/usr/bin/env python3
"""random-model.py DIR [--size 1b|7b|135m]: writes a Llama checkpoint of random bf16
weights, for timing models of a size that is not at hand. Its text is that of the
tokenizer of weights/catalogue/embedded/tiny-countries; it says nothing sensible. Needs
numpy alone."""
import argparse, json, os, shutil, struct
import numpy as np

SIZES = {  # hidden, intermediate, blocks, heads, key heads, head width, vocabulary
    "tiny": (64, 128, 2, 4, 2, 16, 2048),
    "135m": (576, 1536, 30, 9, 3, 64, 49152),
    "1b": (2048, 8192, 16, 32, 8, 64, 128256),
    "7b": (4096, 14336, 32, 32, 8, 128, 128256),
}
TOKENIZER = os.path.join(os.path.dirname(__file__), "../../weights/catalogue/embedded/tiny-countries")


def shapes(hidden, inner, blocks, heads, key_heads, width, vocabulary):
    yield "model.embed_tokens.weight", (vocabulary, hidden)
    for i in range(blocks):
        b = f"model.layers.{i}."
        yield b + "input_layernorm.weight", (hidden,)
        yield b + "self_attn.q_proj.weight", (heads * width, hidden)
        yield b + "self_attn.k_proj.weight", (key_heads * width, hidden)
        yield b + "self_attn.v_proj.weight", (key_heads * width, hidden)
        yield b + "self_attn.o_proj.weight", (hidden, heads * width)
        yield b + "post_attention_layernorm.weight", (hidden,)
        yield b + "mlp.gate_proj.weight", (inner, hidden)
        yield b + "mlp.up_proj.weight", (inner, hidden)
        yield b + "mlp.down_proj.weight", (hidden, inner)
    yield "model.norm.weight", (hidden,)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("dir")
    p.add_argument("--size", choices=SIZES, default="1b")
    a = p.parse_args()
    hidden, inner, blocks, heads, key_heads, width, vocabulary = size = SIZES[a.size]
    os.makedirs(a.dir, exist_ok=True)
    config = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu",
        "hidden_size": hidden, "intermediate_size": inner, "num_hidden_layers": blocks,
        "num_attention_heads": heads, "num_key_value_heads": key_heads, "head_dim": width,
        "vocab_size": vocabulary, "max_position_embeddings": 4096, "rms_norm_eps": 1e-5,
        "rope_parameters": {"rope_type": "default", "rope_theta": 500000.0},
        "tie_word_embeddings": True, "attention_bias": False, "mlp_bias": False, "dtype": "bfloat16",
        "bos_token_id": 1, "eos_token_id": 2,
    }
    with open(os.path.join(a.dir, "config.json"), "w") as f:
        json.dump(config, f, indent=1)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(os.path.join(TOKENIZER, name), a.dir)
    header, at = {}, 0
    for name, shape in shapes(*size):
        bytes = 2 * int(np.prod(shape))
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [at, at + bytes]}
        at += bytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    random = np.random.default_rng(0)
    with open(os.path.join(a.dir, "model.safetensors"), "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for name, shape in shapes(*size):
            if len(shape) == 1:
                values = np.ones(shape, np.float32)
            else:
                values = random.standard_normal(shape, np.float32) * np.float32(0.02)
            f.write((values.view(np.uint32) >> 16).astype("<u2").tobytes())


if __name__ == "__main__":
    main()
