package tokenizer

import (
	"fmt"
	"slices"
	"strings"
)

// templateRewriter writes a template for the engine: text becomes string
// expressions, so that no white space is left to trim; tags are written from
// their tokens; calls of the guard follow loops, macros and sets.
type templateRewriter struct {
	out      strings.Builder
	items    []templateItem
	blocks   []templateBlock
	literals []string
	saved    int
}

// templateBlock is an open block and, for a block set, its target.
type templateBlock struct{ keyword, target string }

// rewriteTemplate returns the template to compile and the values of the
// variables named by literalName.
func rewriteTemplate(source string) (rewritten string, literals []string, err error) {
	r := new(templateRewriter)
	if r.items, err = lexTemplate(source); err != nil {
		return "", nil, err
	}
	for i, item := range r.items {
		switch item.kind {
		case 't':
			r.out.WriteString("{{ " + quote(item.text) + " }}")
		case '{':
			var tokens []templateTok
			if tokens, err = guarded(item.tokens); err == nil {
				r.write('{', '}', callOf(guardPrint, tokens))
			}
		case '%':
			err = r.statement(i, item.tokens)
		}
		if err != nil {
			return "", nil, fmt.Errorf("line %d: %w", item.line, err)
		}
	}
	if len(r.blocks) > 0 {
		return "", nil, fmt.Errorf("want end%s, have the end of the template", r.blocks[len(r.blocks)-1].keyword)
	}
	return r.out.String(), r.literals, nil
}

// write writes a tag.
func (r *templateRewriter) write(open, closer byte, tokens []templateTok) {
	r.out.WriteByte('{')
	r.out.WriteByte(open)
	r.out.WriteByte(' ')
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		text := t.text
		if t.kind == 's' {
			// Strings that follow each other are one, as in Python.
			for i+1 < len(tokens) && tokens[i+1].kind == 's' {
				i++
				text += tokens[i].text
			}
			text = quote(text)
		}
		if t.kind == 'n' && i > 0 && tokens[i-1].text == "." && tokens[i-1].kind == 'o' && isMutator(text) {
			// Undefined, so that calling it is an error, as in the sandbox.
			text = "__immutable_" + text
		}
		if t.spaced || i > 0 && t.text == "}" {
			r.out.WriteByte(' ')
		}
		r.out.WriteString(text)
	}
	r.out.WriteByte(' ')
	r.out.WriteByte(closer)
	r.out.WriteByte('}')
}

// isMutator reports whether a method changes its list or dict, which Jinja's
// immutable sandbox forbids.
func isMutator(method string) bool {
	return slices.Contains([]string{"append", "clear", "extend", "insert", "pop", "popitem", "remove", "reverse", "setdefault", "sort", "update"}, method)
}

// call writes a call of the guard with the values of variables.
func (r *templateRewriter) call(function string, names ...string) {
	r.out.WriteString("{{ " + function + "(" + strings.Join(names, ", ") + ") }}")
}

// statement writes statement i.
func (r *templateRewriter) statement(i int, tokens []templateTok) error {
	if len(tokens) == 0 || tokens[0].kind != 'n' {
		return fmt.Errorf("want a statement")
	}
	keyword := tokens[0].text
	switch keyword {
	case "for":
		return r.loop(i, tokens)
	case "macro":
		return r.macro(tokens)
	case "set":
		return r.set(tokens)
	case "if", "elif":
		condition, err := guarded(tokens[1:])
		if err != nil {
			return err
		}
		r.write('%', '%', append([]templateTok{word(keyword)}, condition...))
		if keyword == "elif" {
			return nil
		}
		return r.open(keyword, "")
	case "call", "filter", "generation":
		r.write('%', '%', tokens)
		return r.open(keyword, "")
	case "else", "break", "continue":
		r.write('%', '%', tokens)
		return nil
	}
	if opened, ok := strings.CutPrefix(keyword, "end"); ok {
		return r.close(opened, tokens)
	}
	return fmt.Errorf("want a statement of chat templates, have %q", keyword)
}

func (r *templateRewriter) open(keyword, target string) error {
	if len(r.blocks) == maxBlockDepth {
		return fmt.Errorf("want at most %d blocks within each other", maxBlockDepth)
	}
	r.blocks = append(r.blocks, templateBlock{keyword, target})
	return nil
}

func (r *templateRewriter) close(keyword string, tokens []templateTok) error {
	last := len(r.blocks) - 1
	if last < 0 || r.blocks[last].keyword != keyword {
		return fmt.Errorf("want the end of the innermost block, have end%s", keyword)
	}
	block := r.blocks[last]
	r.blocks = r.blocks[:last]
	if keyword == "macro" {
		r.call(guardLeave)
	}
	r.write('%', '%', tokens[:1])
	if block.target != "" {
		r.call(guardCheck, block.target)
	}
	return nil
}

// loop writes a for statement. The variables that its body sets start every
// iteration as they were before the loop; the engine would keep them.
func (r *templateRewriter) loop(i int, tokens []templateTok) error {
	var targets []string
	in := slices.IndexFunc(tokens, func(t templateTok) bool { return t.kind == 'n' && t.text == "in" })
	for _, t := range tokens[1:max(in, 1)] {
		if t.kind == 'n' {
			targets = append(targets, t.text)
		} else if t.text != "," {
			return fmt.Errorf("for: want names before in, have %q", t.text)
		}
	}
	if in < 0 || len(targets) == 0 || len(targets) > 2 {
		return fmt.Errorf("for: want one or two names and in")
	}
	if last := tokens[len(tokens)-1]; last.kind == 'n' && last.text == "recursive" {
		return fmt.Errorf("for: want no recursive loop")
	}
	names := r.setWithin(i)
	restore := ""
	for _, name := range names {
		if slices.Contains(targets, name) {
			continue
		}
		r.saved++
		outer := fmt.Sprintf("__outer%d", r.saved)
		fmt.Fprintf(&r.out, "{%% set %s = %s %%}", outer, name)
		restore += fmt.Sprintf("{%% set %s = %s %%}", name, outer)
	}
	values, err := guardedLoop(tokens[in+1:], targets)
	if err != nil {
		return err
	}
	r.write('%', '%', slices.Concat(tokens[:in+1], values))
	r.out.WriteString(restore)
	r.call(guardStep, targets...)
	return r.open("for", "")
}

// setWithin returns the variables set in the body of the loop at item i, but
// not in loops and macros within it, which have a scope of their own.
func (r *templateRewriter) setWithin(i int) []string {
	var names []string
	depth, inner := 0, 0
	for _, item := range r.items[i+1:] {
		if item.kind != '%' || len(item.tokens) == 0 {
			continue
		}
		switch keyword := item.tokens[0].text; keyword {
		case "for", "macro", "call":
			depth++
			inner++
		case "endfor", "endmacro", "endcall":
			if depth == 0 {
				return names
			}
			depth--
			inner--
		case "set":
			plain := len(item.tokens) > 1 && (len(item.tokens) == 2 || item.tokens[2].text == "=")
			if inner == 0 && plain && !slices.Contains(names, item.tokens[1].text) {
				names = append(names, item.tokens[1].text)
			}
		}
	}
	return names
}

// macro writes a macro statement. The engine cuts the header at commas, so
// texts in it become variables.
func (r *templateRewriter) macro(tokens []templateTok) error {
	tokens = slices.Clone(tokens)
	var params []string
	depth := 0
	for i := 1; i < len(tokens); i++ {
		switch t := &tokens[i]; {
		case t.kind == 's':
			r.literals = append(r.literals, t.text)
			t.kind, t.text = 'n', literalName(len(r.literals)-1)
		case t.text == "(" || t.text == "[" || t.text == "{":
			depth++
		case t.text == ")" || t.text == "]" || t.text == "}":
			depth--
		case t.text == "," && depth > 1:
			return fmt.Errorf("macro: want defaults without commas")
		case t.kind == 'n' && depth == 1 && (tokens[i-1].text == "(" || tokens[i-1].text == ","):
			params = append(params, t.text)
		}
	}
	r.write('%', '%', tokens)
	r.call(guardEnter, params...)
	return r.open("macro", "")
}

// set writes a set statement: NAME = ..., NAME.NAME = ..., or the block form.
func (r *templateRewriter) set(tokens []templateTok) error {
	is := func(i int, text string) bool {
		return i < len(tokens) && tokens[i].kind == 'o' && tokens[i].text == text
	}
	switch {
	case len(tokens) < 2 || tokens[1].kind != 'n':
	case len(tokens) == 2:
		r.write('%', '%', tokens)
		return r.open("set", tokens[1].text)
	case is(2, "="), is(2, ".") && is(4, "=") && tokens[3].kind == 'n':
		target := tokens[1].text
		tokens, first := slices.Clone(tokens), 3
		if is(2, ".") {
			// The engine wants no space within the name.
			tokens[2].spaced, tokens[3].spaced = false, false
			first = 5
			r.call(guardNamespace, target)
		}
		value, err := guarded(tokens[first:])
		if err != nil {
			return err
		}
		r.write('%', '%', append(tokens[:first:first], value...))
		r.call(guardCheck, target)
		return nil
	}
	return fmt.Errorf("set: want a name or the attribute of one")
}
