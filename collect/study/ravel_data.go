package study

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ravelArchive is the data of RAVEL as published at github.com/explanare/ravel,
// commit e421fc9, under the licence beside it.
//
//go:embed data/ravel/data.tgz
var ravelArchive []byte

// The splits of entities and prompts.
const (
	train = "train"
	val   = "val"
	test  = "test"
)

// Ravel is one kind of entity of RAVEL: Huang, Wu, Potts, Geva, Geiger, "RAVEL:
// evaluating interpretability methods on disentangling language model
// representations", 2024.
type Ravel struct {
	Kind       string
	Attributes []string // sorted
	Entities   []RavelEntity
	Prompts    []RavelPrompt
}

// RavelEntity is an entity with the values of its attributes.
type RavelEntity struct {
	Name   string
	Split  string
	Values map[string]string // by attribute; "" where it has several, or one that is damaged
}

// RavelPrompt asks for an attribute of the entity whose name takes the place of %s.
type RavelPrompt struct {
	Text      string
	Attribute string
	Split     string
}

// RavelKinds lists the kinds of entities.
var RavelKinds = []string{"city", "nobel_prize_winner", "occupation", "physical_object", "verb"}

// RavelData reads a kind of entity from the data in this program.
func RavelData(kind string) (*Ravel, error) {
	files, err := unpack("ravel", ravelArchive)
	if err != nil {
		return nil, err
	}
	return parseRavel(kind, files)
}

// parseRavel reads the four files of a kind.
func parseRavel(kind string, files map[string][]byte) (*Ravel, error) {
	var prompts map[string][]string
	var values map[string]map[string]string
	var entitySplit, promptSplit map[string]string
	for name, to := range map[string]any{
		"attribute_to_prompts": &prompts, "entity_attributes": &values, "entity_to_split": &entitySplit, "prompt_to_split": &promptSplit,
	} {
		name = "ravel_" + kind + "_" + name + ".json"
		data, ok := files[name]
		if !ok {
			return nil, fmt.Errorf("ravel: want %s, have none", name)
		}
		if err := json.Unmarshal(data, to); err != nil {
			return nil, fmt.Errorf("ravel: %s: %w", name, err)
		}
	}
	r := &Ravel{Kind: kind, Attributes: slices.Sorted(maps.Keys(prompts))}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		e := RavelEntity{Name: name, Split: entitySplit[name], Values: map[string]string{}}
		for _, a := range r.Attributes {
			e.Values[a] = oneValue(values[name][a])
		}
		r.Entities = append(r.Entities, e)
	}
	for _, a := range r.Attributes {
		for _, text := range slices.Compact(slices.Sorted(slices.Values(prompts[a]))) {
			if strings.Count(text, "%s") == 1 {
				r.Prompts = append(r.Prompts, RavelPrompt{text, a, promptSplit[text]})
			}
		}
	}
	for _, s := range append(slices.Collect(maps.Values(entitySplit)), slices.Collect(maps.Values(promptSplit))...) {
		if s != train && s != val && s != test {
			return nil, fmt.Errorf("ravel: split: want %s, %s or %s, have %q", train, val, test, s)
		}
	}
	return r, nil
}

// oneValue is an attribute's value where there is one: the data lists several
// with commas between them. A few values were damaged when their encoding was
// changed; they hold signs that no value has.
func oneValue(v string) string {
	if strings.ContainsAny(v, ",√¬∂") {
		return ""
	}
	return strings.TrimSpace(v)
}

// answer is what follows a prompt: the value, behind a space unless the prompt
// ends with one or with an opening sign.
func (p RavelPrompt) answer(value string) string {
	if strings.HasSuffix(p.Text, " ") || strings.HasSuffix(p.Text, `"`) || strings.HasSuffix(p.Text, "(") {
		return value
	}
	return " " + value
}
