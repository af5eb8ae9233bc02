package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"

	"premlp/weights"
)

var (
	//go:embed page.html
	pageHTML string
	//go:embed page.css
	pageCSS string
	//go:embed page.js
	pageJS string

	pageTemplate = template.Must(template.New("page").Parse(pageHTML))
)

// HTML is the page as one file.
func (p *Page) HTML() ([]byte, error) {
	var b bytes.Buffer
	err := pageTemplate.Execute(&b, struct {
		*Page
		CSS template.CSS
		JS  template.JS
	}{p, template.CSS(pageCSS), template.JS(pageJS)})
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return b.Bytes(), nil
}

// Write writes the page to a file, which is there whole or not at all, and
// gives its size in bytes.
func (p *Page) Write(path string) (int, error) {
	data, err := p.HTML()
	if err != nil {
		return 0, err
	}
	write := func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}
	if err := weights.ReplaceFile(path, write); err != nil {
		return 0, fmt.Errorf("report: %w", err)
	}
	return len(data), nil
}
