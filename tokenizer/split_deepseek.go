package tokenizer

const (
	digits3Pattern  = `\p{N}{1,3}`
	digitPattern    = `\p{N}`
	cjkPattern      = "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+"
	deepseekPattern = "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"
)

// numbers3 matches digits3Pattern.
func (t *classTable) numbers3(s string, i int) int {
	return positive(t.digits(s, i, 3), i)
}

// number matches digitPattern.
func (t *classTable) number(s string, i int) int {
	return positive(t.digits(s, i, 1), i)
}

// positive makes an empty match none.
func positive(end, i int) int {
	if end == i {
		return -1
	}
	return end
}

// cjk matches cjkPattern: a run of unified ideographs, Hiragana and Katakana.
func cjk(s string, i int) int {
	end := i
	for j, r := range s[i:] {
		if !isCJK(r) {
			break
		}
		end = i + j + 3 // each of these characters takes three bytes
	}
	return positive(end, i)
}

func isCJK(r rune) bool {
	return r >= 0x4e00 && r <= 0x9fa5 || r >= 0x3040 && r <= 0x30ff
}

// deepseek matches deepseekPattern. It matches no numbers and controls.
func (t *classTable) deepseek(s string, i int) int {
	if isASCIIPunct(s[i]) && i+1 < len(s) && isASCIILetter(s[i+1]) {
		end := i + 2
		for end < len(s) && isASCIILetter(s[end]) {
			end++
		}
		return end
	}
	const word = isLetter | isMark
	c, n := t.at(s, i)
	if c&(isLetter|isPunct|isSymbol) == 0 && !isNewline(s[i]) {
		if next, m := t.at(s, i+n); next&word != 0 {
			return t.run(s, i+n+m, word)
		}
	}
	if c&word != 0 {
		return t.run(s, i+n, word)
	}
	j := i
	if s[i] == ' ' {
		j++
	}
	if end := t.run(s, j, isPunct|isSymbol); end > j {
		return tail(s, end, "")
	}
	return t.lines(s, i)
}

func isASCIILetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isASCIIPunct(c byte) bool {
	return c > ' ' && c < 0x7f && !isASCIILetter(c) && (c < '0' || c > '9')
}
