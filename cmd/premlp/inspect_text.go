package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"premlp/layers"
	"premlp/model"
)

// print writes one screen.
func (in *inspection) print(w io.Writer) {
	c := in.Config
	line := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%-14s %s\n", name, fmt.Sprintf(format, args...))
	}
	line("checkpoint", "%s (%s)", in.Path, formatBytes(in.Bytes))
	if in.Embedded {
		line("source", "part of this program; the checkpoint is its copy in the cache")
	}
	line("sha256", "%s", in.Digest)
	line("tensors", "%d (%s) of %s parameters", in.Tensors, typesText(in.Types), parametersText(in.Parameters))
	line("architecture", "%s", c.Architecture)
	line("blocks", "%d of width %d, %s", c.Layers, c.Dim, orderText(c))
	line("attention", "%s", attentionText(c))
	line("positions", "%s", positionsText(c))
	line("MLP", "%s", mlpText(c))
	line("vocabulary", "%d, head %s; context %d tokens", c.Vocab, tiedText(c.Tied), c.Context)
	in.printSites(line)
	if in.Tokenizer.Error != "" {
		line("tokenizer", "%s", in.Tokenizer.Error)
	} else {
		line("tokenizer", "%d tokens, digest %.16s…", in.Tokenizer.Size, in.Tokenizer.Digest)
	}
	switch {
	case in.Chat.Error != "":
		line("chat template", "unusable: %s", in.Chat.Error)
	case in.Chat.Bytes > 0:
		line("chat template", "%d bytes", in.Chat.Bytes)
	default:
		line("chat template", "none")
	}
	if len(c.Unknown) > 0 {
		line("unknown keys", "%s", strings.Join(c.Unknown, ", "))
	}
	if len(in.Problems) == 0 {
		line("memory", "%s of packed weights and %s per token of a batch, for mlp_in of all layers", formatBytes(in.Footprint.Weights), formatBytes(in.Footprint.PerToken))
		line("disk", "%s per token, for mlp_in of all layers in float32", formatBytes(in.RowBytes))
		line("check", "every tensor is there, has its shape, and is used")
	}
	for _, p := range in.Problems {
		line("problem", "%s", p)
	}
}

// printSites writes the sites, what is special about them, and which are missing.
func (in *inspection) printSites(line func(name, format string, args ...any)) {
	sites := in.Sites
	if in.Config.Experts > 0 {
		sites = append(sites[:len(sites):len(sites)], layers.Router)
	}
	line("sites", "%s", joinText(sites, " "))
	for _, s := range in.SiteNotes {
		switch {
		case s.Note != "":
			line("  "+string(s.Site), "%s", s.Note)
		case s.Absent != "" && s.Site != layers.Router:
			line("  "+string(s.Site), "none: %s", s.Absent)
		}
	}
}

// joinText joins names.
func joinText[S ~string](names []S, between string) string {
	var texts []string
	for _, n := range names {
		texts = append(texts, string(n))
	}
	return strings.Join(texts, between)
}

// typesText counts tensors by type.
func typesText(types map[string]int) string {
	var texts []string
	for _, t := range slices.Sorted(maps.Keys(types)) {
		if len(types) == 1 {
			return "all " + t
		}
		texts = append(texts, fmt.Sprintf("%d %s", types[t], t))
	}
	return strings.Join(texts, ", ")
}

// parametersText shows a number of parameters with its unit.
func parametersText(n int64) string {
	switch {
	case n < 1e6:
		return fmt.Sprintf("%.1f k", float64(n)/1e3)
	case n < 1e9:
		return fmt.Sprintf("%.1f M", float64(n)/1e6)
	}
	return fmt.Sprintf("%.2f G", float64(n)/1e9)
}

// orderText says where the MLPs stand.
func orderText(c *model.Config) string {
	if c.Parallel {
		return "the MLP beside attention"
	}
	return "the MLP behind attention"
}

// attentionText says what attends, and how far.
func attentionText(c *model.Config) string {
	text := fmt.Sprintf("%d heads of %d", c.Heads, c.HeadDim)
	switch {
	case c.KeyRank > 0 && c.QueryRank > 0:
		text += fmt.Sprintf("; latent: queries from %d values, keys and values from %d", c.QueryRank, c.KeyRank)
	case c.KeyRank > 0:
		text += fmt.Sprintf("; latent: keys and values from %d values", c.KeyRank)
	case c.KVHeads != c.Heads:
		text += fmt.Sprintf(", %d of keys and values", c.KVHeads)
	}
	slides := countBlocks(c, func(b model.BlockConfig) bool { return b.Window > 0 })
	switch {
	case slides == c.Layers:
		text += fmt.Sprintf("; window of %d tokens", c.Window)
	case slides > 0:
		text += fmt.Sprintf("; window of %d tokens in %d of %d blocks", c.Window, slides, c.Layers)
	}
	return text
}

// positionsText says how a token's position gets in.
func positionsText(c *model.Config) string {
	switch c.Positions {
	case "learned":
		return "learned, added to the embedding"
	case "alibi":
		return "ALiBi, added to scores"
	}
	text := fmt.Sprintf("rotary, type %s, theta %s", c.RopeType, strconv.FormatFloat(c.RopeTheta, 'f', -1, 64))
	if n := 2 * len(c.Rope.Inverse); n != c.HeadDim {
		text += fmt.Sprintf(", %d of %d values", n, c.HeadDim)
	}
	if n := countBlocks(c, func(b model.BlockConfig) bool { return b.Rope == nil }); n > 0 {
		text += fmt.Sprintf("; none in %d of %d blocks", n, c.Layers)
	}
	if n := countBlocks(c, func(b model.BlockConfig) bool { return b.Rope != nil && b.Rope != &c.Rope }); n > 0 {
		text += fmt.Sprintf("; another one in %d of %d blocks", n, c.Layers)
	}
	return text
}

// countBlocks counts the blocks of a kind.
func countBlocks(c *model.Config, is func(model.BlockConfig) bool) int {
	n := 0
	for _, b := range c.Blocks {
		if is(b) {
			n++
		}
	}
	return n
}

// mlpText says what the MLPs are.
func mlpText(c *model.Config) string {
	if c.Experts == 0 {
		return fmt.Sprintf("width %d, %s", c.Hidden, c.Activation)
	}
	text := fmt.Sprintf("%d experts of width %d, %d for each token", c.Experts, c.ExpertHidden, c.ExpertsChosen)
	if c.SharedHidden > 0 {
		text += fmt.Sprintf(", and shared ones of width %d", c.SharedHidden)
	}
	text += fmt.Sprintf(", %s", c.Activation)
	switch {
	case c.DenseBlocks == 1:
		text += fmt.Sprintf("; plain of width %d in the first block", c.Hidden)
	case c.DenseBlocks > 1:
		text += fmt.Sprintf("; plain of width %d in the first %d blocks", c.Hidden, c.DenseBlocks)
	}
	return text
}

// tiedText says where the vocabulary head comes from.
func tiedText(tied bool) string {
	if tied {
		return "tied to the embedding"
	}
	return "of its own"
}
