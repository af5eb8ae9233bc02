package model

// gpt2GGUF is GPT-2's form. Its products are stored [out, in], as everyone's but
// GPT-2's own.
var gpt2GGUF = &ggufArch{
	name:    "gpt2",
	keys:    with(ggufSizes, map[string]string{"attention.layer_norm_epsilon": "layer_norm_epsilon"}),
	tensors: gptTensors,
	forms: map[string]ggufForm{
		"blk.%.attn_qkv":    {transposed: true},
		"blk.%.attn_output": {transposed: true},
		"blk.%.ffn_up":      {transposed: true},
		"blk.%.ffn_down":    {transposed: true},
	},
}

// gptTensors are those of GPT-2 and its kin.
var gptTensors = map[string]string{
	"token_embd":        "transformer.wte",
	"position_embd":     "transformer.wpe",
	"output_norm":       "transformer.ln_f",
	"output":            "lm_head",
	"blk.%.attn_norm":   "transformer.h.%.ln_1",
	"blk.%.attn_qkv":    "transformer.h.%.attn.c_attn",
	"blk.%.attn_output": "transformer.h.%.attn.c_proj",
	"blk.%.ffn_norm":    "transformer.h.%.ln_2",
	"blk.%.ffn_up":      "transformer.h.%.mlp.c_fc",
	"blk.%.ffn_down":    "transformer.h.%.mlp.c_proj",
}

// starCoderGGUF is the form of SantaCoder and StarCoder, whose queries share one
// head of keys and values.
var starCoderGGUF = &ggufArch{
	name:    "starcoder",
	keys:    with(without(ggufSizes, "attention.head_count_kv"), map[string]string{"attention.layer_norm_epsilon": "layer_norm_epsilon"}),
	checked: map[string]func(c *Config) int{"attention.head_count_kv": keyHeads},
	tensors: gptTensors,
}
