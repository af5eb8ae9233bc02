package direction

import (
	"encoding/json"
	"fmt"
	"strconv"

	"premlp/weights"
)

// Write writes the directions to a safetensors file: one tensor for each
// method, site and layer, "<method>.<site>.<layer>", F32 [D], and the mean of the
// controls' rows, "control_mean.<site>.<layer>". The metadata says what they are
// of and what may be said of them: "verdicts" is a JSON object, tensor → verdict.
func (r *Report) Write(path string) error {
	var tensors []weights.Output
	verdicts := map[string]Verdict{}
	for _, l := range r.Layers {
		for _, m := range l.Methods {
			if m.Direction == nil {
				continue
			}
			t := l.output(m.Method, m.Direction)
			tensors = append(tensors, t)
			verdicts[t.Name] = m.Verdict
		}
	}
	if len(tensors) == 0 {
		return fmt.Errorf("directions: want at least 1, have none: %s", r.failures())
	}
	for _, l := range r.Layers {
		tensors = append(tensors, l.output("control_mean", l.Control))
	}
	text, err := json.Marshal(verdicts)
	if err != nil {
		return err
	}
	controls, err := json.Marshal(r.Controls)
	if err != nil {
		return err
	}
	return weights.WriteSafetensors(path, tensors, map[string]string{
		"format": "premlp-directions", "version": "1",
		"model": r.Model, "target": r.Target, "controls": string(controls),
		"dataset_digest": r.Digest, "sign_and_unit": r.Convention, "level": string(r.Level),
		"seed": strconv.FormatUint(r.Seed, 10), "verdicts": string(text),
	})
}

// output is a vector of this layer as a tensor.
func (l *LayerReport) output(name string, vector []float64) weights.Output {
	values := make([]float32, len(vector))
	for i, v := range vector {
		values[i] = float32(v)
	}
	return weights.FloatOutput(fmt.Sprintf("%s.%s.%d", name, l.Site, l.Layer), values, len(values))
}

// failures says why there is no direction.
func (r *Report) failures() string {
	for _, l := range r.Layers {
		for _, m := range l.Methods {
			if m.Failed != "" {
				return m.Method + ": " + m.Failed
			}
		}
	}
	return "no layers"
}
