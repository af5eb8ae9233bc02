package jetstream

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// TestPasses holds which errors are waited for: those of a server that may come back,
// as where a leader died before it confirmed what was put.
func TestPasses(t *testing.T) {
	q := &natsQueue{}
	for err, want := range map[error]bool{
		jetstream.ErrAsyncPublishTimeout: true,
		jetstream.ErrNoStreamResponse:    true,
		nats.ErrTimeout:                  true,
		errLink:                          true,
		io.EOF:                           true,
		nats.ErrAuthorization:            false,
		nats.ErrMaxPayload:               false,
		errors.New("another"):            false,
	} {
		if have := q.passes(fmt.Errorf("put: %w", err)); have != want {
			t.Errorf("%v: want %t, have %t", err, want, have)
		}
	}
}
