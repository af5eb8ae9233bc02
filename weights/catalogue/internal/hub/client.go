package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// client asks one model's routes.
type client struct {
	Config
	ref Ref
}

const (
	attempts     = 5                // of a request, and of a download that does not advance
	stallAfter   = time.Minute      // without a byte
	maxInfoBytes = 32 << 20         // of the model's file list
	answerWithin = 30 * time.Second // for the headers
)

func newClient(c Config, ref Ref) *client {
	if c.Client == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.ResponseHeaderTimeout = answerWithin
		c.Client = &http.Client{Transport: transport}
	}
	if c.Pause == 0 {
		c.Pause = time.Second
	}
	return &client{c, ref}
}

// sibling is one file of the model as the hub lists it.
type sibling struct {
	Name string `json:"rfilename"`
	Size int64  `json:"size"` // 0 where the server does not say
}

// info asks for the commit behind the revision and the list of files.
func (c *client) info(ctx context.Context) (commit string, files []sibling, err error) {
	address := fmt.Sprintf("%s/api/models/%s/revision/%s?blobs=true", c.Endpoint, c.ref.ID, url.PathEscape(c.ref.Revision))
	var answer struct {
		Commit string    `json:"sha"`
		Files  []sibling `json:"siblings"`
	}
	err = c.retry(ctx, func() error {
		resp, err := c.do(ctx, http.MethodGet, address, 0)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return c.answerError(resp, c.ref.ID)
		}
		body, err := io.ReadAll(io.LimitReader(resp.Body, maxInfoBytes+1))
		if err != nil {
			return passingError{fmt.Errorf("hub: %s: file list: %w", c.ref.ID, err)}
		}
		if len(body) > maxInfoBytes {
			return fmt.Errorf("hub: %s: file list: want at most %d bytes, have more", c.ref.ID, maxInfoBytes)
		}
		if err := json.Unmarshal(body, &answer); err != nil {
			return fmt.Errorf("hub: %s: file list: %w", c.ref.ID, err)
		}
		return nil
	})
	if err == nil && !commitHash.MatchString(answer.Commit) {
		err = fmt.Errorf("hub: %s: commit: want 40 hex digits, have %q", c.ref.ID, oneLine(answer.Commit))
	}
	return answer.Commit, answer.Files, err
}

// metadata is what the hub says of one file before it is downloaded.
type metadata struct {
	etag string // names the blob: sha256 of a large file, git's blob hash of a small one
	size int64  // -1 where the server does not say
}

// head asks for a file's metadata. Large files are redirected to another
// host; what is wanted stands in the redirecting answer.
func (c *client) head(ctx context.Context, commit, name string) (m metadata, err error) {
	err = c.retry(ctx, func() error {
		resp, err := c.do(ctx, http.MethodHead, c.fileURL(commit, name), 0)
		if err != nil {
			return err
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK && resp.StatusCode/100 != 3 {
			return c.answerError(resp, c.ref.ID+": "+name)
		}
		m, err = c.readMetadata(resp, commit, name)
		return err
	})
	return m, err
}

func (c *client) readMetadata(resp *http.Response, commit, name string) (metadata, error) {
	what := c.ref.ID + ": " + name
	h := resp.Header
	if served := h.Get("X-Repo-Commit"); served != "" && served != commit {
		return metadata{}, fmt.Errorf("hub: %s: commit: want %s, have %q", what, commit, oneLine(served))
	}
	etag := h.Get("X-Linked-Etag")
	if etag == "" {
		etag = h.Get("ETag")
	}
	etag = strings.Trim(strings.TrimPrefix(etag, "W/"), `"`)
	if !idPart.MatchString(etag) {
		return metadata{}, fmt.Errorf("hub: %s: ETag: want a hash, have %q", what, oneLine(etag))
	}
	size := int64(-1)
	if resp.StatusCode == http.StatusOK {
		size = resp.ContentLength
	}
	if linked := h.Get("X-Linked-Size"); linked != "" {
		var err error
		if size, err = strconv.ParseInt(linked, 10, 64); err != nil || size < 0 {
			return metadata{}, fmt.Errorf("hub: %s: X-Linked-Size: want a size, have %q", what, oneLine(linked))
		}
	}
	return metadata{etag, size}, nil
}

func (c *client) fileURL(commit, name string) string {
	parts := strings.Split(name, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return fmt.Sprintf("%s/%s/resolve/%s/%s", c.Endpoint, c.ref.ID, commit, strings.Join(parts, "/"))
}

// do sends one request; from above 0 asks for the bytes from there on.
func (c *client) do(ctx context.Context, method, address string, from int64) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return nil, fmt.Errorf("hub: %s: %w", c.ref.ID, err)
	}
	req.Header.Set("User-Agent", "premlp")
	req.Header.Set("Accept-Encoding", "identity") // lengths and ranges of the file itself
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	if from > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", from))
	}
	asker := *c.Client
	asker.CheckRedirect = func(next *http.Request, via []*http.Request) error {
		if len(via) > 10 {
			return errors.New("want at most 10 redirects, have more")
		}
		elsewhere := next.URL.Host != via[0].URL.Host
		if elsewhere {
			next.Header.Del("Authorization") // net/http keeps it for subdomains
		}
		if method == http.MethodHead && (elsewhere || next.Response.Header.Get("X-Linked-Etag") != "") {
			return http.ErrUseLastResponse
		}
		return nil
	}
	resp, err := asker.Do(req)
	if err != nil {
		return nil, c.networkError(ctx, err)
	}
	return resp, nil
}

// networkError leaves out the address: after a redirect it is a signed one.
func (c *client) networkError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	host, where := c.Endpoint, new(url.Error)
	if errors.As(err, &where) {
		if u, bad := url.Parse(where.URL); bad == nil {
			host = u.Host
		}
		err = where.Err
	}
	return passingError{fmt.Errorf("hub: %s: %s: %w", c.ref.ID, host, err)}
}

// passingError marks an error of the network, worth another attempt.
type passingError struct{ error }

func (p passingError) Unwrap() error { return p.error }

func isPassing(err error) bool {
	var network passingError
	if errors.As(err, &network) {
		// A name that does not resolve will not resolve a second later.
		var dns *net.DNSError
		return !errors.As(err, &dns) || dns.Temporary()
	}
	var answer *statusError
	return errors.As(err, &answer) && answer.passing()
}

// retry runs f until it succeeds, fails for good, or the attempts are used up.
func (c *client) retry(ctx context.Context, f func() error) error {
	for try := 1; ; try++ {
		err := f()
		if err == nil || !isPassing(err) || try == attempts {
			return err
		}
		if err := c.wait(ctx, try); err != nil {
			return err
		}
	}
}

func (c *client) wait(ctx context.Context, try int) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(c.Pause << (try - 1)):
		return nil
	}
}
