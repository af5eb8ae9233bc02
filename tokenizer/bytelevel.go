package tokenizer

import "unicode/utf8"

// byteRunes is GPT-2's byte alphabet: the printable bytes of Latin-1 stand for
// themselves, the other 68 for U+0100, U+0101, ... in order (Radford et al.
// 2019, bytes_to_unicode).
var byteRunes = func() (runes [256]rune) {
	next := rune(0x100)
	for b := range runes {
		switch {
		case b >= '!' && b <= '~', b >= 0xA1 && b <= 0xAC, b >= 0xAE && b <= 0xFF:
			runes[b] = rune(b)
		default:
			runes[b] = next
			next++
		}
	}
	return runes
}()

// runeBytes is the inverse of byteRunes; -1 marks a character outside it.
var runeBytes = func() (bytes [0x144]int16) {
	for i := range bytes {
		bytes[i] = -1
	}
	for b, r := range byteRunes {
		bytes[r] = int16(b)
	}
	return bytes
}()

// appendSpelled appends the bytes of s as the byte alphabet spells them.
func appendSpelled(dst []byte, s string) []byte {
	for i := range len(s) {
		dst = utf8.AppendRune(dst, byteRunes[s[i]])
	}
	return dst
}

// fromByteAlphabet returns the bytes that a token of a byte-level vocabulary
// spells, or false where it holds a character outside the alphabet.
func fromByteAlphabet(token string) (string, bool) {
	raw := make([]byte, 0, len(token))
	for i := 0; i < len(token); {
		r, n := utf8.DecodeRuneInString(token[i:])
		if r >= rune(len(runeBytes)) || runeBytes[r] < 0 || (r == utf8.RuneError && n == 1) {
			return "", false
		}
		raw = append(raw, byte(runeBytes[r]))
		i += n
	}
	return string(raw), true
}
