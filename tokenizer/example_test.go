package tokenizer_test

import (
	"fmt"
	"log"
	"os"
	"time"

	"premlp/tokenizer"
)

func ExampleTokenizer_Encode() {
	data, err := os.ReadFile("testdata/mini/llama3_1.json")
	if err != nil {
		log.Fatal(err)
	}
	tok, err := tokenizer.FromJSON(data)
	if err != nil {
		log.Fatal(err)
	}
	text := "the flag of France<|eot_id|>"
	e, err := tok.Encode(text, true)
	if err != nil {
		log.Fatal(err)
	}
	for i, id := range e.IDs {
		span := e.Spans[i]
		fmt.Printf("%d %q %t\n", id, text[span.Start:span.End], e.Special[i])
	}
	back, err := tok.Decode(e.IDs, true)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(back)
	// Output:
	// 1600 "" true
	// 1038 "the" false
	// 419 " flag" false
	// 278 " of" false
	// 645 " France" false
	// 1603 "<|eot_id|>" true
	// the flag of France
}

func ExampleFromVocabulary() {
	tok, err := tokenizer.FromVocabulary(tokenizer.Vocabulary{
		Model: "gpt2", Pre: "smollm",
		Tokens: []string{"<|im_end|>", "a", "b", "ab", "Ġ", "Ġab"},
		Types:  []int32{3, 1, 1, 1, 1, 1},
		Merges: []string{"a b", "Ġ ab"},
		BOS:    -1, EOS: 0, Unknown: -1, Pad: -1,
	})
	if err != nil {
		log.Fatal(err)
	}
	e, err := tok.Encode("ab ab<|im_end|>", false)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(e.IDs, e.Spans)
	// Output: [3 5 0] [{0 2} {2 5} {5 15}]
}

func ExampleChatTemplate_Render() {
	source := `{% for m in messages %}
{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}
{%- endfor %}
{% if add_generation_prompt %}
{{- '<|im_start|>assistant\n' -}}
{% endif %}`
	template, err := tokenizer.ParseChatTemplate(source, nil)
	if err != nil {
		log.Fatal(err)
	}
	prompt, err := template.Render([]tokenizer.Message{{Role: "user", Content: "Hi"}}, true, time.Now())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%q\n", prompt)
	// Output: "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
}
