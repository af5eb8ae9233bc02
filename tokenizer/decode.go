package tokenizer

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A decoder turns the texts of tokens into text, step by step; at the end the
// results are joined.
type decoder func(tokens []string) []string

func buildDecoders(c *component) ([]decoder, error) {
	var all []decoder
	for _, d := range c.flatten(func(c *component) []component { return c.Decoders }) {
		switch d.Type {
		case "ByteLevel":
			all = append(all, decodeByteLevel)
		case "ByteFallback":
			all = append(all, decodeBytes)
		case "Fuse":
			all = append(all, func(tokens []string) []string { return []string{strings.Join(tokens, "")} })
		case "Replace":
			if d.Pattern == nil || d.Pattern.String == nil || *d.Pattern.String == "" {
				return nil, fmt.Errorf("%s: pattern: want a String that is not empty", d.Type)
			}
			all = append(all, decodeReplace(*d.Pattern.String, d.Content))
		case "Strip":
			if utf8.RuneCountInString(d.Content) != 1 {
				return nil, fmt.Errorf("%s: content: want one character, have %q", d.Type, d.Content)
			}
			all = append(all, decodeStrip(d.Content, d.Start, d.Stop))
		case "Metaspace":
			m, err := buildMetaspace(d)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", d.Type, err)
			}
			all = append(all, m.decode)
		default:
			return nil, typeError(d.Type, decoderTypes...)
		}
	}
	return all, nil
}

// decodeByteLevel joins the bytes of all tokens before it reads them as UTF-8.
// A token with a character outside the alphabet is text as it stands.
func decodeByteLevel(tokens []string) []string {
	var b strings.Builder
	for _, token := range tokens {
		if raw, ok := fromByteAlphabet(token); ok {
			b.WriteString(raw)
		} else {
			b.WriteString(token)
		}
	}
	return []string{wellFormed(b.String())}
}

// decodeBytes reads each run of tokens <0xNN> as UTF-8; where it is none, each
// of them is U+FFFD.
func decodeBytes(tokens []string) []string {
	out := make([]string, 0, len(tokens))
	var run []byte
	flush := func() {
		if utf8.Valid(run) {
			out = append(out, string(run))
		} else {
			out = append(out, strings.Repeat(replacement, len(run)))
		}
		run = run[:0]
	}
	for _, token := range tokens {
		if b, ok := byteToken(token); ok {
			run = append(run, b)
			continue
		}
		flush()
		out = append(out, token)
	}
	flush()
	return out
}

// byteToken returns the byte that a token <0xNN> stands for.
func byteToken(token string) (byte, bool) {
	if len(token) != len("<0x00>") || !strings.HasPrefix(token, "<0x") || token[5] != '>' {
		return 0, false
	}
	b, err := strconv.ParseUint(token[3:5], 16, 8)
	return byte(b), err == nil
}

func decodeReplace(old, new string) decoder {
	return func(tokens []string) []string {
		for i, token := range tokens {
			tokens[i] = strings.ReplaceAll(token, old, new)
		}
		return tokens
	}
}

// decodeStrip takes up to start and stop times content off both ends of each token.
func decodeStrip(content string, start, stop int) decoder {
	return func(tokens []string) []string {
		for i, token := range tokens {
			for n := 0; n < start && strings.HasPrefix(token, content); n++ {
				token = token[len(content):]
			}
			for n := 0; n < stop && strings.HasSuffix(token, content); n++ {
				token = token[:len(token)-len(content)]
			}
			tokens[i] = token
		}
		return tokens
	}
}

// decode turns the visible spaces into spaces, but for the one that was put
// before the text.
func (m *metaspace) decode(tokens []string) []string {
	for i, token := range tokens {
		if i == 0 && m.scheme != "never" {
			token = strings.ReplaceAll(strings.TrimPrefix(token, m.space), m.space, " ")
		}
		tokens[i] = strings.ReplaceAll(token, m.space, " ")
	}
	return tokens
}
