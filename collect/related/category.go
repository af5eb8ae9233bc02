package related

import (
	"fmt"
	"strings"
)

// Category says what the members of a list are, in the words of the prompt.
type Category struct {
	Singular string `json:"singular"` // with its article: "a country"
	Plural   string `json:"plural"`   // "countries"
	Respects string `json:"respects"` // in which members are similar: "culture, size and language"
}

// Presets are categories ready to use. They set words of prompts only.
var Presets = []Category{
	{"a country", "countries", "culture, size and language"},
	{"a city", "cities", "size, culture and fame"},
	{"a person", "people", "profession, era and fame"},
	{"an animal", "animals", "size and behaviour"},
	{"an occupation", "occupations", "work and education"},
	{"a company", "companies", "size and products"},
	{"a music genre", "music genres", "origin, instruments and mood"},
	{"a language", "languages", "family and region"},
}

// defaultRespects is what members of a category of one's own are similar in.
const defaultRespects = "kind, size and fame"

// ParseCategory returns a preset by its plural or singular, or a category of
// one's own given as "a river/rivers".
func ParseCategory(text string) (Category, error) {
	text = strings.Join(strings.Fields(text), " ")
	singular, plural, own := strings.Cut(text, "/")
	if own {
		c := Category{strings.TrimSpace(singular), strings.TrimSpace(plural), defaultRespects}
		article, noun, _ := strings.Cut(c.Singular, " ")
		if noun == "" || c.Plural == "" || article != "a" && article != "an" {
			return Category{}, fmt.Errorf("category: want the singular with its article and the plural, as \"a river/rivers\", have %q", text)
		}
		return c, nil
	}
	var plurals []string
	for _, c := range Presets {
		if strings.EqualFold(text, c.Plural) || strings.EqualFold(text, c.noun()) {
			return c, nil
		}
		plurals = append(plurals, c.Plural)
	}
	return Category{}, fmt.Errorf("category: want %s, or one's own as \"a river/rivers\", have %q", strings.Join(plurals, ", "), text)
}

// noun is the singular without its article.
func (c Category) noun() string {
	_, noun, _ := strings.Cut(c.Singular, " ")
	return noun
}

// rivals are the presets that a category's members are told from.
func (c Category) rivals() []Category {
	var list []Category
	for _, p := range Presets {
		if p.noun() != c.noun() && p.Plural != c.Plural {
			list = append(list, p)
		}
	}
	return list
}
