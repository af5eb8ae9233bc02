package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// spmNormalizer rewrites a text as SentencePiece does, in one pass: rules, of
// which the longest that applies wins; spaces trimmed, written visibly and put
// before or behind. User-defined pieces stay as they are.
type spmNormalizer struct {
	*sentencePiece
	rules *charsmap
	own   *trie
}

// normalize aligns as SentencePiece does: a character ends where the source of
// the one after it begins, so what is left out belongs to the one before it,
// and a space that is added comes from nowhere.
func (n *spmNormalizer) normalize(a aligned) aligned {
	o := spmOutput{source: a, text: make([]byte, 0, len(a.s)+len(a.s)/2+8)}
	o.space = " "
	if n.VisualSpace {
		o.space = visibleSpace
	}
	i := 0
	for n.TrimSpaces && i < len(a.s) {
		with, length := n.prefix(a.s[i:])
		if with != " " {
			break
		}
		i += length
	}
	if i == len(a.s) {
		return aligned{}
	}
	if n.AddSpace && !n.SpaceBehind {
		o.add(o.space, i)
	}
	afterSpace := n.TrimSpaces
	for i < len(a.s) {
		with, length := n.prefix(a.s[i:])
		for afterSpace && strings.HasPrefix(with, " ") {
			with = with[1:]
		}
		if with != "" {
			o.addSpaced(with, i)
			afterSpace = n.TrimSpaces && strings.HasSuffix(with, " ")
		}
		i += length
	}
	if n.TrimSpaces {
		i = o.trim(i)
	}
	if n.AddSpace && n.SpaceBehind {
		o.add(o.space, i)
	}
	return o.aligned(i)
}

// prefix returns what replaces the start of s, and the length of that start.
func (n *spmNormalizer) prefix(s string) (with string, length int) {
	if _, end := n.own.longest(s, 0); end > 0 {
		return s[:end], end
	}
	if with, length, ok := n.rules.find(s, true); ok {
		return with, length
	}
	length = runeLen(s[0])
	return s[:length], length
}

// spmOutput is a text that is written, and for each of its bytes the place in
// the source that it comes from.
type spmOutput struct {
	source aligned
	space  string
	text   []byte
	from   []int32
}

func (o *spmOutput) add(text string, from int) {
	o.text = append(o.text, text...)
	for range len(text) {
		o.from = append(o.from, int32(from))
	}
}

// addSpaced is add with spaces as they are to be written.
func (o *spmOutput) addSpaced(text string, from int) {
	for {
		at := strings.IndexByte(text, ' ')
		if at < 0 {
			o.add(text, from)
			return
		}
		o.add(text[:at], from)
		o.add(o.space, from)
		text = text[at+1:]
	}
}

// trim takes the spaces off the end. end is where the text before it ends in
// the source; trim returns it as it is then.
func (o *spmOutput) trim(end int) int {
	for strings.HasSuffix(string(o.text[max(0, len(o.text)-len(o.space)):]), o.space) {
		length := len(o.text) - len(o.space)
		end = int(o.from[length])
		o.text, o.from = o.text[:length], o.from[:length]
	}
	return end
}

// aligned returns the text, which ends at end in the source.
func (o *spmOutput) aligned(end int) aligned {
	place := func(i int) int32 {
		switch s := o.source; {
		case i < len(s.s):
			return int32(s.span(i, i+1).Start)
		default:
			return int32(s.span(i-1, i).End)
		}
	}
	b := aligned{s: string(o.text), start: make([]int32, len(o.text)), end: make([]int32, len(o.text))}
	next := place(end)
	for i := len(o.text); i > 0; {
		_, n := utf8.DecodeLastRuneInString(b.s[:i])
		start := place(int(o.from[i-n]))
		for k := i - n; k < i; k++ {
			b.start[k], b.end[k] = start, next
		}
		i -= n
		next = start
	}
	return b
}

// decodeSentencePiece returns the decoder of a tokenizer.model. The first
// piece loses the space that was put before the text.
func (t *Tokenizer) decodeSentencePiece(p *sentencePiece) func(ids []int32, skipSpecial bool) string {
	return func(ids []int32, skipSpecial bool) string {
		var b strings.Builder
		var run []byte
		begun := false // past the space that may be dropped
		write := func(text string) {
			b.WriteString(text)
			begun = begun || text != ""
		}
		flush := func() {
			write(string([]rune(string(run)))) // U+FFFD for each byte that is no character
			run = run[:0]
		}
		for _, id := range ids {
			piece := p.pieces[id]
			if piece.kind == typeByte {
				c, _ := byteToken(piece.text)
				run = append(run, c)
				continue
			}
			flush()
			switch piece.kind {
			case typeControl:
				if !skipSpecial {
					b.WriteString(piece.text)
				}
				continue
			case typeUnknown:
				write(p.UnknownText)
				continue
			}
			text := piece.text
			if !begun && (p.AddSpace || p.TrimSpaces) {
				var had bool
				text, had = strings.CutPrefix(text, visibleSpace)
				begun = had && !p.TrimSpaces
			}
			write(strings.ReplaceAll(text, visibleSpace, " "))
		}
		flush()
		return b.String()
	}
}
