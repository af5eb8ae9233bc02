package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "premlp"

type arrow struct {
	part string
	may  []string
}

// arrows says which other top-level parts of the module each part may import.
// A part may always import itself and its own subfolders.
var arrows = []arrow{
	{"weights", nil},
	{"tokenizer", nil},
	{"layers", []string{"weights"}},
	{"model", []string{"layers", "weights"}},
	{"collect", []string{"model", "tokenizer", "weights"}},
	{"bench", []string{"layers", "model", "tokenizer", "weights"}},
	{"cmd", []string{"bench", "collect", "layers", "model", "tokenizer", "weights"}},
	{"docs", []string{"bench", "collect", "layers", "model", "tokenizer", "weights"}}, // example programs
}

// graphParts are the parts that may know the graph library.
var graphParts = []string{"layers", "model"}

// screenPart is the part that may know the terminal library.
const screenPart = "cmd/premlp/screen/"

// queuePart is the part that may know the message server, and that commands alone
// may know: nothing that computes links it.
const queuePart = "collect/jobs/jetstream"

// storePart is the part that may know the library of stores, and that jobs and
// commands alone may know.
const (
	storePart = "collect/jobs/store"
	jobsPart  = "collect/jobs"
)

// TestArrows holds the direction of imports in every file, whatever its build
// tags.
func TestArrows(t *testing.T) {
	files := 0
	err := walkImports("../..", func(file, imported string) {
		files++
		if problem := checkImport(file, imported); problem != "" {
			t.Error(problem)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if files == 0 {
		t.Error("want imports, have none")
	}
}

func TestCheckImport(t *testing.T) {
	for _, c := range []struct {
		file, imported string
		bad            bool
	}{
		{"collect/run.go", "premlp/model", false},
		{"collect/dataset/run.go", "premlp/collect", false},
		{"model/run.go", "premlp/collect", true},
		{"weights/a.go", "premlp/layers", true},
		{"weights/catalogue/a.go", "premlp/weights", false},
		{"tokenizer/a.go", "premlp/weights", true},
		{"layers/a.go", "premlp/model", true},
		{"nosuch/a.go", "premlp/model", true},
		{"collect/a.go", "gorgonia.org/gorgonia", true},
		{"collect/a_test.go", "gorgonia.org/tensor", true},
		{"model/a.go", "gorgonia.org/gorgonia", false},
		{"cmd/premlp/step.go", "charm.land/bubbletea/v2", true},
		{"cmd/premlp/screen/a.go", "charm.land/bubbletea/v2", false},
		{"collect/jobs/jetstream/a.go", "github.com/nats-io/nats.go", false},
		{"collect/jobs/a.go", "github.com/nats-io/nats.go", true},
		{"cmd/premlp/worker.go", "github.com/nats-io/nats.go", true},
		{"cmd/premlp/worker.go", "premlp/collect/jobs/jetstream", false},
		{"collect/jobs/a.go", "premlp/collect/jobs/jetstream", true},
		{"collect/a.go", "premlp/collect/jobs/jetstream", true},
		{"collect/jobs/store/a.go", "gocloud.dev/blob", false},
		{"collect/jobs/store/cloud/a.go", "gocloud.dev/blob/s3blob", false},
		{"collect/jobs/a.go", "gocloud.dev/blob", true},
		{"collect/a.go", "gocloud.dev/blob", true},
		{"cmd/premlp/worker.go", "gocloud.dev/blob", true},
		{"collect/jobs/a.go", "premlp/collect/jobs/store", false},
		{"cmd/premlp/worker.go", "premlp/collect/jobs", false},
		{"collect/a.go", "premlp/collect/jobs", true},
		{"collect/a.go", "premlp/collect/jobs/store", true},
		{"collect/dataset/a.go", "premlp/collect/jobs/queue", true},
		{"collect/jobs/queue/a.go", "fmt", false},
		{"model/a.go", "premlpx/b", false},
		{"model/a.go", "fmt", false},
	} {
		if problem := checkImport(c.file, c.imported); (problem != "") != c.bad {
			t.Errorf("%s imports %s: have %q", c.file, c.imported, problem)
		}
	}
}

// checkImport returns what is wrong with file importing a package, or "".
func checkImport(file, imported string) string {
	part, _, _ := strings.Cut(filepath.ToSlash(file), "/")
	if strings.HasPrefix(imported, "gorgonia.org/") && !slices.Contains(graphParts, part) {
		return file + ": imports " + imported + ": want it only in " + strings.Join(graphParts, ", ")
	}
	if strings.HasPrefix(imported, "charm.land/") && !strings.HasPrefix(filepath.ToSlash(file), screenPart) {
		return file + ": imports " + imported + ": want it only in " + screenPart
	}
	inQueue := strings.HasPrefix(filepath.ToSlash(file), queuePart+"/")
	if strings.HasPrefix(imported, "github.com/nats-io/") && !inQueue {
		return file + ": imports " + imported + ": want it only in " + queuePart
	}
	if imported == module+"/"+queuePart && part != "cmd" && !inQueue {
		return file + ": imports " + imported + ": want it only in cmd"
	}
	slashed := filepath.ToSlash(file)
	if strings.HasPrefix(imported, "gocloud.dev/") && !strings.HasPrefix(slashed, storePart+"/") {
		return file + ": imports " + imported + ": want it only in " + storePart
	}
	if strings.HasPrefix(imported, module+"/"+jobsPart) && part != "cmd" && !strings.HasPrefix(slashed, jobsPart+"/") {
		return file + ": imports " + imported + ": want it only in " + jobsPart + " and cmd"
	}
	rest, ours := strings.CutPrefix(imported, module+"/")
	if !ours {
		return ""
	}
	target, _, _ := strings.Cut(rest, "/")
	if target == part {
		return ""
	}
	i := slices.IndexFunc(arrows, func(a arrow) bool { return a.part == part })
	if i < 0 || !slices.Contains(arrows[i].may, target) {
		return file + ": imports " + imported + ": want no arrow from " + part + " to " + target
	}
	return ""
}

// walkImports calls visit for every import of every Go file under root.
func walkImports(root string, visit func(file, imported string)) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && path != root && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata") {
			return filepath.SkipDir
		}
		if d.IsDir() || filepath.Ext(name) != ".go" {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		file, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		for _, spec := range f.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			visit(file, imported)
		}
		return nil
	})
}
