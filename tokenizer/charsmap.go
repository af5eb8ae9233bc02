package tokenizer

import (
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf8"
)

// charsmap is SentencePiece's compiled table of normalization rules: a double
// array (of the Darts-clone library) from texts to places in one string of
// replacements, each of which ends at a zero byte.
type charsmap struct {
	units        []uint32
	replacements string
}

// parseCharsmap reads: the size of the double array as a 32-bit number, the
// double array, the replacements. An empty table has no rules.
func parseCharsmap(data string) (*charsmap, error) {
	if data == "" {
		return &charsmap{}, nil
	}
	if len(data) < 4 {
		return nil, fmt.Errorf("precompiled_charsmap: want a size of 4 bytes, have %d bytes", len(data))
	}
	size := int64(binary.LittleEndian.Uint32([]byte(data[:4])))
	if size%4 != 0 || size == 0 || size > int64(len(data)-4) {
		return nil, fmt.Errorf("precompiled_charsmap: want a table of 4 to %d bytes, a multiple of 4, have %d", len(data)-4, size)
	}
	c := &charsmap{units: make([]uint32, size/4), replacements: data[4+size:]}
	for i := range c.units {
		c.units[i] = binary.LittleEndian.Uint32([]byte(data[4+4*i : 8+4*i]))
	}
	if !utf8.ValidString(c.replacements) {
		return nil, fmt.Errorf("precompiled_charsmap: want replacements of valid UTF-8")
	}
	for text := range strings.SplitSeq(c.replacements, "\x00") {
		if len(text) > maxReplacement {
			return nil, fmt.Errorf("precompiled_charsmap: want replacements of at most %d bytes, have %d", maxReplacement, len(text))
		}
	}
	return c, nil
}

// Rules come with models, so what they can make of a text is bounded. Those of
// nmt_nfkc replace at most 12 bytes and put at most 33.
const (
	maxRule        = 256 // bytes
	maxReplacement = 256
)

// find returns what the rule of the shortest or the longest text that s starts
// with puts in its place, and that text's length; ok is false without a rule.
func (c *charsmap) find(s string, longest bool) (with string, length int, ok bool) {
	if len(c.units) == 0 {
		return "", 0, false
	}
	at := unitOffset(c.units[0])
	for i := range min(len(s), maxRule) {
		at ^= uint32(s[i])
		if int64(at) >= int64(len(c.units)) {
			break
		}
		unit := c.units[at]
		if unit&(1<<31|0xFF) != uint32(s[i]) {
			break
		}
		at ^= unitOffset(unit)
		if unit>>8&1 == 0 {
			continue
		}
		if int64(at) >= int64(len(c.units)) {
			break
		}
		if text, valid := c.replacement(c.units[at] &^ (1 << 31)); valid {
			with, length, ok = text, i+1, true
			if !longest {
				break
			}
		}
	}
	return with, length, ok
}

func unitOffset(unit uint32) uint32 { return unit >> 10 << (unit & (1 << 9) >> 6) }

func (c *charsmap) replacement(at uint32) (string, bool) {
	if int64(at) >= int64(len(c.replacements)) || !utf8.RuneStart(c.replacements[at]) {
		return "", false
	}
	text, _, _ := strings.Cut(c.replacements[at:], "\x00")
	return text, true
}
