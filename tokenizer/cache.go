package tokenizer

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"strings"
	"sync/atomic"
)

const (
	cacheSlots     = 1 << 15 // of a whole cache each
	maxCachedWord  = 64      // bytes
	maxShortWord   = 16      // bytes
	maxShortTokens = 6
)

// wordCache remembers the tokens of recent words. A word has one place, or two
// if it is short, and a new word takes it from the old one, which bounds the
// memory; entries are replaced whole, which makes the cache safe for
// concurrent use.
type wordCache struct {
	seed  maphash.Seed
	short [cacheSlots]atomic.Pointer[shortWord]
	long  [cacheSlots]atomic.Pointer[longWord]
}

// shortWord is an entry of one cache line: most words of a text are such.
// Its tokens touch: each starts where the one before it ends.
type shortWord struct {
	key    wordKey
	length uint8 // of the word
	count  uint8 // of its tokens
	ends   [maxShortTokens]uint8
	ids    [maxShortTokens]int32
}

type longWord struct {
	word    string
	symbols []symbol
}

// wordKey is the bytes of a short word; two words of one length with the same
// key are the same.
type wordKey [2]uint64

func keyOf(word string) wordKey {
	switch n := len(word); {
	case n >= 8:
		return wordKey{load64(word), load64(word[n-8:])}
	case n >= 4:
		return wordKey{load32(word), load32(word[n-4:])}
	default:
		return wordKey{uint64(word[0]) | uint64(word[n/2])<<8 | uint64(word[n-1])<<16}
	}
}

func load64(s string) uint64 {
	var b [8]byte
	copy(b[:], s)
	return binary.LittleEndian.Uint64(b[:])
}

func load32(s string) uint64 {
	var b [4]byte
	copy(b[:], s)
	return uint64(binary.LittleEndian.Uint32(b[:]))
}

// slot mixes a key. Words that are made to share a slot cost time only.
func (k wordKey) slot(length int) uint64 {
	high, low := bits.Mul64(k[0]^0x9E3779B97F4A7C15, k[1]^0xC2B2AE3D27D4EB4F^uint64(length)<<56)
	return (high ^ low) % cacheSlots
}

func newWordCache() *wordCache {
	return &wordCache{seed: maphash.MakeSeed()}
}

// getShort returns the entry of a word of 1 to maxShortWord bytes, or nil.
func (c *wordCache) getShort(word string) *shortWord {
	key := keyOf(word)
	slot := key.slot(len(word))
	if e := c.short[slot].Load(); e != nil && e.key == key && int(e.length) == len(word) {
		return e
	}
	if e := c.short[slot^1].Load(); e != nil && e.key == key && int(e.length) == len(word) {
		return e
	}
	return nil
}

// get returns the tokens of a word that is not in the short part.
func (c *wordCache) get(word string) ([]symbol, bool) {
	if e := c.long[maphash.String(c.seed, word)%cacheSlots].Load(); e != nil && e.word == word {
		return e.symbols, true
	}
	return nil, false
}

// put copies what it keeps: word is a part of a text that may be long.
func (c *wordCache) put(word string, symbols []symbol) {
	if len(word) <= maxShortWord {
		if e := newShortWord(word, symbols); e != nil {
			slot := e.key.slot(len(word))
			if c.short[slot].Load() != nil {
				slot ^= 1
			}
			c.short[slot].Store(e)
			return
		}
	}
	c.long[maphash.String(c.seed, word)%cacheSlots].Store(&longWord{strings.Clone(word), append([]symbol(nil), symbols...)})
}

// newShortWord returns nil for a word with too many tokens or with tokens that
// do not touch.
func newShortWord(word string, symbols []symbol) *shortWord {
	if len(symbols) > maxShortTokens {
		return nil
	}
	e := &shortWord{key: keyOf(word), length: uint8(len(word)), count: uint8(len(symbols))}
	at := int32(0)
	for i, y := range symbols {
		if y.start != at {
			return nil
		}
		at = y.end
		e.ids[i], e.ends[i] = y.id, uint8(y.end)
	}
	return e
}

// symbols appends the tokens of the entry.
func (e *shortWord) symbols(dst []symbol) []symbol {
	at := int32(0)
	for i := range e.count {
		end := int32(e.ends[i])
		dst = append(dst, symbol{e.ids[i], at, end})
		at = end
	}
	return dst
}
