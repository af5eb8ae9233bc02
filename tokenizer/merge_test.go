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
	for _, name := range []string{"gpt2", "llama2", "falcon", "gemma3"} {
		m := mini(t, name).model.(*bpe)
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
			short.rank(m.merges)
			long.rank(m.merges)
			if len(long.parts) == len(word) {
				m.rankBytes(word, &long)
			}
			short.mergeShort(m.merges)
			long.mergeLong(m.merges)
			long.parts = slices.DeleteFunc(long.parts, func(p part) bool { return p.length == 0 })
			same := slices.EqualFunc(short.parts, long.parts, func(a, b part) bool { return a.id == b.id && a.length == b.length })
			if !same {
				t.Fatalf("%s: %q: want %v, have %v", name, word, short.parts, long.parts)
			}
		}
	}
}

// TestWordCuts: a text that is cut where it can be has the tokens of the whole.
func TestWordCuts(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for _, name := range []string{"llama2", "gemma3", "mistral_v1_metaspace"} {
		m := mini(t, name).model.(*bpe)
		if m.cuts == nil {
			t.Fatalf("%s: want a vocabulary that can be cut", name)
		}
		for range 1000 {
			word := visibleSpace + strings.ReplaceAll(randomText(random), " ", visibleSpace)
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
	if err := m.addMerges(d, nil); err != nil {
		t.Fatal(err)
	}
	m.cuts = newWordCuts(d)
	var s scratch
	if have, want := m.encode(nil, "a▁b▁b", &s), []symbol{{3, 0, 4}, {1, 4, 5}, {4, 5, 9}}; !slices.Equal(have, want) {
		t.Errorf("want %v, have %v", want, have)
	}
}

// TestWordCache: the cache gives back what was put, for words of every length,
// and forgets the rest.
func TestWordCache(t *testing.T) {
	c := newWordCache()
	get := func(word string) ([]symbol, bool) {
		if len(word) <= maxShortWord {
			if e := c.getShort(word); e != nil {
				return e.symbols(nil), true
			}
		}
		return c.get(word)
	}
	text := strings.Repeat("0123456789abcdefghijklmnopqrstuv", 4)
	for n := 1; n <= maxCachedWord; n++ {
		for _, tokens := range []int{1, 2, 6, 7} {
			for _, gap := range []int32{0, 1} {
				word := text[tokens : tokens+n]
				var want []symbol
				for i := range tokens {
					start, end := i*n/tokens, (i+1)*n/tokens
					want = append(want, symbol{int32(1000*n + i), int32(start) + gap, int32(end)})
				}
				c = newWordCache()
				c.put(word, want)
				if have, ok := get(word); !ok || !slices.Equal(have, want) {
					t.Errorf("%q: want %v, have %v %t", word, want, have, ok)
				}
				for _, other := range []string{word[1:] + "x", word + "0", "x" + word[1:]} {
					if have, ok := get(other); ok {
						t.Errorf("%q: want nothing, have %v of %q", other, have, word)
					}
				}
			}
		}
	}
	for i := range int32(5 * cacheSlots) {
		c.put(strings.Repeat("z", int(i%60))+string(rune('a'+i/60%26)), []symbol{{i, 0, 1}})
	}
}

// TestMergeTable compares with a map.
func TestMergeTable(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	for _, n := range []int{0, 1, 2, 100, 5000} {
		table, want := newMergeTable(n), map[pair][2]int32{}
		for range n {
			left, right, rank, id := random.Int32N(100), random.Int32N(100), random.Int32(), random.Int32()
			table.put(makePair(left, right), rank, id)
			want[makePair(left, right)] = [2]int32{rank, id}
		}
		for left := range int32(100) {
			for right := range int32(100) {
				rank, id := table.look(left, right)
				w, ok := want[makePair(left, right)]
				if !ok {
					w = [2]int32{noMerge, 0}
				}
				if rank != w[0] || id != w[1] {
					t.Fatalf("%d merges: %d %d: want %v, have %d %d", n, left, right, w, rank, id)
				}
			}
		}
	}
}
