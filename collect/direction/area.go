package direction

import (
	"encoding/json"
	"math"
)

// AUROC is the area under the ROC curve of scores that should be high where
// target holds: the share of pairs of a target and another in which the target's
// score is higher, a tie as half (Mann and Whitney 1947). NaN where one of the
// two is missing.
func AUROC(scores []float64, target []bool) float64 {
	items := make([]item, len(scores))
	for i, s := range scores {
		items[i] = item{score: s, target: target[i]}
	}
	return auroc(items)
}

// UnmarshalJSON reads what MarshalJSON writes: null is NaN.
func (f *Figure) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*f = Figure(math.NaN())
		return nil
	}
	return json.Unmarshal(data, (*float64)(f))
}
