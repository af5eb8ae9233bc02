package export

import (
	"archive/zip"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"unicode/utf8"
)

// npyTypes are numpy's names of the types.
var npyTypes = map[string]string{"F32": "<f4", "F16": "<f2", "I32": "<i4", "U8": "|u1"}

// writeNPZ writes a zip archive of .npy files, stored and not compressed, as
// numpy.savez does. archive/zip writes the 64-bit fields where they are needed.
func (s *source) writeNPZ(path string) error {
	arrays, err := s.arrays(true)
	if err != nil {
		return err
	}
	size, manifest, err := s.file("manifest.json")
	if err != nil {
		return err
	}
	return newFile(path, func(w io.Writer) error {
		z := zip.NewWriter(w)
		texts := func(name string, list []string) error {
			descr, data := npyTexts(list)
			return addNPY(z, name, descr, []int{len(list)}, whole(data))
		}
		if err := texts("concepts", s.concepts); err != nil {
			return err
		}
		if err := texts("sets", Sets); err != nil {
			return err
		}
		if err := addNPY(z, "manifest.json", "|u1", []int{int(size)}, manifest); err != nil {
			return err
		}
		for _, a := range arrays {
			if err := addNPY(z, a.name, npyTypes[a.dtype], a.shape, a.bytes); err != nil {
				return err
			}
		}
		return z.Close()
	})
}

func addNPY(z *zip.Writer, name, descr string, shape []int, data iter.Seq2[[]byte, error]) error {
	w, err := z.CreateHeader(&zip.FileHeader{Name: name + ".npy", Method: zip.Store})
	if err != nil {
		return err
	}
	if _, err := w.Write(npyHeader(descr, shape)); err != nil {
		return err
	}
	return copyPieces(w, data)
}

// npyHeader is the begin of a version 1.0 .npy file: magic, length, and a
// Python dict padded with spaces so that the data starts at a multiple of 64.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
func npyHeader(descr string, shape []int) []byte {
	var dims strings.Builder
	for _, d := range shape {
		dims.WriteString(strconv.Itoa(d) + ", ")
	}
	dict := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, dims.String())
	const before = 10
	dict += strings.Repeat(" ", 63-(before+len(dict))%64) + "\n"
	b := append([]byte("\x93NUMPY\x01\x00"), 0, 0)
	binary.LittleEndian.PutUint16(b[8:], uint16(len(dict)))
	return append(b, dict...)
}

// npyTexts is a list of texts as numpy stores them: UTF-32, all as wide as the
// longest, padded with zeros.
func npyTexts(list []string) (descr string, data []byte) {
	wide := 1
	for _, s := range list {
		wide = max(wide, utf8.RuneCountInString(s))
	}
	for _, s := range list {
		for _, r := range s {
			data = binary.LittleEndian.AppendUint32(data, uint32(r))
		}
		data = append(data, make([]byte, 4*(wide-utf8.RuneCountInString(s)))...)
	}
	return "<U" + strconv.Itoa(wide), data
}

// whole is data in one piece.
func whole(data []byte) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) { yield(data, nil) }
}

// copyPieces writes all pieces.
func copyPieces(w io.Writer, pieces iter.Seq2[[]byte, error]) error {
	for piece, err := range pieces {
		if err != nil {
			return err
		}
		if _, err := w.Write(piece); err != nil {
			return err
		}
	}
	return nil
}
