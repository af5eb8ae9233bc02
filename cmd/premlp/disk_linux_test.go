package main

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// smallDisk mounts a disk in memory with room for size, such as "64k".
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	err := unix.Mount("premlp-test", dir, "tmpfs", 0, "size="+size)
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
		t.Skipf("a disk cannot be mounted here: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// remount changes a small disk's options.
func remount(t *testing.T, dir string, flags uintptr, options string) {
	t.Helper()
	if err := unix.Mount("", dir, "", unix.MS_REMOUNT|flags, options); err != nil {
		t.Fatal(err)
	}
}

// TestCollectDiskFull fills a real disk: the error says so and how to go on, and
// with more room the same command ends with the bytes of an undisturbed run.
func TestCollectDiskFull(t *testing.T) {
	m := tinyModel(t)
	whole := filepath.Join(t.TempDir(), "out")
	args := func(out string) []string {
		return collectArgs(t, m, out, "--date", "2026-01-02", "--sites", "all", "--batch-tokens", "1")
	}
	if status, _, stderr := premlp(t, args(whole)...); status != exitDone {
		t.Fatal(stderr)
	}
	want := datasetFiles(t, whole)
	for _, c := range []struct {
		size string
		kept bool // there is room for the questions
	}{{"16k", false}, {"64k", true}, {"100k", true}} {
		disk := smallDisk(t, c.size)
		out := filepath.Join(disk, "out")
		status, stdout, stderr := premlp(t, args(out)...)
		if status != exitFailed || stdout != "" || !strings.Contains(stderr, "no space left on device") {
			t.Fatalf("%s: want the full disk named, have status %d, %q", c.size, status, stderr)
		}
		if strings.Contains(stderr, "run the same command again") != c.kept {
			t.Errorf("%s: want said whether something is kept, have %q", c.size, stderr)
		}
		if entries, _ := os.ReadDir(disk); len(entries) > 1 || len(entries) == 1 && (!c.kept || entries[0].Name() != "out.partial") {
			t.Errorf("%s: left behind: %v", c.size, entries)
		}
		remount(t, disk, 0, "size=16m")
		status, stdout, stderr = premlp(t, args(out)...)
		if status != exitDone || strings.Contains(stderr, "resuming") != c.kept {
			t.Errorf("%s: with more room: have status %d, %q, %q", c.size, status, stdout, stderr)
		}
		if !maps.EqualFunc(want, datasetFiles(t, out), bytes.Equal) {
			t.Errorf("%s: other bytes", c.size)
		}
	}
}

// TestCollectReadOnly writes to a disk that cannot be written to.
func TestCollectReadOnly(t *testing.T) {
	disk := smallDisk(t, "16m")
	remount(t, disk, unix.MS_RDONLY, "")
	out := filepath.Join(disk, "out")
	status, stdout, stderr := premlp(t, collectArgs(t, tinyModel(t), out)...)
	if status != exitFailed || stdout != "" || !strings.Contains(stderr, out) || !strings.Contains(stderr, "read-only file system") {
		t.Errorf("want an error that names the folder, have status %d, %q", status, stderr)
	}
}
