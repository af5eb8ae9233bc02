package tokenizer

import "strings"

// knownPattern returns the hand-written matcher of a regular expression that
// published tokenizers use, recognised by its exact text, or nil, and where its
// matches start.
func knownPattern(pattern string) (matcher, *startBytes) {
	t := classes()
	switch pattern {
	case gpt2Pattern:
		return t.gpt2, nil
	case llama3Pattern:
		return t.llama3, nil
	case qwen2Pattern:
		return t.qwen2, nil
	case qwen35Pattern:
		return t.qwen35, nil
	case seedPattern:
		return t.seed, nil
	case gpt4oPattern:
		return t.gpt4o, nil
	case tekkenPattern:
		return t.tekken, nil
	case digits3Pattern:
		return t.numbers3, startsWith(isNumber)
	case digitPattern:
		return t.number, startsWith(isNumber)
	case cjkPattern:
		return cjk, newStartBytes(isCJK)
	case deepseekPattern:
		return t.deepseek, nil
	case newlinePattern:
		return newline, newStartBytes(func(r rune) bool { return r == '\r' || r == '\n' })
	case spacedLetters:
		return t.spacedClass(isLetter), startsWith(isLetter | isSpace)
	case spacedPunct:
		return t.spacedClass(isPunct), startsWith(isPunct | isSpace)
	case spacedASCIIPunct:
		return t.spaced(asciiPunct.run), nil
	case spacedCased:
		return t.spaced(casedLetters.run), nil
	case trailingSpace:
		return t.spacesAtEnd, startsWith(isSpace)
	case wideCJKPattern:
		return wideCJK.match, newStartBytes(wideCJK.has)
	case bloomPattern, bloomFlat:
		return t.bloom, nil
	case falcon3Digits:
		return threeDigits, newStartBytes(isASCIIDigit)
	}
	return nil, nil
}

// startsWith tells where matches start that start with a character of a class.
func startsWith(any class) *startBytes {
	return newStartBytes(func(r rune) bool { return classes().of(r)&any != 0 })
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
