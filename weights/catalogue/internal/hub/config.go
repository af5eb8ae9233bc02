// Package hub gets models from the Hugging Face hub into the cache folder the
// Python library uses, so that both see one copy.
//
// It speaks the few routes needed itself: what a client must not do here is
// take a body cut short for a whole file, so every file is checked against
// the digest its ETag states, and a download that broke off is resumed.
package hub

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Config says where the hub and the cache are.
type Config struct {
	Endpoint string // without a final slash
	Cache    string // folder that holds models--ORG--NAME
	Token    string // "" for none; sent to Endpoint's host only
	Offline  bool   // use only what the cache has

	// Client is nil for one with sensible time limits.
	Client *http.Client
	// Pause is the wait before the first retry, doubled for each next one; 0
	// means 1 s.
	Pause time.Duration
}

// FromEnvironment reads the variables the Python library documents: HF_HOME,
// HF_HUB_CACHE, HF_ENDPOINT, HF_TOKEN, HF_TOKEN_PATH, HF_HUB_OFFLINE,
// HF_HUB_DISABLE_IMPLICIT_TOKEN, XDG_CACHE_HOME, and the token file.
func FromEnvironment() (Config, error) {
	home, err := homeFolder()
	if err != nil {
		return Config{}, err
	}
	c := Config{
		Endpoint: strings.TrimRight(firstSet("HF_ENDPOINT"), "/"),
		Cache:    expand(firstSet("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE")),
		Offline:  isTrue(firstSet("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")),
	}
	if c.Endpoint == "" {
		c.Endpoint = "https://huggingface.co"
	}
	if u, err := url.Parse(c.Endpoint); err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return Config{}, fmt.Errorf("hub: HF_ENDPOINT: want http(s)://HOST, have %q", c.Endpoint)
	}
	if c.Cache == "" {
		c.Cache = filepath.Join(home, "hub")
	}
	if isTrue(os.Getenv("HF_HUB_DISABLE_IMPLICIT_TOKEN")) {
		return c, nil
	}
	c.Token, err = readToken(home)
	return c, err
}

// homeFolder is HF_HOME, by default ~/.cache/huggingface on every system.
func homeFolder() (string, error) {
	if home := firstSet("HF_HOME"); home != "" {
		return expand(home), nil
	}
	if cache := firstSet("XDG_CACHE_HOME"); cache != "" {
		return filepath.Join(expand(cache), "huggingface"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("hub: cache folder: want HF_HOME or a home folder: %w", err)
	}
	return filepath.Join(home, ".cache", "huggingface"), nil
}

// readToken takes HF_TOKEN, then the file `hf auth login` writes.
func readToken(home string) (string, error) {
	if token := firstSet("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"); token != "" {
		return token, nil
	}
	path := expand(firstSet("HF_TOKEN_PATH"))
	if path == "" {
		path = filepath.Join(home, "token")
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("hub: token file: %w", err)
	}
	if info.Size() > 4096 {
		return "", fmt.Errorf("hub: token file %s: want at most 4096 bytes, have %d", path, info.Size())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("hub: token file: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// firstSet returns the first variable that is not empty, without white space.
func firstSet(names ...string) string {
	for _, name := range names {
		if v := strings.TrimSpace(os.Getenv(name)); v != "" {
			return v
		}
	}
	return ""
}

func isTrue(v string) bool {
	switch strings.ToUpper(strings.TrimSpace(v)) {
	case "1", "ON", "YES", "TRUE":
		return true
	}
	return false
}

// expand replaces a leading ~ as the Python library does.
func expand(path string) string {
	rest, ok := strings.CutPrefix(path, "~")
	if !ok || (rest != "" && rest[0] != '/' && rest[0] != filepath.Separator) {
		return path
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return path
	}
	return filepath.Join(home, rest)
}
