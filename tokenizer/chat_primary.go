package tokenizer

import (
	"fmt"
	"slices"
)

// primary reads a name, a literal, or an expression in brackets.
func (p *exprParser) primary() ([]templateTok, error) {
	if p.at == len(p.tokens) {
		return nil, fmt.Errorf("want a value, have the end of the tag")
	}
	t := p.tokens[p.at]
	p.at++
	t.spaced = true
	switch {
	case t.kind == 's':
		out := []templateTok{t}
		for p.at < len(p.tokens) && p.tokens[p.at].kind == 's' {
			out = append(out, p.tokens[p.at])
			p.at++
		}
		return out, nil
	case t.kind == 'n' && slices.Contains([]string{"if", "else", "and", "or", "not", "in", "is"}, t.text):
		return nil, fmt.Errorf("want a value, have %q", t.text)
	case t.kind == 'n' || t.kind == '0':
		return []templateTok{t}, nil
	}
	return p.brackets(t.text)
}

// brackets reads a list, a mapping, a tuple or an expression in parentheses, of
// which the first bracket was read.
func (p *exprParser) brackets(open string) ([]templateTok, error) {
	switch open {
	case "[":
		items, _, err := p.items("]", p.condition)
		return enclosed("[", "]", items), err
	case "{":
		items, _, err := p.items("}", p.pair)
		return enclosed("{", "}", items), err
	case "(":
		items, comma, err := p.items(")", p.condition)
		if err == nil && len(items) == 1 && !comma {
			return enclosed("(", ")", items), nil
		}
		return callOf(opTuple, items...), err
	}
	return nil, fmt.Errorf("want a value, have %q", open)
}

// items reads what stands in brackets, of which the first was read.
func (p *exprParser) items(closer string, item func() ([]templateTok, error)) (all [][]templateTok, comma bool, err error) {
	for !p.sign(closer) {
		one, err := item()
		if err != nil {
			return nil, false, err
		}
		all = append(all, one)
		if p.sign(",") {
			comma = true
		} else if !p.peek('o', closer) {
			return nil, false, p.expect(closer)
		}
	}
	return all, comma, nil
}

// enclosed writes items in brackets.
func enclosed(open, closer string, items [][]templateTok) []templateTok {
	out := []templateTok{sign(open)}
	for i, item := range items {
		if i > 0 {
			out = append(out, sign(","))
		}
		out = append(out, item...)
	}
	return append(out, sign(closer))
}

// pair reads key: value.
func (p *exprParser) pair() ([]templateTok, error) {
	key, err := p.condition()
	if err == nil {
		err = p.expect(":")
	}
	if err != nil {
		return nil, err
	}
	value, err := p.condition()
	return slices.Concat(callOf(opKey, key), []templateTok{sign(":")}, value), err
}

// argument reads an argument of a call, which may be named.
func (p *exprParser) argument() ([]templateTok, error) {
	if p.peek('o', "*") || p.peek('o', "**") {
		return nil, fmt.Errorf("want arguments one by one, have %q", p.tokens[p.at].text)
	}
	if p.at+1 < len(p.tokens) && p.tokens[p.at].kind == 'n' && p.tokens[p.at+1].kind == 'o' && p.tokens[p.at+1].text == "=" {
		name := p.tokens[p.at]
		name.spaced = true
		p.at += 2
		value, err := p.condition()
		return slices.Concat([]templateTok{name, sign("=")}, value), err
	}
	return p.condition()
}

// postfix reads .name, [item], [from:to] and calls behind a value.
func (p *exprParser) postfix(out []templateTok) ([]templateTok, error) {
	for {
		switch {
		case p.sign("."):
			if p.at == len(p.tokens) || p.tokens[p.at].kind != 'n' {
				return nil, fmt.Errorf("want a name after the dot")
			}
			name := p.tokens[p.at]
			name.spaced = false
			p.at++
			if len(out) == 1 && out[0].text == "loop" && slices.Contains([]string{"changed", "depth", "depth0"}, name.text) {
				return nil, fmt.Errorf("want no loop.%s", name.text)
			}
			if !p.sign("(") {
				out = append(callOf(opDefined, out, text("."+name.text)), sign("."), name)
				continue
			}
			args, _, err := p.items(")", p.argument)
			if err != nil {
				return nil, err
			}
			out = callOf(opCall, append([][]templateTok{out, text(name.text)}, args...)...)
		case p.sign("["):
			var err error
			if out, err = p.subscript(out); err != nil {
				return nil, err
			}
		case p.sign("("):
			args, _, err := p.items(")", p.argument)
			if err != nil {
				return nil, err
			}
			out = append(out, enclosed("(", ")", args)...)
		default:
			return out, nil
		}
	}
}

// subscript reads the rest of x[item] or x[from:to:step].
func (p *exprParser) subscript(out []templateTok) ([]templateTok, error) {
	var parts [][]templateTok
	part := []templateTok{}
	for !p.sign("]") {
		switch {
		case p.sign(":"):
			parts, part = append(parts, part), []templateTok{}
		case len(part) > 0:
			return nil, p.expect("]")
		default:
			var err error
			if part, err = p.condition(); err != nil {
				return nil, err
			}
		}
	}
	parts = append(parts, part)
	if len(parts) > 3 || len(parts) == 1 && len(part) == 0 {
		return nil, fmt.Errorf("want x[item] or x[from:to:step]")
	}
	if len(parts) == 1 {
		return callOf(opItem, out, part), nil
	}
	for len(parts) < 3 {
		parts = append(parts, nil)
	}
	for i, part := range parts {
		if len(part) == 0 {
			parts[i] = []templateTok{word("none")}
		}
	}
	return callOf(opSlice, append([][]templateTok{out}, parts...)...), nil
}

// filtered reads filters, tests and calls behind a value.
func (p *exprParser) filtered(out []templateTok) ([]templateTok, error) {
	for {
		switch {
		case p.sign("|"):
			if p.at == len(p.tokens) || p.tokens[p.at].kind != 'n' {
				return nil, fmt.Errorf("want the name of a filter")
			}
			name := p.tokens[p.at]
			p.at++
			var args [][]templateTok
			if p.sign("(") {
				var err error
				if args, _, err = p.items(")", p.argument); err != nil {
					return nil, err
				}
			}
			var err error
			if out, err = filterCall(name.text, out, args); err != nil {
				return nil, err
			}
		case p.name("is"):
			var err error
			if out, err = p.test(out); err != nil {
				return nil, err
			}
		default:
			return out, nil
		}
	}
}

// filterCall writes a filter: as a function of ours, or as the engine's with
// what goes into it checked.
func filterCall(name string, input []templateTok, args [][]templateTok) ([]templateTok, error) {
	if _, ok := ownFilters[name]; ok {
		return callOf(filterPrefix+name, append([][]templateTok{input}, args...)...), nil
	}
	guard, ok := engineFilters[name]
	if !ok {
		// An error only where it is reached, as in Jinja.
		return callOf(opUnknown, text("filter"), text(name)), nil
	}
	if guard != "" {
		input = callOf(guard, input)
	}
	out := append(input, sign("|"), word(name))
	if len(args) > 0 {
		out = append(out, enclosed("(", ")", args)...)
	}
	return bracketed(out), nil
}

// test reads the rest of x is y, x is not y, x is y(z) or x is y z.
func (p *exprParser) test(out []templateTok) ([]templateTok, error) {
	negated := p.name("not")
	if p.at == len(p.tokens) || p.tokens[p.at].kind != 'n' {
		return nil, fmt.Errorf("want the name of a test")
	}
	name := p.tokens[p.at].text
	p.at++
	args, err := p.testArguments()
	if err != nil {
		return nil, err
	}
	if _, ok := tests[name]; !ok {
		return callOf(opUnknown, text("test"), text(name)), nil
	}
	out = callOf(testPrefix+name, append([][]templateTok{out}, args...)...)
	if negated {
		out = bracketed([]templateTok{word("not")}, out)
	}
	return out, nil
}

// testArguments reads the arguments of a test: in parentheses, or one value.
func (p *exprParser) testArguments() ([][]templateTok, error) {
	if p.sign("(") {
		args, _, err := p.items(")", p.argument)
		return args, err
	}
	if p.at == len(p.tokens) {
		return nil, nil
	}
	t := p.tokens[p.at]
	isWord := t.kind == 'n' && slices.Contains([]string{"and", "or", "else", "if", "in", "not", "is"}, t.text)
	if t.kind == 'o' && t.text != "[" && t.text != "{" || isWord {
		return nil, nil
	}
	arg, err := p.primary()
	if err == nil {
		arg, err = p.postfix(arg)
	}
	return [][]templateTok{arg}, err
}
