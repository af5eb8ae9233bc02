package tokenizer

import (
	"testing"
	"unicode/utf8"
)

// TestClasses compares the table of classes with the ranges that the reference
// library has, for every code point.
func TestClasses(t *testing.T) {
	var ranges map[string][][2]rune
	readJSON(t, "internal/genclasses/unicode_classes_hf_0.23.3.json", &ranges)
	for name, class := range map[string]class{
		"L": isLetter, "N": isNumber, "S_": isSpace, "P": isPunct, "S": isSymbol, "M": isMark, "Lu": isUpper, "Lt": isTitle,
		"Lm": isModifier, "Lo": isOtherLetter, "Ll": isLower, "d": isDecimal, "Digits": isDigits, "Punct": isPunctuation,
	} {
		want := make([]bool, utf8.MaxRune+1)
		if len(ranges[name]) == 0 {
			t.Fatalf("want ranges of %s, have none", name)
		}
		for _, r := range ranges[name] {
			for c := r[0]; c <= r[1]; c++ {
				want[c] = true
			}
		}
		for c := range rune(utf8.MaxRune + 1) {
			if have := classes().of(c)&class != 0; have != want[c] {
				t.Fatalf("%U in %s: want %t, have %t", c, name, want[c], have)
			}
		}
	}
	// Letters that Unicode 16 has and version 15 has not.
	for _, c := range []rune{0x1C89, 0xA7CB, 0x105C0, 0x2EBF0} {
		if classes().of(c)&isLetter == 0 {
			t.Errorf("%U: want a letter", c)
		}
	}
}
