package tokenizer

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/dlclark/regexp2"
	"github.com/nlpodyssey/gotokenizers/models"
	"github.com/nlpodyssey/gotokenizers/models/bpemodel"
	"github.com/nlpodyssey/gotokenizers/normalizedstring"
	"github.com/nlpodyssey/gotokenizers/pretokenizedstring"
	"github.com/nlpodyssey/gotokenizers/pretokenizers/bytelevelpretokenizer"
	"github.com/nlpodyssey/gotokenizers/vocabulary"
)

// oracle is GPT-2's pipeline by the gotokenizers library, with the pattern
// compiled here: the library's own is case-insensitive, which GPT-2 is not.
type oracle struct {
	pre   *bytelevelpretokenizer.ByteLevelPreTokenizer
	model *bpemodel.BPEModel
}

func newOracle(t testing.TB, name string) *oracle {
	t.Helper()
	data, err := os.ReadFile("testdata/mini/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Model struct {
			Vocab  map[string]int32
			Merges []string
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	tokens := make([]string, len(file.Model.Vocab))
	for token, id := range file.Model.Vocab {
		tokens[id] = token
	}
	v := vocabulary.NewVocabulary()
	for _, token := range tokens {
		v.AddTerm(token)
	}
	merges := bpemodel.NewMergeMap()
	for rank, line := range file.Model.Merges {
		left, right, _ := strings.Cut(line, " ")
		l, _ := v.GetID(left)
		r, _ := v.GetID(right)
		id, _ := v.GetID(left + right)
		merges.Set(l, r, bpemodel.MergeValue{Rank: rank, ID: id})
	}
	return &oracle{
		pre:   bytelevelpretokenizer.New(regexp2.MustCompile(gpt2Pattern, regexp2.None), false, false),
		model: bpemodel.New(v, merges, 0, 0, "", "", "", false),
	}
}

func (o *oracle) encode(t testing.TB, text string) (ids []int32, spans []Span) {
	t.Helper()
	if text == "" {
		return nil, nil
	}
	p := pretokenizedstring.FromString(text)
	if err := o.pre.PreTokenize(p); err != nil {
		t.Fatal(err)
	}
	err := p.Tokenize(func(n *normalizedstring.NormalizedString) ([]models.Token, error) {
		return o.model.Tokenize(n.Get())
	})
	if err != nil {
		t.Fatal(err)
	}
	e, err := p.IntoEncoding(-1, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i, id := range e.IDs {
		ids = append(ids, int32(id))
		spans = append(spans, Span{e.Offsets[i].Start, e.Offsets[i].End})
	}
	return ids, spans
}

// TestOracle compares random texts with an independent implementation.
func TestOracle(t *testing.T) {
	o, tok := newOracle(t, "gpt2"), mini(t, "gpt2")
	random := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		text := randomText(random)
		ids, spans := o.encode(t, text)
		if e := encode(t, tok, text); !slices.Equal(e.IDs, ids) || !slices.Equal(e.Spans, spans) {
			t.Fatalf("%q: want %v %v, have %v %v", text, ids, spans, e.IDs, e.Spans)
		}
	}
}

// randomText mixes words, white space and characters that both Go's and the
// reference's Unicode tables know.
func randomText(random *rand.Rand) string {
	parts := strings.Split("the|France|don't|it's|WE'LL|I've|12|1234|3.14| | |  |\n|\t|\r\n| \n |!|...|--|é|ü|ñ|Ω|щ|日本|한국|😀|👩‍🚀|½|²|\u00a0|\u2003|x|Q|_|'|\"|e\u0301|ab|aaaa|hahaha", "|")
	var b strings.Builder
	for range random.IntN(20) {
		if random.IntN(4) == 0 {
			b.WriteRune(rune(0x20 + random.IntN(0x250)))
			continue
		}
		b.WriteString(parts[random.IntN(len(parts))])
	}
	return b.String()
}
