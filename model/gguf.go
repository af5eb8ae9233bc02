package model

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"premlp/weights"
)

// ggufArch maps an architecture's GGUF form, as llama.cpp's
// convert_hf_to_gguf.py writes it, to the Hugging Face one, so that one config
// reader and one graph serve both.
type ggufArch struct {
	name string // general.architecture
	// when tells forms that share a name apart; nil: there is one.
	when func(g *weights.GGUF) bool

	// keys maps metadata keys, without the architecture's name in front, to keys
	// of config.json. Keys of ggufRopeKeys are read too where rope is set.
	keys map[string]string
	rope bool
	// only lists further metadata keys, each with the one value that is supported,
	// or nil where the value does not matter.
	only map[string]any
	// checked lists metadata keys that repeat others, beside those of ggufChecked,
	// and what they must be.
	checked map[string]func(c *Config) int
	// fixed gives keys of config.json the values that go without saying in GGUF.
	fixed map[string]any
	// flags maps keys of config.json to tensors whose presence makes them true.
	flags map[string]string
	// adjust sets what else follows from the file; nil: nothing does.
	adjust func(g *weights.GGUF, values map[string]any)

	// tensors maps modules to ours: names without ".weight" or ".bias", or whole
	// names of tensors where ours does not end so. "%" stands for a block's number,
	// "#" for that of a part of a stacked tensor.
	tensors map[string]string
	forms   map[string]ggufForm // of modules that are not stored as ours are
	// plusOne says that norm weights are stored with the 1 added that the graph adds
	// otherwise.
	plusOne bool
}

// config turns a GGUF's metadata into the keys of a config.json. Metadata of
// the architecture that has no counterpart is an error: it may change the
// arithmetic.
func (a *ggufArch) config(g *weights.GGUF, class string) (*keys, error) {
	values, rope := map[string]any{"architectures": []any{class}}, map[string]any{}
	var unknown []string
	for _, key := range g.Meta().Keys() {
		short, ok := strings.CutPrefix(key, a.name+".")
		if !ok {
			continue
		}
		value := ggufValue(g.Meta(), key)
		if name, ok := a.keys[short]; ok {
			values[name] = value
		} else if name, ok := ggufRopeKeys[short]; ok && a.rope {
			rope[name] = value
		} else if neutral, ok := a.neutral(short); !ok {
			unknown = append(unknown, key)
		} else if neutral != nil && !sameValue(neutral, value) {
			return nil, fmt.Errorf("metadata: %s: want %v: nothing else is supported, have %v", key, neutral, value)
		}
	}
	if len(unknown) > 0 {
		return nil, fmt.Errorf("metadata not supported: %s", strings.Join(unknown, ", "))
	}
	if a.rope {
		if err := ropeTensors(g, rope); err != nil {
			return nil, err
		}
		values["rope_scaling"] = rope
	}
	a.complete(g, values)
	k := newKeys("metadata", values)
	k.shown = a.shown()
	return k, nil
}

// shown returns what errors call the keys of config.json: as the file does.
func (a *ggufArch) shown() map[string]string {
	names := map[string]string{}
	for _, short := range slices.Sorted(maps.Keys(ggufRopeKeys)) { // two of them are one key
		names[ggufRopeKeys[short]] = a.name + "." + short
	}
	for _, t := range ropeTensorNames {
		names[t.key] = t.file
	}
	for short, name := range a.keys {
		names[name] = a.name + "." + short
	}
	return names
}

// complete adds what a GGUF says otherwise than by keys of the architecture.
func (a *ggufArch) complete(g *weights.GGUF, values map[string]any) {
	if _, ok := values["vocab_size"]; !ok {
		if n, ok := g.Meta().Len("tokenizer.ggml.tokens"); ok {
			values["vocab_size"] = n
		}
	}
	values["tie_word_embeddings"] = !g.Has("output.weight")
	for name, value := range a.fixed {
		if _, ok := values[name]; !ok {
			values[name] = value
		}
	}
	for name, tensor := range a.flags {
		values[name] = g.Has(tensor)
	}
	if a.adjust != nil {
		a.adjust(g, values)
	}
}

// neutral returns the one value that a key without a counterpart may have, nil
// where it may have any; ok is false for keys that are not known.
func (a *ggufArch) neutral(short string) (value any, ok bool) {
	if value, ok = a.only[short]; ok {
		return value, true
	}
	_, ok = ggufChecked[short]
	if _, own := a.checked[short]; ok || own {
		return nil, true
	}
	value, ok = ggufNeutral[short]
	return value, ok
}

// ggufNeutral lists keys of any architecture that say what goes without saying.
var ggufNeutral = map[string]any{
	"attention.causal":             true,
	"pooling_type":                 nil, // what an embedder makes of the last rows
	"rope.scaling.finetuned":       nil, // history
	"rope.scaling.yarn_ext_factor": 1.0,
	"expert_gating_func":           1.0, // softmax
}

// ggufChecked lists keys that repeat what others say, and what they must be.
var ggufChecked = map[string]func(c *Config) int{
	"rope.dimension_count":   func(c *Config) int { return 2 * len(c.Rope.Inverse) },
	"attention.value_length": func(c *Config) int { return c.HeadDim },
}

// check compares metadata that repeats the config, and refuses what the config
// of the architecture has no use for.
func (a *ggufArch) check(g *weights.GGUF, c *Config) error {
	if len(c.Unknown) > 0 {
		return fmt.Errorf("metadata: %s: the architecture has no such key", strings.Join(c.Unknown, ", "))
	}
	for short, want := range with(ggufChecked, a.checked) {
		if _, mapped := a.keys[short]; mapped {
			continue
		}
		if n, ok := g.Meta().Int(a.name + "." + short); ok && n != want(c) {
			return fmt.Errorf("metadata: %s.%s: want %d, have %d", a.name, short, want(c), n)
		}
	}
	return nil
}

// ggufValue returns a metadata value. A float32 stands for the shortest decimal
// that rounds to it: it was a decimal of config.json, whose exact value counts.
func ggufValue(meta weights.Metadata, key string) any {
	value, _ := meta.Value(key)
	f, isFloat := value.(float64)
	if kind, _ := meta.Type(key); !isFloat || kind != "float32" {
		return value
	}
	f, _ = strconv.ParseFloat(strconv.FormatFloat(f, 'g', -1, 32), 64)
	return f
}

// sameValue compares a wanted value with one of a file.
func sameValue(want, have any) bool {
	f, isNumber := number(have)
	return want == have || isNumber && want == f
}

// archByGGUF finds the architecture of a GGUF's general.architecture, and which
// of its forms the file has.
func archByGGUF(g *weights.GGUF) (*arch, *ggufArch, error) {
	name, _ := g.Meta().String("general.architecture")
	var names []string
	for _, a := range archs {
		for _, form := range a.gguf {
			if form.name == name && (form.when == nil || form.when(g)) {
				return a, form, nil
			}
			names = append(names, form.name)
		}
	}
	slices.Sort(names)
	return nil, nil, fmt.Errorf("general.architecture %q: want one of %s", name, strings.Join(slices.Compact(names), ", "))
}
