package layers

import (
	"fmt"

	"premlp/weights"
)

// NamedExperts is the store of experts with tensors of their own, "0.gate.weight"
// and so on under the names given. Where the checkpoint has them joined, as
// gate_up_proj [Count, 2F, D] and down_proj [Count, D, F], it takes those.
func NamedExperts(gate, up, down string) ExpertStore {
	return func(s Scope, e Experts, d, i int) ExpertWeights {
		if s.Has("gate_up_proj") {
			both := s.Weight("gate_up_proj", e.Count, 2*e.Hidden, d)
			back := s.Weight("down_proj", e.Count, d, e.Hidden)
			return ExpertWeights{
				Gate: expertRows(both, i*2*e.Hidden, e.Hidden, 1),
				Up:   expertRows(both, i*2*e.Hidden+e.Hidden, e.Hidden, 1),
				Down: expertRows(back, i*d, d, 1),
			}
		}
		s = s.Sub(fmt.Sprint(i))
		return ExpertWeights{
			Gate: s.Sub(gate).Weight("weight", e.Hidden, d),
			Up:   s.Sub(up).Weight("weight", e.Hidden, d),
			Down: s.Sub(down).Weight("weight", d, e.Hidden),
		}
	}
}

// expertRows are count rows of a tensor from one on, step rows apart.
func expertRows(t *weights.Tensor, from, count, step int) *weights.Tensor {
	rows := make([]int32, count)
	for i := range rows {
		rows[i] = int32(from + i*step)
	}
	return t.Pick(rows)
}

// InterleavedExperts is the store of gpt-oss: all experts' gate and up columns in
// turn in gate_up_proj [Count, D, 2F], down_proj [Count, F, D], and biases. Where
// the checkpoint has none of these, experts have tensors of their own.
func InterleavedExperts(s Scope, e Experts, d, i int) ExpertWeights {
	if !s.Has("gate_up_proj") {
		w := NamedExperts("gate_proj", "up_proj", "down_proj")(s, e, d, i)
		s = s.Sub(fmt.Sprint(i))
		w.GateBias, w.UpBias = s.Sub("gate_proj").Weight("bias", e.Hidden), s.Sub("up_proj").Weight("bias", e.Hidden)
		w.DownBias = s.Sub("down_proj").Weight("bias", d)
		return w
	}
	both := s.Weight("gate_up_proj", e.Count, d, 2*e.Hidden).Slice(i, i+1).Transpose() // [2F, D]
	bias := s.Weight("gate_up_proj_bias", e.Count, 2*e.Hidden)
	down := s.Weight("down_proj", e.Count, e.Hidden, d).Slice(i, i+1).Transpose() // [D, F]
	return ExpertWeights{
		Gate: expertRows(both, 0, e.Hidden, 2), GateBias: expertValues(bias, i, 0, e.Hidden, 2),
		Up: expertRows(both, 1, e.Hidden, 2), UpBias: expertValues(bias, i, 1, e.Hidden, 2),
		Down: down, DownBias: expertValues(s.Weight("down_proj_bias", e.Count, d), i, 0, d, 1),
	}
}

// expertValues are count values of row i of a matrix from one on, step apart.
func expertValues(t *weights.Tensor, i, from, count, step int) *weights.Tensor {
	at := make([]int32, count)
	for j := range at {
		at[j] = int32(i*t.Cols() + from + j*step)
	}
	return t.PickValues(at)
}
