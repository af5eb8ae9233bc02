package weights

import "sync"

// Tracker is a Source that remembers which tensors were asked for, so that a
// model can tell that a checkpoint holds some it does not use.
type Tracker struct {
	Source
	mu    sync.Mutex
	asked map[string]bool
}

// Track returns a Tracker of s of which nothing has been asked yet.
func Track(s Source) *Tracker {
	return &Tracker{Source: s, asked: map[string]bool{}}
}

// Tensor is Source.Tensor. A request counts even if it is refused: it then has
// an error of its own, and the tensor is not unused as well.
func (t *Tracker) Tensor(name string, shape ...int) (*Tensor, error) {
	t.mu.Lock()
	t.asked[name] = true
	t.mu.Unlock()
	return t.Source.Tensor(name, shape...)
}

// Unused returns the sorted names of the tensors that were never asked for.
func (t *Tracker) Unused() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var names []string
	for name := range t.Names() {
		if !t.asked[name] {
			names = append(names, name)
		}
	}
	return names
}
