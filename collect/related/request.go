package related

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Request says what is looked for.
type Request struct {
	Concept  string    `json:"concept"`
	Aliases  []string  `json:"aliases"`  // other names of it, which are left out too
	Category *Category `json:"category"` // nil: a loaded model chooses among Presets
	N        int       `json:"n"`        // concepts wanted
	Seed     uint64    `json:"seed"`
	Settings Settings  `json:"settings"`
}

// Settings say how lists are drawn. A zero is the default of what draws them.
type Settings struct {
	Lists       int     `json:"lists"` // a loaded model draws twice as many where they are too few
	Temperature float64 `json:"temperature"`
	TopK        int     `json:"top_k"` // of a loaded model
}

// The defaults of Settings.
const (
	DefaultLists         = 12
	DefaultTemperature   = 0.9
	DefaultTopK          = 40
	DefaultEndpointLists = 5
)

// Limits of what may be asked for.
const (
	maxConcepts = 200
	maxLists    = 64
	maxWords    = 5
)

// withDefaults fills in zeros.
func (s Settings) withDefaults(lists int) Settings {
	if s.Lists == 0 {
		s.Lists = lists
	}
	if s.Temperature == 0 {
		s.Temperature = DefaultTemperature
	}
	if s.TopK == 0 {
		s.TopK = DefaultTopK
	}
	return s
}

// Check refuses what cannot be asked, all of it in one error.
func (r Request) Check() error {
	var errs []error
	for _, name := range append([]string{r.Concept}, r.Aliases...) {
		if strings.TrimSpace(name) != name || key(name) == "" || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
			errs = append(errs, fmt.Errorf("concept: want a name without space around it, have %q", name))
		}
	}
	if r.N < 1 || r.N > maxConcepts {
		errs = append(errs, fmt.Errorf("number of concepts: want 1 to %d, have %d", maxConcepts, r.N))
	}
	s := r.Settings
	if s.Lists < 0 || s.Lists > maxLists {
		errs = append(errs, fmt.Errorf("lists: want 1 to %d, or 0 for the default, have %d", maxLists, s.Lists))
	}
	if !(s.Temperature >= 0 && s.Temperature <= 5) {
		errs = append(errs, fmt.Errorf("temperature: want a number above 0, at most 5, or 0 for the default, have %v", s.Temperature))
	}
	if s.TopK < 0 || s.TopK > 1000 {
		errs = append(errs, fmt.Errorf("top-k: want 1 to 1000, or 0 for the default, have %d", s.TopK))
	}
	return errors.Join(errs...)
}

// refuse says why a name cannot be a related concept, "" if it may be one.
func (r Request) refuse(name string) string {
	k := key(name)
	switch why := fault(name); {
	case why != "":
		return why
	case k == "":
		return "no word"
	}
	for _, own := range append([]string{r.Concept}, r.Aliases...) {
		if overlap(k, key(own)) || acronym(name, own) {
			return "the concept itself"
		}
	}
	return ""
}

// names are the lines of a list of related concepts, the first of which is the
// concept.
func (r Request) names() lines {
	return lines{
		given: 1, tokens: 10, minEnd: 0.1, cut: cutItem, stale: staleName,
		refuse: func(name string) bool { return r.refuse(name) != "" },
	}
}

// message asks for the list, as a person would.
func (r Request) message() string {
	return fmt.Sprintf("Give me a list of %d %s %s are similar to %s in %s, one per line.", r.N, r.Category.Plural, r.Category.Pronoun, r.Concept, r.Category.Respects)
}

// heading is what stands over the list in a text that a base model goes on
// with.
func (r Request) heading() string {
	return fmt.Sprintf("A list of %d %s %s are similar to %s in %s:\n", r.N, r.Category.Plural, r.Category.Pronoun, r.Concept, r.Category.Respects)
}

// Same reports whether r asks for what a kept request, in which everything is
// filled in, asked for. chosen says that its category was the model's choice.
func (r Request) Same(kept Request, chosen bool) bool {
	if chosen != (r.Category == nil) || kept.Category == nil || r.Category != nil && *r.Category != *kept.Category {
		return false
	}
	return r.Concept == kept.Concept && slices.Equal(r.Aliases, kept.Aliases) && r.N == kept.N && r.Seed == kept.Seed &&
		r.Settings.same(kept.Settings)
}

// same reports whether kept settings are those of s with its zeros filled in.
func (s Settings) same(kept Settings) bool {
	return (s.Lists == 0 || s.Lists == kept.Lists) && (s.Temperature == 0 || s.Temperature == kept.Temperature) &&
		(s.TopK == 0 || s.TopK == kept.TopK)
}
