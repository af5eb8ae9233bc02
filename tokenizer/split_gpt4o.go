package tokenizer

const (
	gpt4oPattern  = `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	tekkenPattern = `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`

	caseHead = isUpper | isTitle | isModifier | isOtherLetter | isMark
	caseTail = isLower | isModifier | isOtherLetter | isMark
)

// gpt4o matches gpt4oPattern.
func (t *classTable) gpt4o(s string, i int) int {
	return t.casedWords(s, i, 3, true)
}

// tekken matches tekkenPattern.
func (t *classTable) tekken(s string, i int) int {
	return t.casedWords(s, i, 1, false)
}

func (t *classTable) casedWords(s string, i, maxDigits int, contractions bool) int {
	c, n := t.at(s, i)
	if c&isNumber != 0 {
		return t.digits(s, i, maxDigits)
	}
	if end := t.casedWord(s, i, c, n); end > 0 {
		if contractions {
			if with := foldedContraction(s, end); with > 0 {
				return with
			}
		}
		return end
	}
	if end := t.marks(s, i, isSpace|isLetter|isNumber); end > 0 {
		return tail(s, end, "/")
	}
	return t.lines(s, i)
}

// casedWord matches the two alternatives for words, each first with a leading
// character that is no letter, number or line break, then without; or returns
// -1. c and n are the classes and length of the character at s[i].
func (t *classTable) casedWord(s string, i int, c class, n int) int {
	lead := c&(isLetter|isNumber) == 0 && !isNewline(s[i])
	for _, match := range [...]func(string, int) int{t.headsTail, t.headTails} {
		if lead {
			if end := match(s, i+n); end > 0 {
				return end
			}
		}
		if end := match(s, i); end > 0 {
			return end
		}
	}
	return -1
}

// headsTail matches head*tail+, or returns -1. Where the character after the
// run of heads is no tail, the run gives back characters up to its last one
// that is both.
func (t *classTable) headsTail(s string, i int) int {
	end, both := i, -1
	for {
		c, n := t.at(s, end)
		switch {
		case c&caseHead != 0:
			end += n
			if c&caseTail != 0 {
				both = end
			}
			continue
		case c&caseTail != 0:
			return t.run(s, end+n, caseTail)
		}
		return both
	}
}

// headTails matches head+tail*, or returns -1.
func (t *classTable) headTails(s string, i int) int {
	end := t.run(s, i, caseHead)
	if end == i {
		return -1
	}
	return t.run(s, end, caseTail)
}
