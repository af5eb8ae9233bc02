package collect

import (
	"math"
	"slices"
	"strings"
	"testing"

	"premlp/collect/dataset"
	"premlp/tokenizer"
)

// designed builds the questions of three countries in chat form.
func designed(t *testing.T, tok *tokenizer.Tokenizer) []dataset.Question {
	t.Helper()
	questions, err := BuildQuestions(Job{
		Target: "France", Controls: []string{"Spain", "Côte d'Ivoire"}, Templates: SeedTemplates, Chat: chat(t, chatml),
	}, tok)
	if err != nil {
		t.Fatal(err)
	}
	return questions
}

// Every family's tokens decode to what was asked, so that the proof by decoding
// holds for each of them.
func TestDecodeProofHoldsForEveryFamily(t *testing.T) {
	for _, name := range minis(t) {
		tok := mini(t, name)
		for _, form := range []*tokenizer.ChatTemplate{nil, chat(t, chatml), chat(t, "<s>[INST] {{ messages[0].content | trim }} [/INST]")} {
			var own []OwnQuestion
			for _, q := range ownQuestions {
				q.Text += " Say it."
				own = append(own, q)
			}
			questions, err := BuildQuestions(Job{Questions: own, Chat: form}, tok)
			if err != nil {
				t.Fatal(err)
			}
			for i := range questions {
				if exact, err := checkDecoded(&questions[i], tok); err != nil || !exact {
					t.Errorf("%s: %q: want it to decode to the prompt, have %v, %v", name, questions[i].Prompt, exact, err)
				}
			}
		}
	}
}

// Each way in which a question can be wrong is found and laid to it.
func TestCheckDesignFinds(t *testing.T) {
	tok := mini(t, "smollm2")
	for _, c := range []struct {
		name   string
		damage func(q *dataset.Question)
		check  string
		want   string
		at     int // the question damaged
	}{
		{"one row fewer", func(q *dataset.Question) { q.Rows, q.Tokens = q.Rows[1:], q.Tokens[1:] }, "tokens", "rows: want the", 0},
		{"last row dropped", func(q *dataset.Question) { q.Rows, q.Tokens = q.Rows[:len(q.Rows)-1], q.Tokens[1:] }, "tokens", "rows: want the", 0},
		{"span one token short", func(q *dataset.Question) {
			q.TokenSpan[1]--
			q.Rows = slices.Insert(q.Rows, 0, int32(q.TokenSpan[1]))
			q.Tokens = slices.Insert(q.Tokens, 0, "")
		}, "tokens", "want the concept's tokens to be", 10},
		{"span one token long", func(q *dataset.Question) { q.TokenSpan[1]++; q.Rows, q.Tokens = q.Rows[1:], q.Tokens[1:] }, "tokens", "want the concept's tokens to be", 0},
		{"another token's text", func(q *dataset.Question) { q.Tokens[1] += "x" }, "tokens", "want token", 0},
		{"another id before", func(q *dataset.Question) { q.IDs[0]++ }, "decode", "do not decode to the prompt", 0},
		{"another id in the concept", func(q *dataset.Question) { q.IDs[q.TokenSpan[0]]++ }, "decode", "want a text that holds", 0},
		{"another concept", func(q *dataset.Question) { q.Concept = "Spain" }, "tokens", `want "Spain" at bytes`, 0},
		{"place inside a word", func(q *dataset.Question) {
			q.Text = strings.Replace(q.Text, "What ", "What", 1)
			q.TextSpan[0]--
			q.TextSpan[1]--
			q.Text = strings.Replace(q.Text, "France", "Francex", 1)
		}, "tokens", "only inside other words", 0},
		{"spans all one byte late", func(q *dataset.Question) {
			for i := range q.Spans {
				q.Spans[i][0]++
				q.Spans[i][1] = min(q.Spans[i][1]+1, len(q.Prompt))
			}
			q.PromptSpan[0]++
			q.PromptSpan[1]++
		}, "tokens", "prompt_span", 0},
		// The spans agree with the rows, and only decoding shows that the tokens are others.
		{"an id moved across the concept", func(q *dataset.Question) {
			first := q.TokenSpan[0]
			moved := q.IDs[first-1]
			copy(q.IDs[first-1:], q.IDs[first:q.TokenSpan[1]])
			q.IDs[q.TokenSpan[1]-1] = moved
		}, "decode", "", 0},
		{"no rows", func(q *dataset.Question) { q.Rows, q.Tokens = nil, nil }, "tokens", "rows: want at least one", 0},
		{"asked for another concept's", func(q *dataset.Question) { q.Template = SeedTemplates[1].Text }, "coverage", "already", 0},
		{"another set", func(q *dataset.Question) { q.Template, q.Set = "", "control" }, "coverage", "is not asked", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			questions := designed(t, tok)
			if found := findingsOf(CheckDesign(questions, tok), true); len(found) != 0 {
				t.Fatalf("undamaged: want nothing, have %v", found)
			}
			c.damage(&questions[c.at])
			found := CheckDesign(questions, tok)
			if !slices.ContainsFunc(found, func(f Finding) bool { return f.Check == c.check && strings.Contains(f.Message, c.want) }) {
				t.Fatalf("want a finding of %s with %q, have %v", c.check, c.want, found)
			}
		})
	}
}

// findingsOf keeps the fatal findings, or the others.
func findingsOf(findings []Finding, fatal bool) []Finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f Finding) bool { return f.Fatal != fatal })
}

// Spans that are wrong together with the selection are found by decoding alone.
func TestDecodeProofNeedsNoSpans(t *testing.T) {
	tok := mini(t, "smollm2")
	for _, shift := range []int{-2, -1, 1, 2} {
		q := designed(t, tok)[0]
		q.TokenSpan[0] += shift
		q.TokenSpan[1] += shift
		if _, err := checkDecoded(&q, tok); err == nil {
			t.Errorf("concept shifted by %d tokens: want an error, have none", shift)
		}
		q = designed(t, tok)[0]
		q.TokenSpan[1] += shift
		if q.TokenSpan[1] <= q.TokenSpan[0] {
			continue
		}
		if _, err := checkDecoded(&q, tok); err == nil {
			t.Errorf("concept longer by %d tokens: want an error, have none", shift)
		}
	}
}

// Where the concept stands more than once only its last place is right.
func TestDecodeProofFindsAnEarlierPlace(t *testing.T) {
	tok := mini(t, "smollm2")
	questions, err := BuildQuestions(Job{Chat: chat(t, chatml), Questions: []OwnQuestion{
		{Text: "Is the France of old the France of today?", Concept: "France", Set: "target"},
	}}, tok)
	if err != nil {
		t.Fatal(err)
	}
	last := questions[0]
	earlier := last
	at := strings.Index(last.Prompt, "France")
	first, end, _ := tokensOf(last.Spans, Span{at, at + len("France")})
	if first == last.TokenSpan[0] {
		t.Fatal("want another place")
	}
	earlier.TokenSpan = [2]int{first, end}
	if _, err := checkDecoded(&earlier, tok); err == nil || !strings.Contains(err.Error(), "the first of the concept's") {
		t.Errorf("the tokens of an earlier place: have %v", err)
	}
	earlier.TokenSpan = [2]int{first, last.TokenSpan[1]}
	if _, err := checkDecoded(&earlier, tok); err == nil || !strings.Contains(err.Error(), "the first of the concept's") {
		t.Errorf("begun at an earlier place: have %v", err)
	}
	later := last
	later.PromptSpan = [2]int{at, at + len("France")}
	if _, err := checkDecoded(&later, tok); err == nil || !strings.Contains(err.Error(), "have the concept before it") {
		t.Errorf("the tokens of a later place: have %v", err)
	}
}

// A concept of many tokens of which the last holds it again: cut short, the
// tokens hold the concept and end before its last place does.
func TestDecodeProofNeedsTheWholeConcept(t *testing.T) {
	tok := mini(t, "smollm2")
	q := designed(t, tok)[10] // Côte d'Ivoire
	for _, concept := range []string{"C", "Côte"} {
		cut := q
		cut.Concept = concept
		cut.TokenSpan[1]--
		if _, err := checkDecoded(&cut, tok); err == nil || !strings.Contains(err.Error(), "have the prompt only to") {
			t.Errorf("%q: have %v", concept, err)
		}
	}
}

// checkCoverage and checkBalance check questions that are all there.
func checkCoverage(questions []dataset.Question) []Finding {
	c := newCoverage()
	for i := range questions {
		c.add(&questions[i])
	}
	return c.done()
}

func checkBalance(questions []dataset.Question) []Finding {
	b := newBalance()
	for i := range questions {
		b.add(&questions[i])
	}
	return b.done()
}

func TestCoverage(t *testing.T) {
	questions := designed(t, mini(t, "smollm2"))
	missing := slices.Delete(slices.Clone(questions), 7, 8)
	found := checkCoverage(missing)
	if len(found) != 1 || !found[0].Fatal || found[0].Message != `"Spain" is not asked "What continent is {concept} located in?"` {
		t.Errorf("a question missing: have %v", found)
	}
	twice := append(slices.Clone(questions), questions[3])
	twice[15].ID = "q00016"
	found = checkCoverage(twice)
	if len(found) != 1 || found[0].Question != "q00016" || !strings.Contains(found[0].Message, "q00004 already") {
		t.Errorf("a question twice: have %v", found)
	}
	for i := range questions {
		questions[i].Template = ""
	}
	if found := checkCoverage(questions); found != nil {
		t.Errorf("questions of one's own: want nothing, have %v", found)
	}
}

func TestBalance(t *testing.T) {
	questions := designed(t, mini(t, "smollm2"))
	onlyControls := questions[5:]
	if found := findingsOf(checkBalance(onlyControls), true); len(found) != 1 || !strings.Contains(found[0].Message, "the target set has no question") {
		t.Errorf("no target: have %v", found)
	}
	if found := findingsOf(checkBalance(questions[:5]), true); len(found) != 1 || !strings.Contains(found[0].Message, "the control set has no question") {
		t.Errorf("no control: have %v", found)
	}
	questions[2].Rows = questions[2].Rows[1:]
	found := findingsOf(checkBalance(questions), false)
	if !slices.ContainsFunc(found, func(f Finding) bool { return strings.Contains(f.Message, "What continent is {concept} located in?") }) {
		t.Errorf("other numbers of rows: have %v", found)
	}
	if !slices.ContainsFunc(found, func(f Finding) bool { return strings.Contains(f.Message, "tokens of the concept: 1 in target") }) {
		t.Errorf("other numbers of tokens: have %v", found)
	}
}

func TestCheckRows(t *testing.T) {
	q := &dataset.Question{ID: "q00009", Rows: []int32{4, 5, 6}}
	rows := make([]float32, 12)
	if err := CheckRows(q, "mlp_in", 3, rows, 4); err != nil {
		t.Error(err)
	}
	for _, c := range []struct {
		name string
		rows func() []float32
		want string
	}{
		{"short", func() []float32 { return rows[:11] }, "question q00009: mlp_in.3: want [3, 4] values, have 11"},
		{"NaN", func() []float32 { r := slices.Clone(rows); r[6] = float32(math.NaN()); return r }, "token 5, value 2: want a finite number, have NaN"},
		{"infinite", func() []float32 { r := slices.Clone(rows); r[11] = float32(math.Inf(-1)); return r }, "token 6, value 3: want a finite number, have -Inf"},
	} {
		if err := CheckRows(q, "mlp_in", 3, c.rows(), 4); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want %q, have %v", c.name, c.want, err)
		}
	}
}

// Each place of a value that is not finite is looked at, in rows of every length.
func TestFinite(t *testing.T) {
	for n := range 20 {
		values := slices.Repeat([]float32{math.MaxFloat32, -math.MaxFloat32, math.SmallestNonzeroFloat32}, n)[:n]
		if !finite(values) {
			t.Errorf("%d values: want them finite", n)
		}
		for i := range values {
			for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
				spoilt := slices.Clone(values)
				spoilt[i] = float32(bad)
				if finite(spoilt) {
					t.Errorf("%v at %d of %d: want it found", bad, i, n)
				}
			}
		}
	}
}
