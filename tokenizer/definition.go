package tokenizer

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
)

// definition is all that determines a tokenizer, whichever file it is from.
type definition struct {
	Normalizer    *component
	PreTokenizer  *component
	PostProcessor *component
	Decoder       *component
	Added         []addedToken
	Model         modelDefinition
}

// modelDefinition is the model part of a tokenizer.json.
type modelDefinition struct {
	Type          string    `json:"type"`
	Dropout       *float64  `json:"dropout"`
	Unknown       *string   `json:"unk_token"`
	Prefix        *string   `json:"continuing_subword_prefix"`
	Suffix        *string   `json:"end_of_word_suffix"`
	FuseUnknown   bool      `json:"fuse_unk"`
	ByteFallback  bool      `json:"byte_fallback"`
	IgnoreMerges  bool      `json:"ignore_merges"`
	Vocabulary    tokenIDs  `json:"vocab"`
	Merges        mergeList `json:"merges"`
	CacheCapacity *int      `json:"cache_capacity,omitempty"`
}

// addedToken is a token that is found in the text before the model sees it.
type addedToken struct {
	ID         int32  `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"`
	LeftStrip  bool   `json:"lstrip"`
	RightStrip bool   `json:"rstrip"`
	Normalized bool   `json:"normalized"`
	Special    bool   `json:"special"`
}

// digest is the SHA-256 of everything that determines ids, in one fixed form:
// not of the decoder, and not of the file's spacing or key order.
func (d *definition) digest() (string, error) {
	h := sha256.New()
	w := bufio.NewWriter(h) // writes to a hash do not fail
	model := d.Model
	model.Vocabulary, model.Merges, model.CacheCapacity = nil, nil, nil
	header, err := json.Marshal([]any{d.Normalizer, d.PreTokenizer, d.PostProcessor, model, d.Added})
	if err != nil {
		return "", fmt.Errorf("digest: %w", err)
	}
	w.Write(header)
	type entry struct {
		id    int32
		token string
	}
	entries := make([]entry, 0, len(d.Model.Vocabulary))
	for token, id := range d.Model.Vocabulary {
		entries = append(entries, entry{id, token})
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.id, b.id) })
	var number [4]byte
	text := func(s string) {
		binary.LittleEndian.PutUint32(number[:], uint32(len(s)))
		w.Write(number[:])
		w.WriteString(s)
	}
	for _, e := range entries {
		binary.LittleEndian.PutUint32(number[:], uint32(e.id))
		w.Write(number[:])
		text(e.token)
	}
	text("merges")
	for _, m := range d.Model.Merges {
		text(m[0])
		text(m[1])
	}
	w.Flush()
	return hex.EncodeToString(h.Sum(nil)), nil
}
