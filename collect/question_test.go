package collect

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"premlp/collect/dataset"
	"premlp/tokenizer"
)

// mini opens one of the small tokenizers.
func mini(t testing.TB, name string) *tokenizer.Tokenizer {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "tokenizer", "testdata", "mini", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.FromJSON(data)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// minis names the small tokenizers, one of each family.
func minis(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "tokenizer", "testdata", "mini", "*.json"))
	if err != nil || len(files) < 17 {
		t.Fatalf("want 17 tokenizers, have %d, %v", len(files), err)
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(filepath.Base(f), ".json")
	}
	return files
}

// ownQuestions holds concepts of many scripts, spellings and places.
var ownQuestions = []OwnQuestion{
	{Text: "What is the capital of France?", Concept: "France", Set: "target"},
	{Text: "France's capital, and France’s language?", Concept: "France", Set: "target"},
	{Text: "France", Concept: "France", Set: "target"},
	{Text: "Is Niger beside Nigeria, or not?", Concept: "Niger", Set: "control"},
	{Text: "Name a landmark in Côte d'Ivoire.", Concept: "Côte d'Ivoire", Set: "control"},
	{Text: "Name a landmark in Co\u0302te d'Ivoire.", Concept: "Co\u0302te d'Ivoire", Set: "control"},
	{Text: "What of Curac\u0327ao?", Concept: "Curac\u0327ao", Set: "control"},
	{Text: "新しい東京の地図はどこですか?", Concept: "東京", Set: "control"},
	{Text: "데이터 한국 사람", Concept: "한국", Set: "control"},
	{Text: "ประเทศไทยสวยมาก", Concept: "ไทย", Set: "control"},
	{Text: "Где находится Россия?", Concept: "Россия", Set: "control"},
	{Text: "Does 🇫🇷 stand for New Zealand 🇳🇿 too?", Concept: "New Zealand", Set: "control"},
	{Text: "  The   United   States,\n\twhere?  ", Concept: "United   States", Set: "control"},
	{Text: "“Turkey” (Turkey) [Turkey]…", Concept: "Turkey", Set: "control"},
	{Text: "Is it 1984 in 1984 or 19840?", Concept: "1984", Set: "control"},
}

// Every family of tokenizers, raw and in chat form: what is selected is what
// the definition says, and the checks agree.
func TestBuildQuestions(t *testing.T) {
	for _, name := range minis(t) {
		tok := mini(t, name)
		for _, form := range []*tokenizer.ChatTemplate{nil, chat(t, chatml), chat(t, "<s>[INST] {{ messages[0].content | trim }} [/INST]")} {
			source := "raw"
			own := ownQuestions
			if form != nil {
				source = form.Source()
			} else {
				// Where the tokenizer adds no suffix nothing may stand behind the
				// concept, also where "France?" ends in a token that holds both.
				own = slices.Clone(own)
				for i := range own {
					own[i].Text += " Say it."
				}
			}
			t.Run(name+"/"+source, func(t *testing.T) {
				questions, err := BuildQuestions(Job{Questions: own, Chat: form}, tok)
				if err != nil || len(questions) != len(own) {
					t.Fatalf("want %d questions, have %d: %v", len(own), len(questions), err)
				}
				for i := range questions {
					checkSelection(t, &questions[i], own[i])
				}
				for _, f := range CheckDesign(questions, tok) {
					if f.Fatal {
						t.Error(f)
					}
				}
			})
		}
	}
}

// checkSelection holds a question against the definition of its rows.
func checkSelection(t *testing.T, q *dataset.Question, own OwnQuestion) {
	t.Helper()
	if q.Text != own.Text || q.Concept != own.Concept || q.Set != own.Set || q.Type != own.Type || q.Template != "" {
		t.Errorf("want %v, have %+v", own, q)
	}
	if q.Text[q.TextSpan[0]:q.TextSpan[1]] != own.Concept || q.Prompt[q.PromptSpan[0]:q.PromptSpan[1]] != own.Concept {
		t.Errorf("%q: want the concept at %v of the text and %v of %q", q.Text, q.TextSpan, q.PromptSpan, q.Prompt)
	}
	last := -1
	for i, s := range q.Spans {
		if s[0] < s[1] && s[0] < q.PromptSpan[1] && s[1] > q.PromptSpan[0] {
			last = i
		}
	}
	var rows []int32
	for i := last + 1; i < len(q.IDs); i++ {
		rows = append(rows, int32(i))
	}
	if last < 0 || !slices.Equal(q.Rows, rows) || q.TokenSpan[1] != last+1 || len(q.Tokens) != len(rows) {
		t.Errorf("%q: want the rows after token %d, have %v", q.Text, last, q.Rows)
	}
	if err := q.Validate(); err != nil {
		t.Error(err)
	}
}

// A raw prompt gets the tokenizer's own prefix and suffix, a chat prompt only
// what its template writes: never two BOS.
func TestSpecialTokens(t *testing.T) {
	tok := mini(t, "llama2")
	own := []OwnQuestion{{Text: "Where is France to be found?", Concept: "France", Set: "target"}}
	bos, ok := tok.ID("<s>")
	if !ok {
		t.Fatal("want <s> in the vocabulary")
	}
	for name, form := range map[string]*tokenizer.ChatTemplate{"raw": nil, "chat": chat(t, "{{ bos_token }}{{ messages[0].content }}")} {
		questions, err := BuildQuestions(Job{Questions: own, Chat: form}, tok)
		if err != nil {
			t.Fatal(err)
		}
		ids := questions[0].IDs
		if ids[0] != bos || slices.Contains(ids[1:], bos) {
			t.Errorf("%s: want one <s>, at the front, have %v", name, ids)
		}
	}
}

// What stands in a system message is not the question's.
func TestConceptInSystemMessage(t *testing.T) {
	tok, system := mini(t, "smollm2"), "Where is France? France is in Europe."
	questions, err := BuildQuestions(Job{
		Questions: []OwnQuestion{{Text: "Where is France?", Concept: "France", Set: "target"}},
		Chat:      chat(t, "{{ messages[1].content }}\n\n{{ messages[0].content }}"), System: &system,
	}, tok)
	if err != nil || questions[0].PromptSpan != [2]int{9, 15} {
		t.Fatalf("want the concept of the question, have %+v, %v", questions, err)
	}
}

func TestQuestionOrder(t *testing.T) {
	j := Job{Target: "France", Controls: []string{"Germany", "Italy"}, Templates: SeedTemplates}
	questions, err := BuildQuestions(j, mini(t, "smollm2"))
	if err != nil || len(questions) != 15 {
		t.Fatalf("want 15 questions, have %d, %v", len(questions), err)
	}
	for i, q := range questions {
		concept, set := []string{"France", "Germany", "Italy"}[i/5], dataset.Control
		if i < 5 {
			set = dataset.Target
		}
		s := SeedTemplates[i%5]
		if q.ID != fmt.Sprintf("q%05d", i+1) || q.Concept != concept || q.Set != set || q.Template != s.Text || q.Type != s.Type || q.Text != s.Question(concept) {
			t.Errorf("question %d: have %s %s %q %q %q", i, q.ID, q.Set, q.Concept, q.Template, q.Text)
		}
	}
}

func TestBuildQuestionsRefuses(t *testing.T) {
	tok := mini(t, "smollm2")
	target := func(text, concept string) OwnQuestion {
		return OwnQuestion{Text: text, Concept: concept, Set: "target"}
	}
	for _, c := range []struct {
		name string
		job  Job
		want []string
	}{
		{"nothing", Job{}, []string{"want questions, have none"}},
		{"no controls or templates", Job{Target: "France"}, []string{"want questions, have none"}},
		{"absent", Job{Questions: []OwnQuestion{target("Where is Spain?", "France")}},
			[]string{`question q00001, target "France", "Where is Spain?": concept not found: no "France"`}},
		{"inside", Job{Questions: []OwnQuestion{target("Where is Nigeria?", "Niger")}}, []string{`only inside other words: "Nigeria" at byte 9`}},
		{"nothing after", Job{Questions: []OwnQuestion{target("Tell me about France", "France")}},
			[]string{`question q00001, target "France"`, "no token after the concept: its last token is the prompt's last"}},
		{"twice", Job{Questions: []OwnQuestion{target("France?", "France"), target("Spain?", "Spain"), target("France?", "France")}},
			[]string{"question q00003", "asked in question q00001 already"}},
		{"a control twice", Job{Target: "France", Controls: []string{"Spain", "Spain"}, Templates: SeedTemplates},
			[]string{"question q00011", "asked in question q00006 already"}},
		{"space around", Job{Target: "France ", Controls: []string{"Spain"}, Templates: SeedTemplates}, []string{"want a concept without space around it"}},
		{"empty target", Job{Controls: []string{"Spain"}, Templates: SeedTemplates}, []string{`question q00001, target ""`, "it is empty"}},
		{"not UTF-8", Job{Questions: []OwnQuestion{target("\xff France?", "France")}}, []string{"want UTF-8 text"}},
		{"template without place", Job{Target: "France", Templates: []Template{{Text: "Where?"}}}, []string{`no "France" in "Where?"`}},
		{"all problems", Job{Questions: []OwnQuestion{target("a", "b"), target("France?", "France"), target("c", "d")}}, []string{"question q00001", "question q00003"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := BuildQuestions(c.job, tok)
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Fatalf("want an error with %q, have %v", want, err)
				}
			}
		})
	}
	var many []OwnQuestion
	for i := range 100 {
		many = append(many, target(fmt.Sprint("where is ", i), "France"))
	}
	_, err := BuildQuestions(Job{Questions: many}, tok)
	if lines := strings.Split(fmt.Sprint(err), "\n"); len(lines) != 21 || lines[20] != "and 80 more" {
		t.Fatalf("want 20 problems and a count, have %d, %q", len(lines), lines[len(lines)-1])
	}
}
