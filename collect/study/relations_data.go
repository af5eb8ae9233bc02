package study

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"premlp/collect"
)

// relationsArchive is data/factual of github.com/evandez/relations, commit
// 1b9ec3c, those about countries, under the licence beside it.
//
//go:embed data/relations/data.tgz
var relationsArchive []byte

// Relation is a kind of fact with its samples: Hernandez et al., "Linearity of
// relation decoding in transformer language models", 2023.
type Relation struct {
	Name      string
	Templates []string // with {concept} in the subject's place; the object follows
	Facts     []RelationFact
}

// RelationFact is a subject with its object.
type RelationFact struct{ Subject, Object string }

// Relations reads the relations of the data in this program, by name.
func Relations() ([]Relation, error) {
	files, err := unpack("relations", relationsArchive)
	if err != nil {
		return nil, err
	}
	var list []Relation
	for _, name := range slices.Sorted(maps.Keys(files)) {
		r, err := parseRelation(files[name])
		if err != nil {
			return nil, fmt.Errorf("relations: %s: %w", name, err)
		}
		list = append(list, r)
	}
	return list, nil
}

// parseRelation reads one file. Of a subject that comes twice the first fact
// counts.
func parseRelation(data []byte) (Relation, error) {
	var w struct {
		Name      string                             `json:"name"`
		Templates []string                           `json:"prompt_templates"`
		ZeroShot  []string                           `json:"prompt_templates_zs"`
		Samples   []struct{ Subject, Object string } `json:"samples"`
	}
	if err := json.Unmarshal(data, &w); err != nil {
		return Relation{}, err
	}
	r := Relation{Name: w.Name}
	for _, t := range append(w.Templates, w.ZeroShot...) {
		if strings.Count(t, "{}") != 1 {
			return r, fmt.Errorf("template: want one {}, have %q", t)
		}
		if t = strings.Replace(t, "{}", collect.Placeholder, 1); !slices.Contains(r.Templates, t) {
			r.Templates = append(r.Templates, t)
		}
	}
	seen := map[string]bool{}
	for _, s := range w.Samples {
		f := RelationFact{unescape(s.Subject), unescape(s.Object)}
		if f.Subject == "" || f.Object == "" {
			return r, fmt.Errorf("samples: want a subject and an object, have %+v", s)
		}
		if !seen[f.Subject] {
			seen[f.Subject], r.Facts = true, append(r.Facts, f)
		}
	}
	return r, nil
}

// escaped is a letter that the data escapes twice, as in Bras\u00edlia.
var escaped = regexp.MustCompile(`\\u[0-9a-fA-F]{4}`)

// unescape undoes that.
func unescape(text string) string {
	return escaped.ReplaceAllStringFunc(strings.TrimSpace(text), func(s string) string {
		n, err := strconv.ParseUint(s[2:], 16, 16)
		if err != nil {
			return s
		}
		return string(rune(n))
	})
}
