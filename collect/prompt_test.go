package collect

import (
	"strings"
	"testing"
	"time"

	"premlp/tokenizer"
)

// chatml is the form of many models: a system message, then the user's.
const chatml = `{% for m in messages %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`

// chat parses a template.
func chat(t testing.TB, source string) *tokenizer.ChatTemplate {
	t.Helper()
	c, err := tokenizer.ParseChatTemplate(source, map[string]string{"bos_token": "<s>"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The place of the question is right also where its text stands elsewhere too,
// or the template drops spaces around it; a template that changes it is refused.
func TestPromptPlace(t *testing.T) {
	const question = "Where is France?"
	for _, c := range []struct {
		name, template string
		system         string
		question       string
		want           string // the prompt, with | where the text would begin
		err            string
	}{
		{"bare", "{{ messages[0].content }}", "", question, "|Where is France?", ""},
		{"around", "a {{ messages[0].content }} b", "", question, "a |Where is France? b", ""},
		{"in the system message too", chatml, question, question,
			"<|im_start|>system\nWhere is France?<|im_end|>\n<|im_start|>user\n|Where is France?<|im_end|>\n<|im_start|>assistant\n", ""},
		{"in the template too", "Where is France? {{ messages[0].content }} Where is France?", "", question,
			"Where is France? |Where is France? Where is France?", ""},
		{"trimmed", "a {{ messages[0].content | trim }}b", "", "\n " + question + "\t", "|", ""},
		{"trimmed on the right", "a{{ messages[0].content.rstrip() }}b", "", " " + question + " ", "a| Where is France?b", ""},
		{"placeholder in the system message", chatml, "premlp:question:placeholder", question,
			"<|im_start|>system\npremlp:question:placeholder<|im_end|>\n<|im_start|>user\n|Where is France?<|im_end|>\n<|im_start|>assistant\n", ""},
		{"placeholder in the template", "premlp:question:placeholder{{ messages[0].content }}", "", question, "premlp:question:placeholder|Where is France?", ""},
		{"the day", "{{ strftime_now('%Y') }} {{ messages[0].content }}", "", question, "2024 |Where is France?", ""},
		{"twice", "{{ messages[0].content }}{{ messages[0].content }}", "", question, "", "once in the prompt, have it 2 times"},
		{"never", "{{ messages[0].role }}", "", question, "", "once in the prompt, have it 0 times"},
		{"upper case", "{{ messages[0].content | upper }}", "", question, "", "have it 0 times"},
		{"escaped", "a {{ messages[0].content | replace('?', '!') }} b", "", question, "", `want the question unchanged between "a " and " b"`},
		{"cut", "{{ messages[0].content[:30] }}", "", "What is the longest river of France?", "", "want the question unchanged"},
		{"depends on the question", "{% if 'France' in messages[0].content %}x{% endif %}{{ messages[0].content }}", "", question, "", "want the question unchanged"},
		{"raises", "{{ raise_exception('no') }}", "", question, "", "no"},
		{"only space is left", "{{ messages[0].content }}", "", " ", "| ", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := Job{Chat: chat(t, c.template), Now: time.Date(2024, 7, 26, 0, 0, 0, 0, time.UTC)}
			if c.system != "" {
				j.System = &c.system
			}
			p, err := newPrompter(j)
			var prompt string
			var at int
			if err == nil {
				prompt, at, err = p.prompt(c.question)
			}
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("want an error with %q, have %q, %v", c.err, prompt, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if c.name == "trimmed" { // the text would begin two bytes earlier
				if prompt != "a Where is France?b" || at != 0 {
					t.Fatalf("want the text at 0, have %q at %d", prompt, at)
				}
				return
			}
			if have := prompt[:at] + "|" + prompt[at:]; have != c.want {
				t.Fatalf("want %q, have %q", c.want, have)
			}
		})
	}
}
