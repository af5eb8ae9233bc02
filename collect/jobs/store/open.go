package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	_ "gocloud.dev/blob/memblob" // mem://
)

// cloudSchemes are of stores that package cloud opens.
var cloudSchemes = []string{"s3", "gs", "azblob"}

// Open opens the store of a URL: file:///path, or a path alone, is a folder, which
// must be there; mem:// is memory of this process, another one for each Open; and
// with package cloud s3://bucket, gs://bucket and azblob://container, with what
// their drivers take behind a "?", as ?prefix=a/subfolder/.
func Open(ctx context.Context, url string) (*Store, error) { return open(ctx, url, false) }

// Create is Open, and makes a folder where there is none. A bucket must be there.
func Create(ctx context.Context, url string) (*Store, error) { return open(ctx, url, true) }

func open(ctx context.Context, url string, create bool) (*Store, error) {
	scheme, rest, found := strings.Cut(url, "://")
	switch {
	case url == "":
		return nil, errors.New("store: want a folder or a URL, have none")
	case !found:
		return openFolder(url, create)
	case scheme == "file":
		if runtime.GOOS == "windows" {
			rest = strings.TrimPrefix(rest, "/") // file:///C:/folder
		}
		if !filepath.IsAbs(filepath.FromSlash(rest)) {
			return nil, fmt.Errorf("store %s: want file:// and an absolute path, or a path alone", url)
		}
		return openFolder(filepath.FromSlash(rest), create)
	case slices.Contains(cloudSchemes, scheme) && !blob.DefaultURLMux().ValidBucketScheme(scheme):
		return nil, fmt.Errorf("store %s: this program was built without stores in clouds: build bin/premlp-cloud by 'make cloud'", url)
	case scheme != "mem" && !slices.Contains(cloudSchemes, scheme):
		return nil, fmt.Errorf("store %s: want file://, mem://, %s://, or a folder", url, strings.Join(cloudSchemes, "://, "))
	}
	name, query, _ := strings.Cut(url, "?")
	if scheme == "s3" {
		url = name + "?" + quietS3(query)
	}
	bucket, err := blob.OpenBucket(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", name, err)
	}
	if there, err := bucket.IsAccessible(ctx); err != nil || !there {
		if err == nil {
			err = errors.New("no such bucket: make it first")
		}
		return nil, errors.Join(fmt.Errorf("store %s: %w", name, err), bucket.Close())
	}
	return &Store{bucket: bucket, url: name}, nil
}

// quietS3 turns off that the driver checks checksums of its own: all that is read
// is checked by its sha256, and it writes a line on stderr for each object that
// was stored in parts.
func quietS3(query string) string {
	const key = "response_checksum_validation="
	if strings.Contains(query, key) {
		return query
	}
	return strings.TrimPrefix(query+"&"+key+"when_required", "&")
}

// openFolder opens a folder. What is being written lies beside its place, so that
// it is put there by a rename; nothing else is stored with it.
func openFolder(path string, create bool) (*Store, error) {
	dir, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if _, err := os.Stat(dir); !create && errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("store %s: %w: want a folder, which 'premlp submit' makes; is it mounted here?", dir, os.ErrNotExist)
	}
	bucket, err := fileblob.OpenBucket(dir, &fileblob.Options{CreateDir: create, NoTempDir: true, Metadata: fileblob.MetadataDontWrite})
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", dir, err)
	}
	return &Store{bucket: bucket, url: "file://" + filepath.ToSlash(dir), dir: dir}, nil
}

// syncFolder makes the name of a file durable.
func (s *Store) syncFolder(name string) error {
	if s.dir == "" || runtime.GOOS == "windows" { // which has no such thing
		return nil
	}
	d, err := os.Open(filepath.Dir(filepath.Join(s.dir, filepath.FromSlash(name))))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
