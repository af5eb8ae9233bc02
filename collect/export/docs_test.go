package export_test

import (
	"strings"
	"testing"

	"premlp/collect/export"
)

// TestDocumentation: the page shows the snippets that TestPython runs.
func TestDocumentation(t *testing.T) {
	unix := func(b []byte) string { return strings.ReplaceAll(string(b), "\r\n", "\n") }
	page := unix(readFile(t, "../../docs/exports.md"))
	for _, form := range export.Forms {
		snippet := unix(readFile(t, "testdata/snippets/"+string(form)+".py"))
		if !strings.Contains(page, "## "+string(form)+"\n\n```python\n"+snippet+"```\n") {
			t.Errorf("docs/exports.md: want testdata/snippets/%s.py as it is, have another", form)
		}
	}
}
