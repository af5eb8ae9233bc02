package model

import (
	"fmt"
	"slices"
	"strings"

	"premlp/layers"
)

// arch is what differs between architectures.
type arch struct {
	class string   // Hugging Face's class name in "architectures"
	also  []string // other names of it in published checkpoints
	gguf  []*ggufArch
	// prefix is the path to the model below which all tensors but the vocabulary
	// head's lie. Some checkpoints leave all of it out, or its beginning.
	prefix string
	// config fills a Config from the keys of a config.json.
	config func(c *Config, k *keys)
	// build makes the graph, from token ids to logits.
	build func(g *layers.Graph, c *Config)
	// ignored lists endings of tensor names that a checkpoint may hold and the
	// forward pass does not read, each with its reason in the file that lists it.
	ignored []string
	// ignores reports further such names; nil: there are none.
	ignores func(c *Config, name string) bool
}

// archs is the table of all architectures.
var archs = []*arch{
	llama, mistral, mixtral, qwen2, qwen2MoE, qwen3, qwen3MoE, gemma, gemma2, gemma3, phi3, olmo, olmo2, olmoe,
	granite, glm4, smollm3, exaone4, seedOSS, gptOSS, deepseekV3,
	gpt2, gptBigCode, gptNeoX, gptJ, codeGen, opt, bloom, mpt, falcon,
	phi, starCoder2, stableLM, nemotron, cohere,
}

// archByClass finds the architecture of a config.json.
func archByClass(class string) (*arch, error) {
	for _, a := range archs {
		if a.class == class || slices.Contains(a.also, class) {
			return a, nil
		}
	}
	return nil, fmt.Errorf("architecture %q: want one of %s", class, strings.Join(Architectures(), ", "))
}

// Architectures lists the class names of all supported architectures, sorted.
func Architectures() []string {
	var names []string
	for _, a := range archs {
		names = append(names, a.class)
	}
	slices.Sort(names)
	return names
}

// isIgnored reports whether a tensor may go unused.
func (a *arch) isIgnored(c *Config, name string) bool {
	if a.ignores != nil && a.ignores(c, name) {
		return true
	}
	return slices.ContainsFunc(a.ignored, func(end string) bool { return strings.HasSuffix(name, end) })
}
