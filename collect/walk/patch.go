package walk

import (
	"fmt"
	"io"
	"slices"
	"strconv"

	"premlp/model"
	"premlp/weights"
)

// Patched is a change of a value.
type Patched struct {
	Op     string `json:"op"`
	What   string `json:"what"`
	Tokens [2]int `json:"tokens"` // [from, to)
	Moved  number `json:"moved"`  // the largest distance of a row before and after
}

// patch changes tokens of the value of the op the walk stands behind: "zero",
// "scale X", or "set" from the reference.
func (w *Walk) patch(o options) (*Patched, error) {
	op, v, err := w.read("")
	if err != nil {
		return nil, err
	}
	tokens, err := o.span("tokens", o.tokens, v.Rows)
	if err != nil {
		return nil, err
	}
	rows, what, err := w.patchedRows(o.rest, op, v, tokens)
	if err != nil {
		return nil, err
	}
	r := &Patched{Op: op.Key(), What: what, Tokens: [2]int{tokens.from, tokens.to}}
	var index []int32
	for t := tokens.from; t < tokens.to; t++ {
		index = append(index, int32(t))
		difference := slices.Clone(v.Row(t))
		for k := range difference {
			difference[k] -= rows[(t-tokens.from)*v.Cols+k]
		}
		r.Moved = max(r.Moved, number(norm(difference)))
	}
	if err := w.session.Patch(op, index, model.Replace{Rows: rows}); err != nil {
		return nil, err
	}
	delete(w.norms, op)
	w.changes = append(w.changes, Change{op.Key(), what + " at " + tokens.text("token")})
	return r, nil
}

// patchedRows are the rows that take the place of a value's.
func (w *Walk) patchedRows(words []string, op *model.Op, v model.Mat, tokens span) (rows []float32, what string, err error) {
	rows = make([]float32, 0, (tokens.to-tokens.from)*v.Cols)
	switch {
	case len(words) == 1 && words[0] == "zero":
		return rows[:cap(rows)], "zero", nil
	case len(words) == 2 && words[0] == "scale":
		by, err := strconv.ParseFloat(words[1], 32)
		if err != nil || by-by != 0 {
			return nil, "", fmt.Errorf("scale: want a number, have %q", words[1])
		}
		for t := tokens.from; t < tokens.to; t++ {
			for _, x := range v.Row(t) {
				rows = append(rows, x*float32(by))
			}
		}
		return rows, "scale " + words[1], nil
	case len(words) == 1 && words[0] == "set":
		other, err := w.referenceValue(op, v)
		if err == nil && other.Rows < tokens.to {
			err = fmt.Errorf("set: want tokens below %d, which the reference has, have %d to %d", other.Rows, tokens.from, tokens.to-1)
		}
		if err != nil {
			return nil, "", err
		}
		for t := tokens.from; t < tokens.to; t++ {
			rows = append(rows, other.Row(t)...)
		}
		return rows, "set from " + w.reference.name, nil
	}
	return nil, "", fmt.Errorf("patch: want zero, scale NUMBER or set, have %q", words)
}

// Print writes a line.
func (r *Patched) Print(out io.Writer) {
	tokens := span{r.Tokens[0], r.Tokens[1]}
	fmt.Fprintf(out, "%s: %s at %s, which moved rows by up to %.4g\n", r.Op, r.What, tokens.text("token"), float64(r.Moved))
}

// Saved is a file that was written.
type Saved struct {
	File   string `json:"file"`
	Tensor string `json:"tensor"`
	Shape  [2]int `json:"shape"`
}

// save writes the value of an op to a safetensors file, with the prompt's ids: as
// "<site>.<layer>" where it is one, else by its key.
func (w *Walk) save(name, file string) (*Saved, error) {
	op, v, err := w.read(name)
	if err != nil {
		return nil, err
	}
	tensor := orElse(append(w.sitesOf(op), op.Key())...)
	err = weights.WriteSafetensors(file, []weights.Output{
		weights.IntOutput("ids", w.ids, len(w.ids)),
		weights.FloatOutput(tensor, slices.Clone(v.Data), v.Rows, v.Cols),
	}, map[string]string{"format": "premlp-dump", "arithmetic": w.session.Arithmetic()})
	return &Saved{file, tensor, [2]int{v.Rows, v.Cols}}, err
}

// Print writes a line.
func (r *Saved) Print(out io.Writer) {
	fmt.Fprintf(out, "wrote %s: %s [%d, %d]\n", r.File, r.Tensor, r.Shape[0], r.Shape[1])
}
