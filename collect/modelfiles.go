package collect

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"premlp/model"
)

// sideFiles are the files of a checkpoint's folder that are read beside its
// weights.
var sideFiles = []string{
	"config.json", "generation_config.json", "model.safetensors.index.json",
	"tokenizer.json", "tokenizer.model", "tokenizer_config.json", "added_tokens.json", "special_tokens_map.json", "chat_template.jinja",
}

// ModelFiles returns the paths of all files that make up a checkpoint: copied
// into an empty folder they are the same checkpoint.
func ModelFiles(m *model.Model) ([]string, error) {
	files := m.Files()
	if m.GGUF() != nil {
		return files, nil
	}
	for _, name := range sideFiles {
		path := filepath.Join(m.Dir(), name)
		switch _, err := os.Stat(path); {
		case err == nil:
			files = append(files, path)
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
	}
	return files, nil
}
