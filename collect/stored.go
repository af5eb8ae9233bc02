package collect

import "premlp/collect/dataset"

// storeTemplates states a job's templates, and the forms and answers that its
// concepts have, in a manifest.
func storeTemplates(m *dataset.Manifest, j Job) {
	m.Paraphrased = j.Paraphrased
	concepts := append([]string{j.Target}, j.Controls...)
	asked := map[string]bool{}
	for _, c := range concepts {
		asked[c] = true
	}
	for _, t := range j.Templates {
		stored := dataset.Template{Text: t.Text, Type: t.Type, Origin: t.Origin}
		for concept, answers := range j.Answers[t.Text] {
			if asked[concept] {
				if stored.Answers == nil {
					stored.Answers = map[string][]string{}
				}
				stored.Answers[concept] = answers
			}
		}
		m.Templates = append(m.Templates, stored)
	}
	if len(j.Templates) == 0 {
		return
	}
	for _, concept := range concepts {
		if f, ok := j.Forms[concept]; ok {
			m.Concepts = append(m.Concepts, dataset.Concept{
				Name: concept, WithArticle: f.WithArticle, Possessive: f.Possessive, SentenceStart: f.SentenceStart,
				Aliases: f.Aliases, Paraphrases: f.Paraphrases,
			})
		}
	}
}

// storedTemplates is what a manifest says of templates, answers and forms.
func storedTemplates(m dataset.Manifest) (templates []Template, answers map[string]map[string][]string, forms map[string]Forms) {
	answers, forms = map[string]map[string][]string{}, map[string]Forms{}
	for _, t := range m.Templates {
		templates = append(templates, Template{Text: t.Text, Type: t.Type, Origin: t.Origin})
		answers[t.Text] = t.Answers
	}
	for _, c := range m.Concepts {
		forms[c.Name] = Forms{
			WithArticle: c.WithArticle, Possessive: c.Possessive, SentenceStart: c.SentenceStart,
			Aliases: c.Aliases, Paraphrases: c.Paraphrases,
		}
	}
	return templates, answers, forms
}
