package collect

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"premlp/collect/collecttest"
	"premlp/tokenizer"
)

// edited is the small model's folder with files replaced, or removed where the
// text is "".
func edited(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := collecttest.Model(t, 1)
	for name, text := range files {
		path := filepath.Join(dir, name)
		err := os.WriteFile(path, []byte(text), 0o644)
		if text == "" {
			err = os.Remove(path)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// A folder's chat template is found in each of the places and forms in use.
func TestOpenChat(t *testing.T) {
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string // what it renders for "hi"; "" for no template
		err   string
	}{
		{"text", map[string]string{"tokenizer_config.json": `{"chat_template": "<{{ messages[0].content }}>"}`}, "<hi>", ""},
		{"list", map[string]string{"tokenizer_config.json": `{"chat_template": [{"name": "rag", "template": "no"}, {"name": "default", "template": "[{{ messages[0].content }}]"}]}`}, "[hi]", ""},
		{"list without default", map[string]string{"tokenizer_config.json": `{"chat_template": [{"name": "rag", "template": "no"}, {"name": "tool_use", "template": "no"}]}`}, "", "want one named default, have rag, tool_use"},
		{"own file", map[string]string{"chat_template.jinja": "file {{ messages[0].content }}"}, "file hi", ""},
		{"own file alone", map[string]string{"tokenizer_config.json": "", "chat_template.jinja": "file {{ messages[0].content }}"}, "file hi", ""},
		{"tokens as text", map[string]string{"tokenizer_config.json": `{"chat_template": "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}", "bos_token": "<s>", "eos_token": "</s>"}`}, "<s>hi</s>", ""},
		{"tokens as objects", map[string]string{"tokenizer_config.json": `{"chat_template": "{{ bos_token }}{{ messages[0].content }}", "bos_token": {"content": "<b>", "lstrip": false}, "eos_token": null}`}, "<b>hi", ""},
		{"tokens for the own file", map[string]string{"chat_template.jinja": "{{ bos_token }}{{ messages[0].content }}"}, "<|im_start|>hi", ""},
		{"none", map[string]string{"tokenizer_config.json": `{"model_max_length": 10}`}, "", ""},
		{"null", map[string]string{"tokenizer_config.json": `{"chat_template": null}`}, "", ""},
		{"no files", map[string]string{"tokenizer_config.json": ""}, "", ""},
		{"broken JSON", map[string]string{"tokenizer_config.json": `{"chat_template"`}, "", "tokenizer_config.json"},
		{"broken template", map[string]string{"tokenizer_config.json": `{"chat_template": "{% if %}"}`}, "", "template"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, err := OpenModel(edited(t, c.files))
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("want %q, have %v", c.err, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			have := ""
			if l.Chat != nil {
				if have, err = l.Chat.Render([]tokenizer.Message{{Role: "user", Content: "hi"}}, true, time.Time{}); err != nil {
					t.Fatal(err)
				}
			}
			if have != c.want {
				t.Errorf("want %q, have %q", c.want, have)
			}
		})
	}
}

func TestOpenModelRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"no tokenizer", map[string]string{"tokenizer.json": ""}, "want tokenizer.json or tokenizer.model beside config.json"},
		{"broken tokenizer", map[string]string{"tokenizer.json": "{}"}, "tokenizer"},
		{"no config", map[string]string{"config.json": ""}, "config.json"},
	} {
		if l, err := OpenModel(edited(t, c.files)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want %q, have %v, %v", c.name, c.want, l, err)
		}
	}
}

// A folder without tokenizer.json has its tokenizer in tokenizer.model.
func TestOpenSentencePiece(t *testing.T) {
	model, err := os.ReadFile("../tokenizer/testdata/sentencepiece/llama.model")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		files map[string]string
		first string // the first token of a text
		err   string
	}{
		{"plain", nil, "<s>", ""},
		{"without <s>", map[string]string{"tokenizer_config.json": `{"add_bos_token": false}`}, "▁", ""},
		{"known tokens", map[string]string{"tokenizer_config.json": `{"added_tokens_decoder": {"1": {"content": "<s>"}}}`, "added_tokens.json": `{"</s>": 2}`}, "<s>", ""},
		{"a token beside it", map[string]string{"added_tokens.json": `{"<image>": 700}`}, "", "want all tokens in it, or a tokenizer.json; <image> is added beside it"},
		{"broken list", map[string]string{"added_tokens.json": `{`}, "", "added_tokens.json"},
		{"broken model", map[string]string{"tokenizer.model": "\x0a\x09"}, "", "byte 0: want a field of 9 bytes, have 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{"tokenizer.json": "", "tokenizer.model": string(model)}
			maps.Copy(files, c.files)
			l, err := OpenModel(edited(t, files))
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("want %q, have %v", c.err, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			e, err := l.Tokenizer.Encode("France", true)
			if err != nil {
				t.Fatal(err)
			}
			first, _ := l.Tokenizer.Token(e.IDs[0])
			if !strings.HasPrefix(first, c.first) {
				t.Errorf("want %q first, have %q", c.first, first)
			}
		})
	}
}

// A tokenizer may know more tokens than the model has rows for; only a prompt
// that holds one of them is refused.
func TestTokensBeyondTheModel(t *testing.T) {
	dir := collecttest.Model(t, 1)
	path := filepath.Join(dir, "tokenizer.json")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var definition map[string]any
	if err := json.Unmarshal(data, &definition); err != nil {
		t.Fatal(err)
	}
	added := definition["added_tokens"].([]any)
	definition["added_tokens"] = append(added, map[string]any{"id": collecttest.Vocab, "content": "<image>", "special": true,
		"single_word": false, "lstrip": false, "rstrip": false, "normalized": false})
	if data, err = json.Marshal(definition); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	l, err := OpenModel(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	prepare(t, l, tinyJob(l), everything(t, l))
	j := tinyJob(l)
	j.Templates = []Template{{Text: "What of {concept} in <image>?"}}
	if _, err := Prepare(t.Context(), l, j, everything(t, l)); err == nil || !strings.Contains(err.Error(), "want an id below 1604, the model's vocabulary, have 1604") {
		t.Errorf("have %v", err)
	}
}

// A template's date is in the manifest only where the template shows it.
func TestManifestDate(t *testing.T) {
	for source, want := range map[string]string{
		`{{ messages[0].content }}.`:                                "",
		`{{ strftime_now("%d %b %Y") }} {{ messages[0].content }}.`: "2026-01-02",
		`{% if messages[0].role == "system" %}{{ strftime_now("%Y") }} {{ messages[1].content }}{% else %}{{ messages[0].content }}{% endif %}.`: "",
	} {
		l, err := OpenModel(edited(t, map[string]string{"chat_template.jinja": source}))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		j := tinyJob(l)
		j.Now = time.Date(2026, 1, 2, 23, 0, 0, 0, time.UTC)
		if have := prepare(t, l, j, everything(t, l)).Manifest.Chat.Date; have != want {
			t.Errorf("%s: want %q, have %q", source, want, have)
		}
		if !strings.Contains(source, "system") {
			continue
		}
		system := "Be brief."
		j.System = &system
		if have := prepare(t, l, j, everything(t, l)).Manifest.Chat.Date; have != "2026-01-02" {
			t.Errorf("%s, with a system message: have %q", source, have)
		}
	}
}

func TestTokenMap(t *testing.T) {
	tok := mini(t, "llama2")
	questions, err := BuildQuestions(Job{Questions: []OwnQuestion{{Text: "Is France large?", Concept: "France", Set: "target"}}}, tok)
	if err != nil {
		t.Fatal(err)
	}
	have := TokenMap(&questions[0], tok)
	lines := strings.Split(strings.TrimSpace(have), "\n")
	if len(lines) != 1+len(questions[0].IDs) {
		t.Fatalf("want a line for each token, have\n%s", have)
	}
	var roles []string
	for _, line := range lines[1:] {
		role := strings.Fields(line)[3]
		if len(roles) == 0 || roles[len(roles)-1] != role {
			roles = append(roles, role)
		}
	}
	if strings.Join(roles, " ") != "added before concept selected" {
		t.Errorf("roles: have %v in\n%s", roles, have)
	}
}
