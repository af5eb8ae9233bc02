package direction

import "math"

// OverLayers is what meaningless labels reach at the best of all layers, for one
// site and method: each layer is one test, and with many of them some pass by
// chance. The null of the largest of many tests (Westfall and Young 1993) bounds
// the chance that any layer does.
type OverLayers struct {
	Site   string `json:"site"`
	Method string `json:"method"`
	High   Figure `json:"p95"`    // 1 in 20 random targets, or sets of shuffled labels, reach it at some layer
	Above  []int  `json:"layers"` // where the target's AUROC is above it
}

// overLayers goes through the layers of a report. Draws are the same at each.
func (a *analysis) overLayers() {
	for _, site := range a.o.Sites {
		for i, x := range a.methods {
			o := OverLayers{Site: site, Method: x.name, High: nan, Above: []int{}}
			var most []float64 // per draw
			var tested []*LayerReport
			for _, l := range a.report.Layers {
				if l.Site == site && l.Methods[i].draws != nil {
					most, tested = larger(most, l.Methods[i].draws), append(tested, l)
				}
			}
			if most == nil {
				continue
			}
			o.High = Figure(max(quantile(most[:a.o.Nulls], 0.95), quantile(most[a.o.Nulls:], 0.95)))
			for _, l := range tested {
				if l.Methods[i].AUROC > o.High {
					o.Above = append(o.Above, l.Layer)
				}
			}
			a.report.OverLayers = append(a.report.OverLayers, o)
		}
	}
}

// larger gives the larger of each pair that is a number.
func larger(a, b []float64) []float64 {
	if a == nil {
		return append([]float64(nil), b...)
	}
	for k, v := range b {
		if v > a[k] || math.IsNaN(a[k]) {
			a[k] = v
		}
	}
	return a
}
