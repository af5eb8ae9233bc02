package direction

import "fmt"

// Verdict is what may be said of a direction, in words.
type Verdict struct {
	Word string `json:"word"`
	Why  string `json:"why"`
}

// The words of a verdict. A direction explained by a baseline is told which.
const (
	Supported   = "supported"
	Weak        = "weak"
	Explained   = "explained by "
	Unsupported = "unsupported"
	NotTested   = "not tested"
)

// The limits of a verdict.
const (
	chance    = 0.5
	agreement = 0.5  // of a direction's folds, as a cosine
	alike     = 0.05 // two AUROCs
)

// judge gives a method's verdict at a layer. tokens is the AUROC of the tokens of
// the rows, random the null of random directions; start says whether this layer
// is itself the baseline.
func (r *MethodReport) judge(tokens, random Figure, start bool) Verdict {
	null := max(r.Targets.High, r.Shuffled.High, chance)
	switch {
	case r.Failed != "":
		return Verdict{NotTested, r.Failed}
	case !(r.AUROC >= 0) || !(r.Low >= 0) || !(null >= 0):
		return Verdict{NotTested, "no figure on held-out questions"}
	case r.AUROC <= null:
		return Verdict{Unsupported, fmt.Sprintf("AUROC %.3f is not above %.3f, which chance or 1 in 20 sets of wrong labels reach", r.AUROC, null)}
	case r.Low <= chance:
		return Verdict{Unsupported, fmt.Sprintf("the interval from %.3f to %.3f holds chance", r.Low, r.High)}
	case r.AUROC <= random:
		return Verdict{Explained + "random directions", fmt.Sprintf("1 in 20 of them reach %.3f", random)}
	case tokens > null && r.TokensLow <= 0:
		return r.explained("the tokens of the rows", tokens, r.TokensLow, r.TokensHigh)
	case !start && r.StartLow <= 0:
		return r.explained("layer 0", r.Start, r.StartLow, r.StartHigh)
	case r.Worst <= chance:
		return Verdict{Weak, fmt.Sprintf("the worst fold is at %.3f", r.Worst)}
	case r.Low <= max(null, random):
		return Verdict{Weak, fmt.Sprintf("the interval from %.3f reaches %.3f, where nulls are", r.Low, max(null, random))}
	case r.FoldCosine < agreement:
		return Verdict{Weak, fmt.Sprintf("directions of different folds have a cosine of %.3f", r.FoldCosine)}
	case start:
		return Verdict{Supported, "but this is the layer 0 that others are measured against"}
	}
	return Verdict{Supported, fmt.Sprintf("from %.3f up, above every baseline", r.Low)}
}

// explained is the verdict where the interval of the difference from a baseline,
// from low to high, holds 0: explained by it if the two figures are alike, and
// weak if they are not but this dataset cannot tell them apart.
func (r *MethodReport) explained(name string, figure, low, high Figure) Verdict {
	why := fmt.Sprintf("%s gives %.3f; the difference is from %+.3f to %+.3f", name, figure, low, high)
	if r.AUROC-figure <= alike {
		return Verdict{Explained + name, why}
	}
	return Verdict{Weak, why}
}

// refused lists what is never claimed, whatever the figures are.
var refused = []string{
	"that the target is special: its rank among the controls is another question than whether a direction exists",
	"that an AUROC near 1 is understanding: it is reading a name's trace in held-out questions",
	"that one method is better than another: rows alone cannot show it, and detectors and steerers rank differently",
	"that the site controls the model, or that a direction steers it: nothing was changed in a forward pass",
	"that a direction generalises: no question here describes the target without its name",
	"anything about other models, other questions or other targets",
}
