package tokenizer

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// spmFile is a tokenizer.model that tests write.
type spmFile struct {
	model    int32
	pieces   []sentencePieceEntry
	fallback bool
	rules    []byte
}

// smallModel has all bytes, a few pieces and one user-defined one.
func smallModel(model int32) *spmFile {
	f := &spmFile{model: model, fallback: true, pieces: []sentencePieceEntry{{"<unk>", 0, typeUnknown}, {"<s>", 0, typeControl}, {"</s>", 0, typeControl}}}
	for b := range 256 {
		f.pieces = append(f.pieces, sentencePieceEntry{fmt.Sprintf("<0x%02X>", b), 0, typeByte})
	}
	for i, piece := range strings.Split("▁ a b ab ▁a ▁ab", " ") {
		f.pieces = append(f.pieces, sentencePieceEntry{piece, float32(i) - 6, typeNormal})
	}
	f.pieces = append(f.pieces, sentencePieceEntry{"bb", 0, typeUserDefined})
	return f
}

// smallCharsmap makes an a of an A: a double array of Darts-clone and its
// replacements.
var smallCharsmap = func() []byte {
	units := make([]uint32, 256)
	units[0] = 1 << 10                // the root's offset is 1
	units[1^'A'] = 'A' | 1<<8 | 2<<10 // a leaf follows at offset 2
	units[1^'A'^2] = 1 << 31          // its value is 0
	data := binary.LittleEndian.AppendUint32(nil, uint32(4*len(units)))
	for _, u := range units {
		data = binary.LittleEndian.AppendUint32(data, u)
	}
	return append(data, "a\x00"...)
}()

func protoVarint(number int, v uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(nil, uint64(number)<<3|wireVarint), v)
}

func protoFloat(number int, v float32) []byte {
	return binary.LittleEndian.AppendUint32(binary.AppendUvarint(nil, uint64(number)<<3|wireFixed32), math.Float32bits(v))
}

func (f *spmFile) bytes() []byte {
	var out []byte
	for _, p := range f.pieces {
		if p.kind == typeByte && !f.fallback {
			continue
		}
		kind := protoVarint(fieldPieceType, uint64(p.kind))
		out = append(out, protoMessage(fieldPieces, protoMessage(fieldPieceText, []byte(p.text)), protoFloat(fieldPieceScore, p.score), kind)...)
	}
	fallback := uint64(0)
	if f.fallback {
		fallback = 1
	}
	out = append(out, protoMessage(fieldTrainer, protoVarint(fieldModelType, uint64(f.model)), protoVarint(fieldByteFallback, fallback))...)
	if f.rules != nil {
		out = append(out, protoMessage(fieldNormalizer, protoMessage(fieldCharsmap, f.rules))...)
	}
	return out
}

func TestSmallSentencePiece(t *testing.T) {
	for _, model := range []int32{spmUnigram, spmBPE} {
		f := smallModel(model)
		f.rules = smallCharsmap
		tok, err := FromSentencePiece(f.bytes(), SentencePieceOptions{AddBOS: true, AddEOS: true})
		if err != nil {
			t.Fatal(err)
		}
		e, err := tok.Encode(" Ab  bb</s>é", true)
		if err != nil {
			t.Fatal(err)
		}
		var tokens []string
		for _, id := range e.IDs {
			text, _ := tok.Token(id)
			tokens = append(tokens, text)
		}
		want := []string{"<s>", "▁ab", "▁", "bb", "</s>", "▁", "<0xC3>", "<0xA9>", "</s>"}
		spans := []Span{{0, 0}, {1, 3}, {3, 5}, {5, 7}, {7, 11}, {11, 11}, {11, 13}, {11, 13}, {0, 0}}
		if !slices.Equal(tokens, want) || !slices.Equal(e.Spans, spans) {
			t.Errorf("model %d: want %q %v, have %q %v", model, want, spans, tokens, e.Spans)
		}
		for skip, want := range map[bool]string{true: "ab bb é", false: "<s>ab bb</s> é</s>"} {
			if text, err := tok.Decode(e.IDs, skip); err != nil || text != want {
				t.Errorf("model %d: want %q, have %q (%v)", model, want, text, err)
			}
		}
	}
}
