package collect

import (
	"slices"
	"strings"
	"testing"
)

func TestBuiltinTemplates(t *testing.T) {
	names := BuiltinTemplates()
	for _, want := range []string{"animals", "cities", "companies", "countries", "languages", "music genres", "occupations", "people"} {
		if !slices.Contains(names, want) {
			t.Errorf("want a set %q, have %v", want, names)
		}
	}
	for _, name := range names {
		set, err := OpenTemplates(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		least, types := 16, map[string]bool{}
		if name == "countries" {
			least = 20
			if !slices.Equal(set.Templates[:5], SeedTemplates) {
				t.Errorf("countries: want the seed's five first, have %v", set.Templates[:5])
			}
		}
		if len(set.Templates) < least {
			t.Errorf("%s: want at least %d templates, have %d", name, least, len(set.Templates))
		}
		for _, q := range set.Templates {
			if types[q.Type] || q.Type == "" {
				t.Errorf("%s: %q: want a type of its own, have %q", name, q.Text, q.Type)
			}
			types[q.Type] = true
			// Nothing stands in a built-in set that depends on the concept.
			if !q.plain() || q.Origin != "" {
				t.Errorf("%s: want only {concept}, have %q", name, q.Text)
			}
			for _, bad := range []string{" a {concept}", " an {concept}", "{concept}s", "{concept}'"} {
				if strings.Contains(q.Text, bad) || strings.HasPrefix(q.Text, Placeholder) {
					t.Errorf("%s: %q: want a text that is right for any concept", name, q.Text)
				}
			}
		}
		if len(set.Answers)+len(set.Forms) > 0 {
			t.Errorf("%s: want no members of the category, have answers or forms", name)
		}
	}
	for name, want := range map[string]string{
		"rivers": "the built-in sets are animals, ", "../x.yaml": "no such file",
	} {
		if _, err := OpenTemplates(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: want an error with %q, have %v", name, want, err)
		}
	}
}
