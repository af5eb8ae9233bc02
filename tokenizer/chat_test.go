package tokenizer

import (
	"os"
	"strings"
	"testing"
	"time"
)

// TestChatTemplate compares with transformers (testdata/chat/generate.py).
// PREMLP_CHAT_GOLDEN may name more cases of the same form.
func TestChatTemplate(t *testing.T) {
	checkChat(t, "testdata/chat/golden.json")
	if more := os.Getenv("PREMLP_CHAT_GOLDEN"); more != "" {
		checkChat(t, more)
	}
}

func checkChat(t *testing.T, path string) {
	var golden struct {
		Now           time.Time
		Tokens        map[string]string
		Conversations [][]Message
		Cases         []struct {
			Template     string
			Conversation int
			Generation   bool
			Text, Error  *string
			Refused      bool
		}
	}
	readJSON(t, path, &golden)
	if len(golden.Cases) < 100 {
		t.Fatalf("want at least 100 cases, have %d", len(golden.Cases))
	}
	for _, c := range golden.Cases {
		text, err := renderChat(c.Template, golden.Tokens, golden.Conversations[c.Conversation], c.Generation, golden.Now)
		switch {
		case c.Refused && err == nil:
			t.Errorf("%q: want it refused, have %q", c.Template, text)
		case c.Refused:
			t.Logf("%q: %v", c.Template, err)
		case c.Error != nil && err == nil:
			t.Errorf("%q, conversation %d: want error %q, have %q", c.Template, c.Conversation, *c.Error, text)
		case c.Error == nil && err != nil:
			t.Errorf("%q, conversation %d: want %q, have error %v", c.Template, c.Conversation, *c.Text, err)
		case c.Error == nil && text != *c.Text:
			t.Errorf("%q, conversation %d: want %q, have %q", c.Template, c.Conversation, *c.Text, text)
		}
	}
}

func renderChat(source string, tokens map[string]string, messages []Message, generation bool, now time.Time) (string, error) {
	c, err := ParseChatTemplate(source, tokens)
	if err != nil {
		return "", err
	}
	return c.Render(messages, generation, now)
}

func TestChatTemplateSmolLM2(t *testing.T) {
	var golden struct {
		Template string
		Prompts  []struct{ Question, Prompt string }
	}
	readJSON(t, "testdata/chat/smollm2.json", &golden)
	if len(golden.Prompts) != 6 {
		t.Fatalf("want 6 prompts, have %d", len(golden.Prompts))
	}
	for _, p := range golden.Prompts {
		text, err := renderChat(golden.Template, nil, []Message{{"user", p.Question}}, true, time.Time{})
		if err != nil || text != p.Prompt {
			t.Errorf("want %q, have %q (%v)", p.Prompt, text, err)
		}
	}
}

func TestChatTemplateBounds(t *testing.T) {
	for name, source := range map[string]string{
		"endless recursion":  "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
		"nested loops":       strings.Repeat("{% for x in range(1000) %}", 6) + strings.Repeat("{% endfor %}", 6),
		"huge range":         "{{ range(1000000000000) }}",
		"doubling":           "{% set x = 'abcdefgh' %}" + strings.Repeat("{% set x = x ~ x %}", 60),
		"doubling in loops":  "{% set x = 'a' %}" + strings.Repeat("{% for x in [x ~ x] %}", 60) + strings.Repeat("{% endfor %}", 60),
		"doubling by macro":  "{% macro f(x) %}{{ f(x ~ x) }}{% endmacro %}{{ f('abcdefgh') }}",
		"value within self":  "{% set n = namespace() %}{% set n.a = n %}{{ n }}",
		"list within self":   "{% set l = [] %}{{ l.append(l) }}{{ l }}",
		"deep blocks":        strings.Repeat("{% if true %}", 1000) + strings.Repeat("{% endif %}", 1000),
		"long expression":    "{{ " + strings.Repeat("(", 100000) + " }}",
		"long source":        strings.Repeat("a", maxTemplate+1),
		"huge repeat":        "{{ 'a' * 1000000000000 }}",
		"huge power":         "{{ 2 ** 1000000000 }}",
		"deep expression":    "{{ " + strings.Repeat("not ", 2000) + "true }}",
		"reserved name":      "{{ __leave() }}",
		"unclosed block":     "{% for m in messages %}",
		"wrong end":          "{% for m in messages %}{% endif %}",
		"unclosed tag":       "{{ messages",
		"unclosed string":    "{{ 'messages }}",
		"unclosed raw":       "{% raw %}{% endra %}",
		"unclosed comment":   "{# x",
		"unknown statement":  "{% include 'x' %}",
		"set of two":         "{% set a, b = 1, 2 %}",
		"set of nothing":     "{% set a. %}",
		"empty expression":   "{{ }}",
		"empty statement":    "{% %}",
		"strange character":  "{{ a ; b }}",
		"unbalanced bracket": "{{ a) }}",
	} {
		start := time.Now()
		if text, err := renderChat(source, nil, []Message{{"user", "x"}}, true, time.Time{}); err == nil {
			t.Errorf("%s: want an error, have %d bytes", name, len(text))
		} else if !strings.HasPrefix(err.Error(), "chat template: ") {
			t.Errorf("%s: want where, have %v", name, err)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
	}
}

func TestStrftime(t *testing.T) {
	at := time.Date(2024, 7, 4, 9, 5, 3, 120_000_000, time.UTC)
	for format, want := range map[string]string{
		"%d %b %Y": "04 Jul 2024", "%-d.%-m.": "4.7.", "%e|%H%%": " 4|09%", "%j %w %u %f": "186 4 4 120000", "%F %T %Z": "2024-07-04 09:05:03 UTC",
	} {
		if have, err := strftime(format, at); err != nil || have != want {
			t.Errorf("%q: want %q, have %q (%v)", format, want, have, err)
		}
	}
	for _, format := range []string{"%", "%Q", "x%-"} {
		if have, err := strftime(format, at); err == nil {
			t.Errorf("%q: want an error, have %q", format, have)
		}
	}
}
