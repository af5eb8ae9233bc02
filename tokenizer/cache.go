package tokenizer

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

const (
	cacheSlots    = 1 << 15
	maxCachedWord = 64 // bytes
)

// wordCache remembers the tokens of recent short words. A word has one slot,
// and a new word takes it from the old one, which bounds the memory; slots are
// replaced whole, which makes the cache safe for concurrent use.
type wordCache struct {
	seed  maphash.Seed
	slots [cacheSlots]atomic.Pointer[cachedWord]
}

type cachedWord struct {
	word    string
	symbols []symbol
}

func newWordCache() *wordCache {
	return &wordCache{seed: maphash.MakeSeed()}
}

func (c *wordCache) slot(word string) *atomic.Pointer[cachedWord] {
	return &c.slots[maphash.String(c.seed, word)%cacheSlots]
}

func (c *wordCache) get(word string) ([]symbol, bool) {
	if e := c.slot(word).Load(); e != nil && e.word == word {
		return e.symbols, true
	}
	return nil, false
}

// put copies what it keeps: word is a part of a text that may be long.
func (c *wordCache) put(word string, symbols []symbol) {
	c.slot(word).Store(&cachedWord{strings.Clone(word), append([]symbol(nil), symbols...)})
}
