package direction

import "premlp/collect/dataset"

// Source is what directions are found in. A *dataset.Reader is one.
type Source interface {
	// Manifest names target, controls, sites and layers.
	Manifest() dataset.Manifest
	// Len is the number of questions.
	Len() int
	// Question is question i.
	Question(i int) (*dataset.Question, error)
	// Rows are question i's rows at a site and layer, [rows, D], in dst where
	// it is long enough.
	Rows(i int, site string, layer int, dst []float32) ([]float32, error)
}
