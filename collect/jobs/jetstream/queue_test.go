package jetstream

import (
	"testing"

	"premlp/collect/jobs/queue"
	"premlp/collect/jobs/queue/queuetest"
)

// serve starts a server in this process for one test.
func serve(t *testing.T) *Server {
	t.Helper()
	s, err := Serve(t.Context(), t.TempDir(), ServerOptions{Listen: "127.0.0.1:0", Note: func(line string) { t.Log(line) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func TestConformance(t *testing.T) {
	t.Parallel()
	queuetest.Run(t, func(t *testing.T, o queue.Options) queue.Queue {
		s := serve(t)
		q, err := Open(t.Context(), s.URL(), Options{Options: o, Security: Security{NKey: s.NKey()}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { q.Close() })
		return q
	})
}
