package export

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// writeHF writes a folder that datasets.load_dataset opens by its path: a
// README.md whose header names the configurations "rows" (the default) and
// "questions", one Parquet file per site and layer, one of the questions, and
// the dataset's manifest.
func (s *source) writeHF(path string) error {
	return newFolder(path, func(dir string) error {
		if err := os.Mkdir(filepath.Join(dir, "data"), 0o755); err != nil {
			return err
		}
		for _, site := range s.sites {
			for _, layer := range s.m.Layers {
				name := filepath.Join(dir, "data", fmt.Sprintf("%s.%d.parquet", site, layer))
				if err := addFile(name, func(w io.Writer) error { return s.writeLayer(w, site, layer) }); err != nil {
					return err
				}
			}
		}
		if err := addFile(filepath.Join(dir, "questions.parquet"), s.writeQuestions); err != nil {
			return err
		}
		_, manifest, err := s.file("manifest.json")
		if err != nil {
			return err
		}
		err = addFile(filepath.Join(dir, "manifest.json"), func(w io.Writer) error { return copyPieces(w, manifest) })
		if err != nil {
			return err
		}
		if err := addFile(filepath.Join(dir, "README.md"), s.writeCard); err != nil {
			return err
		}
		return syncFolder(filepath.Join(dir, "data"))
	})
}

func (s *source) writeLayer(w io.Writer, site string, layer int) error {
	p, err := s.newParquet(w)
	if err != nil {
		return err
	}
	if err := s.addRows(p, site, layer); err != nil {
		return err
	}
	return p.Close()
}

// writeCard writes the dataset card. Its header lists the files in the order of
// the dataset: a pattern would put layer 10 before layer 2.
func (s *source) writeCard(w io.Writer) error {
	var b bytes.Buffer
	b.WriteString("---\nconfigs:\n- config_name: rows\n  default: true\n  data_files:\n  - split: train\n    path:\n")
	for _, site := range s.sites {
		for _, layer := range s.m.Layers {
			fmt.Fprintf(&b, "    - data/%s.%d.parquet\n", site, layer)
		}
	}
	b.WriteString("- config_name: questions\n  data_files:\n  - split: train\n    path: questions.parquet\n---\n\n")
	fmt.Fprintf(&b, "# Activations of %s\n\n", oneLine(s.m.Model.Name))
	fmt.Fprintf(&b, "Activations at %s of layers %s: %d questions, %d token positions after the concept, vectors of %d values.\n",
		strings.Join(s.sites, ", "), layerList(s.m.Layers), s.m.Questions, s.m.Rows, s.m.Dim)
	fmt.Fprintf(&b, "The target concept is %s; the controls are %d other concepts.\n\n", oneLine(s.m.Target), len(s.concepts)-1)
	b.WriteString("`rows` has one row per question, layer, site and token position, its vector in `activation`; `questions` has the\nquestions, their prompts and tokens. `manifest.json` says what model, tokenizer and settings they were made with.\n")
	_, err := w.Write(b.Bytes())
	return err
}

// layerList shortens a list of layers without gaps to "0 to 29".
func layerList(layers []int) string {
	first, last := layers[0], layers[len(layers)-1]
	if len(layers) > 2 && last-first == len(layers)-1 {
		return fmt.Sprintf("%d to %d", first, last)
	}
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(layers), " ", ", "), "[]")
}

// oneLine keeps a name from ending the line it stands in.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
