package tokenizer

import "strings"

const (
	// bloomPattern's inner brackets are a nested class to the engine it was
	// written for, so the class excludes the same characters as bloomFlat's.
	bloomPattern  = ` ?[^(\s|[.,!?…。，、।۔،])]+`
	bloomFlat     = ` ?[^(\s|.,!?…。，、।۔،)]+`
	falcon3Digits = `[0-9][0-9][0-9]`
)

// bloom matches bloomPattern.
func (t *classTable) bloom(s string, i int) int {
	if s[i] == ' ' {
		i++
	}
	end := i
	for end < len(s) {
		c, n := t.at(s, end)
		if c&isSpace != 0 || strings.Contains("(|.,!?…。，、।۔،)", s[end:end+n]) {
			break
		}
		end += n
	}
	return positive(end, i)
}

// threeDigits matches falcon3Digits.
func threeDigits(s string, i int) int {
	if i+3 > len(s) {
		return -1
	}
	for _, c := range []byte(s[i : i+3]) {
		if !isASCIIDigit(rune(c)) {
			return -1
		}
	}
	return i + 3
}

func isASCIIDigit(r rune) bool { return r >= '0' && r <= '9' }
