package related

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"unicode/utf8"
)

// The name and version that every Result carries.
const (
	Format  = "premlp-related"
	Version = 1
)

// FileName is the result's file in a dataset.
const FileName = "related.json"

// Result is what was asked, what was answered, and what was made of it. Its JSON
// has one form.
type Result struct {
	Format     string      `json:"format"`
	Version    int         `json:"version"`
	Request    Request     `json:"request"` // with the category and settings that were used
	Chosen     *Chosen     `json:"chosen"`  // how the model chose the category; null where it was given
	Source     Source      `json:"source"`
	Prompt     string      `json:"prompt"`     // what was sent, or the text the model read; "" for a file
	Membership *float64    `json:"membership"` // of the concept itself; null where no loaded model speaks
	Concepts   []string    `json:"concepts"`   // the related concepts, the best first: at most as many as wanted
	Candidates []Candidate `json:"candidates"` // everything that was named, the taken ones first
	Answers    []string    `json:"answers"`    // as they came
}

// Chosen is how sure a model is of the category it chose.
type Chosen struct {
	Margin float64 `json:"margin"` // as Candidate.Membership, over the second best
	Second string  `json:"second"`
}

// Source says who answered.
type Source struct {
	Kind       string `json:"kind"` // "model", "endpoint" or "file"
	Name       string `json:"name"` // of the model; of a file its name without folders
	Digest     string `json:"digest,omitempty"`
	Arithmetic string `json:"arithmetic,omitempty"`
	URL        string `json:"url,omitempty"`
}

// Candidate is a name and what speaks for it.
type Candidate struct {
	Name  string `json:"name"`
	Taken bool   `json:"taken"`
	Why   string `json:"why"` // not taken
	// Votes is the number of lists that name it, Lists their number.
	Votes int `json:"votes"`
	Lists int `json:"lists"`
	// LogProb is the mean natural logarithm of the probability the model gave it
	// in the lists that name it.
	LogProb *float64 `json:"log_prob"`
	// Membership is how much more the model takes it for a member of the category
	// than for one of the rival's; see Rival.
	Membership *float64 `json:"membership"`
	Rival      string   `json:"rival"`
	// Score is the order of candidates: the logarithm of the share of lists that
	// name it times, where there is a Membership, the probability it stands for,
	// 1/(1+e^-Membership).
	Score float64 `json:"score"`
}

// Missing is how many concepts fewer than wanted were found.
func (r *Result) Missing() int { return r.Request.N - len(r.Concepts) }

// Encode returns the JSON of r.
func (r *Result) Encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(r); err != nil {
		return nil, fmt.Errorf("related: %w", err)
	}
	return b.Bytes(), nil
}

// Decode reads what Encode wrote. Any other form is an error.
func Decode(data []byte) (*Result, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("related: want UTF-8 text")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	var r Result
	if err := d.Decode(&r); err != nil {
		return nil, fmt.Errorf("related: %w", err)
	}
	if r.Format != Format || r.Version != Version {
		return nil, fmt.Errorf("related: format and version: want %s %d, have %q %d", Format, Version, r.Format, r.Version)
	}
	same, err := r.Encode()
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(same, data) {
		return nil, errors.New("related: want the form that premlp writes")
	}
	return &r, nil
}

// round keeps three decimals: what a reader needs, and what does not depend on
// how a platform takes logarithms.
func round(x float64) float64 { return math.Round(x*1000) / 1000 }
