package collect

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"premlp/collect/dataset"
)

// rebuild makes a dataset's questions again from its manifest, with the model's
// own tokenizer and chat template, and reports every stored question that is not
// the same. So texts, prompts, tokens and selections are proved by what they
// follow from. Questions of one's own are taken as asked; what was made of them
// is compared.
type rebuild struct {
	builder
	own      bool // the questions are of one's own
	other    bool // the manifest makes another number of them
	seen     texts
	findings []Finding
}

// newRebuild reads the job that a dataset says it was made by.
func newRebuild(m dataset.Manifest, l *Loaded) (*rebuild, error) {
	j, err := storedJob(m, l)
	if err != nil {
		return nil, fmt.Errorf("verify: %w", err)
	}
	if err := j.prepare(); err != nil {
		return nil, fmt.Errorf("verify: manifest: %w", err)
	}
	p, err := newPrompter(j)
	if err != nil {
		return nil, err
	}
	r := &rebuild{builder: builder{p, l.Tokenizer}, own: len(j.Templates) == 0, seen: texts{}}
	if n := j.count(); !r.own && n != m.Questions {
		r.other = true
		r.found("", fmt.Sprintf("want the manifest's %d questions, have %d", n, m.Questions))
	}
	return r, nil
}

// add compares question i.
func (r *rebuild) add(i int, stored *dataset.Question) {
	if r.other {
		return
	}
	asked := OwnQuestion{
		Text: stored.Text, Concept: stored.Concept, Set: stored.Set, Type: stored.Type, Located: stored.Located, Answers: stored.Answers,
	}
	if !r.own {
		asked = r.job.question(i)
	}
	if before, twice := r.seen.add(asked.Text, i); twice {
		r.found(stored.ID, fmt.Sprintf("asked in question %s already", questionID(before)))
	}
	built, err := r.make(i, asked)
	if err != nil {
		r.found(stored.ID, err.Error())
	} else if field := firstDifference(*built, *stored); field != "" {
		r.found(stored.ID, field+" is not what the manifest, tokenizer and chat template make")
	}
}

func (r *rebuild) found(question, message string) {
	r.findings = append(r.findings, Finding{Check: "rebuild", Question: question, Message: message, Fatal: true})
}

// storedJob is the job a dataset says it was made by, without questions of one's
// own.
func storedJob(m dataset.Manifest, l *Loaded) (Job, error) {
	j := Job{Target: m.Target, Controls: m.Controls, System: m.Chat.System, Paraphrased: m.Paraphrased}
	j.Templates, j.Answers, j.Forms = storedTemplates(m)
	if !m.Chat.Used {
		return j, nil
	}
	if l.Chat == nil {
		return j, fmt.Errorf("chat template: want the one of digest %s, the model has none", m.Chat.TemplateDigest)
	}
	if have := templateDigest(l.Chat); have != m.Chat.TemplateDigest {
		return j, fmt.Errorf("chat template: want digest %s, have %s", m.Chat.TemplateDigest, have)
	}
	j.Chat = l.Chat
	if m.Chat.Date != "" {
		var err error
		if j.Now, err = time.Parse(time.DateOnly, m.Chat.Date); err != nil {
			return j, fmt.Errorf("manifest: chat.date: want YYYY-MM-DD, have %q", m.Chat.Date)
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
