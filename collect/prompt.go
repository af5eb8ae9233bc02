package collect

import (
	"fmt"
	"strings"

	"premlp/tokenizer"
)

// prompter turns questions into prompts and knows where in a prompt the
// question's own text stands.
type prompter struct {
	job            Job
	prefix, suffix string // of every prompt, around the question
}

// placeholderQuestion is a question no template changes or holds itself; rendered once, it
// shows what a chat template puts around a question.
const placeholderQuestion = "premlp:question:placeholder"

// newPrompter learns what the job's chat template puts around a question.
func newPrompter(j Job) (*prompter, error) {
	p := &prompter{job: j}
	if j.Chat == nil {
		return p, nil
	}
	text, err := p.render(placeholderQuestion)
	if err != nil {
		return nil, err
	}
	if n := strings.Count(text, placeholderQuestion); n != 1 {
		return nil, fmt.Errorf("chat template: want the question once in the prompt, have it %d times", n)
	}
	p.prefix, p.suffix, _ = strings.Cut(text, placeholderQuestion)
	return p, nil
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
	if len(prompt) >= len(p.prefix)+len(p.suffix) && strings.HasPrefix(prompt, p.prefix) && strings.HasSuffix(prompt, p.suffix) {
		switch inner := prompt[len(p.prefix) : len(prompt)-len(p.suffix)]; {
		case inner == question:
			return prompt, len(p.prefix), nil
		case inner != "" && inner == strings.TrimSpace(question):
			return prompt, len(p.prefix) - strings.Index(question, inner), nil
		}
	}
	return "", 0, fmt.Errorf("chat template: want the question unchanged between %q and %q, have %q", p.prefix, p.suffix, prompt)
}
