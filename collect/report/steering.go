package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"

	"premlp/collect/steering"
)

// Steering is what directions did to the model: tests of premlp steer and texts
// of premlp generate --steer.
type Steering struct {
	Tests   []SteeringTest
	Answers []Answer
}

// SteeringTest is what one method's directions did.
type SteeringTest struct {
	Method string `json:"method"`
	steering.Result
}

// Answer is a prompt's continuation without and with a direction.
type Answer struct {
	Prompt, Off, On string
	Target, Method  string
	Place           steering.Place
	Alpha           float64
}

// mostSteering bounds a file of steering in bytes: a test of every concept of a
// large file at every layer has a tenth of it.
const mostSteering = 64 << 20

// ReadSteering reads what premlp steer --json and premlp generate --steer --json
// wrote. weights is the digest of the model they have to be of.
func ReadSteering(paths []string, weights string) (*Steering, error) {
	s := &Steering{}
	for _, path := range paths {
		if err := s.read(path, weights); err != nil {
			return nil, fmt.Errorf("steering: %s: %w", path, err)
		}
	}
	return s, nil
}

// steeringFile is the fields that matter here, of both commands.
type steeringFile struct {
	Weights string         `json:"weights"`
	Results []SteeringTest `json:"results"`
	Off     *continued     `json:"off"`
	On      *continued     `json:"on"`
	Steer   struct {
		Target string  `json:"target"`
		Method string  `json:"method"`
		Alpha  float64 `json:"alpha"`
		steering.Place
	} `json:"steer"`
}

// continued is a prompt with what the model wrote behind it.
type continued struct {
	Prompt  struct{ Text string }
	Samples []struct{ Text string }
}

func (s *Steering) read(path, weights string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, mostSteering+1))
	if err != nil {
		return err
	}
	if len(data) > mostSteering {
		return fmt.Errorf("want at most %d bytes, have more", mostSteering)
	}
	var file steeringFile
	if err := json.Unmarshal(data, &file); err != nil {
		return fmt.Errorf("want what premlp steer --json or premlp generate --steer --json prints: %w", err)
	}
	if file.Weights != weights {
		return fmt.Errorf("want a test of this dataset's model, weights %s, have %s", weights, cmp.Or(file.Weights, "none named"))
	}
	switch {
	case len(file.Results) > 0:
		for i := range file.Results {
			if err := check(&file.Results[i]); err != nil {
				return err
			}
		}
		s.Tests = append(s.Tests, file.Results...)
	case file.Off != nil && file.On != nil && len(file.Off.Samples) == len(file.On.Samples) && len(file.Steer.Layers) > 0:
		for i := range file.Off.Samples {
			s.Answers = append(s.Answers, Answer{
				Prompt: file.Off.Prompt.Text, Off: file.Off.Samples[i].Text, On: file.On.Samples[i].Text,
				Target: file.Steer.Target, Method: file.Steer.Method, Place: file.Steer.Place, Alpha: file.Steer.Alpha,
			})
		}
	default:
		return fmt.Errorf("want what premlp steer --json or premlp generate --steer --json prints, have neither")
	}
	return nil
}

// mostLayer is above the layers of every model there is.
const mostLayer = 10000

// check refuses a test that cannot be drawn.
func check(t *SteeringTest) error {
	if len(t.Effects) == 0 {
		return fmt.Errorf("method %s: want effects, have none", t.Method)
	}
	for i, e := range t.Effects {
		if len(e.Place.Layers) == 0 || slices.Min(e.Place.Layers) < 0 || slices.Max(e.Place.Layers) > mostLayer {
			return fmt.Errorf("method %s: effect %d: want a place with layers from 0 to %d, have %v", t.Method, i, mostLayer, e.Place.Layers)
		}
	}
	return nil
}

// of keeps what is about the target: the tests with effects of it, whose other
// targets stay beside it, and the answers.
func (s *Steering) of(target string) (*Steering, error) {
	kept := &Steering{}
	var others []string
	for _, t := range s.Tests {
		if slices.ContainsFunc(t.Effects, func(e steering.Effect) bool { return e.Target == target }) {
			kept.Tests = append(kept.Tests, t)
		} else {
			others = append(others, t.Effects[0].Target)
		}
	}
	for _, a := range s.Answers {
		if a.Target == target {
			kept.Answers = append(kept.Answers, a)
		} else {
			others = append(others, a.Target)
		}
	}
	if len(others) > 0 {
		return nil, fmt.Errorf("steering: want tests of %q, have some of %q", target, slices.Compact(others))
	}
	return kept, nil
}

// trace is one kind of edit at one place, over its strengths.
type trace struct {
	method string
	kind   steering.Kind
	place  steering.Place
	steps  []step // by strength, ascending
}

// step is one strength: the target's effect, and what the other targets' nets
// reach.
type step struct {
	*steering.Effect
	under, over float64 // NaN where there is no other target
}

// traces groups the target's effects, of all tests. Of the same edit in two tests
// the first is kept.
func (s *Steering) traces(target string) []*trace {
	var list []*trace
	at := map[string]*trace{}
	for i := range s.Tests {
		t := &s.Tests[i]
		for k := range t.Effects {
			e := &t.Effects[k]
			key := fmt.Sprintf("%q %q %q %v", t.Method, e.Kind, e.Place.Site, e.Place.Layers)
			if at[key] == nil {
				at[key] = &trace{method: t.Method, kind: e.Kind, place: e.Place}
				list = append(list, at[key])
			}
			if e.Target == target {
				under, over := t.others(e)
				at[key].steps = append(at[key].steps, step{e, under, over})
			}
		}
	}
	list = slices.DeleteFunc(list, func(t *trace) bool { return len(t.steps) == 0 })
	for _, t := range list {
		slices.SortStableFunc(t.steps, func(a, b step) int { return cmp.Compare(a.Alpha, b.Alpha) })
		t.steps = slices.CompactFunc(t.steps, func(a, b step) bool { return a.Alpha == b.Alpha })
	}
	return list
}

// others is the least and most net of the other targets for the same edit.
func (t *SteeringTest) others(e *steering.Effect) (under, over float64) {
	under, over = nan, nan
	for k := range t.Effects {
		o := &t.Effects[k]
		if o.Target == e.Target || o.Kind != e.Kind || o.Alpha != e.Alpha || o.Place.Site != e.Place.Site || !slices.Equal(o.Place.Layers, e.Place.Layers) {
			continue
		}
		if !finite(under) {
			under, over = o.Net, o.Net
		}
		under, over = min(under, o.Net), max(over, o.Net)
	}
	return under, over
}

// at is a trace's step of a strength, nil where there is none.
func (t *trace) at(alpha float64) *step {
	for i := range t.steps {
		if t.steps[i].Alpha == alpha {
			return &t.steps[i]
		}
	}
	return nil
}

// last is the step of the largest strength.
func (t *trace) last() *step { return &t.steps[len(t.steps)-1] }

// null is the random directions' net, NaN where none were tried.
func (s *step) null() float64 {
	if s.Random == nil {
		return nan
	}
	return s.Random.Net
}

// sum lists what is drawn by layer.
func (s *Steering) sum(target string) []Effects {
	var list []Effects
	for _, p := range byLayer(s.traces(target)) {
		e := Effects{Edit: p.name}
		for _, t := range p.traces {
			x := t.at(p.alpha)
			e.Layers, e.Net = append(e.Layers, t.place.Layers[0]), append(e.Net, x.Net)
			if x.Random != nil {
				e.Random = append(e.Random, x.Random.Net)
			}
		}
		list = append(list, e)
	}
	return list
}
