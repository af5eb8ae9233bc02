package catalogue

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"premlp/weights/catalogue/internal/newfile"
)

// Dir is the cache folder: $PREMLP_CACHE, by default premlp in the user's
// cache folder. Models from the hub are not in it: they stay in the Python
// library's cache.
func Dir() (string, error) {
	if dir := os.Getenv("PREMLP_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("catalogue: cache folder: want PREMLP_CACHE or a user cache folder: %w", err)
	}
	return filepath.Join(dir, "premlp"), nil
}

// recordName is the file beside a model that says where it came from. It is
// written last: a folder without one holds no whole model.
const recordName = "sources.json"

// record is the content of sources.json.
type record struct {
	Name    string    `json:"name"`
	Sources []string  `json:"sources"`
	Files   []File    `json:"files"`
	When    time.Time `json:"when"`
}

// File is one file of a pulled model.
type File struct {
	Name   string `json:"file"`
	SHA256 string `json:"sha256,omitempty"` // "" for a hub's small files
	Bytes  int64  `json:"bytes"`
}

// path is what a command's MODEL takes: the .gguf file, or the folder.
func (r *record) path(dir string) string {
	if len(r.Files) == 1 && strings.HasSuffix(r.Files[0].Name, ".gguf") {
		return filepath.Join(dir, r.Files[0].Name)
	}
	return dir
}

// modelDir is the folder of a name in the cache.
func modelDir(name string) (string, error) {
	dir, err := Dir()
	return filepath.Join(dir, "models", name), err
}

// readRecord reads dir/sources.json; fs.ErrNotExist where there is none.
func readRecord(dir string) (*record, error) {
	path := filepath.Join(dir, recordName)
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > 1<<20 {
		return nil, fmt.Errorf("catalogue: %s: want at most 1 MiB, have %d bytes", path, info.Size())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var r record
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("catalogue: %s: %w", path, err)
	}
	for _, f := range r.Files {
		if f.Name == "" || filepath.Base(f.Name) != f.Name || !filepath.IsLocal(f.Name) {
			return nil, fmt.Errorf("catalogue: %s: file: want a plain name, have %q", path, f.Name)
		}
	}
	if len(r.Files) == 0 {
		return nil, fmt.Errorf("catalogue: %s: files: want some, have none", path)
	}
	return &r, nil
}

func writeRecord(dir string, r *record) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return newfile.Write(filepath.Join(dir, recordName), append(text, '\n'))
}

// errDamaged says that the cache does not hold what its record states.
var errDamaged = errors.New("damaged in the cache")

// checkSizes compares the files with the record, without reading them.
func (r *record) checkSizes(dir string) error {
	for _, f := range r.Files {
		info, err := os.Stat(filepath.Join(dir, f.Name))
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("catalogue: %s: %s: %w: missing", r.Name, f.Name, errDamaged)
		}
		if err != nil {
			return err
		}
		if info.Size() != f.Bytes {
			return fmt.Errorf("catalogue: %s: %s: %w: bytes: want %d, have %d", r.Name, f.Name, errDamaged, f.Bytes, info.Size())
		}
	}
	return nil
}
