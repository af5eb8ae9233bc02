package model

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"premlp/layers"
	"premlp/weights"
)

// Model is an opened checkpoint: its config, its memory-mapped tensors and the
// weights packed so far, shared by all its sessions.
type Model struct {
	path   string
	config *Config
	arch   *arch
	source weights.Source
	file   checkpoint
	gguf   *weights.GGUF
	store  *layers.Store
	end    []int32 // tokens that end a text

	configDigest string // sha256 of config.json, "" of a GGUF

	once   sync.Once
	digest string
	err    error
}

// checkpoint is what both file formats offer.
type checkpoint interface {
	io.Closer
	Digest(context.Context) (string, error)
	Files() []string
	Bytes() int64
	Entries() []weights.Entry
}

// Open opens a checkpoint: a GGUF file, or a folder with a config.json and
// safetensors. The config is read strictly and all its problems are reported
// together; tensors are checked when a session is made.
func Open(path string) (*Model, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	m := &Model{path: path, store: layers.NewStore()}
	switch {
	case info.IsDir():
		err = m.openFolder()
	case strings.EqualFold(filepath.Ext(path), ".gguf"):
		err = m.openGGUF()
	default:
		err = errors.New("want a .gguf file or a folder with config.json")
	}
	if err != nil {
		if !strings.HasPrefix(err.Error(), path+": ") { // the files' own errors name them
			err = fmt.Errorf("%s: %w", path, err)
		}
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

// maxConfigBytes bounds a config.json; published ones have a few kilobytes.
const maxConfigBytes = 16 << 20

// openFolder reads config.json and maps the safetensors beside it.
func (m *Model) openFolder() error {
	data, err := readBounded(filepath.Join(m.path, "config.json"), maxConfigBytes)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(data)
	m.configDigest = hex.EncodeToString(sum[:])
	k, err := m.readJSON(data)
	if err != nil {
		return err
	}
	if err := m.readEnd(k); err != nil {
		return err
	}
	s, err := weights.OpenSafetensors(m.path)
	if err != nil {
		return err
	}
	m.source, m.file = underPrefix(s, m.arch.prefix), s
	return nil
}

// openGGUF reads the metadata of a GGUF and maps its tensors.
func (m *Model) openGGUF() error {
	g, err := weights.OpenGGUF(m.path)
	if err != nil {
		return err
	}
	m.gguf, m.file = g, g
	var form *ggufArch
	if m.arch, form, err = archByGGUF(g); err != nil {
		return err
	}
	k, err := form.config(g, m.arch.class)
	if err != nil {
		return err
	}
	if err := errors.Join(m.readConfig(k), m.readGGUFEnd()); err != nil {
		return err
	}
	if form.plusOne {
		m.config.normPlus = 0
	}
	if err := form.check(g, m.config); err != nil {
		return err
	}
	m.source, err = form.source(g, m.config)
	return err
}

// readJSON finds the architecture of a config.json and fills m.config.
func (m *Model) readJSON(data []byte) (*keys, error) {
	k, err := parseKeys("config.json", data)
	if err != nil {
		return nil, err
	}
	if m.arch, err = archByClass(classOf(k)); err != nil {
		return nil, fmt.Errorf("config.json: %w", err)
	}
	return k, m.readConfig(k)
}

// readConfig fills m.config.
func (m *Model) readConfig(k *keys) error {
	c := &Config{Architecture: m.arch.class}
	k.ignore(ignoredKeys...)
	k.refuse("quantization_config") // weights in a packed form of its own
	m.arch.config(c, k)
	c.fill()
	c.Unknown = k.unused()
	m.config = c
	return k.err()
}

// classOf returns the class name of a config.json, "" if it has none.
func classOf(k *keys) string {
	list, _ := k.values["architectures"].([]any)
	if len(list) == 0 {
		return ""
	}
	class, _ := list[0].(string)
	return class
}

// readBounded reads a file that may not be larger than limit bytes.
func readBounded(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%s: want at most %d bytes", path, limit)
	}
	return data, err
}

// Config returns the model's config. It is not to be changed.
func (m *Model) Config() *Config { return m.config }

// Path returns the path the model was opened from.
func (m *Model) Path() string { return m.path }

// GGUF returns the file's tensors and metadata, or nil for safetensors.
func (m *Model) GGUF() *weights.GGUF { return m.gguf }

// Dir returns the checkpoint's folder, or "" for a GGUF.
func (m *Model) Dir() string {
	if m.gguf != nil {
		return ""
	}
	return m.path
}

// Source returns the checkpoint's tensors under Hugging Face names.
func (m *Model) Source() weights.Source { return m.source }

// Files returns the paths of the files that hold the weights.
func (m *Model) Files() []string { return m.file.Files() }

// Entries lists the tensors of the checkpoint under the names its files give
// them.
func (m *Model) Entries() []weights.Entry { return m.file.Entries() }

// Bytes returns the size of the checkpoint's files.
func (m *Model) Bytes() int64 { return m.file.Bytes() }

// PackedBytes returns the memory taken by weights packed so far.
func (m *Model) PackedBytes() int64 { return m.store.Bytes() }

// Sites lists the sites of the architecture's blocks whose rows have the
// model's width; where Config.Experts is above 0, blocks have the router's too.
func (m *Model) Sites() []Site {
	return slices.DeleteFunc(slices.Clone(layers.BlockSites), func(s Site) bool { return m.Absent(s) != "" })
}

// Absent says why the architecture's blocks lack a site; "" where they have it.
func (m *Model) Absent(s Site) string {
	switch {
	case s == layers.ResidMid && m.config.Parallel:
		return "its MLP stands beside attention and no stream lies between them"
	case s == layers.Router && m.config.Experts == 0:
		return "its MLPs are no mixtures of experts"
	}
	return ""
}

// Digest returns the SHA-256 of the checkpoint's weights, in hex. It reads
// every byte once.
func (m *Model) Digest(ctx context.Context) (string, error) {
	m.once.Do(func() { m.digest, m.err = m.file.Digest(ctx) })
	return m.digest, m.err
}

// ConfigDigest returns the SHA-256 of a folder's config.json, in hex: what the
// values follow from beside the weights. It is empty for a GGUF, whose Digest is
// of its config too.
func (m *Model) ConfigDigest() string { return m.configDigest }

// Close unmaps the checkpoint. Sessions must not run after it.
func (m *Model) Close() error {
	if m.file == nil {
		return nil
	}
	return m.file.Close()
}

// FreeDevice frees the weights that sessions have sent to a device. No session there
// may be in use.
func (m *Model) FreeDevice(d Device) error { return m.store.FreeDevice(d) }
