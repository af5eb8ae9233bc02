package tokenizer

import "strings"

// knownPattern returns the hand-written matcher of a regular expression that
// published tokenizers use, recognised by its exact text, or nil.
func knownPattern(pattern string) matcher {
	t := classes()
	switch pattern {
	case gpt2Pattern:
		return t.gpt2
	case llama3Pattern:
		return t.llama3
	case qwen2Pattern:
		return t.qwen2
	case gpt4oPattern:
		return t.gpt4o
	case tekkenPattern:
		return t.tekken
	case digits3Pattern:
		return t.numbers3
	case digitPattern:
		return t.number
	case cjkPattern:
		return cjk
	case deepseekPattern:
		return t.deepseek
	case bloomPattern, bloomFlat:
		return t.bloom
	case falcon3Digits:
		return threeDigits
	}
	return nil
}

// literal matches a fixed text.
func literal(text string) matcher {
	return func(s string, i int) int {
		if strings.HasPrefix(s[i:], text) {
			return i + len(text)
		}
		return -1
	}
}

// ofClass matches one character of a class, or the longest run of them.
func ofClass(any class, single bool) matcher {
	t := classes()
	return func(s string, i int) int {
		c, n := t.at(s, i)
		switch {
		case c&any == 0:
			return -1
		case single:
			return i + n
		}
		return t.run(s, i+n, any)
	}
}
