package jobs

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"premlp/collect/jobs/store"
)

// listedUnits is from how many units on blocks are listed rather than asked for
// one by one.
const listedUnits = 1000

// presence goes through units, which come by key, and says of each whether the
// store has its block: a block of another size is as good as none. It holds no
// more than one page of the store's listing, however many units there are.
func presence(ctx context.Context, s *store.Store, count int, units iter.Seq2[Unit, error], visit func(u Unit, has bool) error) error {
	if count < listedUnits {
		return askEach(ctx, s, units, visit)
	}
	b := &blocks{ctx: ctx, store: s}
	defer b.close()
	for u, err := range units {
		if err != nil {
			return err
		}
		has, err := b.has(u)
		if err != nil {
			return err
		}
		if err := visit(u, has); err != nil {
			return err
		}
	}
	return nil
}

// askEach is presence by one question for each unit.
func askEach(ctx context.Context, s *store.Store, units iter.Seq2[Unit, error], visit func(u Unit, has bool) error) error {
	for u, err := range units {
		if err != nil {
			return err
		}
		size, err := s.Size(ctx, blockName(u.Key))
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err := visit(u, err == nil && size == u.Bytes); err != nil {
			return err
		}
	}
	return nil
}

// blocks goes through the store's blocks by key, folder by folder.
type blocks struct {
	ctx    context.Context
	store  *store.Store
	folder string // two digits
	next   func() (store.Entry, error, bool)
	stop   func()
	key    string // of the entry, "" behind the folder's last
	bytes  int64
}

// has says whether the block of u is there; keys come in order.
func (b *blocks) has(u Unit) (bool, error) {
	if folder := u.Key[:2]; folder != b.folder {
		b.close()
		b.folder = folder
		b.next, b.stop = iter.Pull2(b.store.List(b.ctx, blockFolder(folder)))
		if err := b.advance(); err != nil {
			return false, err
		}
	}
	for b.key != "" && b.key < u.Key {
		if err := b.advance(); err != nil {
			return false, err
		}
	}
	return b.key == u.Key && b.bytes == u.Bytes, nil
}

// advance goes to the next block of the folder.
func (b *blocks) advance() error {
	e, err, ok := b.next()
	if !ok {
		b.key = ""
		return nil
	}
	if err != nil {
		return err
	}
	key := strings.TrimPrefix(e.Name, blockFolder(b.folder))
	if key <= b.key {
		return fmt.Errorf("store %s: want names listed in order, have %s after %s", b.store, key, b.key)
	}
	b.key, b.bytes = key, e.Bytes
	return nil
}

func (b *blocks) close() {
	if b.stop != nil {
		b.stop()
		b.stop, b.key = nil, ""
	}
}
