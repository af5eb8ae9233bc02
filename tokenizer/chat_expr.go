package tokenizer

import (
	"fmt"
	"slices"
	"strconv"
)

// The template engine gives some value where Jinja raises an error: None added
// to a text is the text, a list at "x" is its first item. So expressions are
// read here by Jinja's grammar (jinja2 parser.py) and written with calls of
// functions that are as strict as Python: see chat_ops.go.

// exprParser reads the tokens of one expression. Its methods return the tokens
// to write; those that are named after an operator read it and all that binds
// tighter.
type exprParser struct {
	tokens []templateTok
	at     int
	depth  int
}

// maxExprDepth bounds the nesting of an expression.
const maxExprDepth = 100

// guarded returns the tokens of an expression with its operators guarded.
func guarded(tokens []templateTok) ([]templateTok, error) {
	p := exprParser{tokens: tokens}
	out, err := p.condition()
	if err == nil && p.at < len(tokens) {
		err = fmt.Errorf("want an operator or the end of the expression, have %q", tokens[p.at].text)
	}
	return out, err
}

// guardedLoop is guarded for what follows in of a for statement: a value, and
// a condition on its items.
func guardedLoop(tokens []templateTok, targets []string) ([]templateTok, error) {
	p := exprParser{tokens: tokens}
	out, err := p.or()
	if err != nil {
		return nil, err
	}
	walk := opIterate
	if len(targets) == 2 {
		walk = opPairs
	}
	out = callOf(walk, out)
	if !p.name("if") {
		if p.at < len(tokens) {
			err = fmt.Errorf("want if or the end of the loop's values, have %q", tokens[p.at].text)
		}
		return out, err
	}
	condition := tokens[p.at:]
	if len(targets) == 2 {
		condition = ofPair(condition, targets)
	}
	condition, err = guarded(condition)
	return slices.Concat(out, []templateTok{word("if")}, condition), err
}

// ofPair writes a loop's two names as parts of the pair: in a condition the
// engine gives the second name the pair.
func ofPair(tokens []templateTok, targets []string) []templateTok {
	var out []templateTok
	for i, t := range tokens {
		at := slices.Index(targets, t.text)
		attribute := i > 0 && tokens[i-1].kind == 'o' && tokens[i-1].text == "."
		if t.kind != 'n' || at < 0 || attribute {
			out = append(out, t)
			continue
		}
		out = append(out, word(targets[1]), sign("["), templateTok{kind: '0', text: strconv.Itoa(at)}, sign("]"))
	}
	return out
}

func word(text string) templateTok { return templateTok{kind: 'n', text: text, spaced: true} }

func sign(text string) templateTok { return templateTok{kind: 'o', text: text} }

func text(value string) []templateTok { return []templateTok{{kind: 's', text: value, spaced: true}} }

// callOf is a call of a function with expressions as arguments.
func callOf(function string, args ...[]templateTok) []templateTok {
	out := []templateTok{word(function), sign("(")}
	for i, arg := range args {
		if i > 0 {
			out = append(out, sign(","))
		}
		out = append(out, arg...)
	}
	return append(out, sign(")"))
}

// bracketed is an expression in parentheses.
func bracketed(parts ...[]templateTok) []templateTok {
	return slices.Concat([]templateTok{sign("(")}, slices.Concat(parts...), []templateTok{sign(")")})
}

// peek reports whether the next token is this one.
func (p *exprParser) peek(kind byte, text string) bool {
	return p.at < len(p.tokens) && p.tokens[p.at].kind == kind && p.tokens[p.at].text == text
}

// name reads a word if it is next.
func (p *exprParser) name(text string) bool {
	if !p.peek('n', text) {
		return false
	}
	p.at++
	return true
}

// sign reads an operator if it is next.
func (p *exprParser) sign(text string) bool {
	if !p.peek('o', text) {
		return false
	}
	p.at++
	return true
}

func (p *exprParser) expect(text string) error {
	if p.sign(text) {
		return nil
	}
	if p.at < len(p.tokens) {
		return fmt.Errorf("want %q, have %q", text, p.tokens[p.at].text)
	}
	return fmt.Errorf("want %q, have the end of the tag", text)
}

// condition reads x if y else z.
func (p *exprParser) condition() ([]templateTok, error) {
	if p.depth++; p.depth > maxExprDepth {
		return nil, fmt.Errorf("want expressions at most %d deep", maxExprDepth)
	}
	defer func() { p.depth-- }()
	out, err := p.or()
	for err == nil && p.name("if") {
		var test, other []templateTok
		if test, err = p.or(); err != nil {
			break
		}
		if out = slices.Concat(out, []templateTok{word("if")}, test); p.name("else") {
			if other, err = p.condition(); err == nil {
				out = slices.Concat(out, []templateTok{word("else")}, other)
			}
		}
		out = bracketed(out)
	}
	return out, err
}

func (p *exprParser) or() ([]templateTok, error) {
	return p.joined("or", func() ([]templateTok, error) { return p.joined("and", p.not) })
}

// joined reads operands with a word between them.
func (p *exprParser) joined(between string, operand func() ([]templateTok, error)) ([]templateTok, error) {
	out, err := operand()
	for err == nil && p.name(between) {
		var right []templateTok
		if right, err = operand(); err == nil {
			out = bracketed(out, []templateTok{word(between)}, right)
		}
	}
	return out, err
}

func (p *exprParser) not() ([]templateTok, error) {
	if !p.name("not") {
		return p.comparison()
	}
	if p.depth++; p.depth > maxExprDepth {
		return nil, fmt.Errorf("want expressions at most %d deep", maxExprDepth)
	}
	defer func() { p.depth-- }()
	out, err := p.not()
	return bracketed([]templateTok{word("not")}, out), err
}

// comparison reads a < b; of a < b < c it is an error that says so.
func (p *exprParser) comparison() ([]templateTok, error) {
	out, err := p.sum()
	for compared := false; err == nil; compared = true {
		function, ok := p.comparisonSign()
		if !ok {
			break
		}
		if compared {
			return nil, fmt.Errorf("want one comparison at a time, as in a < b and b < c")
		}
		var right []templateTok
		if right, err = p.sum(); err == nil {
			out = callOf(function, out, right)
		}
	}
	return out, err
}

// comparisonSign reads the sign of a comparison and returns its function.
func (p *exprParser) comparisonSign() (string, bool) {
	for text, function := range comparisons {
		if p.sign(text) {
			return function, true
		}
	}
	if p.name("in") {
		return opIn, true
	}
	if p.peek('n', "not") && p.at+1 < len(p.tokens) && p.tokens[p.at+1].text == "in" {
		p.at += 2
		return opNotIn, true
	}
	return "", false
}

func (p *exprParser) sum() ([]templateTok, error) {
	return p.operators([]string{"+", "-"}, p.concatenation)
}

func (p *exprParser) concatenation() ([]templateTok, error) {
	return p.operators([]string{"~"}, p.product)
}

func (p *exprParser) product() ([]templateTok, error) {
	return p.operators([]string{"*", "/", "//", "%"}, p.power)
}

func (p *exprParser) power() ([]templateTok, error) {
	return p.operators([]string{"**"}, func() ([]templateTok, error) { return p.unary(true) })
}

// operators reads operands with any of the signs between them, from the left.
func (p *exprParser) operators(signs []string, operand func() ([]templateTok, error)) ([]templateTok, error) {
	out, err := operand()
	for err == nil {
		at := slices.IndexFunc(signs, p.sign)
		if at < 0 {
			break
		}
		var right []templateTok
		if right, err = operand(); err == nil {
			out = callOf(operations[signs[at]], out, right)
		}
	}
	return out, err
}

// unary reads -x; filters bind tighter only without a sign before x.
func (p *exprParser) unary(filters bool) ([]templateTok, error) {
	if p.depth++; p.depth > maxExprDepth {
		return nil, fmt.Errorf("want expressions at most %d deep", maxExprDepth)
	}
	defer func() { p.depth-- }()
	var out []templateTok
	var err error
	switch {
	case p.sign("-"):
		if out, err = p.unary(false); err == nil {
			out = callOf(opNegate, out)
		}
	case p.sign("+"):
		return nil, fmt.Errorf("want no plus sign before a value")
	default:
		out, err = p.primary()
	}
	if err == nil {
		out, err = p.postfix(out)
	}
	if err == nil && filters {
		out, err = p.filtered(out)
	}
	return out, err
}
