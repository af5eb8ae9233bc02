package tokenizer

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"io"
	"os"
	"slices"
	"testing"
)

// spmModel returns a model of testdata/sentencepiece, with the library's own
// rules of normalization where it uses them: they are one message that is
// merged with the model's.
func spmModel(t testing.TB, name string, rules bool) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/sentencepiece/" + name + ".model")
	if err != nil {
		t.Fatal(err)
	}
	if !rules {
		return data
	}
	charsmap := unpack(t, "testdata/sentencepiece/nmt_nfkc.bin.gz")
	return append(data, protoMessage(fieldNormalizer, protoMessage(fieldCharsmap, charsmap))...)
}

// unpack returns the content of a gzip file.
func unpack(t testing.TB, path string) []byte {
	t.Helper()
	packed, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// protoMessage is a field of bytes, as protocol buffers write it.
func protoMessage(number int, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	head := binary.AppendUvarint(binary.AppendUvarint(nil, uint64(number)<<3|wireBytes), uint64(len(body)))
	return append(head, body...)
}

func spmGolden(t testing.TB) (models []struct {
	Name    string
	NMTNFKC bool `json:"nmt_nfkc"`
	Lines   []goldenLine
}) {
	t.Helper()
	golden := struct{ Models any }{&models}
	if err := json.Unmarshal(unpack(t, "testdata/sentencepiece/golden.json.gz"), &golden); err != nil {
		t.Fatal(err)
	}
	return models
}

// TestSentencePiece compares ids, spans and decoded texts with the
// SentencePiece library (testdata/sentencepiece/generate.py).
func TestSentencePiece(t *testing.T) {
	models := spmGolden(t)
	if len(models) != 7 {
		t.Fatalf("want 7 models, have %d", len(models))
	}
	for _, m := range models {
		t.Run(m.Name, func(t *testing.T) {
			tok, err := FromSentencePiece(spmModel(t, m.Name, m.NMTNFKC), SentencePieceOptions{})
			if err != nil {
				t.Fatal(err)
			}
			failed := 0
			for _, line := range m.Lines {
				e := encode(t, tok, line.S)
				text, err := tok.Decode(e.IDs, true)
				if !slices.Equal(e.IDs, line.IDs) || !slices.Equal(flat(e.Spans), line.Boff) || err != nil || text != *line.Decs {
					t.Errorf("%q: want\n%v %v %q, have\n%v %v %q (%v)", line.S, line.IDs, line.Boff, *line.Decs, e.IDs, flat(e.Spans), text, err)
					if failed++; failed == 5 {
						t.Fatal("too many failures")
					}
				}
			}
			t.Logf("%d strings", len(m.Lines))
		})
	}
}
