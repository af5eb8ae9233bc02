package tokenizer

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
)

// definition is all that determines a tokenizer, whichever file it is from.
type definition struct {
	Normalizer    *component
	PreTokenizer  *component
	PostProcessor *component
	Decoder       *component
	Added         []addedToken
	Model         modelDefinition
	SentencePiece *sentencePiece // of a tokenizer.model, which has no components
}

// modelDefinition is the model part of a tokenizer.json.
type modelDefinition struct {
	Type          string          `json:"type"`
	Dropout       *float64        `json:"dropout"`
	Unknown       *string         `json:"unk_token"`
	Prefix        *string         `json:"continuing_subword_prefix"`
	Suffix        *string         `json:"end_of_word_suffix"`
	FuseUnknown   bool            `json:"fuse_unk"`
	ByteFallback  bool            `json:"byte_fallback"`
	IgnoreMerges  bool            `json:"ignore_merges"`
	File          *fileVocabulary `json:"vocab"` // until it was read
	Merges        mergeList       `json:"merges"`
	CacheCapacity *int            `json:"cache_capacity,omitempty"`
	UnknownID     *int32          `json:"unk_id,omitempty"` // of a Unigram model

	Vocabulary tokenIDs  `json:"-"`
	Scores     []float64 `json:"-"` // by id, of a Unigram model
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

// maxID bounds the ids: they may have gaps, but not so many that a small file
// takes much memory.
func (d *definition) maxID() int { return 2*(len(d.Model.Vocabulary)+len(d.Added)) + 1<<16 }

// digest is the SHA-256 of everything that determines ids, in one fixed form:
// not of the decoder, and not of the file's spacing or key order.
func (d *definition) digest() (string, error) {
	h := sha256.New()
	w := bufio.NewWriter(h) // writes to a hash do not fail
	model := d.Model
	model.Merges, model.CacheCapacity = nil, nil
	parts := []any{d.Normalizer, d.PreTokenizer, d.PostProcessor, model, d.Added}
	if d.SentencePiece != nil {
		parts = append(parts, d.SentencePiece)
	}
	header, err := json.Marshal(parts)
	if err != nil {
		return "", fmt.Errorf("digest: %w", err)
	}
	w.Write(header)
	var number [4]byte
	text := func(s string) {
		binary.LittleEndian.PutUint32(number[:], uint32(len(s)))
		w.Write(number[:])
		w.WriteString(s)
	}
	for id, token := range d.Model.Vocabulary.byID(d.maxID()) {
		if token.known {
			binary.LittleEndian.PutUint32(number[:], uint32(id))
			w.Write(number[:])
			text(token.text)
		}
	}
	for _, score := range d.Model.Scores {
		var number [8]byte
		binary.LittleEndian.PutUint64(number[:], math.Float64bits(score))
		w.Write(number[:])
	}
	text("merges")
	for _, m := range d.Model.Merges {
		text(m[0])
		text(m[1])
	}
	w.Flush()
	return hex.EncodeToString(h.Sum(nil)), nil
}
