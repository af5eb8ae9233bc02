package direction

import (
	"encoding/json"
	"math"
)

// Figure is a number of a report; NaN where it could not be computed, in JSON
// null.
type Figure float64

var nan = Figure(math.NaN())

// MarshalJSON writes null for what JSON cannot hold.
func (f Figure) MarshalJSON() ([]byte, error) {
	if v := float64(f); math.IsNaN(v) || math.IsInf(v, 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(f))
}

// Report is everything found in one dataset about one target.
type Report struct {
	Model      string   `json:"model"`
	Digest     string   `json:"dataset_digest"` // filled in by the caller, who may know it
	Target     string   `json:"target"`
	Controls   []string `json:"controls"`
	Templates  int      `json:"templates"`
	Questions  int      `json:"questions"`
	Rows       int      `json:"rows"`
	Level      Level    `json:"level"`
	Folds      int      `json:"template_folds"`
	Groups     int      `json:"control_groups"`
	Bootstrap  int      `json:"bootstrap_draws"`
	NullDraws  int      `json:"null_draws"`
	Seed       uint64   `json:"seed"`
	Convention string   `json:"sign_and_unit"`

	// Tokens and Prompt are AUROCs of the mean difference of bags of tokens:
	// those of the rows, and of the whole prompt. The second holds the concept's
	// name, so it is near 1 by construction.
	Tokens Figure `json:"auroc_tokens_of_rows"`
	Prompt Figure `json:"auroc_tokens_of_prompt"`

	Missing []string       `json:"not_computed"` // what, and why
	Layers  []*LayerReport `json:"layers"`

	// OverLayers are nulls of the best layer, beside the verdicts, each of which
	// is of one layer alone.
	OverLayers []OverLayers `json:"null_over_layers"`

	Refused []string `json:"not_claimed"` // what no figure here can show
}

// LayerReport is one site and layer.
type LayerReport struct {
	Site      string          `json:"site"`
	Layer     int             `json:"layer"`
	Control   []float64       `json:"-"`                     // mean of the controls' rows, [D]
	Norm      Figure          `json:"mean_difference_norm"`  // in the rows' own units
	Share     Figure          `json:"mean_difference_share"` // of the questions' root mean square distance from their mean
	SplitHalf Figure          `json:"split_half_cosine"`
	Pairs     PairCosines     `json:"pair_cosines"`
	Random    Null            `json:"null_random_direction"`
	Methods   []*MethodReport `json:"methods"`
	Verdict   Verdict         `json:"verdict"` // of the first method, the mean difference unless it was left out
}

// MethodReport is one method at a site and layer. AUROCs are of questions on
// held-out templates and controls unless said otherwise.
type MethodReport struct {
	Method    string    `json:"method"`
	Direction []float64 `json:"-"` // [D], fitted on all rows; nil where it failed
	Failed    string    `json:"failed,omitempty"`
	Shrinkage Figure    `json:"shrinkage"` // share of the identity in the covariance
	Variance  Figure    `json:"variance_share"`

	AUROC      Figure  `json:"auroc"`
	Low        Figure  `json:"auroc_low"` // central 95 % of the bootstrap over templates × controls
	High       Figure  `json:"auroc_high"`
	Worst      Figure  `json:"auroc_worst"`       // of a block: one fold of templates, one group of controls
	Stratified Figure  `json:"auroc_stratified"`  // pairs of one template; at its ceiling early, says nothing about depth
	PooledRows Figure  `json:"auroc_pooled_rows"` // rows of all places together; secondary
	Places     []Place `json:"places"`

	Start      Figure `json:"auroc_layer_0"`      // the same at layer 0
	StartLow   Figure `json:"above_layer_0_low"`  // central 95 % of the difference from it
	StartHigh  Figure `json:"above_layer_0_high"` //
	TokensLow  Figure `json:"above_tokens_low"`   // the same for the tokens of the rows
	TokensHigh Figure `json:"above_tokens_high"`

	NullMethod string `json:"null_method,omitempty"` // the method the nulls were computed by
	Targets    Null   `json:"null_random_target_per_template"`
	Shuffled   Null   `json:"null_shuffled_labels"`
	Band       *Band  `json:"pseudo_targets"` // nil where it was not computed

	FoldCosine      Figure  `json:"fold_cosine"` // mean over pairs of blocks
	FoldCosineLeast Figure  `json:"fold_cosine_least"`
	Verdict         Verdict `json:"verdict"`

	areas []float64 // of the bootstrap
	draws []float64 // the nulls' AUROCs: random targets, then shuffled labels
}

// Place is the AUROC of the row at one place: 1 is the first token after the
// concept, -1 the prompt's last.
type Place struct {
	Place int    `json:"place"`
	AUROC Figure `json:"auroc"`
}

// Null is what AUROC labels or directions give that mean nothing.
type Null struct {
	Mean   Figure `json:"mean"`
	Median Figure `json:"median"`
	High   Figure `json:"p95"` // 95 of 100 draws are below
}

func newNull(areas []float64) Null {
	mean, n := 0.0, 0.0
	for _, a := range areas {
		if !math.IsNaN(a) {
			mean += a
			n++
		}
	}
	return Null{Figure(mean / n), Figure(quantile(areas, 0.5)), Figure(quantile(areas, 0.95))}
}

var noNull = Null{nan, nan, nan}

// Band is every concept in turn as the target.
type Band struct {
	Rank   int      `json:"target_rank"` // 1: no concept is above the target
	Of     int      `json:"of"`
	Own    Figure   `json:"target"` // the target's AUROC as the band's are computed
	Mean   Figure   `json:"mean"`
	Low    Figure   `json:"mean_low"` // central 95 % of the mean, bootstrap over targets
	High   Figure   `json:"mean_high"`
	Median Figure   `json:"median"`
	Least  Figure   `json:"least"`
	Most   Figure   `json:"most"`
	All    []Figure `json:"auroc"` // in the order of the concepts: target, controls
}
