package quality

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestDocumentation: the page has every check with its thresholds.
func TestDocumentation(t *testing.T) {
	b, err := os.ReadFile("../../docs/quality.md")
	if err != nil {
		t.Fatal(err)
	}
	page := strings.ReplaceAll(string(b), "\r\n", "\n")
	for name, l := range limits {
		sign := ">"
		if l.low {
			sign = "<"
		}
		row := fmt.Sprintf("(?m)^\\| `%s` \\|.*\\| %s %g \\| %s %g \\|$", name, sign, l.look, sign, l.bad)
		if !regexp.MustCompile(row).MatchString(page) {
			t.Errorf("docs/quality.md: want a row of the table that matches %s", row)
		}
	}
}
