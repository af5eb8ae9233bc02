package tokenizer

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestMergeLong: the heap merges as the plain search does.
func TestMergeLong(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, name := range []string{"gpt2", "llama2"} {
		m := mini(t, name).model
		for range 400 {
			word := strings.ReplaceAll(randomText(random)+randomText(random), " ", visibleSpace)
			var short, long scratch
			for _, s := range []*scratch{&short, &long} {
				if m.byteLevel {
					m.splitBytes(word, s)
				} else {
					m.splitChars(word, s)
				}
			}
			if len(short.parts) == 0 {
				continue
			}
			short.mergeShort(m.merges)
			long.mergeLong(m.merges)
			same := slices.EqualFunc(short.parts, long.parts, func(a, b part) bool { return a.id == b.id && a.length == b.length })
			if !same {
				t.Fatalf("%s: %q: want %v, have %v", name, word, short.parts, long.parts)
			}
		}
	}
}

// TestSpaceCut: a text that is cut at its spaces has the tokens of the whole.
func TestSpaceCut(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for _, name := range []string{"llama2", "gemma3", "mistral_v1_metaspace"} {
		m := mini(t, name).model
		if !m.cut.usable {
			t.Fatalf("%s: want a vocabulary that can be cut", name)
		}
		for range 1000 {
			word := strings.ReplaceAll(randomText(random), " ", visibleSpace)
			var s scratch
			whole := m.encodeWord(nil, word, &s)
			if have := m.encodeCut(nil, word, &s); !slices.Equal(have, whole) {
				t.Fatalf("%s: %q: want %v, have %v", name, word, whole, have)
			}
		}
	}
	// A merge across a space forbids the cut there, and only there.
	m := &bpe{chars: tokenIDs{"a": 0, "b": 1, "▁": 2, "a▁": 3, "▁b": 4}, unknown: -1, cache: newWordCache()}
	d := &modelDefinition{Vocabulary: m.chars, Merges: mergeList{{"a", "▁"}, {"▁", "b"}}}
	if err := m.addMerges(d); err != nil {
		t.Fatal(err)
	}
	m.cut = newSpaceCut(d)
	var s scratch
	if have, want := m.encode(nil, "a▁b▁b", &s), []symbol{{3, 0, 4}, {1, 4, 5}, {4, 5, 9}}; !slices.Equal(have, want) {
		t.Errorf("want %v, have %v", want, have)
	}
}

// TestWordCache: the cache gives back what was put and forgets the rest.
func TestWordCache(t *testing.T) {
	c := newWordCache()
	long := strings.Repeat("x", 1000)
	c.put(long[:3], []symbol{{1, 0, 3}})
	if have, ok := c.get("xxx"); !ok || !slices.Equal(have, []symbol{{1, 0, 3}}) {
		t.Errorf("want what was put, have %v %t", have, ok)
	}
	if _, ok := c.get("yyy"); ok {
		t.Error("want nothing for a word that was not put")
	}
	for i := range int32(5 * cacheSlots) {
		c.put(strings.Repeat("z", int(i%60))+string(rune('a'+i/60%26)), []symbol{{i, 0, 1}})
	}
}
