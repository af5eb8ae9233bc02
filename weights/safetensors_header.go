package weights

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// maxHeader is the reference implementation's bound on a header's bytes.
const maxHeader = 100_000_000

// safetensorsBits is the size of one value of every type that the reference
// implementation (0.8) knows.
var safetensorsBits = map[string]int{
	"F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
	"BOOL": 8, "U8": 8, "I8": 8,
	"F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
	"I16": 16, "U16": 16, "F16": 16, "BF16": 16,
	"I32": 32, "U32": 32, "F32": 32,
	"I64": 64, "U64": 64, "F64": 64, "C64": 64,
}

// described is a tensor with its place [from, to) in the data.
type described struct {
	stored
	from, to int
}

// parseSafetensors reads a whole file: an 8-byte little-endian header length,
// the header (a JSON object), the data. It returns the tensors in the order of
// their data, and the header's __metadata__.
func parseSafetensors(file []byte) ([]stored, map[string]string, error) {
	n := binary.LittleEndian.Uint64(file)
	if n > maxHeader {
		return nil, nil, fmt.Errorf("header length: want at most %d bytes, have %d", maxHeader, n)
	}
	if have := uint64(len(file) - 8); n > have {
		return nil, nil, fmt.Errorf("header: want %d bytes, have %d: the file is truncated", n, have)
	}
	header, data := file[8:8+n], file[8+n:]
	list, meta, err := parseHeader(header)
	if err != nil {
		return nil, nil, fmt.Errorf("header: %w", err)
	}
	tensors, err := place(list, data)
	return tensors, meta, err
}

// parseHeader reads the header's JSON.
func parseHeader(header []byte) (list []described, meta map[string]string, err error) {
	switch {
	case !bytes.HasPrefix(header, []byte("{")):
		return nil, nil, errors.New("want '{' at its start")
	case !utf8.Valid(header):
		return nil, nil, errors.New("not valid UTF-8")
	case !json.Valid(header):
		return nil, nil, errors.New("not valid JSON")
	}
	d := json.NewDecoder(bytes.NewReader(header))
	d.UseNumber()
	err = eachKey(d, func(name string) error {
		if name == "__metadata__" {
			meta = map[string]string{}
			return eachKey(d, func(key string) (err error) {
				meta[key], err = stringValue(d)
				return err
			})
		}
		t, err := tensorValue(d)
		if err != nil {
			return err
		}
		t.Name = name
		list = append(list, t)
		return nil
	})
	return list, meta, err
}

// tensorValue reads {"dtype": …, "shape": […], "data_offsets": [from, to]}.
func tensorValue(d *json.Decoder) (described, error) {
	var t described
	var offsets []int
	given := map[string]bool{}
	err := eachKey(d, func(key string) (err error) {
		given[key] = true
		switch key {
		case "dtype":
			t.Type, err = stringValue(d)
		case "shape":
			t.Shape, err = intValues(d, maxRank)
		case "data_offsets":
			offsets, err = intValues(d, 2)
		default:
			err = errors.New("not a known key")
		}
		return err
	})
	if err != nil {
		return t, err
	}
	for _, key := range []string{"dtype", "shape", "data_offsets"} {
		if !given[key] {
			return t, fmt.Errorf("%s: missing", key)
		}
	}
	if len(offsets) != 2 {
		return t, fmt.Errorf("data_offsets: want 2 numbers, have %d", len(offsets))
	}
	t.from, t.to = offsets[0], offsets[1]
	return t, nil
}

// place checks every tensor's size and cuts it out of the data, which the
// tensors must cover exactly.
func place(list []described, data []byte) ([]stored, error) {
	slices.SortStableFunc(list, func(a, b described) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
	})
	tensors := make([]stored, len(list))
	end := 0
	for i, t := range list {
		size, err := safetensorsSize(t.Type, t.Shape)
		switch {
		case err != nil:
		case t.to < t.from:
			err = fmt.Errorf("data_offsets: want from ≤ to, have [%d, %d]", t.from, t.to)
		case t.to-t.from != size:
			err = fmt.Errorf("data_offsets: want %d bytes for %s %s, have %d", size, t.Type, shapeText(t.Shape), t.to-t.from)
		case t.from < end:
			err = fmt.Errorf("data_offsets: want %d at the least, have %d: overlaps another tensor", end, t.from)
		case t.from > end:
			err = fmt.Errorf("data_offsets: want %d, have %d: a gap in the data", end, t.from)
		case t.to > len(data):
			err = fmt.Errorf("data_offsets: want at most %d, have %d: the file is truncated", len(data), t.to)
		}
		if err != nil {
			return nil, fmt.Errorf("tensor %s: %w", quote(t.Name), err)
		}
		t.Bytes, t.data, end = int64(size), data[t.from:t.to:t.to], t.to
		t.dtype, t.usable = plainDType(t.Type)
		tensors[i] = t.stored
	}
	if end != len(data) {
		return nil, fmt.Errorf("data: want %d bytes, have %d: some belong to no tensor", end, len(data))
	}
	return tensors, nil
}

// safetensorsSize returns the bytes of a tensor.
func safetensorsSize(dtype string, shape []int) (int, error) {
	width, ok := safetensorsBits[dtype]
	if !ok {
		return 0, fmt.Errorf("dtype: not a known type: %s", quote(dtype))
	}
	n, err := countValues(shape)
	if err != nil {
		return 0, err
	}
	if n*width%8 != 0 {
		return 0, fmt.Errorf("shape: want whole bytes, have %d values of %d bits", n, width)
	}
	return n * width / 8, nil
}

// plainDType returns the DType of the unquantised formats.
func plainDType(name string) (DType, bool) {
	for _, d := range []DType{F32, F16, BF16} {
		if d.String() == name {
			return d, true
		}
	}
	return 0, false
}
