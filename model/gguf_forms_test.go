package model

import (
	"slices"
	"strings"
)

// permuteHeads turns the two halves of each head of queries and keys into pairs.
func permuteHeads(c ggufConfig, name string, t ggufOutput) ggufOutput {
	queries, keys, width := c.heads()
	heads := map[string]int{"attn_q": queries, "attn_k": keys}[name]
	if heads == 0 {
		return t
	}
	var order []int
	for h := range heads {
		for i := range width / 2 {
			order = append(order, h*width+i, h*width+width/2+i)
		}
	}
	return t.reorder(order)
}

// ungroup puts queries, keys and values of all groups together.
func ungroup(count func(ggufConfig) int) func(c ggufConfig, name string, t ggufOutput) ggufOutput {
	return func(c ggufConfig, name string, t ggufOutput) ggufOutput {
		if name != "attn_qkv" {
			return t
		}
		_, _, width := c.heads()
		groups := count(c)
		per := t.shape[0] / groups / width // heads of a group
		var order []int
		for _, part := range [][2]int{{0, per - 2}, {per - 2, per - 1}, {per - 1, per}} {
			for g := range groups {
				for r := (g*per + part[0]) * width; r < (g*per+part[1])*width; r++ {
					order = append(order, r)
				}
			}
		}
		return t.reorder(order)
	}
}

// reorder returns rows in another order.
func (o ggufOutput) reorder(order []int) ggufOutput {
	cols := len(o.values) / o.shape[0]
	var values []float32
	for _, r := range order {
		values = append(values, o.values[r*cols:(r+1)*cols]...)
	}
	o.values = values
	return o
}

// addOne adds the 1 of norms that store their distance from it.
func addOne(_ ggufConfig, name string, t ggufOutput) ggufOutput {
	if strings.HasSuffix(name, "norm") && strings.HasSuffix(t.name, ".weight") {
		for i := range t.values {
			t.values[i]++
		}
	}
	return t
}

// squeezeRows makes vectors of matrices with one row.
func squeezeRows(_ ggufConfig, _ string, t ggufOutput) ggufOutput {
	if t.shape[0] == 1 {
		t.shape = t.shape[1:]
	}
	return t
}

// transpose transposes the weights of products.
func transpose(_ ggufConfig, name string, t ggufOutput) ggufOutput {
	if len(t.shape) < 2 || strings.HasSuffix(name, "embd") {
		return t
	}
	rows, cols := t.shape[0], t.shape[1]
	values := make([]float32, len(t.values))
	for i, v := range t.values {
		values[i%cols*rows+i/cols] = v
	}
	return ggufOutput{t.name, []int{cols, rows}, values}
}

// rename returns a tensor under another name.
func (o ggufOutput) rename(old, new string) ggufOutput {
	o.name = strings.Replace(o.name, old, new, 1)
	return o
}

// turned returns the transposes of matrices [n, rows, cols].
func (o ggufOutput) turned() ggufOutput {
	n, rows, cols := o.shape[0], o.shape[1], o.shape[2]
	values := make([]float32, len(o.values))
	for i, v := range o.values {
		values[(i/cols/rows*cols+i%cols)*rows+i/cols%rows] = v
	}
	return ggufOutput{o.name, []int{n, cols, rows}, values}
}

// every returns the rows from one on, step apart, of matrices [n, rows, cols], or
// with a shape [n, rows] values.
func (o ggufOutput) every(from, step int) ggufOutput {
	cols := 1
	if len(o.shape) == 3 {
		cols = o.shape[2]
	}
	var values []float32
	for r := 0; r < len(o.values)/cols; r++ {
		if r%step == from {
			values = append(values, o.values[r*cols:(r+1)*cols]...)
		}
	}
	shape := slices.Clone(o.shape)
	shape[1] /= step
	return ggufOutput{o.name, shape, values}
}

// splitExperts parts gate and up of gpt-oss and transposes its experts, and names
// tensors as modules.
func splitExperts(_ ggufConfig, t ggufOutput) []ggufOutput {
	switch {
	case strings.HasSuffix(t.name, "gate_up_proj"):
		t = t.turned()
		return []ggufOutput{
			t.every(0, 2).rename("gate_up_proj", "gate_proj.weight"), t.every(1, 2).rename("gate_up_proj", "up_proj.weight"),
		}
	case strings.HasSuffix(t.name, "gate_up_proj_bias"):
		return []ggufOutput{
			t.every(0, 2).rename("gate_up_proj_bias", "gate_proj.bias"), t.every(1, 2).rename("gate_up_proj_bias", "up_proj.bias"),
		}
	case strings.HasSuffix(t.name, "down_proj"):
		return []ggufOutput{t.turned().rename("down_proj", "down_proj.weight")}
	case strings.HasSuffix(t.name, "down_proj_bias"):
		return []ggufOutput{t.rename("down_proj_bias", "down_proj.bias")}
	case strings.HasSuffix(t.name, "sinks"):
		return []ggufOutput{t.rename("sinks", "sinks.weight")}
	}
	return []ggufOutput{t}
}

// splitLatent parts the weights of keys and values of DeepSeek's heads and
// transposes the former.
func splitLatent(c ggufConfig, t ggufOutput) []ggufOutput {
	if !strings.HasSuffix(t.name, "kv_b_proj.weight") {
		return nameBias(c, t)
	}
	heads, plain, value, rank := c.int("num_attention_heads"), c.int("qk_nope_head_dim"), c.int("v_head_dim"), t.shape[1]
	k := ggufOutput{strings.Replace(t.name, "kv_b", "k_b", 1), []int{heads, plain, rank}, nil}
	v := ggufOutput{strings.Replace(t.name, "kv_b", "v_b", 1), []int{heads, value, rank}, nil}
	for h := range heads {
		head := t.values[h*(plain+value)*rank:]
		k.values = append(k.values, head[:plain*rank]...)
		v.values = append(v.values, head[plain*rank:(plain+value)*rank]...)
	}
	return []ggufOutput{k.turned(), v}
}

// nameBias names the bias of DeepSeek's router as a module's.
func nameBias(_ ggufConfig, t ggufOutput) []ggufOutput {
	return []ggufOutput{t.rename("gate.e_score_correction_bias", "e_score_correction.bias")}
}
