package export

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/parquet-go/parquet-go"

	"premlp/collect/dataset"
)

// row is one activation vector in Parquet. Texts repeat from row to row and
// cost little: they are kept once per row group, in its dictionary.
type row struct {
	Question   string    `parquet:"question,dict"` // the question's id
	Set        string    `parquet:"set,dict"`
	Concept    string    `parquet:"concept,dict"`
	Template   string    `parquet:"template,dict"`
	Type       string    `parquet:"type,dict"`
	Text       string    `parquet:"text,dict"`
	Site       string    `parquet:"site,dict"`
	Layer      int32     `parquet:"layer"`
	Position   int32     `parquet:"position"` // of the token in the prompt
	TokenID    int32     `parquet:"token_id"`
	Token      string    `parquet:"token,dict"` // decoded, for reading
	Activation []float32 `parquet:"activation,list"`
	Stats      []float32 `parquet:"stats,list"` // of the site's norm; empty without any
}

// rowGroupBytes bounds the values of a row group, which are held in memory.
const rowGroupBytes = 16 << 20

// writeParquet writes one file of all rows.
func (s *source) writeParquet(path string) error {
	return newFile(path, func(w io.Writer) error {
		p, err := s.newParquet(w)
		if err != nil {
			return err
		}
		for _, site := range s.sites {
			for _, layer := range s.m.Layers {
				if err := s.addRows(p, site, layer); err != nil {
					return err
				}
			}
		}
		return p.Close()
	})
}

// newParquet begins a file. The manifest is in its metadata.
func (s *source) newParquet(w io.Writer) (*parquet.GenericWriter[row], error) {
	manifest, err := os.ReadFile(filepath.Join(s.r.Dir(), "manifest.json"))
	if err != nil {
		return nil, err
	}
	concepts, err := json.Marshal(s.concepts)
	if err != nil {
		return nil, err
	}
	return parquet.NewGenericWriter[row](w,
		parquet.CreatedBy("premlp", version, ""),
		parquet.KeyValueMetadata("premlp.format", format),
		parquet.KeyValueMetadata("premlp.manifest", string(manifest)),
		parquet.KeyValueMetadata("premlp.concepts", string(concepts)),
		parquet.SkipPageBounds("activation", "list", "element"), // a value's range finds no vector
		parquet.SkipPageBounds("stats", "list", "element"),
	), nil
}

// addRows writes one site and layer and ends its row group, so that a reader
// that filters by site and layer reads only what it asked for.
func (s *source) addRows(p *parquet.GenericWriter[row], site string, layer int) error {
	var x, stats []float32
	var rows []row
	limit := max(1, rowGroupBytes/(4*s.m.Dim))
	held, i := 0, 0
	for q, err := range s.questions() {
		if err != nil {
			return err
		}
		if x, err = s.r.Rows(i, site, layer, x); err != nil {
			return err
		}
		if stats, err = s.r.Stats(i, site, layer, stats); err != nil {
			return err
		}
		i++
		s.read(len(x))
		rows = s.rows(rows[:0], q, site, layer, x, stats)
		if n, err := p.Write(rows); err != nil || n != len(rows) {
			return fmt.Errorf("parquet: want %d rows written, have %d: %w", len(rows), n, err)
		}
		if held += len(rows); held >= limit {
			if err := p.Flush(); err != nil {
				return err
			}
			held = 0
		}
	}
	if held == 0 {
		return nil
	}
	return p.Flush()
}

// rows appends the rows of one question at a site and layer: x is [n, D].
func (s *source) rows(list []row, q *dataset.Question, site string, layer int, x, stats []float32) []row {
	d, k := s.m.Dim, s.m.StatsPerRow[site]
	for j, position := range q.Rows {
		list = append(list, row{
			Question: q.ID, Set: q.Set, Concept: q.Concept, Template: q.Template, Type: q.Type, Text: q.Text,
			Site: site, Layer: int32(layer), Position: position, TokenID: q.IDs[position], Token: q.Tokens[j],
			Activation: x[j*d : (j+1)*d], Stats: stats[j*k : (j+1)*k],
		})
	}
	return list
}
