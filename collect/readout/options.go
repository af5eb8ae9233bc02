package readout

import (
	"errors"
	"fmt"
	"slices"

	"premlp/model"
)

// Vectors is where directions come from; collect/steering has them of datasets
// and files.
type Vectors interface {
	// Difference is a target's direction at a point, [D].
	Difference(target string, p model.Point) ([]float64, error)
}

// Text is a text whose tokens are looked at.
type Text struct {
	Name string // for the reader: a question's id, or a line's number
	IDs  []int32
}

// Options says what is read out.
type Options struct {
	Target string
	Others []string // concepts whose directions stand beside the target's; the source has to have them
	Points []model.Point
	Texts  []Text

	Top         int // of each list
	Random      int // directions drawn at each point
	Seed        uint64
	Threads     int
	Device      model.Device // where texts are computed; nil: this machine's processor
	BatchTokens int          // 0: collect.DefaultBatchTokens

	// Progress is told how far a stage is; it may be nil.
	Progress func(stage string, done, total int)
}

// check refuses options that mean nothing.
func (o *Options) check(m *model.Model) error {
	switch {
	case len(o.Points) == 0:
		return errors.New("readout: want at least one point, have none")
	case o.Top < 1 || o.Random < 1:
		return fmt.Errorf("readout: want 1 or more of each list and random directions, have %d and %d", o.Top, o.Random)
	}
	for _, p := range o.Points {
		if !slices.Contains(m.Sites(), p.Site) || p.Layer < 0 || p.Layer >= m.Config().Layers {
			return fmt.Errorf("readout: %s: want a layer from 0 to %d and one of the sites %v", p, m.Config().Layers-1, m.Sites())
		}
	}
	for _, t := range o.Texts {
		if c := m.Config().Context; len(t.IDs) < 2 || len(t.IDs) > c {
			return fmt.Errorf("readout: text %s: want 2 to %d tokens, have %d", t.Name, c, len(t.IDs))
		}
	}
	return nil
}

// tell reports progress, if somebody listens.
func (o *Options) tell(stage string, done, total int) {
	if o.Progress != nil {
		o.Progress(stage, done, total)
	}
}

// Result is a read-out.
type Result struct {
	Target string        `json:"target"`
	Others []string      `json:"others"`
	Random int           `json:"random"`
	Seed   uint64        `json:"seed"`
	Texts  int           `json:"texts"`
	Tokens int           `json:"tokens"` // of the texts, but the first of each
	Points []PointResult `json:"points"`
}

// PointResult is a read-out at one point.
type PointResult struct {
	Site   model.Site `json:"site"`
	Layer  int        `json:"layer"`
	Length float64    `json:"length"` // of the direction

	Neurons       []Product `json:"neurons"` // none: see the reason
	NeuronsReason string    `json:"neurons_reason,omitempty"`
	Lens          *Lens     `json:"lens"` // nil: see the reason
	LensReason    string    `json:"lens_reason,omitempty"`
	Tokens        *Tokens   `json:"tokens"` // nil: there are no texts
}
