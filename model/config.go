package model

import "premlp/layers"

// Config is what a model's arithmetic depends on besides its weights. It is
// read from a config.json or from a GGUF's metadata; see [Open].
type Config struct {
	Architecture string `json:"architecture"` // Hugging Face's class name, "LlamaForCausalLM"

	Layers  int `json:"layers"`   // blocks
	Dim     int `json:"dim"`      // D, model width
	Heads   int `json:"heads"`    // H, query heads
	KVHeads int `json:"kv_heads"` // K, key and value heads
	HeadDim int `json:"head_dim"` // E, values per head
	Hidden  int `json:"hidden"`   // F, MLP width
	Vocab   int `json:"vocab"`    // V
	Context int `json:"context"`  // most tokens a prompt may have

	NormEps    float64           `json:"norm_eps"`
	Activation layers.Activation `json:"activation"`
	Window     int               `json:"window"`   // keys a query sees in sliding-window attention; 0 means all
	Tied       bool              `json:"tied"`     // the vocabulary head is the embedding's table
	Parallel   bool              `json:"parallel"` // the MLP stands beside attention, not behind it

	AttentionBias bool `json:"attention_bias"` // query, key, value and output projections have biases
	MLPBias       bool `json:"mlp_bias"`       // the MLP's projections have biases

	QueryRank int `json:"query_rank"` // of the vector that latent attention makes queries from; 0: from the stream
	KeyRank   int `json:"key_rank"`   // of the vector that it makes keys and values from; 0: attention is not latent

	Positions string      `json:"positions"` // "rotary", "learned" or "alibi"
	RopeType  string      `json:"rope_type"` // "default", "linear", "llama3" …; "" where positions are given otherwise
	RopeTheta float64     `json:"rope_theta"`
	Rope      layers.Rope `json:"-"`

	// Blocks says of every block what differs between them.
	Blocks []BlockConfig `json:"blocks"`

	Experts       int `json:"experts"`        // of a mixture; 0: the MLPs are plain
	ExpertsChosen int `json:"experts_chosen"` // for each token
	ExpertHidden  int `json:"expert_hidden"`  // MLP width of an expert
	SharedHidden  int `json:"shared_hidden"`  // MLP width of the experts that all tokens use; 0: there are none
	DenseBlocks   int `json:"dense_blocks"`   // the first ones, with plain MLPs before those with mixtures

	// normPlus is what the graph adds to norm weights: 1 in Gemma's and Nemotron's
	// checkpoints, which store their distance from 1, but 0 in GGUF, where it is in
	// the weights.
	normPlus float32

	expertsNormed bool // the weights of the chosen experts are divided by their sum

	// yarnScale is what a yarn's mscale_all_dim multiplies queries and keys by, in
	// architectures that have it so; 1 in other ropes.
	yarnScale float64

	originalContext int // before a rope extended it; 0: not stated beside the rope
	// extra is what one architecture alone needs, in a type of its file.
	extra any

	// Unknown lists keys of the config that premlp does not know. They are
	// shown by `premlp inspect`; keys known to change the arithmetic in a way
	// that is not supported are errors instead.
	Unknown []string `json:"unknown"`
}

// BlockConfig is what differs from block to block.
type BlockConfig struct {
	Window int          `json:"window"` // keys a query sees; 0 means all before it
	Rope   *layers.Rope `json:"-"`      // nil: none
}

// fill completes a config whose blocks are all alike.
func (c *Config) fill() {
	if c.Blocks != nil {
		return
	}
	b := BlockConfig{Window: c.Window}
	if c.RopeType != "" {
		b.Rope = &c.Rope
	}
	for range c.Layers {
		c.Blocks = append(c.Blocks, b)
	}
}

// Bounds on a config's sizes, far above any published model. They keep a
// hostile config from making the graph or its buffers huge.
const (
	maxLayers  = 1 << 10
	maxWidth   = 1 << 18
	maxVocab   = 1 << 24
	maxContext = 1 << 28
	maxExperts = 1 << 12
)

// sizes reads the keys that nearly every decoder has.
func (c *Config) sizes(k *keys) {
	c.Layers = k.integer("num_hidden_layers", 1, maxLayers)
	c.Dim = k.integer("hidden_size", 1, maxWidth)
	c.Heads = k.integer("num_attention_heads", 1, maxWidth)
	c.KVHeads = k.integerOr("num_key_value_heads", c.Heads, 1, maxWidth)
	c.HeadDim = k.integerOr("head_dim", c.Dim/max(c.Heads, 1), 1, maxWidth)
	c.Hidden = k.integer("intermediate_size", 1, maxWidth*8)
	c.Vocab = k.integer("vocab_size", 1, maxVocab)
	c.Context = k.integer("max_position_embeddings", 1, maxContext)
	c.Tied = k.flag("tie_word_embeddings", false)
	c.HeadDim = c.width(k, c.HeadDim)
	if c.KVHeads > 0 && c.Heads%c.KVHeads != 0 {
		k.fail("num_key_value_heads", "a divisor of num_attention_heads %d", c.Heads)
	}
}

// width checks the width of a head and returns one within bounds.
func (c *Config) width(k *keys, width int) int {
	if width < 1 || c.Heads*width > maxWidth {
		k.fail("num_attention_heads", "heads of 1 or more values, all together at most %d, not of %d", maxWidth, width)
		return 1
	}
	return width
}

// ignoredKeys never change the forward pass: training, generation and
// bookkeeping.
var ignoredKeys = []string{
	"architectures", "model_type", "transformers_version", "torch_dtype", "dtype", "_name_or_path",
	"bos_token_id", "eos_token_id", "pad_token_id", "use_cache", "initializer_range",
	"attention_dropout", "hidden_dropout", "output_attentions", "output_hidden_states", "return_dict",
	"is_llama_config", "rope_interleaved", "transformers.js_config", "_attn_implementation",
}
