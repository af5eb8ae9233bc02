package steering

import (
	"fmt"

	"premlp/collect"
)

// neutralFrom is the first token of a neutral text that is edited. Many models
// keep large values in the first one, on which all others lean.
const neutralFrom = 1

// neutral is a text that has nothing to do with the concepts.
type neutral struct {
	prompt
	clean []float32 // log-probabilities without edits, [tokens, V]
}

// readNeutral makes the prompts of texts, raw.
func readNeutral(l *collect.Loaded, texts []string) ([]*neutral, error) {
	var list []*neutral
	for _, text := range texts {
		ids, err := l.RawPrompt(text)
		if err != nil {
			return nil, fmt.Errorf("neutral text %q: %w", text, err)
		}
		if c := l.Model.Config().Context; len(ids) <= neutralFrom || len(ids) > c {
			return nil, fmt.Errorf("neutral text %q: want %d to %d tokens, have %d", text, neutralFrom+1, c, len(ids))
		}
		n := &neutral{prompt: prompt{ids: ids}}
		for at := neutralFrom; at < len(ids); at++ {
			n.read = append(n.read, at)
		}
		list = append(list, n)
	}
	return list, nil
}

// keep takes the logits of the run without edits.
func (n *neutral) keep(logits []float32) {
	vocab := len(logits) / len(n.read)
	for at := 0; at < len(logits); at += vocab {
		row := logits[at : at+vocab]
		z := logNormalizer(row)
		for _, x := range row {
			n.clean = append(n.clean, float32(float64(x)-z))
		}
	}
}

// divergence is the sum over tokens of KL(clean ‖ edited), in nats: how much the
// predictions of the edited run differ from those of the run without edits.
func (n *neutral) divergence(logits []float32) float64 {
	vocab := len(logits) / len(n.read)
	var sum float64
	for at := 0; at < len(logits); at += vocab {
		row := logits[at : at+vocab]
		z := logNormalizer(row)
		for k, x := range row {
			was := float64(n.clean[at+k])
			sum += exp(was) * (was - (float64(x) - z))
		}
	}
	return sum
}
