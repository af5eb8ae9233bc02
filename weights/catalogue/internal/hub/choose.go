package hub

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
)

const (
	indexName     = "model.safetensors.index.json"
	maxIndexBytes = 64 << 20
)

// small are the files of a model folder beside its weights.
var small = []string{
	"config.json", "generation_config.json",
	"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
	"tokenizer.model", "vocab.json", "vocab.txt", "merges.txt",
}

// choose picks the files to get before the index is read, and says whether
// the index then names the weights. A model often holds its weights several
// times (other formats, other frameworks): one set is enough.
func choose(ref Ref, files []sibling) (names []string, indexed bool, err error) {
	var tensors, ggufs []string
	for _, f := range files {
		switch {
		case f.Name == ref.File && ref.File != "":
			return []string{f.Name}, false, nil
		case strings.HasSuffix(f.Name, ".gguf") && safePath(f.Name):
			ggufs = append(ggufs, f.Name)
		case path.Base(f.Name) != f.Name || !safePath(f.Name): // of another model in a subfolder, or hostile
		case f.Name == indexName:
			indexed = true
			names = append(names, f.Name)
		case slices.Contains(small, f.Name) || strings.HasPrefix(f.Name, "chat_template"):
			names = append(names, f.Name)
		case strings.HasSuffix(f.Name, ".safetensors"):
			tensors = append(tensors, f.Name)
		}
	}
	slices.Sort(ggufs)
	if ref.File != "" {
		return nil, false, fmt.Errorf("hub: %s: %w: have %s", ref, ErrNotFound, orNone(ggufs))
	}
	switch {
	case indexed && slices.Contains(names, "config.json"):
		return names, true, nil
	case slices.Contains(tensors, "model.safetensors") && slices.Contains(names, "config.json"):
		return append(names, "model.safetensors"), false, nil
	case len(ggufs) == 1 && len(tensors) == 0:
		return ggufs, false, nil
	case len(ggufs) > 0:
		return nil, false, fmt.Errorf("hub: %s: %w: want the file named, hf:%s/FILE.gguf, have %s", ref, ErrNoModel, ref.ID, orNone(ggufs))
	}
	return nil, false, fmt.Errorf("hub: %s: %w: want config.json with model.safetensors or %s, or a .gguf file, have %s",
		ref, ErrNoModel, indexName, orNone(append(names, tensors...)))
}

// shards reads the names of the weight files out of an index.
func shards(indexPath string) ([]string, error) {
	info, err := os.Stat(indexPath)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxIndexBytes {
		return nil, fmt.Errorf("hub: %s: want at most %d bytes, have %d", indexName, maxIndexBytes, info.Size())
	}
	text, err := os.ReadFile(indexPath)
	if err != nil {
		return nil, err
	}
	var index struct {
		Files map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(text, &index); err != nil {
		return nil, fmt.Errorf("hub: %s: %w", indexName, err)
	}
	if len(index.Files) == 0 {
		return nil, errors.New("hub: " + indexName + ": weight_map: want tensors, have none")
	}
	var names []string
	for _, name := range index.Files {
		if path.Base(name) != name || !safePath(name) || !strings.HasSuffix(name, ".safetensors") {
			return nil, fmt.Errorf("hub: %s: weight_map: want names of .safetensors files beside it, have %q", indexName, name)
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	if len(names) > 20 {
		names = append(slices.Clone(names[:20]), fmt.Sprintf("and %d more", len(names)-20))
	}
	return oneLine(strings.Join(names, ", "))
}
