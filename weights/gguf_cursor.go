package weights

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// cursor reads the head of a GGUF file. The first error stays, and everything
// read after it is zero.
type cursor struct {
	data []byte
	at   int
	err  error
}

// take returns the next n bytes, a view of the file.
func (c *cursor) take(n uint64) []byte {
	if c.err != nil {
		return nil
	}
	if left := uint64(len(c.data) - c.at); n > left {
		c.err = fmt.Errorf("at byte %d: want %d bytes, have %d: the file is truncated", c.at, n, left)
		return nil
	}
	b := c.data[c.at : c.at+int(n)]
	c.at += int(n)
	return b
}

func (c *cursor) uint32() uint32 {
	if b := c.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (c *cursor) uint64() uint64 {
	if b := c.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// string returns the bytes of a length-prefixed string.
func (c *cursor) string() []byte { return c.take(c.uint64()) }

// name returns a key or a tensor's name.
func (c *cursor) name() string {
	at := c.at
	b := c.string()
	switch {
	case c.err != nil:
	case len(b) == 0 || len(b) > maxName:
		c.err = fmt.Errorf("name at byte %d: want 1 to %d bytes, have %d", at, maxName, len(b))
	case !utf8.Valid(b):
		c.err = fmt.Errorf("name at byte %d: not valid UTF-8: %.40q", at, b)
	default:
		return string(b)
	}
	return ""
}

// maxName is the specification's bound on a key, in bytes.
const maxName = 1<<16 - 1

// count checks a number of items against the bytes left, each item having at
// least size bytes.
func (c *cursor) count(n, size uint64) {
	if left := uint64(len(c.data) - c.at); c.err == nil && n > left/size {
		c.err = fmt.Errorf("at byte %d: want %d items of at least %d bytes, have %d bytes: the file is truncated", c.at, n, size, left)
	}
}
