package related

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"

	"premlp/collect"
)

// ReadFile takes the concepts of a file, one a line as for collect.ReadControls,
// in its order.
func ReadFile(path string, r Request) (*Result, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	names, err := collect.ReadControls(path, r.Concept)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	result := &Result{
		Format: Format, Version: Version, Request: r, Answers: []string{string(data)},
		Source: Source{Kind: "file", Name: filepath.Base(path), Digest: hex.EncodeToString(sum[:])},
	}
	for _, name := range names {
		if why := r.refuse(name); why != "" {
			return nil, fmt.Errorf("%s: %q cannot be a related concept of %q: %s", path, name, r.Concept, why)
		}
	}
	all := gather([][]item{r.items(names)})
	decide(all, r.N)
	result.Concepts, result.Candidates = results(all)
	return result, nil
}
