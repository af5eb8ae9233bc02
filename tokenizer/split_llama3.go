package tokenizer

const (
	llama3Pattern = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	qwen2Pattern  = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	qwen35Pattern = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	seedPattern   = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1}| ?[^\\s\\p{L}\\p{N}\r\n]+|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"
)

// llama3 matches llama3Pattern.
func (t *classTable) llama3(s string, i int) int { return t.words(s, i, 3, isLetter, true) }

// qwen2 matches qwen2Pattern.
func (t *classTable) qwen2(s string, i int) int { return t.words(s, i, 1, isLetter, true) }

// qwen35 matches qwen35Pattern.
func (t *classTable) qwen35(s string, i int) int { return t.words(s, i, 1, isLetter|isMark, true) }

// seed matches seedPattern.
func (t *classTable) seed(s string, i int) int { return t.words(s, i, 1, isLetter, false) }

// words matches these patterns: word is what words are made of; with breaks a
// run of other characters takes the line breaks after it.
func (t *classTable) words(s string, i, maxDigits int, word class, breaks bool) int {
	if end := foldedContraction(s, i); end > 0 {
		return end
	}
	c, n := t.at(s, i)
	if c&word != 0 {
		return t.run(s, i+n, word)
	}
	if c&isNumber != 0 {
		return t.digits(s, i, maxDigits)
	}
	if !isNewline(s[i]) {
		if next, m := t.at(s, i+n); next&word != 0 {
			return t.run(s, i+n+m, word)
		}
	}
	if end := t.marks(s, i, isSpace|isNumber|word); end > 0 {
		if breaks {
			end = tail(s, end, "")
		}
		return end
	}
	return t.lines(s, i)
}

// digits matches \p{N}{1,max} at a number.
func (t *classTable) digits(s string, i, max int) int {
	for range max {
		c, n := t.at(s, i)
		if c&isNumber == 0 {
			break
		}
		i += n
	}
	return i
}

// marks matches " ?[^none]+", or returns -1.
func (t *classTable) marks(s string, i int, none class) int {
	if s[i] == ' ' {
		i++
	}
	c, n := t.at(s, i)
	if n == 0 || c&none != 0 {
		return -1
	}
	return t.runNot(s, i+n, none)
}

// tail matches [\r\n and also]*.
func tail(s string, i int, also string) int {
	for i < len(s) && (isNewline(s[i]) || also != "" && s[i] == also[0]) {
		i++
	}
	return i
}

// lines matches \s*[\r\n]+|\s+(?!\S)|\s+, or returns -1. The first
// alternative reaches to the last line break of the run of white space.
func (t *classTable) lines(s string, i int) int {
	end, lastBreak := i, -1
	for {
		c, n := t.at(s, end)
		if n == 0 || c&isSpace == 0 {
			break
		}
		if isNewline(s[end]) {
			lastBreak = end + 1
		}
		end += n
	}
	switch {
	case end == i:
		return -1
	case lastBreak > 0:
		return lastBreak
	}
	return t.spaces(s, i)
}

func isNewline(c byte) bool { return c == '\r' || c == '\n' }
