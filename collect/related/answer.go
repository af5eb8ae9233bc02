package related

import (
	"strings"
	"unicode"
)

// parseAnswer reads the items of a list in a chat model's answer. Where any line
// has a number or a mark before it, lines without are remarks; what a model
// thought aloud before its answer is passed over.
func parseAnswer(text string) []string {
	if _, answer, thought := strings.Cut(text, "</think>"); thought {
		text = answer
	}
	var marked, plain []string
	for line := range strings.Lines(text) {
		rest, mark := cutMark(strings.TrimSpace(line))
		name, _ := cutItem(rest)
		switch {
		case name == "":
		case mark:
			marked = append(marked, name)
		case !strings.HasSuffix(strings.TrimSpace(line), ":"): // not a heading
			plain = append(plain, name)
		}
	}
	if marked != nil {
		return marked
	}
	if len(plain) == 1 { // on one line
		plain = nil
		for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == '\n' }) {
			if name, _ := cutItem(part); name != "" {
				plain = append(plain, name)
			}
		}
	}
	return plain
}

// cutMark takes a number or a mark off a line: "12. Peru", "12) Peru", "- Peru",
// "* Peru", "• Peru".
func cutMark(line string) (rest string, found bool) {
	digits := strings.TrimLeftFunc(line, unicode.IsDigit)
	if len(digits) < len(line) {
		for _, mark := range []string{".", ")", ":"} {
			if rest, found := strings.CutPrefix(digits, mark); found {
				return strings.TrimSpace(rest), true
			}
		}
		return line, false
	}
	for _, mark := range []string{"- ", "* ", "+ ", "• ", "– "} {
		if rest, found := strings.CutPrefix(line, mark); found {
			return strings.TrimSpace(rest), true
		}
	}
	return line, false
}
