package related

import (
	"slices"
	"strings"
	"testing"
)

func TestCutItem(t *testing.T) {
	for _, c := range []struct {
		text, want string
		ended      bool
	}{
		{" Germany", "Germany", false},
		{" Germany\n", "Germany", true},
		{"**Côte d'Ivoire** - a country", "Côte d'Ivoire", true},
		{" Guinea-Bissau", "Guinea-Bissau", false},
		{"Peru (South America)", "Peru", true},
		{"Peru: Lima", "Peru", true},
		{"  \"New   Zealand\".", "New Zealand", false},
		{"R&B", "R&B", false},
		{"\n", "", true},
		{"", "", false},
	} {
		if have, ended := cutItem(c.text); have != c.want || ended != c.ended {
			t.Errorf("%q: want %q, %v, have %q, %v", c.text, c.want, c.ended, have, ended)
		}
	}
}

func TestOverlap(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"France", "france", true},
		{"The Netherlands", "Netherlands", true},
		{"dog", "Dogs", true},
		{"nurse", "Nurse's Assistant", true},
		{"Marie Curie", "Marie Curie's fame", true},
		{"Blues", "Blues-Rock", true},
		{"Rock", "Rockabilly", false},
		{"Niger", "Nigeria", false},
		{"Oman", "Romania", false},
		{"São Paulo", "Sao Paulo", true},
		{"Guinea", "Equatorial Guinea", true},
		{"New York", "York", true},
		{"South Korea", "South Africa", false},
		{"Ben Franklin", "Benjamin Franklin", true},
		{"Al Gore", "Alan Gore", false}, // two letters say too little
		{"Marie Curie", "Pierre Curie", false},
		{"Niger", "Nigeria", false},
	} {
		if have := overlap(key(c.a), key(c.b)); have != c.want || have != overlap(key(c.b), key(c.a)) {
			t.Errorf("%q and %q: want %v, have %v", c.a, c.b, c.want, have)
		}
	}
}

func TestAcronym(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"USA", "United States of America", true},
		{"U.S.A.", "United States", true},
		{"US", "United States", true},
		{"UK", "United Kingdom", true},
		{"UAE", "United Arab Emirates", true},
		{"UK", "United States", false},
		{"Usa", "United States", false},
		{"IBM", "Intel", false},
		{"A", "Algeria", false},
	} {
		if have := acronym(c.a, c.b); have != c.want || have != acronym(c.b, c.a) {
			t.Errorf("%q and %q: want %v, have %v", c.a, c.b, c.want, have)
		}
	}
}

func TestRefuse(t *testing.T) {
	r := Request{Concept: "France", Aliases: []string{"French Republic"}}
	for name, want := range map[string]string{
		"Spain": "", "Côte d'Ivoire": "", "日": "", "C": "no word", "12": "no word", "": "no word", "--": "no word",
		"FRANCE": "the concept itself", "Metropolitan France": "the concept itself", "the french republic": "the concept itself",
		"FR": "the concept itself", "<|im_end|>": "no name", "a\ufffd": "no name", "one two three four five six": "a sentence",
	} {
		if have := r.refuse(name); have != want {
			t.Errorf("%q: want %q, have %q", name, want, have)
		}
	}
}

func TestParseAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want string
	}{
		"numbers":       {"Here are 3 countries:\n\n1. Spain\n2) Italy\n3: Peru\n\nI hope this helps!", "Spain|Italy|Peru"},
		"marks":         {"Sure!\n- Spain\n* Italy (south)\n• **Peru**: Lima", "Spain|Italy|Peru"},
		"plain":         {"Spain\r\nItaly\r\n\r\nPeru", "Spain|Italy|Peru"},
		"heading":       {"Countries:\nSpain\nItaly", "Spain|Italy"},
		"one line":      {"Spain, Italy; Peru.", "Spain|Italy|Peru"},
		"thought":       {"<think>\n1. Paris?\n</think>\n1. Spain", "Spain"},
		"empty":         {" \n", ""},
		"number inside": {"7 Up\nPepsi", "7 Up|Pepsi"},
	} {
		if have := strings.Join(parseAnswer(c.text), "|"); have != c.want {
			t.Errorf("%s: want %q, have %q", name, c.want, have)
		}
	}
}

func TestParseCategory(t *testing.T) {
	for text, want := range map[string]Category{
		"countries": Presets[0], "Country": Presets[0], " music  genres": Presets[6], "person": Presets[2], "genre": Presets[6],
		"a river/rivers": {"a river", "rivers", "that", defaultRespects},
		"an oak / oaks":  {"an oak", "oaks", "that", defaultRespects},
	} {
		if have, err := ParseCategory(text); err != nil || have != want {
			t.Errorf("%q: want %v, have %v, %v", text, want, have, err)
		}
	}
	for _, text := range []string{"", "rivers", "river/rivers", "a /rivers", "a river/", "the river/rivers"} {
		if have, err := ParseCategory(text); err == nil {
			t.Errorf("%q: want an error, have %v", text, have)
		}
	}
	own, _ := ParseCategory("a river/rivers")
	if n := len(own.rivals()); n != len(Presets) {
		t.Errorf("want all presets as rivals, have %d", n)
	}
	if n := len(Presets[0].rivals()); n != len(Presets)-1 {
		t.Errorf("want the other presets as rivals, have %d", n)
	}
}

func FuzzParseAnswer(f *testing.F) {
	for _, s := range []string{"1. Spain\n2. Italy", "Spain, Italy", "</think>", "- a\n\xff", "１. x", "1.\n-\n- \n", "(", "a\rb"} {
		f.Add(s)
	}
	r := Request{Concept: "France", N: 20}
	f.Fuzz(func(t *testing.T, text string) {
		for _, it := range r.items(parseAnswer(text)) {
			if key(it.name) == "" || strings.ContainsAny(it.name, "\n\r,;:") || len(strings.Fields(it.name)) > maxWords {
				t.Fatalf("%q: want names, have %q", text, it.name)
			}
		}
	})
}

func TestGatherAndDecide(t *testing.T) {
	list := func(names ...string) []item {
		var l []item
		for _, n := range names {
			l = append(l, item{n, -1})
		}
		return l
	}
	all := gather([][]item{
		list("Spain", "spain", "USA", "Peru", "Berlin", "Spa"),
		list("SPAIN", "Peru", "United States", "Berlin", "Spa"),
		list("Spain", "United States", "Italy"),
	})
	for _, g := range all {
		switch g.key {
		case "berlin":
			g.member = &membership{-1, "a city"}
		case "usa":
			g.Votes = 2
			g.member = &membership{3, "a city"}
		default:
			g.member = &membership{3, "a city"}
		}
	}
	decide(all, 3)
	concepts, candidates := results(all)
	if want := []string{"Spain", "USA", "Peru"}; !slices.Equal(concepts, want) {
		t.Errorf("want %v, have %v", want, concepts)
	}
	var why []string
	for _, c := range candidates {
		why = append(why, c.Name+": "+c.Why)
	}
	want := "Spain: |USA: |Peru: |Spa: begins Spain|United States: overlaps USA|Berlin: rather a city|Italy: named once"
	if have := strings.Join(why, "|"); have != want {
		t.Errorf("want %s, have %s", want, have)
	}
	if c := candidates[0]; c.Votes != 3 || c.Lists != 3 || *c.LogProb != -1 || *c.Membership != 3 || c.Score != -0.049 {
		t.Errorf("have %+v", c)
	}
}
