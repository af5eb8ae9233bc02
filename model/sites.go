package model

import (
	"fmt"

	"premlp/layers"
)

// Logits names the vocabulary scores, which belong to no block.
const Logits = layers.Logits

// BlockSites lists the sites of a block in the order of computation. It is not to
// be changed.
var BlockSites = layers.BlockSites

// SiteInfo describes a site of a model's blocks.
type SiteInfo struct {
	Site   Site   `json:"site"`
	Absent string `json:"absent,omitempty"` // why the blocks lack it
	Note   string `json:"note,omitempty"`   // what the values are beside the site's usual meaning
}

// SiteInfos describes all sites of the model's last block. It builds the graph.
func (m *Model) SiteInfos() ([]SiteInfo, error) {
	at := func(s Site) Point { return Point{Site: s, Layer: m.config.Layers - 1} }
	var points []Point
	for _, s := range m.Sites() {
		points = append(points, at(s))
	}
	s, err := m.plan(SessionOptions{Points: points, Threads: 1})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	var infos []SiteInfo
	for _, site := range append(layers.BlockSites[:len(layers.BlockSites):len(layers.BlockSites)], layers.Router) {
		i := SiteInfo{Site: site, Absent: m.Absent(site)}
		switch {
		case i.Absent != "":
		case site == layers.MLPIn && s.machine.Same(at(site), at(layers.ResidMid)):
			i.Note = "is resid_mid: no norm stands before the MLP"
		case site == layers.MLPIn:
			i.Note = []string{"", "with the scale of its norm", "with the mean and scale of its norm"}[s.StatsPerRow(at(site))]
		case site == layers.MLPOut && s.machine.Same(at(site), at(layers.ResidPost)):
			i.Note = "is resid_post: the MLP adds the stream itself"
		case site == layers.Router:
			i.Note = fmt.Sprintf("the numbers and weights of the %d experts of a token; dump writes it, collect does not", m.config.ExpertsChosen)
		}
		infos = append(infos, i)
	}
	return infos, nil
}
