package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"premlp/weights/catalogue/internal/newfile"
)

// download brings the blob at path+".incomplete" to its full size, continuing
// what is there, and checks it. It advances progress by the bytes it adds and
// tells it about bytes found or thrown away.
func (c *client) download(ctx context.Context, commit, name string, m metadata, path string, progress func(delta int64)) error {
	f, err := os.OpenFile(path+".incomplete", os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	found, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	progress(found)
	if err := c.fill(ctx, commit, name, m, f, progress); err != nil {
		return err
	}
	err = checkDigest(f, m)
	if errors.Is(err, ErrDigest) && found > 0 {
		// What an earlier run left was not this file's beginning.
		if err := restart(f, progress); err != nil {
			return err
		}
		if err := c.fill(ctx, commit, name, m, f, progress); err != nil {
			return err
		}
		err = checkDigest(f, m)
	}
	if errors.Is(err, ErrDigest) {
		err = errors.Join(fmt.Errorf("hub: %s: %s: %w", c.ref.ID, name, err), f.Truncate(0))
	}
	if err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(path+".incomplete", path); err != nil {
		return err
	}
	return newfile.SyncDir(filepath.Dir(path))
}

// fill requests until the file has its size. Only attempts that bring nothing
// count against the limit.
func (c *client) fill(ctx context.Context, commit, name string, m metadata, f *os.File, progress func(int64)) error {
	for idle := 0; ; {
		have, err := f.Seek(0, io.SeekEnd)
		if err != nil {
			return err
		}
		if m.size >= 0 && have > m.size {
			if err := restart(f, progress); err != nil {
				return err
			}
			have = 0
		}
		if have == m.size {
			return nil
		}
		err = c.stream(ctx, commit, name, m, f, have, progress)
		now, seekErr := f.Seek(0, io.SeekEnd)
		switch {
		case err == nil && (m.size < 0 || now == m.size):
			return seekErr
		case err == nil:
			err = passingError{fmt.Errorf("hub: %s: %s: bytes: want %d, have %d", c.ref.ID, name, m.size, now)}
		case !isPassing(err):
			return err
		}
		if idle++; now > have {
			idle = 1
		}
		if idle == attempts {
			return err
		}
		if err := c.wait(ctx, idle); err != nil {
			return err
		}
	}
}

// stream appends one answer's body to f.
func (c *client) stream(ctx context.Context, commit, name string, m metadata, f *os.File, from int64, progress func(int64)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	resp, err := c.do(ctx, http.MethodGet, c.fileURL(commit, name), from)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusPartialContent && strings.HasPrefix(resp.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", from)):
	case resp.StatusCode == http.StatusOK, resp.StatusCode == http.StatusPartialContent, resp.StatusCode == http.StatusRequestedRangeNotSatisfiable:
		if from == 0 && resp.StatusCode == http.StatusOK {
			break
		}
		// The server does not continue: from the start.
		if err := restart(f, progress); err != nil {
			return err
		}
		if resp.StatusCode != http.StatusOK {
			return passingError{fmt.Errorf("hub: %s: %s: range from %d: want status 206, have %d", c.ref.ID, name, from, resp.StatusCode)}
		}
		from = 0
	default:
		return c.answerError(resp, c.ref.ID+": "+name)
	}
	stalled := fmt.Errorf("no byte for %s", stallAfter)
	watchdog := time.AfterFunc(stallAfter, func() { cancel(stalled) })
	defer watchdog.Stop()
	body := io.Reader(resp.Body)
	if m.size >= 0 {
		body = io.LimitReader(body, m.size-from+1) // one more shows a body too long
	}
	_, err = io.Copy(f, &meter{body, func(n int64) { watchdog.Reset(stallAfter); progress(n) }})
	if err != nil && context.Cause(ctx) == stalled {
		err = passingError{fmt.Errorf("hub: %s: %s: %w", c.ref.ID, name, stalled)}
	} else if err != nil && !errors.As(err, new(*os.PathError)) { // of f: a full disk stays full
		err = c.networkError(ctx, err)
	}
	return err
}

// restart empties the file.
func restart(f *os.File, progress func(int64)) error {
	have, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err = f.Seek(0, io.SeekStart)
	progress(-have)
	return err
}

// meter tells how many bytes pass.
type meter struct {
	r      io.Reader
	passed func(n int64)
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	if n > 0 {
		m.passed(int64(n))
	}
	return n, err
}
