package layers

import (
	"slices"

	"gorgonia.org/gorgonia"

	"premlp/layers/internal/gpu"
	"premlp/layers/internal/kernel"
	"premlp/weights"
)

// Experts describes a mixture of experts: gated MLPs of which a router picks
// some for each token. Shazeer et al., "Outrageously large neural networks: the
// sparsely-gated mixture-of-experts layer", 2017.
type Experts struct {
	Count, Chosen int // of all experts; for each token
	Hidden        int // F, of one expert
	Router        string
	RouterBias    bool
	Route         Route
	Activate      ExpertGate
	Store         ExpertStore
}

// ExpertGate is what an expert does between its products.
type ExpertGate interface {
	// Activate writes it to dst; all [·, F].
	Activate(p *Pool, dst, gate, up []float32)
	// activateOnDevice does the same there.
	activateOnDevice(c *deviceCall, dst, gate, up matAt) error
}

// Route picks experts by the router's scores of one token, changed at will. It
// returns as many experts as are wanted, in any order, with their weights.
type Route func(scores []float32) (experts []int, weights []float32)

// ExpertStore returns the tensors of one expert below the module: gate and up
// [F, D] and down [D, F], and biases or nil.
type ExpertStore func(s Scope, e Experts, d, expert int) ExpertWeights

// ExpertWeights are one expert's tensors.
type ExpertWeights struct {
	Gate, Up, Down             *weights.Tensor
	GateBias, UpBias, DownBias *weights.Tensor
}

// Mixture runs the chosen experts on each row of x [T, D] and adds what they
// return, weighted:
//
//	y[t] = Σ weight[t][e] · expert_e(x[t])    e chosen for t, ascending
//
// The choice is the site [Router].
func Mixture(s Scope, x *gorgonia.Node, e Experts) *gorgonia.Node {
	scores := Linear(s.Sub(e.Router), x, e.Count, e.RouterBias) // [T, Count]
	choice := s.Tap(Router, route(s.Sub("choice"), scores, e))  // [T, 2·Chosen]
	return runExperts(s.Sub("experts"), x, choice, e)           // [T, D]
}

// route picks experts for each row of scores: their numbers, ascending, then
// their weights, [T, 2·Chosen].
func route(s Scope, scores *gorgonia.Node, e Experts) *gorgonia.Node {
	return s.node(&Op{
		kind: "route", cols: 2 * e.Chosen, inputs: []*gorgonia.Node{scores},
		device:  e.routeOnDevice,
		counted: (*Call).choice,
		run: func(c *Call) error {
			c.Pool.RunRows(c.Out.Rows, func(from, to int) {
				row := make([]float32, e.Count)
				for t := from; t < to; t++ {
					copy(row, c.In[0].Row(t))
					writeChoice(c.Out.Row(t), e, row)
				}
			})
			return nil
		},
	})
}

// writeChoice writes one row's choice.
func writeChoice(out []float32, e Experts, scores []float32) {
	experts, shares := e.Route(scores)
	order := make([]int, len(experts))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return experts[a] - experts[b] })
	for i, at := range order {
		out[i], out[e.Chosen+i] = float32(experts[at]), shares[at]
	}
}

// expert is one packed expert.
type expert struct {
	tensors                    ExpertWeights
	gate, up, down             *kernel.Weight
	gateBias, upBias, downBias []float32
	sent                       [3]deviceWeight // gate, up, down
	offsets                    [3]gpu.Pointer  // their biases
}

// factors are the weights of the expert's products.
func (x *expert) factors() [3]factor {
	if x.gate == nil { // they are on a device
		return [...]factor{x.sent[0].factor(), x.sent[1].factor(), x.sent[2].factor()}
	}
	return [...]factor{factorOf(x.gate), factorOf(x.up), factorOf(x.down)}
}

// runExperts adds up the chosen experts' results.
func runExperts(s Scope, x, choice *gorgonia.Node, e Experts) *gorgonia.Node {
	d := columns(x)
	all := make([]*expert, e.Count)
	o := &Op{kind: "experts", cols: d, inputs: []*gorgonia.Node{x, choice}}
	for i := range all {
		all[i] = &expert{tensors: e.Store(s, e, d, i)}
		t := all[i].tensors
		o.packs = append(o.packs, t.Gate, t.Up, t.Down)
	}
	o.prepare = func(pool *Pool) error {
		for i, x := range all {
			x.pack(s, pool, i)
		}
		return nil
	}
	o.upload = func(t *onDevice) error {
		for i, x := range all {
			if err := x.send(s, t, i); err != nil {
				return err
			}
		}
		return nil
	}
	o.device = func(c *deviceCall) error { return runExpertsOnDevice(c, e, all) }
	o.run = func(c *Call) error {
		clear(c.Out.Data)
		for i, of := range chosenRows(c.In[1], e.Count) {
			if len(of.rows) > 0 {
				all[i].add(c, e, of.rows, of.shares)
			}
		}
		return nil
	}
	o.counted = func(c *Call) Cost { return c.mixture(all, e) }
	return s.node(o)
}

// chosen are the rows that an expert was chosen for, and its weights there.
type chosen struct {
	rows   []int
	shares []float32
}

// chosenRows lists, for each of count experts, the rows it was chosen for.
func chosenRows(choice Mat, count int) []chosen {
	all, k := make([]chosen, count), choice.Cols/2
	for t := range choice.Rows {
		row := choice.Row(t)
		for i, e := range row[:k] {
			of := &all[int(e)]
			of.rows, of.shares = append(of.rows, t), append(of.shares, row[k+i])
		}
	}
	return all
}

// pack packs the expert's weights.
func (x *expert) pack(s Scope, pool *Pool, number int) {
	key := s.Layer(number).path
	t := x.tensors
	x.gate = s.g.store.pack(pool, key+".gate", t.Gate)
	x.up = s.g.store.pack(pool, key+".up", t.Up)
	x.down = s.g.store.pack(pool, key+".down", t.Down)
	for _, b := range []struct {
		values *[]float32
		t      *weights.Tensor
	}{{&x.gateBias, t.GateBias}, {&x.upBias, t.UpBias}, {&x.downBias, t.DownBias}} {
		if b.t != nil {
			*b.values = b.t.Floats()
		}
	}
}

// add runs the expert on some rows and adds its weighted result to theirs.
func (x *expert) add(c *Call, e Experts, rows []int, shares []float32) {
	n, d := len(rows), c.Out.Cols
	in, out := make([]float32, n*d), make([]float32, n*d)
	for i, t := range rows {
		copy(in[i*d:], c.In[0].Row(t))
	}
	gate, up := make([]float32, n*e.Hidden), make([]float32, n*e.Hidden)
	c.Pool.MatMul(in, n,
		kernel.Product{W: x.gate, Bias: x.gateBias, Out: gate},
		kernel.Product{W: x.up, Bias: x.upBias, Out: up})
	e.Activate.Activate(c.Pool, gate, gate, up)
	c.Pool.MatMul(gate, n, kernel.Product{W: x.down, Bias: x.downBias, Out: out})
	for i, t := range rows {
		y := c.Out.Row(t)
		for j, v := range out[i*d : (i+1)*d] {
			y[j] += float32(shares[i] * v)
		}
	}
}

// GatedExpert is act(gate)·up, as in gated MLPs.
type GatedExpert struct{ Activation Activation }

// Activate implements ExpertGate.
func (g GatedExpert) Activate(p *Pool, dst, gate, up []float32) {
	p.ApplyMul(dst, gate, up, kernel.Activations[string(g.Activation)])
}

func (g GatedExpert) activateOnDevice(c *deviceCall, dst, gate, up matAt) error {
	return c.each("gated", dst.len(), dst.at, gate.at, up.at, count(dst.len()), deviceFunctions[string(g.Activation)])
}

// BoundedGate is gpt-oss's gated unit: with g at most Limit and u between -Limit
// and Limit,
//
//	dst = g·σ(Alpha·g)·(u + 1)
type BoundedGate struct{ Alpha, Limit float32 }

// Activate implements ExpertGate.
func (b BoundedGate) Activate(_ *Pool, dst, gate, up []float32) {
	for i := range dst {
		g, u := min(gate[i], b.Limit), min(max(up[i], -b.Limit), b.Limit)
		dst[i] = float32(g*kernel.Sigmoid(b.Alpha*g)) * (u + 1)
	}
}
