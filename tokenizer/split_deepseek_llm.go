package tokenizer

import (
	"sort"
	"strings"
)

// The patterns of DeepSeek LLM (version 2 too) and DeepSeek Coder, which are
// applied one after the other.
const (
	newlinePattern     = "[\r\n]"
	spacedLetters      = `\s?\p{L}+`
	spacedPunct        = `\s?\p{P}+`
	spacedASCIIPunct   = "\\s?[!-/:-~\uFF01-\uFF0F\uFF1A-\uFF5E\u2018-\u201F\u3000-\u3002]+"
	trailingSpace      = `\s+$`
	wideCJKPattern     = "[\u4E00-\u9FA5\u0800-\u4E00\uAC00-\uD7FF]+"
	spacedCasedOpening = `\s?[`
)

// casedLetters are the letters of DeepSeek LLM's pattern, which lists them.
var casedLetters = runeRanges{
	{0x41, 0x5A}, {0x61, 0x7A}, {0xB5, 0xB5}, {0xC0, 0xD6}, {0xD8, 0xF6}, {0xF8, 0x1BA},
	{0x1BC, 0x1BF}, {0x1C4, 0x293}, {0x295, 0x2AF}, {0x370, 0x373}, {0x376, 0x376}, {0x377, 0x377},
	{0x37B, 0x37D}, {0x37F, 0x37F}, {0x386, 0x386}, {0x388, 0x38A}, {0x38C, 0x38C}, {0x38E, 0x3A1},
	{0x3A3, 0x3F5}, {0x3F7, 0x481}, {0x48A, 0x52F}, {0x531, 0x556}, {0x10A0, 0x10C5}, {0x13A0, 0x13F5},
	{0x13F8, 0x13FD}, {0x1C90, 0x1CBA}, {0x1CBD, 0x1CBF}, {0x1D00, 0x1D2B}, {0x1D6B, 0x1D77},
	{0x1D79, 0x1D9A}, {0x1E00, 0x1F15}, {0x1F18, 0x1F1D}, {0x1F20, 0x1F45}, {0x1F48, 0x1F4D},
	{0x1F50, 0x1F57}, {0x1F59, 0x1F59}, {0x1F5B, 0x1F5B}, {0x1F5D, 0x1F5D}, {0x1F5F, 0x1F7D},
	{0x1F80, 0x1FB4}, {0x1FB6, 0x1FBC}, {0x1FBE, 0x1FBE}, {0x1FC2, 0x1FC4}, {0x1FC6, 0x1FCC},
	{0x1FD0, 0x1FD3}, {0x1FD6, 0x1FDB}, {0x1FE0, 0x1FEC}, {0x1FF2, 0x1FF4}, {0x1FF6, 0x1FFC},
	{0x2102, 0x2102}, {0x2107, 0x2107}, {0x210A, 0x2113}, {0x2115, 0x2115}, {0x2119, 0x211D},
	{0x2124, 0x2124}, {0x2126, 0x2126}, {0x2128, 0x2128}, {0x212A, 0x212D}, {0x212F, 0x2134},
	{0x2139, 0x2139}, {0x213C, 0x213F}, {0x2145, 0x2149}, {0x214E, 0x214E}, {0x2183, 0x2183},
	{0x2184, 0x2184}, {0x2C00, 0x2C7B}, {0x2C7E, 0x2CE4}, {0x2CEB, 0x2CEE}, {0x2CF2, 0x2CF2},
	{0x2CF3, 0x2CF3}, {0xA640, 0xA66D}, {0xA680, 0xA69B}, {0xA722, 0xA76F}, {0xA771, 0xA787},
	{0xA78B, 0xA78E}, {0xAB70, 0xABBF}, {0xFB00, 0xFB06}, {0xFB13, 0xFB17}, {0xFF21, 0xFF3A},
	{0xFF41, 0xFF5A}, {0x10400, 0x1044F}, {0x104B0, 0x104D3}, {0x104D8, 0x104FB}, {0x10C80, 0x10CB2},
	{0x10CC0, 0x10CF2}, {0x118A0, 0x118DF}, {0x1E900, 0x1E943},
}

var asciiPunct = runeRanges{{'!', '/'}, {':', '~'}, {0x2018, 0x201F}, {0x3000, 0x3002}, {0xFF01, 0xFF0F}, {0xFF1A, 0xFF5E}}

var wideCJK = runeRanges{{0x0800, 0x9FA5}, {0xAC00, 0xD7FF}}

// spacedCased is the pattern of casedLetters.
var spacedCased = spacedCasedOpening + casedLetters.pattern() + "]+"

// runeRanges are characters by first and last, in order.
type runeRanges [][2]rune

func (r runeRanges) has(c rune) bool {
	i := sort.Search(len(r), func(i int) bool { return r[i][1] >= c })
	return i < len(r) && r[i][0] <= c
}

// pattern is how the ranges stand in a class of a regular expression.
func (r runeRanges) pattern() string {
	var b strings.Builder
	for _, c := range r {
		b.WriteRune(c[0])
		if c[1] > c[0] {
			b.WriteString("-" + string(c[1]))
		}
	}
	return b.String()
}

// run returns the end of the longest run of the characters from s[i].
func (r runeRanges) run(s string, i int) int {
	for j, c := range s[i:] {
		if !r.has(c) {
			return i + j
		}
	}
	return len(s)
}

// match matches [...]+.
func (r runeRanges) match(s string, i int) int { return positive(r.run(s, i), i) }

// spaced returns what matches \s?x+, where run finds a run of x.
func (t *classTable) spaced(run func(s string, i int) int) matcher {
	return func(s string, i int) int {
		if c, n := t.at(s, i); c&isSpace != 0 {
			if end := run(s, i+n); end > i+n {
				return end
			}
		}
		return positive(run(s, i), i)
	}
}

// spacedClass is spaced for characters of a class.
func (t *classTable) spacedClass(any class) matcher {
	return t.spaced(func(s string, i int) int { return t.run(s, i, any) })
}

// newline matches newlinePattern.
func newline(s string, i int) int {
	if isNewline(s[i]) {
		return i + 1
	}
	return -1
}

// spacesAtEnd matches trailingSpace in a text without line breaks, which
// newlinePattern has taken before.
func (t *classTable) spacesAtEnd(s string, i int) int {
	if end := t.run(s, i, isSpace); end > i && end == len(s) {
		return end
	}
	return -1
}
