package collect

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"premlp/collect/dataset"
)

// checkRebuilt makes a dataset's questions again from its manifest, with the
// model's own tokenizer and chat template, and reports every stored question
// that is not the same. So texts, prompts, tokens and selections are proved by
// what they follow from. Questions of one's own are taken as asked; what was
// made of them is compared.
func checkRebuilt(m dataset.Manifest, stored []dataset.Question, l *Loaded) ([]Finding, error) {
	j, err := storedJob(m, stored, l)
	if err != nil {
		return nil, err
	}
	built, err := BuildQuestions(j, l.Tokenizer)
	if err != nil {
		return []Finding{{Check: "rebuild", Message: err.Error(), Fatal: true}}, nil
	}
	if len(built) != len(stored) {
		return []Finding{{Check: "rebuild", Message: fmt.Sprintf("want the manifest's %d questions, have %d", len(built), len(stored)), Fatal: true}}, nil
	}
	var findings []Finding
	for i := range built {
		if field := firstDifference(built[i], stored[i]); field != "" {
			findings = append(findings, Finding{Check: "rebuild", Question: stored[i].ID, Fatal: true,
				Message: fmt.Sprintf("%s is not what the manifest, tokenizer and chat template make", field)})
		}
	}
	return findings, nil
}

// storedJob is the job a dataset says it was made by.
func storedJob(m dataset.Manifest, stored []dataset.Question, l *Loaded) (Job, error) {
	j := Job{Target: m.Target, Controls: m.Controls, System: m.Chat.System}
	for _, t := range m.Templates {
		j.Templates = append(j.Templates, Template{Text: t.Text, Type: t.Type})
	}
	if len(j.Templates) == 0 {
		for _, q := range stored {
			j.Questions = append(j.Questions, OwnQuestion{Text: q.Text, Concept: q.Concept, Set: q.Set, Type: q.Type})
		}
	}
	if !m.Chat.Used {
		return j, nil
	}
	if l.Chat == nil {
		return j, fmt.Errorf("verify: chat template: want the one of digest %s, the model has none", m.Chat.TemplateDigest)
	}
	if have := templateDigest(l.Chat); have != m.Chat.TemplateDigest {
		return j, fmt.Errorf("verify: chat template: want digest %s, have %s", m.Chat.TemplateDigest, have)
	}
	j.Chat = l.Chat
	if m.Chat.Date != "" {
		var err error
		if j.Now, err = time.Parse(time.DateOnly, m.Chat.Date); err != nil {
			return j, fmt.Errorf("verify: manifest: chat.date: want YYYY-MM-DD, have %q", m.Chat.Date)
		}
	}
	return j, nil
}

// firstDifference names the first field in which two structs of one type
// differ, by its JSON key; "" where they are the same. An empty list and none
// are the same: JSON may not tell them apart.
func firstDifference[T any](a, b T) string {
	va, vb := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range va.NumField() {
		fa, fb := va.Field(i), vb.Field(i)
		if k := fa.Kind(); (k == reflect.Slice || k == reflect.Map) && fa.Len() == 0 && fb.Len() == 0 {
			continue
		}
		if !reflect.DeepEqual(fa.Interface(), fb.Interface()) {
			key, _, _ := strings.Cut(va.Type().Field(i).Tag.Get("json"), ",")
			return key
		}
	}
	return ""
}
