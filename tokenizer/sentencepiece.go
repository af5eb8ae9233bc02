package tokenizer

import (
	"errors"
	"fmt"
	"math"
)

// SentencePieceOptions are what a tokenizer.model does not say.
type SentencePieceOptions struct {
	AddBOS, AddEOS bool // put the model's <s> before and </s> behind a text that is encoded with special tokens
}

// FromSentencePiece reads a tokenizer.model, the file of the SentencePiece
// library: BPE and Unigram models with any normalization rules. Ids, spans and
// decoded texts are that library's, but for two things that language models
// need: control pieces written out in a text are found, and then each part
// between them is encoded on its own; and the tokens of one character's bytes
// each have the whole character's span.
func FromSentencePiece(data []byte, o SentencePieceOptions) (*Tokenizer, error) {
	p, err := parseSentencePiece(data)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: sentencepiece: %w", err)
	}
	d, err := p.definition(o)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: sentencepiece: %w", err)
	}
	return build(d)
}

// sentencePiece is what is read of a tokenizer.model; the names of the file's
// messages are ModelProto, TrainerSpec and NormalizerSpec.
type sentencePiece struct {
	pieces []sentencePieceEntry // in order of their ids

	Model        int32 // of the modelTypes of SentencePiece
	ByteFallback bool
	SpaceBehind  bool   // the space that is added stands behind the text
	UnknownText  string // what an unknown token decodes to
	BOS, EOS     string

	Charsmap    []byte // rules of normalization
	AddSpace    bool   // put a space before the text
	TrimSpaces  bool   // leave out spaces at both ends, and all but one of a run
	VisualSpace bool   // write spaces as visible ones
	Types       []int32
}

// sentencePieceEntry is one piece. The types are those of a GGUF file.
type sentencePieceEntry struct {
	text  string
	score float32
	kind  int32
}

// Model types of SentencePiece.
const (
	spmUnigram = 1
	spmBPE     = 2
)

var spmModelNames = map[int32]string{spmUnigram: "Unigram", spmBPE: "BPE", 3: "Word", 4: "Char"}

// Field numbers of sentencepiece_model.proto.
const (
	fieldPieces       = 1
	fieldTrainer      = 2
	fieldNormalizer   = 3
	fieldDenormalizer = 5

	fieldPieceText  = 1
	fieldPieceScore = 2
	fieldPieceType  = 3

	fieldModelType    = 3
	fieldSpaceBehind  = 24
	fieldByteFallback = 35
	fieldUnknownText  = 44
	fieldBOS          = 46
	fieldEOS          = 47

	fieldCharsmap    = 2
	fieldAddSpace    = 3
	fieldTrimSpaces  = 4
	fieldVisualSpace = 5
)

// maxPieces bounds a vocabulary; published ones have up to 262,144 pieces.
const maxPieces = 1 << 22

func parseSentencePiece(data []byte) (*sentencePiece, error) {
	p := &sentencePiece{
		Model: spmUnigram, UnknownText: " \u2047 ", BOS: "<s>", EOS: "</s>",
		AddSpace: true, TrimSpaces: true, VisualSpace: true,
	}
	file := protobufField{bytes: data, kind: wireBytes}
	err := file.fields(func(f protobufField) error {
		var err error
		switch f.number {
		case fieldPieces:
			err = p.readPiece(f)
			if err != nil {
				err = fmt.Errorf("piece %d: %w", len(p.pieces), err)
			}
		case fieldTrainer:
			err = named("trainer_spec", f, p.readTrainer)
		case fieldNormalizer:
			err = named("normalizer_spec", f, p.readNormalizer)
		case fieldDenormalizer:
			err = named("denormalizer_spec", f, readDenormalizer)
		}
		return err
	})
	if err == nil && len(p.pieces) == 0 {
		err = errors.New("want a tokenizer.model, have no pieces")
	}
	return p, err
}

// named reads a message and says in errors which one.
func named(name string, f protobufField, read func(protobufField) error) error {
	err := f.want(wireBytes, "a message")
	if err == nil {
		err = f.fields(read)
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", name, err)
	}
	return err
}

func (p *sentencePiece) readPiece(f protobufField) error {
	piece := sentencePieceEntry{kind: typeNormal}
	if err := f.want(wireBytes, "a piece"); err != nil {
		return err
	}
	err := f.fields(func(f protobufField) error {
		switch f.number {
		case fieldPieceText:
			return f.text(&piece.text)
		case fieldPieceScore:
			return f.float(&piece.score)
		case fieldPieceType:
			return f.integer(&piece.kind)
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case piece.text == "":
		return errors.New("want a text, have none")
	case len(piece.text) > maxPieceLen:
		return fmt.Errorf("want at most %d bytes, have %d", maxPieceLen, len(piece.text))
	case math.IsNaN(float64(piece.score)):
		return fmt.Errorf("%q: score: want a number, have NaN", piece.text)
	case piece.kind < typeNormal || piece.kind > typeByte:
		return fmt.Errorf("%q: type: want 1 to 6, have %d", piece.text, piece.kind)
	case len(p.pieces) == maxPieces:
		return fmt.Errorf("want at most %d pieces", maxPieces)
	}
	p.pieces = append(p.pieces, piece)
	p.Types = append(p.Types, piece.kind)
	return nil
}

func (p *sentencePiece) readTrainer(f protobufField) error {
	switch f.number {
	case fieldModelType:
		return f.integer(&p.Model)
	case fieldSpaceBehind:
		return f.flag(&p.SpaceBehind)
	case fieldByteFallback:
		return f.flag(&p.ByteFallback)
	case fieldUnknownText:
		return f.text(&p.UnknownText)
	case fieldBOS:
		return f.text(&p.BOS)
	case fieldEOS:
		return f.text(&p.EOS)
	}
	return nil
}

func (p *sentencePiece) readNormalizer(f protobufField) error {
	switch f.number {
	case fieldCharsmap:
		p.Charsmap = f.bytes
		return f.want(wireBytes, "rules")
	case fieldAddSpace:
		return f.flag(&p.AddSpace)
	case fieldTrimSpaces:
		return f.flag(&p.TrimSpaces)
	case fieldVisualSpace:
		return f.flag(&p.VisualSpace)
	}
	return nil
}

// readDenormalizer refuses rules that would apply to decoded texts.
func readDenormalizer(f protobufField) error {
	if f.number == fieldCharsmap && len(f.bytes) > 0 {
		return fmt.Errorf("precompiled_charsmap: want none, have %d bytes", len(f.bytes))
	}
	return nil
}
