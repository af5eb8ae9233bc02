package dataset

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
)

// prepared is a manifest and questions that were checked and completed, and
// everything that follows from them.
type prepared struct {
	manifest []byte // manifest.json
	digests  digests
	plan     *plan
}

// prepare fills in what the manifest says of the questions and lays out the
// rows files.
func prepare(m Manifest, list *List) (*prepared, error) {
	m = Complete(m, list)
	if err := m.Validate(); err != nil {
		return nil, fmt.Errorf("dataset: %w", err)
	}
	text, err := m.encode()
	if err != nil {
		return nil, fmt.Errorf("dataset: %w", err)
	}
	// A manifest that does not read back as itself (text that is not UTF-8)
	// must not be written.
	if _, err := decodeManifest(text); err != nil {
		return nil, fmt.Errorf("dataset: %w", err)
	}
	p, err := newPlan(&m, list)
	if err != nil {
		return nil, fmt.Errorf("dataset: %w", err)
	}
	digest := sha256.Sum256(text)
	return &prepared{
		manifest: text,
		digests:  digests{manifest: hex.EncodeToString(digest[:]), questions: m.QuestionsDigest},
		plan:     p,
	}, nil
}

// Complete is the manifest that Create writes: with what follows from the
// questions, the defaults, and one form of what is empty.
func Complete(m Manifest, list *List) Manifest {
	m.Format, m.Version = Format, Version
	m.Questions, m.Rows, m.QuestionsDigest = list.Len(), list.positions, list.digest
	if m.ShardBytes == 0 {
		m.ShardBytes = DefaultShardBytes
	}
	// One form: no null lists, and a site without statistics is left out.
	m.Controls = append([]string{}, m.Controls...)
	m.Templates = append([]Template{}, m.Templates...)
	stats := maps.Clone(m.StatsPerRow)
	if stats == nil {
		stats = map[string]int{}
	}
	maps.DeleteFunc(stats, func(_ string, n int) bool { return n == 0 })
	m.StatsPerRow = stats
	return m
}
