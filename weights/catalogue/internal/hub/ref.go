package hub

import (
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// Ref names a model on the hub.
type Ref struct {
	ID       string // "ORG/NAME"
	File     string // a .gguf file in it, "" for the safetensors model
	Revision string // branch, tag or commit
}

var (
	idPart     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$`)
	commitHash = regexp.MustCompile(`^[0-9a-f]{40}$`)
	revision   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/+-]{0,200}$`)
)

// ParseRef reads "ORG/NAME[/FILE.gguf][@REVISION]".
func ParseRef(s string) (Ref, error) {
	bad := fmt.Errorf("hub: source: want ORG/NAME[/FILE.gguf][@REVISION], have %q", s)
	id, rev, hasRev := s, "main", false
	if at := strings.LastIndexByte(s, '@'); at >= 0 {
		id, rev, hasRev = s[:at], s[at+1:], true
	}
	if hasRev && (!revision.MatchString(rev) || !safePath(rev)) {
		return Ref{}, bad
	}
	parts := strings.SplitN(id, "/", 3)
	if len(parts) < 2 || !idPart.MatchString(parts[0]) || !idPart.MatchString(parts[1]) {
		return Ref{}, bad
	}
	r := Ref{ID: parts[0] + "/" + parts[1], Revision: rev}
	if len(parts) == 3 {
		if r.File = parts[2]; !safePath(r.File) || !strings.HasSuffix(r.File, ".gguf") {
			return Ref{}, bad
		}
	}
	return r, nil
}

// String is the form ParseRef reads.
func (r Ref) String() string {
	s := r.ID
	if r.File != "" {
		s += "/" + r.File
	}
	if r.Revision != "main" {
		s += "@" + r.Revision
	}
	return s
}

// safePath holds for names from the command line or the server that stay
// inside the folder they are joined to, on every system.
func safePath(name string) bool {
	return len(name) <= 512 && !strings.ContainsAny(name, "\\:\x00") && path.Clean(name) == name &&
		filepath.IsLocal(filepath.FromSlash(name)) && name != "."
}

// folder is the model's folder in the cache.
func (c Config) folder(id string) string {
	return filepath.Join(c.Cache, folderName(id))
}

func folderName(id string) string { return "models--" + strings.ReplaceAll(id, "/", "--") }
