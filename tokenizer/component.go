package tokenizer

import (
	"fmt"
	"strings"
)

// component is any node of a tokenizer.json pipeline. Each type uses a few of
// the fields; a field that none uses is an error, because a setting we do not
// know could change ids.
type component struct {
	Type string `json:"type"`

	Normalizers   []component `json:"normalizers,omitempty"`
	Pretokenizers []component `json:"pretokenizers,omitempty"`
	Processors    []component `json:"processors,omitempty"`
	Decoders      []component `json:"decoders,omitempty"`

	Pattern          *pattern `json:"pattern,omitempty"`
	Content          string   `json:"content,omitempty"`
	Prepend          string   `json:"prepend,omitempty"`
	Behavior         string   `json:"behavior,omitempty"`
	Invert           bool     `json:"invert,omitempty"`
	AddPrefixSpace   *bool    `json:"add_prefix_space,omitempty"`
	TrimOffsets      *bool    `json:"trim_offsets,omitempty"`
	UseRegex         *bool    `json:"use_regex,omitempty"`
	IndividualDigits bool     `json:"individual_digits,omitempty"`
	Replacement      string   `json:"replacement,omitempty"`
	StrRep           string   `json:"str_rep,omitempty"`
	PrependScheme    string   `json:"prepend_scheme,omitempty"`
	Split            *bool    `json:"split,omitempty"`
	Start            int      `json:"start,omitempty"`
	Stop             int      `json:"stop,omitempty"`

	Charsmap []byte `json:"precompiled_charsmap,omitempty"`

	Single        []templatePart           `json:"single,omitempty"`
	Pair          []templatePart           `json:"pair,omitempty"`
	SpecialTokens map[string]templateToken `json:"special_tokens,omitempty"`
}

// pattern is what a component searches for: a fixed text or a regular expression.
type pattern struct {
	String *string `json:",omitempty"`
	Regex  *string `json:",omitempty"`
}

// The component types that are supported.
var (
	normalizerTypes   = []string{"NFC", "Prepend", "Replace", "Precompiled", "Sequence"}
	pretokenizerTypes = []string{"ByteLevel", "Split", "Digits", "Punctuation", "Metaspace", "WhitespaceSplit", "Sequence"}
	processorTypes    = []string{"ByteLevel", "TemplateProcessing", "Sequence"}
	decoderTypes      = []string{"ByteLevel", "ByteFallback", "Fuse", "Replace", "Strip", "Metaspace", "Sequence"}
)

// flatten returns the components of nested Sequences in order.
func (c *component) flatten(inner func(*component) []component) []component {
	if c == nil {
		return nil
	}
	if c.Type != "Sequence" {
		return []component{*c}
	}
	var all []component
	for _, child := range inner(c) {
		all = append(all, child.flatten(inner)...)
	}
	return all
}

// orTrue is a flag that is on unless switched off.
func orTrue(flag *bool) bool { return flag == nil || *flag }

// typeError says that a component type is not supported.
func typeError(have string, want ...string) error {
	return fmt.Errorf("type: want %s, have %q", strings.Join(want, ", "), have)
}
