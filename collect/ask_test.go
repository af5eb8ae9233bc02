package collect

import (
	"slices"
	"strings"
	"testing"
	"time"

	"premlp/collect/collecttest"
)

// openAsked opens the small model of tests.
func openAsked(t *testing.T) *Loaded {
	t.Helper()
	l, err := OpenModel(collecttest.Model(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// decoded decodes tokens.
func decoded(t *testing.T, l *Loaded, ids []int32) string {
	t.Helper()
	text, err := l.Tokenizer.Decode(ids, false)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAsk(t *testing.T) {
	l := openAsked(t)
	for _, chat := range []bool{false, true} {
		j := Job{Now: time.Now()}
		if chat {
			j.Chat = l.Chat
		}
		a, err := l.Ask(j, "What is the capital of France?", "France", "The capital is")
		if err != nil {
			t.Fatal(err)
		}
		if text := decoded(t, l, a.IDs); !strings.HasSuffix(text, "The capital is") || chat == strings.HasPrefix(text, "What") {
			t.Errorf("chat %v: have %q", chat, text)
		}
		if text := decoded(t, l, a.IDs[a.Concept[0]:a.Concept[1]]); strings.TrimSpace(text) != "France" {
			t.Errorf("chat %v: concept: have %q", chat, text)
		}
		if text := decoded(t, l, a.IDs[a.Answer:]); strings.TrimSpace(text) != "The capital is" {
			t.Errorf("chat %v: answer: have %q", chat, text)
		}
		plain, err := l.Ask(j, "What is the capital of France?", "France", "")
		if err != nil || plain.Answer != len(plain.IDs) || !slices.Equal(plain.IDs, a.IDs[:len(plain.IDs)]) {
			t.Errorf("chat %v: without an answer: have %v, %v", chat, plain, err)
		}
		next, err := l.NextToken(j, "What is the capital of France?", "France", "The capital is", "Paris")
		if err != nil || next != l.next(t, j, a, " Paris") {
			t.Errorf("chat %v: next token: have %d, %v", chat, next, err)
		}
	}
}

// next is the token that a text begins with behind a prompt, by the tokens of all.
func (l *Loaded) next(t *testing.T, j Job, a Asked, text string) int32 {
	t.Helper()
	enc, err := l.Tokenizer.Encode(decoded(t, l, a.IDs)+text, false)
	if err != nil {
		t.Fatal(err)
	}
	return enc.IDs[len(a.IDs)]
}

func TestAskRefuses(t *testing.T) {
	l := openAsked(t)
	j := Job{Chat: l.Chat, Now: time.Now()}
	if _, err := l.Ask(j, "What is the capital of Nigeria?", "Niger", "x"); err == nil || !strings.Contains(err.Error(), "inside other words") {
		t.Errorf("a concept inside a word: have %v", err)
	}
	if _, err := l.Ask(j, "What is France?", "France", strings.Repeat("long ", 200)); err == nil || !strings.Contains(err.Error(), "model's context") {
		t.Errorf("too long: have %v", err)
	}
	if _, err := l.NextToken(j, "What is France?", "France", "The capital is", ""); err == nil {
		t.Error("an empty answer: want an error")
	}
}
