package report

import (
	"fmt"
	"strings"
)

// Pair is a text without and with the direction, side by side.
type Pair struct {
	Head    string // what was asked, and what was added
	Off, On string
}

// answers shows what the model writes without and with the direction.
func (s *Steering) answers(target string) Figure {
	f := Figure{ID: "answers", Title: "What the model writes with it"}
	if len(s.Answers) == 0 {
		f.Missing = "no text was given; premlp generate --steer --json writes one"
		return f
	}
	f.Caption = fmt.Sprintf("The same prompt continued twice, without and with the direction of %s. An example chosen by who made it, and no measurement: the figures above are that.", target)
	for _, a := range s.Answers {
		f.Pairs = append(f.Pairs, Pair{
			Head: fmt.Sprintf("%s (%g times the %s at %s)", strings.TrimSpace(a.Prompt), a.Alpha, methodName(a.Method), a.Place),
			Off:  strings.TrimSpace(a.Off), On: strings.TrimSpace(a.On),
		})
	}
	return f
}
