package steering

import (
	"math/rand/v2"
	"slices"
	"time"

	"premlp/collect/facts"
)

// Result is what a test found.
type Result struct {
	Answer    string    `json:"answer"`   // the fact that was asked for
	Question  string    `json:"question"` // with {concept}
	Prefix    string    `json:"prefix"`   // the answer's beginning, part of the protocol
	Positions Positions `json:"positions"`
	Known     []string  `json:"known"` // concepts whose answer the model knows
	Unknown   []string  `json:"unknown"`
	Skipped   []string  `json:"skipped"` // targets that are not known
	Seed      uint64    `json:"seed"`

	Effects   []Effect  `json:"effects"`   // by place, kind, strength, target
	Summaries []Summary `json:"summaries"` // of the same over targets

	Prompts int     `json:"prompts"` // edited ones that were computed
	Tokens  int64   `json:"tokens"`
	Seconds float64 `json:"seconds"`

	candidates []int32
}

// Summary is the mean of effects over targets. The unit of its interval is the
// target.
type Summary struct {
	Kind    Kind    `json:"edit"`
	Alpha   float64 `json:"alpha"`
	Place   Place   `json:"place"`
	Targets int     `json:"targets"`

	ToTarget   float64     `json:"to_target"`
	Right      float64     `json:"right"`
	Others     float64     `json:"others"`
	Margin     float64     `json:"margin"`
	Net        float64     `json:"net"`
	Interval   *[2]float64 `json:"net_interval"`  // 95 %, by bootstrap over targets; nil with fewer than 5
	Flipped    float64     `json:"flipped_share"` // of questions
	Lost       float64     `json:"lost_share"`
	Own        *float64    `json:"own"`
	KL         *float64    `json:"kl"`
	RandomNet  *float64    `json:"random_net"`
	RandomTo   *float64    `json:"random_to_target"`
	RandomLost *float64    `json:"random_lost_share"`
}

// finish completes the result.
func (s *study) finish(f *facts.File, start time.Time) *Result {
	r, a := &s.result, f.Answers[s.options.Answer]
	r.Answer, r.Question, r.Prefix = s.options.Answer, a.Question, a.Prefix
	r.Positions, r.Seed, r.Prompts, r.Tokens = s.options.Positions, s.options.Seed, s.done, s.engine.tokens
	targets := len(s.targets)
	for i := 0; i < len(r.Effects); i += targets {
		r.Summaries = append(r.Summaries, Summarise(r.Effects[i:i+targets], s.options.Seed))
	}
	r.Seconds = time.Since(start).Seconds()
	return r
}

// Summarise takes the means of one edit's effects on several targets, of which there
// is at least one. seed determines the interval.
func Summarise(effects []Effect, seed uint64) Summary {
	first := effects[0]
	s := Summary{Kind: first.Kind, Alpha: first.Alpha, Place: first.Place, Targets: len(effects)}
	over := func(value func(e *Effect) float64) float64 {
		var sum float64
		for i := range effects {
			sum += value(&effects[i])
		}
		return sum / float64(len(effects))
	}
	share := func(n float64, e *Effect) float64 { return n / float64(max(e.Questions, 1)) }
	s.ToTarget = over(func(e *Effect) float64 { return e.ToTarget })
	s.Right = over(func(e *Effect) float64 { return e.Right })
	s.Others = over(func(e *Effect) float64 { return e.Others })
	s.Margin, s.Net = s.ToTarget-s.Right, s.ToTarget-s.Others
	s.Flipped = over(func(e *Effect) float64 { return share(float64(e.Flipped), e) })
	s.Lost = over(func(e *Effect) float64 { return share(float64(e.Lost), e) })
	mean := func(value func(e *Effect) float64) *float64 { x := over(value); return &x }
	if first.Own != nil {
		s.Own = mean(func(e *Effect) float64 { return *e.Own })
	}
	if first.KL != nil {
		s.KL = mean(func(e *Effect) float64 { return *e.KL })
	}
	s.addRandom(effects)
	if len(effects) >= minTargets {
		s.Interval = bootstrap(effects, seed)
	}
	return s
}

// addRandom takes the means over the targets that random directions were tried
// beside.
func (s *Summary) addRandom(effects []Effect) {
	var net, to, lost, n float64
	for _, e := range effects {
		if e.Random != nil {
			net += e.Random.Net
			to += e.Random.ToTarget
			lost += e.Random.Lost / float64(max(e.Questions, 1))
			n++
		}
	}
	if n == 0 {
		return
	}
	net, to, lost = net/n, to/n, lost/n
	s.RandomNet, s.RandomTo, s.RandomLost = &net, &to, &lost
}

// Resamples of the bootstrap, and how many targets it needs.
const (
	resamples  = 2000
	minTargets = 5
)

// bootstrap is the 95 % percentile interval of the mean of Net, targets drawn with
// replacement. Efron, "Bootstrap methods: another look at the jackknife", 1979.
func bootstrap(effects []Effect, seed uint64) *[2]float64 {
	r := rand.New(rand.NewPCG(seed, resamples))
	means := make([]float64, resamples)
	for i := range means {
		for range effects {
			means[i] += effects[r.IntN(len(effects))].Net / float64(len(effects))
		}
	}
	slices.Sort(means)
	return &[2]float64{means[resamples/40], means[resamples-1-resamples/40]}
}
