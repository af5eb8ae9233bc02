package tokenizer

import (
	"fmt"
	"maps"
	"time"

	"github.com/ardanlabs/jinja"
)

// Message is one turn of a conversation.
type Message struct{ Role, Content string }

// ChatTemplate turns a conversation into the text that a model was trained on.
// It is safe for concurrent use.
type ChatTemplate struct {
	source   string
	tokens   map[string]string
	literals []string
	compiled *jinja.Template
}

// ParseChatTemplate reads a Jinja chat template as transformers does: with
// trim_blocks and lstrip_blocks, loop controls, raise_exception, strftime_now
// and immutable lists and dicts. tokens are variables such as bos_token and
// eos_token.
//
// Templates come with models, so their work is bounded: the size and depth of
// the source, the steps of a rendering, the depth of macro calls and the size
// of what is kept in variables. The memory that one expression takes is not.
//
// A template that would render differently than in transformers is an error
// that names the construct, here or in Render.
func ParseChatTemplate(source string, tokens map[string]string) (*ChatTemplate, error) {
	c := &ChatTemplate{source: source, tokens: maps.Clone(tokens)}
	rewritten, literals, err := rewriteTemplate(source)
	if err != nil {
		return nil, fmt.Errorf("chat template: %w", err)
	}
	if c.compiled, err = jinja.Compile(rewritten); err != nil {
		return nil, fmt.Errorf("chat template: %w", err)
	}
	c.literals = literals
	return c, nil
}

// Source returns the template as it was given.
func (c *ChatTemplate) Source() string { return c.source }

// Render returns the prompt for a conversation, at its end the header of the
// assistant's answer if asked. now is the time that strftime_now tells. An
// exception that the template raises, for instance for a role it does not
// know, is an error.
func (c *ChatTemplate) Render(messages []Message, addGenerationPrompt bool, now time.Time) (text string, err error) {
	// The engine panics on some operations, such as repeating a text -1 times.
	defer func() {
		if r := recover(); r != nil {
			text, err = "", fmt.Errorf("chat template: %v", r)
		}
	}()
	list := make([]jinja.Value, len(messages))
	for i, m := range messages {
		list[i] = jinja.NewDict()
		list[i].AsDict().Set("role", jinja.NewString(m.Role))
		list[i].AsDict().Set("content", jinja.NewString(m.Content))
	}
	data := newTemplateGuard().functions()
	for name, text := range c.tokens {
		data[name] = jinja.NewString(text)
	}
	for i, text := range c.literals {
		data[literalName(i)] = jinja.NewString(text)
	}
	data["messages"] = jinja.NewList(list)
	data["add_generation_prompt"] = jinja.NewBool(addGenerationPrompt)
	data["tools"], data["documents"] = jinja.None(), jinja.None()
	data["strftime_now"] = jinja.NewCallable("strftime_now", func(args []jinja.Value, _ map[string]jinja.Value) (jinja.Value, error) {
		if len(args) != 1 || !args[0].IsString() {
			return jinja.Undefined(), fmt.Errorf("strftime_now: want a format")
		}
		text, err := strftime(args[0].AsString(), now)
		return jinja.NewString(text), err
	})
	if text, err = c.compiled.RenderValues(data); err != nil {
		return "", fmt.Errorf("chat template: %w", err)
	}
	return text, nil
}
