package hub

import (
	"os"
	"path/filepath"
	"testing"
)

func clearEnvironment(t *testing.T) {
	t.Helper()
	for _, name := range []string{"HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_ENDPOINT", "HF_TOKEN",
		"HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE",
		"HF_HUB_DISABLE_IMPLICIT_TOKEN", "XDG_CACHE_HOME"} {
		t.Setenv(name, "")
	}
}

func TestFromEnvironment(t *testing.T) {
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, "token"), []byte("hf_file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		env  map[string]string
		want Config
	}{
		{"home", map[string]string{"HF_HOME": home}, Config{Endpoint: "https://huggingface.co", Cache: filepath.Join(home, "hub"), Token: "hf_file"}},
		{"token wins", map[string]string{"HF_HOME": home, "HF_TOKEN": " hf_env "}, Config{Endpoint: "https://huggingface.co", Cache: filepath.Join(home, "hub"), Token: "hf_env"}},
		{"no implicit token", map[string]string{"HF_HOME": home, "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"}, Config{Endpoint: "https://huggingface.co", Cache: filepath.Join(home, "hub")}},
		{"cache", map[string]string{"HF_HOME": home, "HF_HUB_CACHE": "/c", "HF_TOKEN_PATH": "/nosuch"}, Config{Endpoint: "https://huggingface.co", Cache: "/c"}},
		{"xdg", map[string]string{"XDG_CACHE_HOME": "/x"}, Config{Endpoint: "https://huggingface.co", Cache: filepath.Join("/x", "huggingface", "hub")}},
		{"endpoint", map[string]string{"HF_HOME": "/h", "HF_ENDPOINT": "http://mirror:8080/"}, Config{Endpoint: "http://mirror:8080", Cache: filepath.Join("/h", "hub")}},
		{"offline", map[string]string{"HF_HOME": "/h", "HF_HUB_OFFLINE": "yes"}, Config{Endpoint: "https://huggingface.co", Cache: filepath.Join("/h", "hub"), Offline: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			clearEnvironment(t)
			for name, value := range c.env {
				t.Setenv(name, value)
			}
			have, err := FromEnvironment()
			if err != nil || have != c.want {
				t.Errorf("want %+v, have %+v, %v", c.want, have, err)
			}
		})
	}
}

func TestFromEnvironmentRefuses(t *testing.T) {
	clearEnvironment(t)
	t.Setenv("HF_HOME", t.TempDir())
	for _, bad := range []string{"huggingface.co", "ftp://x", "https://", "::"} {
		t.Setenv("HF_ENDPOINT", bad)
		if _, err := FromEnvironment(); err == nil {
			t.Errorf("HF_ENDPOINT=%q: want an error", bad)
		}
	}
}

func TestExpand(t *testing.T) {
	home, err := os.UserHomeDir()
	if err != nil {
		t.Skip(err)
	}
	for path, want := range map[string]string{"~": home, "~/x": filepath.Join(home, "x"), "~user/x": "~user/x", "/a~b": "/a~b"} {
		if have := expand(path); have != want {
			t.Errorf("%s: want %s, have %s", path, want, have)
		}
	}
}

func TestParseRef(t *testing.T) {
	for text, want := range map[string]Ref{
		"org/name":                {"org/name", "", "main"},
		"org/name@v1":             {"org/name", "", "v1"},
		"org/name@refs/pr/1":      {"org/name", "", "refs/pr/1"},
		"org/name/m.gguf":         {"org/name", "m.gguf", "main"},
		"org/name/sub/m.gguf@abc": {"org/name", "sub/m.gguf", "abc"},
	} {
		have, err := ParseRef(text)
		if err != nil || have != want || have.String() != text {
			t.Errorf("%s: want %+v, have %+v, %v", text, want, have, err)
		}
	}
	for _, bad := range []string{"", "name", "org/", "/name", "org/name@", "org/name/", "org/name/x.bin", "../name", "org/..",
		"org/name/../x.gguf", "org/name//x.gguf", `org/name/a\b.gguf`, "org/name@../x", "org/name@a//b", "org/name@-x", "org/na me", "org/name?x"} {
		if have, err := ParseRef(bad); err == nil {
			t.Errorf("%q: want an error, have %+v", bad, have)
		}
	}
}

// FuzzParseRef: what parses prints as it was read and stays in its folder.
func FuzzParseRef(f *testing.F) {
	for _, seed := range []string{"org/name", "org/name@main", "org/name/a/b.gguf@refs/pr/1", "a/..", "a/b@..", "a/b/../c.gguf"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseRef(s)
		if err != nil {
			return
		}
		if again, err := ParseRef(r.String()); err != nil || again != r {
			t.Errorf("%q: %+v prints as %q, which reads as %+v, %v", s, r, r.String(), again, err)
		}
		for _, name := range []string{folderName(r.ID), r.File, r.Revision} {
			if name != "" && !filepath.IsLocal(filepath.FromSlash(name)) {
				t.Errorf("%q: %q leaves its folder", s, name)
			}
		}
	})
}
