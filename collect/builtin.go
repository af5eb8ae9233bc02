package collect

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

//go:embed templates/*.yaml
var builtinFiles embed.FS

// BuiltinTemplates lists the names of the built-in sets of templates.
func BuiltinTemplates() []string {
	files, err := fs.Glob(builtinFiles, "templates/*.yaml")
	if err != nil {
		panic(err) // the pattern is ours
	}
	var names []string
	for _, f := range files {
		names = append(names, strings.ReplaceAll(strings.TrimSuffix(path.Base(f), ".yaml"), "-", " "))
	}
	return names
}

// BuiltinTemplateFile returns the YAML of a built-in set, to begin one's own with.
func BuiltinTemplateFile(name string) ([]byte, error) {
	file := strings.ReplaceAll(strings.ToLower(name), " ", "-")
	data, err := builtinFiles.ReadFile("templates/" + file + ".yaml")
	if err != nil || strings.ContainsAny(file, "/.") {
		return nil, fmt.Errorf("templates: want one of the built-in sets %s, have %q", strings.Join(BuiltinTemplates(), ", "), name)
	}
	return data, nil
}

// OpenTemplates returns a built-in set of templates by its name, or else reads a
// file.
func OpenTemplates(name string) (*TemplateSet, error) {
	if data, err := BuiltinTemplateFile(name); err == nil {
		return ParseTemplates(data)
	}
	set, err := ReadTemplates(name)
	if err != nil && !strings.ContainsAny(name, `/\.`) {
		return nil, fmt.Errorf("%w; the built-in sets are %s", err, strings.Join(BuiltinTemplates(), ", "))
	}
	return set, err
}
