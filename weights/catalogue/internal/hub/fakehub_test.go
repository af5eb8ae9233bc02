package hub

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

const testCommit = "0123456789abcdef0123456789abcdef01234567"

// fakeHub serves one model, org/name, with the hub's routes: large files are
// redirected to a second host, as the hub does.
type fakeHub struct {
	*httptest.Server
	cdn   *httptest.Server
	token string // wanted, "" for a public model
	gated bool
	plain bool // no digests in ETags, as some mirrors do

	mu      sync.Mutex
	files   map[string]string
	cut     int            // end the next body after this many bytes, once; 0 not
	cutAll  bool           // …every time
	busy    int            // answer 503 this many times
	noRange bool           // ignore Range
	log     []string       // "METHOD path [range]"
	sent    map[string]int // bytes of each body
}

func newFakeHub(t *testing.T, files map[string]string) *fakeHub {
	t.Helper()
	h := &fakeHub{files: files, sent: map[string]int{}}
	h.Server = httptest.NewServer(http.HandlerFunc(h.serve))
	h.cdn = httptest.NewServer(http.HandlerFunc(h.serveCDN))
	t.Cleanup(h.Close)
	t.Cleanup(h.cdn.Close)
	return h
}

func (h *fakeHub) config(t *testing.T) Config {
	t.Helper()
	return Config{Endpoint: h.URL, Cache: t.TempDir(), Token: h.token, Pause: time.Millisecond}
}

func (h *fakeHub) requests(prefix string) (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, line := range h.log {
		if strings.HasPrefix(line, prefix) {
			n++
		}
	}
	return n
}

// change runs f while no request is served.
func (h *fakeHub) change(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f()
}

func (h *fakeHub) bytesSent(name string) (n int) {
	h.change(func() { n = h.sent[name] })
	return n
}

func isLarge(name string) bool {
	return strings.HasSuffix(name, ".safetensors") || strings.HasSuffix(name, ".gguf")
}

func blobName(name, text string) string {
	if isLarge(name) {
		return fmt.Sprintf("%x", sha256.Sum256([]byte(text)))
	}
	return fmt.Sprintf("%x", sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", len(text), text)))
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("X-Error-Code", code)
	w.Header().Set("X-Error-Message", message)
	w.WriteHeader(status)
}

func (h *fakeHub) serve(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.log = append(h.log, strings.TrimSpace(r.Method+" "+r.URL.Path+" "+r.Header.Get("Range")))
	if h.busy > 0 {
		h.busy--
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if h.token != "" && r.Header.Get("Authorization") != "Bearer "+h.token {
		if h.gated {
			refuse(w, 401, "GatedRepo", "Access to model org/name is restricted.")
		} else {
			refuse(w, 401, "RepoNotFound", "Invalid username or password.")
		}
		return
	}
	path := strings.Replace(r.URL.Path, "/old/name/", "/org/name/", 1)
	if path != r.URL.Path { // a renamed model
		http.Redirect(w, r, path+"?"+r.URL.RawQuery, http.StatusTemporaryRedirect)
		return
	}
	if rev, ok := strings.CutPrefix(path, "/api/models/org/name/revision/"); ok {
		h.serveInfo(w, rev)
		return
	}
	name, ok := strings.CutPrefix(path, "/org/name/resolve/"+testCommit+"/")
	if !ok {
		refuse(w, 404, "RepoNotFound", "Repository not found")
		return
	}
	h.serveFile(w, r, name)
}

func (h *fakeHub) serveInfo(w http.ResponseWriter, rev string) {
	if rev != "main" && rev != "v1" && rev != "refs/pr/1" && rev != testCommit {
		refuse(w, 404, "RevisionNotFound", "Invalid rev id: "+rev)
		return
	}
	var siblings []sibling
	for name, text := range h.files {
		siblings = append(siblings, sibling{name, int64(len(text))})
	}
	if err := json.NewEncoder(w).Encode(map[string]any{"sha": testCommit, "siblings": siblings}); err != nil {
		panic(err)
	}
}

func (h *fakeHub) serveFile(w http.ResponseWriter, r *http.Request, name string) {
	text, ok := h.files[name]
	if !ok {
		refuse(w, 404, "EntryNotFound", "Entry not found")
		return
	}
	w.Header().Set("X-Repo-Commit", testCommit)
	if isLarge(name) && !h.plain {
		w.Header().Set("X-Linked-Etag", `"`+blobName(name, text)+`"`)
		w.Header().Set("X-Linked-Size", fmt.Sprint(len(text)))
		w.Header().Set("ETag", `"of-the-redirect"`)
		http.Redirect(w, r, h.cdn.URL+"/blob/"+name+"?Signature=secret", http.StatusFound)
		return
	}
	etag := `W/"` + blobName(name, text) + `"`
	if h.plain {
		etag = fmt.Sprintf(`"mirror-%d"`, len(text))
	}
	w.Header().Set("ETag", etag)
	h.body(w, r, name, text)
}

func (h *fakeHub) serveCDN(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.log = append(h.log, strings.TrimSpace("CDN "+r.Method+" "+r.URL.Path+" "+r.Header.Get("Range")))
	if r.Header.Get("Authorization") != "" || r.URL.Query().Get("Signature") != "secret" {
		w.WriteHeader(http.StatusBadRequest) // as signed addresses do
		return
	}
	name := strings.TrimPrefix(r.URL.Path, "/blob/")
	w.Header().Set("ETag", `"of-the-cdn"`)
	h.body(w, r, name, h.files[name])
}

// body answers with text or its wanted range, and may break off.
func (h *fakeHub) body(w http.ResponseWriter, r *http.Request, name, text string) {
	from := 0
	if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from); err == nil && !h.noRange {
		if from >= len(text) {
			w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
			return
		}
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(text)-1, len(text)))
		w.Header().Set("Content-Length", fmt.Sprint(len(text)-from))
		w.WriteHeader(http.StatusPartialContent)
	} else {
		from = 0
		w.Header().Set("Content-Length", fmt.Sprint(len(text)))
	}
	if r.Method == http.MethodHead {
		return
	}
	part := text[from:]
	if h.cut > 0 && h.cut < len(part) {
		part = part[:h.cut]
		if !h.cutAll {
			h.cut = 0
		}
	}
	n, _ := w.Write([]byte(part))
	h.sent[name] += n
	if n < len(text)-from {
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
}
