package tokenizer

import "fmt"

// A pretokenizer is one stage that cuts the text into the pieces (words) that
// the model sees one by one.
type pretokenizer interface {
	pretokenize(*words) error
}

// words is a text cut into pieces, in order. Once spelled, every byte of a
// piece stands for its character in the byte alphabet.
type words struct {
	text    aligned
	pieces  []piece
	spare   []piece // for the next stage to write to
	spelled bool
}

// buildPretokenizers returns the stages and whether the words are spelled in
// the byte alphabet.
func buildPretokenizers(c *component) (all []pretokenizer, spelled bool, err error) {
	for _, p := range c.flatten(func(c *component) []component { return c.Pretokenizers }) {
		switch p.Type {
		case "ByteLevel":
			all = append(all, buildByteLevel(p, spelled)...)
			spelled = true
		case "Split":
			s, err := buildSplit(p)
			if err != nil {
				return nil, false, fmt.Errorf("%s: %w", p.Type, err)
			}
			all = append(all, s)
		case "Digits":
			b := contiguous
			if p.IndividualDigits {
				b = isolated
			}
			all = append(all, &splitter{match: ofClass(isDigits, true), behavior: b, starts: startsWith(isDigits)})
		case "Punctuation":
			b := isolated
			if p.Behavior != "" {
				if b, err = parseBehavior(p.Behavior); err != nil {
					return nil, false, fmt.Errorf("%s: %w", p.Type, err)
				}
			}
			all = append(all, &splitter{match: ofClass(isPunctuation, true), behavior: b, starts: startsWith(isPunctuation)})
		case "WhitespaceSplit":
			all = append(all, &splitter{match: ofClass(isSpace, true), behavior: removed, starts: startsWith(isSpace)})
		case "Metaspace":
			m, err := buildMetaspace(p)
			if err != nil {
				return nil, false, fmt.Errorf("%s: %w", p.Type, err)
			}
			all = append(all, m)
		default:
			return nil, false, typeError(p.Type, pretokenizerTypes...)
		}
	}
	return all, spelled, nil
}

func buildByteLevel(c component, again bool) []pretokenizer {
	var stages []pretokenizer
	if orTrue(c.AddPrefixSpace) {
		stages = append(stages, prefixSpace{})
	}
	if orTrue(c.UseRegex) {
		stages = append(stages, &splitter{match: classes().gpt2})
	}
	if again {
		return stages
	}
	return append(stages, spell{})
}

func buildSplit(c component) (*splitter, error) {
	b, err := parseBehavior(c.Behavior)
	if err != nil {
		return nil, err
	}
	s := &splitter{behavior: b, invert: c.Invert}
	switch p := c.Pattern; {
	case p != nil && p.String != nil && *p.String != "":
		s.match = literal(*p.String)
	case p != nil && p.Regex != nil && *p.Regex != "":
		if s.match, s.starts = knownPattern(*p.Regex); s.match == nil {
			s.regex, err = compileRegex(*p.Regex)
		}
	default:
		return nil, fmt.Errorf("pattern: want a String or a Regex that is not empty")
	}
	return s, err
}

// pretokenize cuts each piece.
func (p *splitter) pretokenize(w *words) (err error) {
	cuts := w.spare[:0]
	for _, whole := range w.pieces {
		part := w.text.s[whole.start:whole.end]
		first := len(cuts)
		if p.whole(part, w.spelled) {
			cuts = append(cuts, whole)
			continue
		}
		if w.spelled {
			cuts, err = p.cutSpelled(cuts, part)
		} else {
			cuts, err = p.cut(cuts, part)
		}
		if err != nil {
			return err
		}
		for i := first; i < len(cuts); i++ {
			cuts[i].start += whole.start
			cuts[i].end += whole.start
		}
	}
	w.pieces, w.spare = cuts, w.pieces
	return nil
}

// cutSpelled cuts s as spelled in the byte alphabet, where a cut may fall
// between the bytes of one character.
func (p *splitter) cutSpelled(dst []piece, s string) ([]piece, error) {
	first := len(dst)
	spelling := string(appendSpelled(nil, s))
	dst, err := p.cut(dst, spelling)
	if err != nil {
		return nil, err
	}
	at, raw := 0, 0 // a position in the spelling, and in s
	for i := first; i < len(dst); i++ {
		for _, position := range [...]*int32{&dst[i].start, &dst[i].end} {
			for at < int(*position) {
				at += spelledLen(s[raw])
				raw++
			}
			*position = int32(raw)
		}
	}
	return dst, nil
}

// spelledLen is the length of a byte's character in the byte alphabet.
func spelledLen(b byte) int {
	if byteRunes[b] < 0x80 {
		return 1
	}
	return 2
}

// spell marks the pieces as spelled in the byte alphabet. The bytes stay as
// they are: the model's vocabulary is held as bytes.
type spell struct{}

func (spell) pretokenize(w *words) error {
	w.spelled = true
	return nil
}

// prefixSpace puts a space before each piece that starts with none. It comes
// from the piece's first character.
type prefixSpace struct{}

func (prefixSpace) pretokenize(w *words) error {
	return w.rewrite(func(a aligned) aligned {
		if a.s != "" && a.s[0] == ' ' {
			return a
		}
		return prepend(" ").normalize(a)
	})
}

// rewrite replaces the text of each piece.
func (w *words) rewrite(change func(aligned) aligned) error {
	b := newAlignedBuilder(2 * len(w.text.s))
	for i, p := range w.pieces {
		a := change(w.text.slice(int(p.start), int(p.end)))
		start := b.s.Len()
		b.copy(a, 0, len(a.s))
		w.pieces[i] = piece{int32(start), int32(b.s.Len())}
	}
	w.text = b.aligned()
	return nil
}
