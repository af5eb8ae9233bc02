package report

import (
	"fmt"
	"strings"

	"premlp/collect/dataset"
)

// say fills in the page's words: what was asked, and what the answer is.
func (p *Page) say(a *analysis, m dataset.Manifest, o Options) {
	p.Weights, p.Dataset = cut(m.Model.Digest, 13), cut(o.Digest, 13)
	own, others := 0, 0
	p.Heading = fmt.Sprintf("%s in %s", a.target, m.Model.Name)
	if n := len(m.Templates); n > 0 {
		own = n
		others = m.Questions - n
	}
	p.Asked = []string{
		fmt.Sprintf("The question: when %s reads a question about %s, is there a direction in its activations that says so, and would not say it of %s?",
			m.Model.Name, a.target, examples(a.controls)),
		fmt.Sprintf("%d questions were asked: %s about %s, and %s, in the same words, about %s. %s At every layer the activations of the tokens after the name were taken (site %s). "+
			"A direction was fitted on some questions and tried on others whose wording and whose concept it had not seen.",
			m.Questions, plain(own, m.Questions), a.target, plain(others, m.Questions), concepts(len(a.controls)), chatWords(m), o.Site),
	}
	l := a.lead()
	j := l.judged()
	switch kind(j.verdict) {
	case supported:
		p.Word, p.Class = "Yes", "good"
		if 2*len(a.with(supported)) < len(a.layers) {
			p.Word, p.Class = "At some layers", "fair"
		}
	case weak:
		p.Word, p.Class = "Perhaps", "fair"
	case explained:
		p.Word, p.Class = "Not shown", "same"
	case unsupported:
		p.Word, p.Class = "No", "poor"
	default:
		p.Word, p.Class = "Not tested", "none"
	}
	p.Answer = a.answer()
	p.More = a.more()
	if o.Steering == nil {
		p.More = append(p.More, "Nothing here changed what the model does: a direction that can be read need not be one the model uses.")
		return
	}
	p.More = append(p.More, o.Steering.words(a.target)...)
	for i, claim := range p.Refused {
		if strings.HasSuffix(claim, notChanged) {
			p.Refused[i] = "that the site controls the model: what was tried are the edits shown, at their places, strengths and questions"
		}
	}
}

// answer is the verdict in a sentence for who has not read the docs.
func (a *analysis) answer() string {
	l := a.lead()
	j := l.judged()
	told := fmt.Sprintf("at layer %d, of a question about %s and one about another concept, both new to it, the direction picks the right one in %s", l.number, a.target, percent(j.area))
	switch kind(j.verdict) {
	case supported:
		if l.number == 0 {
			return fmt.Sprintf("Only at layer 0, the baseline of all others, can %s be told from the rest: %s.", a.target, told)
		}
		return fmt.Sprintf("Yes, at %s of %d: %s, more than every simpler explanation reaches.", layersWords(a.with(supported)), len(a.layers), told)
	case weak:
		return fmt.Sprintf("Perhaps: %s, but the evidence is thin: %s.", told, j.why)
	case explained:
		return fmt.Sprintf("The name can be read, but it is not shown that the layers make more of it: %s; yet %s could explain that (%s).", told, strings.TrimPrefix(j.verdict, "explained by "), j.why)
	case unsupported:
		return fmt.Sprintf("No: at no layer can questions about %s be told from the others better than chance allows (the best is layer %d: %s).", a.target, l.number, j.why)
	}
	return fmt.Sprintf("Nothing can be said about %s: %s.", a.target, j.why)
}

// fewTemplates is where package direction stops warning of narrow intervals.
const fewTemplates = 10

// more is what has to be known with the answer.
func (a *analysis) more() []string {
	l := a.lead()
	j := l.judged()
	if !finite(j.area) {
		return nil
	}
	list := []string{fmt.Sprintf("AUROC %.3f (0.5 is guessing, 1 is no mistake); interval of 95 %%: %s to %s. Layer %d is shown closer because its figures are the best of %d, which flatters them a little.", j.area, fixed(j.low, 3), fixed(j.high, 3), l.number, len(a.layers))}
	if n := a.templates; n < fewTemplates {
		list = append(list, fmt.Sprintf("The questions come in only %d wordings: below %d the interval is narrower than it should be. More templates settle more.", n, fewTemplates))
	}
	if others := a.otherWords(kind(j.verdict)); others != "" {
		list = append(list, others)
	}
	if b := j.band; b != nil {
		above := 0
		for _, v := range b.all[1:] {
			if v >= b.all[0] {
				above++
			}
		}
		list = append(list, fmt.Sprintf("Is %s special? Put in its place, %d of the %d other concepts are told apart as well or better.", a.target, above, len(b.all)-1))
	}
	return list
}

// otherWords says what is found at the layers of other verdicts.
func (a *analysis) otherWords(but int) string {
	var parts []string
	for _, k := range a.kinds() {
		if k != but {
			parts = append(parts, fmt.Sprintf("at %s it is %s", layersWords(a.with(k)), a.words(k)))
		}
	}
	if parts == nil {
		return ""
	}
	return "Elsewhere: " + strings.Join(parts, "; ") + "."
}

// percent writes an AUROC as a share of pairs.
func percent(v float64) string {
	if v >= 0.9995 {
		return "every pair"
	}
	return fmt.Sprintf("%.1f %% of pairs", 100*v)
}

// examples names up to three controls.
func examples(controls []string) string {
	switch n := len(controls); {
	case n == 1:
		return controls[0]
	case n <= 3:
		return strings.Join(controls[:n-1], ", ") + " or " + controls[n-1]
	}
	return strings.Join(controls[:3], ", ") + fmt.Sprintf(" or %d other concepts", len(controls)-3)
}

func concepts(n int) string {
	if n == 1 {
		return "one other concept"
	}
	return fmt.Sprintf("%d other concepts", n)
}

// plain is a count, "some" where the manifest does not tell it.
func plain(n, of int) string {
	if n <= 0 || n > of {
		return "some"
	}
	return fmt.Sprint(n)
}

func chatWords(m dataset.Manifest) string {
	if m.Chat.Used {
		return "They were put the way users of the model put them, in its chat form."
	}
	return "They were put as bare text, without a chat form."
}

func layersWords(list []int) string {
	if len(list) == 1 {
		return fmt.Sprintf("1 layer (%d)", list[0])
	}
	return fmt.Sprintf("%d layers (%s)", len(list), ranges(list))
}

// notChanged ends the claim of package direction that steering makes untrue.
const notChanged = "nothing was changed in a forward pass"

// words says what the directions did, in a sentence for each method.
func (s *Steering) words(target string) []string {
	var list []string
	for i := range s.Tests {
		one := &Steering{Tests: s.Tests[i : i+1]}
		t, x := strongestOf(one.traces(target))
		text := fmt.Sprintf("Put into the model, the direction (%s, %s) changed the log-probability of %s's answer in questions about others by %+.2f beside the other answers'", methodName(t.method), x.label(t), target, x.Net)
		if x.Random != nil {
			text += fmt.Sprintf("; random directions of the same length by %+.2f", x.Random.Net)
		}
		tried := 0
		for _, t := range one.traces(target) {
			tried += len(t.steps)
		}
		list = append(list, text+fmt.Sprintf(". %d of %d answers became %s's. This is the strongest of %d edits tried.", x.Flipped, x.Questions, target, tried))
	}
	return list
}
