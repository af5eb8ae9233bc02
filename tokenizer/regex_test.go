package tokenizer

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dlclark/regexp2"
)

// TestMatchers compares the hand-written matchers with the regular expressions
// they stand for, on characters that both know alike.
func TestMatchers(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for name, pattern := range map[string]string{
		"gpt2": gpt2Pattern, "llama3": llama3Pattern, "qwen2": qwen2Pattern, "gpt4o": gpt4oPattern, "tekken": tekkenPattern,
		"digits": digits3Pattern, "digit": digitPattern, "cjk": cjkPattern, "deepseek": deepseekPattern, "bloom": bloomFlat, "falcon": falcon3Digits,
		"qwen35": qwen35Pattern, "seed": seedPattern, "newline": newlinePattern, "letters": spacedLetters, "punct": spacedPunct,
		"cased": spacedCased, "ascii punct": spacedASCIIPunct, "wide cjk": wideCJKPattern,
	} {
		match, starts := knownPattern(pattern)
		byHand := &splitter{match: match, starts: starts}
		if byHand.match == nil {
			t.Fatalf("%s: want a matcher", name)
		}
		byRegex := &splitter{regex: &regex{regexp2.MustCompile(pattern, regexp2.None)}}
		for range 1500 {
			// regexp2 does not fold U+017F; TestLongS states what is right.
			text := strings.ReplaceAll(randomText(random), "'\u017F", "'s")
			want, err := byRegex.cut(nil, text)
			if err != nil {
				t.Fatal(err)
			}
			if have, err := byHand.cut(nil, text); err != nil || !slices.Equal(have, want) {
				t.Fatalf("%s: %q: want %v, have %v (%v)", name, text, want, have, err)
			}
		}
	}
}

func TestBehaviors(t *testing.T) {
	cut := func(behavior string, invert bool) []piece {
		b, err := parseBehavior(behavior)
		if err != nil {
			t.Fatal(err)
		}
		s := &splitter{match: literal("-"), behavior: b, invert: invert}
		pieces, err := s.cut(nil, "the-final--countdown")
		if err != nil {
			t.Fatal(err)
		}
		return pieces
	}
	// The documented examples of the Hugging Face library, as byte positions.
	for behavior, want := range map[string][]piece{
		"Removed":            {{0, 3}, {4, 9}, {11, 20}},
		"Isolated":           {{0, 3}, {3, 4}, {4, 9}, {9, 10}, {10, 11}, {11, 20}},
		"MergedWithPrevious": {{0, 4}, {4, 10}, {10, 11}, {11, 20}},
		"MergedWithNext":     {{0, 3}, {3, 9}, {9, 10}, {10, 20}},
		"Contiguous":         {{0, 3}, {3, 4}, {4, 9}, {9, 11}, {11, 20}},
	} {
		if have := cut(behavior, false); !slices.Equal(have, want) {
			t.Errorf("%s: want %v, have %v", behavior, want, have)
		}
	}
	if have, want := cut("Removed", true), []piece{{3, 4}, {9, 10}, {10, 11}}; !slices.Equal(have, want) {
		t.Errorf("Removed, inverted: want %v, have %v", want, have)
	}
}

func TestForeignSyntax(t *testing.T) {
	for _, pattern := range []string{
		`(?i)a`, `(?<n>a)`, `[a[b]]`, `[a&&b]`, `a++`, `a?+`, `a*+`, `a{1}+`, `a{,3}`, `^a`, `a$`, `.`, `\ba`, `\w`, `\h`, `\R`, `\d`, `[]a]`, `[^]a]`, `a\`,
	} {
		if _, err := compileRegex(pattern); err == nil {
			t.Errorf("%s: want an error", pattern)
		}
	}
	for _, pattern := range []string{`[a-c]+`, ` ?\p{Lu}+(?!x)`, `(?:ab)+|a`, `\s+(?=\S)`, `[\[\]\-]`, `a{1,3}`} {
		if _, err := compileRegex(pattern); err != nil {
			t.Errorf("%s: %v", pattern, err)
		}
	}
}

// TestRegexTimeout: a pattern that takes exponential time ends with an error.
func TestRegexTimeout(t *testing.T) {
	r, err := compileRegex(`(?:a|aa)+(?!a)b`)
	if err != nil {
		t.Fatal(err)
	}
	r.re.MatchTimeout = 50 * time.Millisecond
	if _, err := r.matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"); err == nil {
		t.Error("want an error")
	}
}
