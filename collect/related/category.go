package related

import (
	"fmt"
	"strings"
)

// Category says what the members of a list are, in the words of the prompt.
type Category struct {
	Singular string `json:"singular"` // with its article: "a country"
	Plural   string `json:"plural"`   // "countries"
	Pronoun  string `json:"pronoun"`  // "that", or "who"
	Respects string `json:"respects"` // in which members are similar: "culture, size and language"
}

// Presets are categories ready to use. They set words of prompts only. (Behind
// "a person called" a small model expects a first name, so people are famous.)
var Presets = []Category{
	{"a country", "countries", "that", "culture, size and language"},
	{"a city", "cities", "that", "size, culture and fame"},
	{"a famous person", "people", "who", "achievements and fame"},
	{"an animal", "animals", "that", "size and behaviour"},
	{"an occupation", "occupations", "that", "work and education"},
	{"a company", "companies", "that", "size and products"},
	{"a music genre", "music genres", "that", "origin, instruments and mood"},
	{"a language", "languages", "that", "family and region"},
}

// defaultRespects is what members of a category of one's own are similar in.
const defaultRespects = "kind, size and fame"

// ParseCategory returns a preset by its plural, its singular or the last word of
// that, or a category of one's own given as "a river/rivers".
func ParseCategory(text string) (Category, error) {
	text = strings.Join(strings.Fields(text), " ")
	singular, plural, own := strings.Cut(text, "/")
	if own {
		c := Category{strings.TrimSpace(singular), strings.TrimSpace(plural), "that", defaultRespects}
		article, noun, _ := strings.Cut(c.Singular, " ")
		if noun == "" || c.Plural == "" || article != "a" && article != "an" {
			return Category{}, fmt.Errorf("category: want the singular with its article and the plural, as \"a river/rivers\", have %q", text)
		}
		return c, nil
	}
	var plurals []string
	for _, c := range Presets {
		noun := c.noun()
		if strings.EqualFold(text, c.Plural) || strings.EqualFold(text, noun) || strings.EqualFold(text, noun[strings.LastIndexByte(noun, ' ')+1:]) {
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
