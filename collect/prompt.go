package collect

import (
	"fmt"
	"strings"
	"time"

	"premlp/tokenizer"
)

// prompter turns questions into prompts and knows where in a prompt the
// question's own text stands.
type prompter struct {
	job            Job
	prefix, suffix string // of every prompt, around the question
}

// newPrompter learns what the job's chat template puts around a question: it
// renders a placeholder and looks where that stands. A question's own text is
// no good for this, as a system message may hold it too.
func newPrompter(j Job) (*prompter, error) {
	j.Now = day(j.Now)
	p := &prompter{job: j}
	if j.Chat == nil {
		return p, nil
	}
	placeholder := "premlp:question:placeholder"
	for strings.Contains(j.Chat.Source(), placeholder) || j.System != nil && strings.Contains(*j.System, placeholder) {
		placeholder += ":"
	}
	text, err := p.render(placeholder)
	if err != nil {
		return nil, err
	}
	if n := strings.Count(text, placeholder); n != 1 {
		return nil, fmt.Errorf("chat template: want the question once in the prompt, have it %d times", n)
	}
	p.prefix, p.suffix, _ = strings.Cut(text, placeholder)
	return p, nil
}

// day is the beginning of a day in UTC. A chat template sees no more of the time:
// the manifest states the day, and the prompts follow from it.
func day(t time.Time) time.Time {
	year, month, d := t.Date()
	return time.Date(year, month, d, 0, 0, 0, 0, time.UTC)
}

// render renders one user message, behind the system message if there is one.
func (p *prompter) render(question string) (string, error) {
	var messages []tokenizer.Message
	if p.job.System != nil {
		messages = append(messages, tokenizer.Message{Role: "system", Content: *p.job.System})
	}
	messages = append(messages, tokenizer.Message{Role: "user", Content: question})
	return p.job.Chat.Render(messages, true, p.job.Now)
}

// prompt returns a question's prompt and the byte at which its text begins. A
// template may drop white space around the question; the place is then where
// the whole text would begin, and may be negative.
func (p *prompter) prompt(question string) (prompt string, at int, err error) {
	if p.job.Chat == nil {
		return question, 0, nil
	}
	if prompt, err = p.render(question); err != nil {
		return "", 0, err
	}
	inner, ok := strings.CutPrefix(prompt, p.prefix)
	if ok {
		inner, ok = strings.CutSuffix(inner, p.suffix)
	}
	if ok && inner == question {
		return prompt, len(p.prefix), nil
	}
	if ok && strings.TrimSpace(inner) != "" {
		before, after, found := strings.Cut(question, inner)
		if found && strings.TrimSpace(before+after) == "" {
			return prompt, len(p.prefix) - len(before), nil
		}
	}
	return "", 0, fmt.Errorf("chat template: want the question unchanged between %q and %q, have %q", p.prefix, p.suffix, prompt)
}
