package direction

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"premlp/collect/dataset"
)

func TestTmp(t *testing.T) {
	r, err := dataset.Open(os.Getenv("DIR"))
	if err != nil {
		t.Skip(err)
	}
	var layers []int
	json.Unmarshal([]byte(os.Getenv("LAYERS")), &layers)
	var ms []string
	json.Unmarshal([]byte(os.Getenv("METHODS")), &ms)
	start := time.Now()
	rep, err := Analyse(t.Context(), r, Options{Layers: layers, Methods: ms, Target: os.Getenv("TARGET")})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(time.Since(start), rep.Tokens, rep.Prompt, rep.Missing)
	for _, l := range rep.Layers {
		fmt.Printf("%d norm %.3f share %.3f split %.3f pair %v random %v\n", l.Layer, l.Norm, l.Share, l.SplitHalf, l.Pairs, l.Random)
		for _, m := range l.Methods {
			fmt.Printf("  %-12s %.3f [%.3f %.3f] worst %.3f strat %.3f pooled %.3f null %.3f/%.3f shuf %.3f l0 %.3f [%.3f] cos %.3f/%.3f shr %.3f var %.3f %s: %s %s\n", m.Method, m.AUROC, m.Low, m.High, m.Worst, m.Stratified, m.PooledRows, m.Targets.Mean, m.Targets.High, m.Shuffled.High, m.Start, m.StartLow, m.FoldCosine, m.FoldCosineLeast, m.Shrinkage, m.Variance, m.Verdict.Word, m.Verdict.Why, m.Failed)
			if m.Band != nil {
				fmt.Printf("               rank %d/%d own %.3f mean %.3f [%.3f %.3f] %.3f-%.3f\n", m.Band.Rank, m.Band.Of, m.Band.Own, m.Band.Mean, m.Band.Low, m.Band.High, m.Band.Least, m.Band.Most)
			}
		}
	}
	fmt.Println(rep.Layers[0].Methods[0].Places)
}
